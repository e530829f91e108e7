#include "support/world.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>
#include <stdexcept>

#include "host/process.h"
#include "host/program.h"
#include "host/tree.h"
#include "run/run_state.h"

namespace ferry::test {
namespace {

const std::string program = FERRY_BUILD_DIR "/ferry";

// Two at a time, so that they differ. Below the range from which the kernel gives ports to outgoing connections, or a
// check could sit on the port of a service that is down just then.
int free_port(int from) {
  for (int port = from; port < from + 2000; ++port) {
    const int handle = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    const bool free = ::bind(handle, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::close(handle);
    if (free) return port;
  }
  throw std::runtime_error("no free port");
}

std::string value_of(const char* name, const std::string& otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : value;
}

// Jobs, logins and deliveries go on by themselves; numbers given to rows that are gone again say nothing.
bool changes_by_itself(const std::string& line) {
  for (const char* table : {"schedule_job", "sys_login_log", "mail_outbox", "interface_outbox", "sqlite_sequence"})
    for (const char* quote : {"", "\""})
      if (line.starts_with("INSERT INTO " + std::string(quote) + table + quote)) return true;
  return false;
}

}  // namespace

World::World() : place_("ferry-upgrade") {
  const int base = 20000 + static_cast<int>(::getpid() % 4000);
  production_port_ = free_port(base);
  test_port_ = free_port(production_port_ + 1);
  make_folders(place_ / "out");
  ProgramOptions options;
  options.timeout = Milliseconds(300'000);
  const auto made = run_program({FERRY_SOURCE_DIR "/tests/support/world.sh", FERRY_SOURCE_DIR, FERRY_BUILD_DIR,
                                 place_.path(), std::to_string(production_port_), std::to_string(test_port_)},
                                options);
  if (!made.ok()) {
    stop_everything();
    throw std::runtime_error("the world of the test could not be made:\n" + made.out + made.err);
  }
}

World::~World() {
  if (std::getenv("FERRY_KEEP") != nullptr) place_.keep();
}

Variables World::environment() const {
  return {{"PATH", std::string(FERRY_BUILD_DIR) + ":" + value_of("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")},
          {"HOME", value_of("HOME", "/root")},
          {"LC_ALL", "C.UTF-8"},
          {"FERRY_HOME", place_ / "home"}};
}

std::unique_ptr<Program> World::begin(std::vector<std::string> arguments, const Variables& more) const {
  arguments.insert(arguments.begin(), {program, "--json", "--yes"});
  auto variables = environment();
  for (const auto& [name, value] : more) variables[name] = value;
  return std::make_unique<Program>(arguments, variables, place_ / "out", place_.path());
}

Ended World::ferry(std::vector<std::string> arguments, const Variables& more) const {
  return begin(std::move(arguments), more)->wait();
}

std::string World::tool(const std::vector<std::string>& argv) const {
  return require_program(argv).out;
}

Json World::run_state(const std::string& environment) const {
  const auto shown = ferry({"run", "show", environment});
  if (shown.status != 0) throw std::runtime_error("run show: " + shown.all());
  return shown.json();
}

std::string World::newest_run(const std::string& environment) const {
  const auto runs = list_runs(staging(environment));
  return runs.empty() ? std::string() : runs.back().id;
}

Snapshot World::snapshot(const std::string& environment) const {
  Snapshot out;
  TreeOptions options;
  for (const char* path : {"data", "logs", "work", "temp"}) options.exclude.emplace_back(path);
  const auto tree = read_tree(root(environment), options);
  if (!tree.problems.empty()) throw std::runtime_error("not readable: " + tree.problems.front().path.bytes());
  std::istringstream files(tree.manifest.to_mtree());
  for (std::string line; std::getline(files, line);) out.files.push_back(line);
  std::istringstream statements(tool({"sqlite3", root(environment) + "/data/oa.db", ".dump"}));
  for (std::string line; std::getline(statements, line);)
    if (!changes_by_itself(line)) out.database.push_back(line);
  return out;
}

std::string World::sql(const std::string& environment, const std::string& statement) const {
  std::string out = tool({"sqlite3", "-cmd", ".timeout 5000", root(environment) + "/data/oa.db", statement});
  while (out.ends_with('\n')) out.pop_back();
  return out;
}

std::string World::served_version(const std::string& environment) const {
  const auto answer = run_program(
      {"curl", "-s", "--max-time", "20", "http://127.0.0.1:" + std::to_string(port(environment)) + "/api/health"});
  const Json health = Json::parse(answer.out, nullptr, false);
  if (!health.is_object() || health.value("status", "") != "ok") return "no answer: " + answer.out;
  return health.value("version", "");
}

int World::status_for_users(const std::string& environment) const {
  const auto answer = run_program({"curl", "-s", "--max-time", "20", "-o", "/dev/null", "-w", "%{http_code}",
                                   "http://127.0.0.1:" + std::to_string(port(environment)) + "/login.jsp"});
  return std::stoi(answer.out);
}

Lines World::stop_everything() const {
  if (path_exists(place_ / "test.yaml")) {
    ferry({"clone", "stop", "test"});
    ferry({"service", "stop", "production"});
  }
  Lines left;
  for (const auto& process : all_processes()) {
    if (process.pid == ::getpid() || process.state == 'Z') continue;
    if (process.command.find(place_.path()) != std::string::npos)
      left.push_back("pid " + std::to_string(process.pid) + " " + process.command);
  }
  return left;
}

std::string difference_of(const Lines& before, const Lines& after) {
  auto left = before;
  auto right = after;
  std::sort(left.begin(), left.end());
  std::sort(right.begin(), right.end());
  Lines gone, come;
  std::set_difference(left.begin(), left.end(), right.begin(), right.end(), std::back_inserter(gone));
  std::set_difference(right.begin(), right.end(), left.begin(), left.end(), std::back_inserter(come));
  std::string out;
  for (std::size_t i = 0; i < gone.size() && i < 8; ++i) out += "- " + gone[i].substr(0, 300) + "\n";
  for (std::size_t i = 0; i < come.size() && i < 8; ++i) out += "+ " + come[i].substr(0, 300) + "\n";
  return out;
}

namespace {

std::unique_ptr<World>& the_world() {
  static std::unique_ptr<World> one;
  return one;
}

// Nothing that the tests have started may outlive them.
class EndOfTheWorld : public ::testing::Environment {
 public:
  void TearDown() override {
    if (!the_world()) return;
    for (const auto& line : the_world()->stop_everything()) ADD_FAILURE() << "still there after the tests: " << line;
    the_world().reset();
  }
};
[[maybe_unused]] const auto* const registered = ::testing::AddGlobalTestEnvironment(new EndOfTheWorld);

}  // namespace

Lines without_times(Lines lines) {
  for (auto& line : lines) {
    const auto at = line.find(" time=");
    if (at == std::string::npos) continue;
    line.erase(at, line.find(' ', at + 1) - at);
  }
  return lines;
}

World& world() {
  if (!the_world()) the_world() = std::make_unique<World>();
  return *the_world();
}

}  // namespace ferry::test
