#include "app/capture_run.h"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>

#include "base/error.h"
#include "host/files.h"
#include "host/scratch.h"
#include "host/tree.h"

namespace ferry {
namespace {

namespace fs = std::filesystem;

constexpr const char* home = "/tmp/home";
constexpr std::size_t kept_version_output = 2000;

std::string words(const std::vector<std::string>& command) {
  std::string out;
  for (const auto& word : command) out += (out.empty() ? "" : " ") + word;
  return out.size() > 300 ? out.substr(0, 300) + " ..." : out;
}

std::string trimmed(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) text.pop_back();
  return text;
}

std::string variable_of_ferry(const std::string& name) {
  if (const char* value = std::getenv(name.c_str()); value != nullptr) return value;
  throw Error(Code::missing_secret, name,
              Text{"the environment variable that capture.yaml names is not set", "capture.yaml 所指的环境变量未设置"});
}

// https://host[:port]/... -> host:port
std::string place_in(const std::string& address) {
  const auto scheme = address.find("://");
  if (scheme == std::string::npos) return network_place(address);
  const std::string kind = address.substr(0, scheme);
  std::string authority = address.substr(scheme + 3);
  authority = authority.substr(0, authority.find_first_of("/?#"));
  authority = authority.substr(authority.rfind('@') + 1);
  const bool has_port = authority.find(':', authority.starts_with('[') ? authority.find(']') : 0) != std::string::npos;
  return network_place(has_port ? authority : authority + (kind == "http" ? ":80" : ":443"));
}

std::string require_place(const std::string& address, const std::string& about) {
  auto place = place_in(trimmed(address));
  if (place.empty())
    throw Error(Code::invalid_document, about,
                Text{"no address with a host in: " + trimmed(address), "其中没有含主机的网址：" + trimmed(address)});
  return place;
}

}  // namespace

CaptureRun::CaptureRun(const CaptureGround& ground, std::string folder, std::string tree)
    : ground_(ground), folder_(std::move(folder)), tree_(tree.empty() ? folder_ + "/tree" : std::move(tree)) {}

void CaptureRun::prepare() {
  const std::string inside = folder_ + "/tmp";
  make_folders(inside + "/home");
  fs::permissions(inside, fs::perms::all | fs::perms::sticky_bit);
  for (const auto& file : ground_.order.files) {
    const auto from = (fs::path(ground_.order_file).parent_path() / file.from).string();
    if (!path_exists(from)) {
      if (file.optional) continue;
      throw Error(Code::not_found, from,
                  Text{"named under 'files' in " + ground_.order_file, ground_.order_file + " 的 files 中所指"});
    }
    const auto to = inside + "/home/" + file.to.bytes();
    make_folders(fs::path(to).parent_path().string());
    copy_file(fs::canonical(from).string(), to);
  }
  give_to(inside + "/home", ground_.user);
}

