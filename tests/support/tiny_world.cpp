#include "support/tiny_world.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <filesystem>
#include <fstream>
#include <regex>

#include "host/descriptor.h"

namespace ferry::test {
namespace {

int free_port() {
  const Descriptor socket(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  EXPECT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
  EXPECT_EQ(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
  return ntohs(address.sin_port);
}

}  // namespace

TinyWorld::TinyWorld(Stage stage, const std::string& variant) : place_("ferry-tiny"), port_(free_port()) {
  std::filesystem::create_directory(path("logs"));
  shell(std::string(FERRY_SOURCE_DIR) + "/tests/support/tiny/make.sh " + place() + " " + std::to_string(port_) + " " +
        std::to_string(free_port()));
  if (!variant.empty()) shell(std::string(FERRY_SOURCE_DIR) + "/tests/support/tiny/" + variant + ".sh " + place());
  if (stage < Stage::surveyed) return;
  done({"project", "create", "project.yaml"});
  done({"environment", "add", "production.yaml"});
  done({"environment", "add", "test.yaml"});
  done({"baseline", "make", "vendor/1.0", "--output", "vendor/1.0.mtree"});
  done({"survey", "run", "production"});
  done({"key", "new", "--output", "vendor"});
  done({"key", "add", "vendor.pub", "--holder", "vendor"});
  if (stage < Stage::packaged) return;
  for (const auto& entry : std::filesystem::directory_iterator(path("packages"))) {
    const auto id = entry.path().filename().string();
    done({"package", "build", "packages/" + id, "--output", id + ".fpk"});
    done({"package", "sign", id + ".fpk", "--key", "vendor.key"});
    done({"package", "add", id + ".fpk"});
  }
  if (stage < Stage::composed) return;
  EXPECT_EQ(ferry({"recipe", "compose"}).status, 8);
  done({"decision", "set", "webapp/index.html", "take", "--reason", "test"});
  if (variant == "jumps") {
    // Only now it is known what meets what in the second jump.
    EXPECT_EQ(ferry({"recipe", "compose"}).status, 8);
    done({"decision", "set", "webapp/extra.html", "keep", "--reason", "test"});
  }
  done({"recipe", "compose"});
}

TinyWorld::~TinyWorld() {
  ferry({"clone", "stop", "test"});
  ferry({"service", "stop", "production"});
  // What a case has left running on purpose: only processes of this very folder.
  const auto listed = shell("grep -lsz '" + place() + "' /proc/[0-9]*/cmdline | cut -d/ -f3 || true");
  std::istringstream pids(listed);
  for (pid_t pid = 0; pids >> pid;) {
    const auto command = read_file_if_there("/proc/" + std::to_string(pid) + "/cmdline").value_or("");
    if (command.find("tiny.pl") != std::string::npos || command.find("door-hold") != std::string::npos)
      ::kill(pid, SIGKILL);
  }
}

std::map<std::string, std::string> TinyWorld::variables(const std::map<std::string, std::string>& more) const {
  std::map<std::string, std::string> out{
      {"FERRY_HOME", path("home")}, {"PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"}, {"HOME", place()}};
  for (const auto& [name, value] : more) out[name] = value;
  return out;
}

std::unique_ptr<Program> TinyWorld::begin(const Words& words, const std::map<std::string, std::string>& more) const {
  Words argv{FERRY_BUILD_DIR "/ferry"};
  argv.insert(argv.end(), words.begin(), words.end());
  return std::make_unique<Program>(argv, variables(more), path("logs"), place());
}

Ended TinyWorld::ferry(const Words& words, const std::map<std::string, std::string>& more) const {
  return begin(words, more)->wait();
}

std::string TinyWorld::done(const Words& words) const {
  const auto ended = ferry(words);
  EXPECT_EQ(ended.status, 0) << testing::PrintToString(words) << "\n" << ended.all();
  return ended.out;
}

std::string TinyWorld::shell(const std::string& command) const {
  Program program({"/bin/bash", "-euc", command}, variables({}), path("logs"), place());
  const auto ended = program.wait();
  EXPECT_EQ(ended.status, 0) << command << "\n" << ended.all();
  return ended.out;
}

void TinyWorld::write(const std::string& name, const std::string& text) const {
  std::ofstream(path(name), std::ios::binary) << text;
}

void TinyWorld::edit(const std::string& name, const std::string& text, const std::string& by) const {
  auto content = read(name);
  const auto at = content.find(text);
  ASSERT_NE(at, std::string::npos) << name << " lacks " << text;
  write(name, content.replace(at, text.size(), by));
}

void TinyWorld::refusal(const Ended& ended, Code code, const Words& words) {
  EXPECT_EQ(ended.status, info(code).exit_status) << ended.all();
  EXPECT_NE(ended.err.find(info(code).text.zh), std::string::npos) << info(code).name << "\n" << ended.all();
  for (const auto& word : words) EXPECT_NE(ended.err.find(word), std::string::npos) << word << "\n" << ended.all();
  EXPECT_EQ(english_in(ended.err), "") << ended.err;
}

void TinyWorld::refused(const Words& command, Code code, const Words& words) const {
  SCOPED_TRACE(testing::PrintToString(command));
  Words chinese = command;
  chinese.insert(chinese.end(), {"--language", "zh", "--quiet"});
  refusal(ferry(chinese), code, words);
  Words json = command;
  json.emplace_back("--json");
  const auto ended = ferry(json);
  EXPECT_EQ(ended.error(), info(code).name) << ended.all();
  EXPECT_EQ(ended.status, info(code).exit_status) << ended.all();
  EXPECT_EQ(ended.err, "");
}

std::string TinyWorld::package(const std::string& id, const std::string& sed, const std::string& key) const {
  shell("cp -r packages/upgrade-2.0 packages/" + id + " && sed -i 's/^id: .*/id: " + id + "/; " + sed + "' packages/" +
        id + "/package.yaml");
  done({"package", "build", "packages/" + id, "--output", id + ".fpk"});
  if (!key.empty()) done({"package", "sign", id + ".fpk", "--key", key});
  return id + ".fpk";
}

std::string english_in(const std::string& text) {
  static const std::regex quoted("“[^”]*”|'[^']*'");
  static const std::regex foreign("\\S*/\\S*|--\\S+");
  static const std::regex sentence("[A-Za-z]+ [a-z]+ [a-z]+ [a-z]+");
  // Quotes first: a path may stand directly in front of one.
  const auto left = std::regex_replace(std::regex_replace(text, quoted, "~"), foreign, "~");
  std::smatch found;
  return std::regex_search(left, found, sentence) ? found.str() : std::string();
}

}  // namespace ferry::test