std::map<std::string, std::string> CaptureRun::environment() const {
  // Nothing of Ferry's own environment gets in by itself: what a result depends on stands in the order.
  std::map<std::string, std::string> out{
      {"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
      {"HOME", home},
      {"TMPDIR", "/tmp"},
      {"USER", ground_.user.empty() ? "root" : ground_.user},
      {"LOGNAME", ground_.user.empty() ? "root" : ground_.user},
      {"SHELL", "/bin/sh"},
      {"LANG", "C.UTF-8"},
      {"TZ", "UTC"},
      // What a package manager of this machine is set to is taken from it only by name.
      {"npm_config_globalconfig", std::string(home) + "/.npmrc-global"},
      {"SOURCE_DATE_EPOCH", "946684800"}};
  for (const auto& [name, variable] : ground_.order.variables)
    out[name] = variable.from.empty() ? variable.value : variable_of_ferry(variable.from);
  return out;
}

SandboxOptions CaptureRun::options(const std::vector<std::vector<std::string>>& commands, bool writable) const {
  SandboxOptions out;
  (writable ? out.view.writable : out.view.readable).push_back({tree(), ground_.root});
  out.view.writable.push_back({folder_ + "/tmp", "/tmp"});
  for (const auto& path : ground_.order.readable) out.view.readable.push_back({path, path});
  out.view.hidden = ground_.hidden;
  out.network = ground_.network;
  out.user = ground_.user;
  out.directory = ground_.order.directory.empty() ? ground_.root : ground_.root + "/" + ground_.order.directory;
  out.environment = environment();
  out.commands = commands;
  return out;
}

SandboxResult CaptureRun::run(const std::vector<std::vector<std::string>>& commands, bool writable,
                              Reporter& reporter) const {
  std::uint64_t lines = 0;
  return run_sandbox(options(commands, writable),
                     [&](std::size_t, std::string_view) { reporter.progress(++lines, 0, Unit::none); });
}

SandboxResult CaptureRun::run_within(Milliseconds within,
                                     const std::function<void(std::string_view line)>& line) const {
  auto limited = options(ground_.order.run, true);
  limited.timeout = within;
  return run_sandbox(limited, [&](std::size_t, std::string_view text) { line(text); });
}

void require_apart(const CaptureOrder& order, const std::string& order_file, const std::string& copies) {
  for (const auto& folder : order.readable)
    if (copies == folder || copies.starts_with(folder + "/"))
      throw Error(Code::invalid_document, order_file,
                  Text{"'readable' names " + folder + ", and the copies are made in it (" + copies +
                           "): name the folder that is needed more exactly, or another place for the copies (--work)",
                       "readable 所列的 " + folder + " 包含副本所在的目录（" + copies +
                           "）：请更精确地指明所需目录，或用 --work 为副本另指位置"});
}

std::vector<std::string> places_of(const CaptureGround& ground, const CaptureRun& run, Reporter& reporter) {
  std::vector<std::string> out;
  for (const auto& rule : ground.order.network) {
    if (!rule.place.empty()) {
      out.push_back(require_place(rule.place, "network"));
    } else if (!rule.url_in.empty()) {
      out.push_back(require_place(variable_of_ferry(rule.url_in), rule.url_in));
    } else {
      const auto result = run.run({rule.url_from}, false, reporter);
      require_success({rule.url_from}, result);
      out.push_back(require_place(result.commands.front().out, words(rule.url_from)));
    }
  }
  return out;
}

std::vector<CaptureRecord::Runtime> runtime_of(const CaptureGround& ground, const CaptureRun& run, Reporter& reporter) {
  std::vector<CaptureRecord::Runtime> out;
  if (ground.order.runtime.empty()) return out;
  const auto result = run.run(ground.order.runtime, false, reporter);
  require_success(ground.order.runtime, result);
  for (std::size_t i = 0; i < result.commands.size(); ++i) {
    const auto& command = result.commands[i];
    // As seen inside: what lies below the root is the copy's.
    std::string program = command.found;
    if (program.starts_with(ground.root + "/")) program = run.tree() + program.substr(ground.root.size());
    out.push_back({ground.order.runtime[i], trimmed(command.out).substr(0, kept_version_output), command.found,
                   digest_of_file(fs::canonical(program).string()).hex()});
  }
  return out;
}

void require_success(const std::vector<std::vector<std::string>>& commands, const SandboxResult& result) {
  if (result.commands.size() == commands.size() && (commands.empty() || result.commands.back().ok())) return;
  const std::size_t at = result.commands.empty() ? 0 : result.commands.size() - 1;
  const SandboxCommand ended = result.commands.empty() ? SandboxCommand{} : result.commands.back();
  if (!ended.missing.empty()) throw Error(Code::program_missing, words(commands[at]), ended.missing);
  Text detail{
      ended.signal != 0 ? fmt::format("ended by signal {}", ended.signal) : fmt::format("exit status {}", ended.status),
      ended.signal != 0 ? fmt::format("被信号 {} 终止", ended.signal) : fmt::format("退出状态 {}", ended.status)};
  for (const auto& line : ended.last_lines) {
    detail.en += "\n  " + line;
    detail.zh += "\n  " + line;
  }
  for (const auto& attempt : result.network) {
    if (!attempt.allowed) {
      detail.en += fmt::format("\nrefused: {} (to allow it: \"{}\" under 'network' in capture.yaml)", attempt.place,
                               attempt.place);
      detail.zh += fmt::format("\n已拒绝访问：{}（如需允许，请在 capture.yaml 的 network 中加入 \"{}\"）",
                               attempt.place, attempt.place);
    } else if (!attempt.failure.empty()) {
      detail.en += fmt::format("\nnot reached: {}: {}", attempt.place, attempt.failure);
      detail.zh += fmt::format("\n无法连接：{}：{}", attempt.place, attempt.failure);
    }
  }
  throw Error(Code::program_failed, Text{words(commands[at]), words(commands[at])}, detail);
}

}  // namespace ferry
