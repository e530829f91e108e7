// The sandbox with real programs: what gets out, what is seen, what is left. Needs root, as the sandbox does.
#include "host/sandbox.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "base/error.h"
#include "host/files.h"
#include "host/program.h"
#include "host/scratch.h"

namespace ferry {
namespace {

// Answers every connection on a port of its own with the same few bytes of HTTP.
class Server {
 public:
  Server() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listener_.get(), 16), 0);
    ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~Server() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
  }
  int port = 0;

 private:
  void serve() {
    for (;;) {
      const Descriptor client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!client.valid()) return;
      char bytes[4096];
      if (::read(client.get(), bytes, sizeof bytes) <= 0) continue;
      const std::string_view answer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello";
      if (::send(client.get(), answer.data(), answer.size(), MSG_NOSIGNAL) < 0) return;
    }
  }
  Descriptor listener_;
  std::thread thread_;
};

struct Sandbox : ::testing::Test {
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root";
    make_folders(temp / "tree");
    make_folders(temp / "tmp");
    options.view.writable = {{temp / "tree", place}, {temp / "tmp", "/tmp"}};
    options.view.hidden = {"/root", "/home"};
    options.directory = place;
    options.environment = {{"PATH", "/usr/bin:/bin"}, {"HOME", "/tmp"}};
  }
  SandboxResult shell(const std::string& script) {
    options.commands = {{"sh", "-c", script}};
    return run_sandbox(options);
  }
  TempFolder temp;
  std::string place = "/opt/ferry-sandbox-test/deep/app";  // not there on this machine
  SandboxOptions options;
};

TEST_F(Sandbox, WritesOnlyWhereItMayAndLeavesNoTraceElsewhere) {
  const auto result =
      shell("echo here > made; pwd; touch /usr/x 2>&1; touch /etc/x 2>&1; ls /root | wc -l; echo $HOME; ls /opt");
  ASSERT_TRUE(result.commands.at(0).ok()) << result.commands.at(0).missing;
  EXPECT_EQ(read_file(temp / "tree/made"), "here\n");
  EXPECT_NE(result.commands[0].out.find(place), std::string::npos);
  EXPECT_NE(result.commands[0].out.find("Read-only file system"), std::string::npos);
  EXPECT_FALSE(path_exists("/opt/ferry-sandbox-test"));
  EXPECT_FALSE(path_exists("/etc/x"));
}

TEST_F(Sandbox, ReachesOnlyWhatIsOnTheListAndEverythingAskedForIsRecorded) {
  const Server server;
  const std::string allowed = "127.0.0.1:" + std::to_string(server.port);
  options.network = {allowed};
  // curl leaves loopback addresses to the environment: NO_PROXY names them, so it is told to use the proxy.
  const auto result = shell("curl -s --noproxy '' http://" + allowed +
                            "/; curl -s --noproxy '' -w '%{http_code}' http://example.invalid/; "
                            "curl -s -m 5 --noproxy '*' http://" +
                            allowed + "/ || echo direct: no");
  const auto& out = result.commands.at(0).out;
  EXPECT_NE(out.find("hello"), std::string::npos) << out;
  EXPECT_NE(out.find("403"), std::string::npos) << out;
  EXPECT_NE(out.find("example.invalid:80 is not on the list"), std::string::npos) << out;
  EXPECT_NE(out.find("direct: no"), std::string::npos) << out;
  ASSERT_EQ(result.network.size(), 2U);
  EXPECT_EQ(result.network[0].place, allowed);
  EXPECT_TRUE(result.network[0].allowed);
  EXPECT_FALSE(result.network[1].allowed);
}

TEST_F(Sandbox, CommandsRunOneAfterTheOtherUntilOneFails) {
  options.commands = {{"sh", "-c", "echo one"}, {"sh", "-c", "echo two >&2; exit 7"}, {"sh", "-c", "echo three"}};
  std::string seen;
  const auto result =
      run_sandbox(options, [&](std::size_t, std::string_view line) { seen += std::string(line) + ";"; });
  ASSERT_EQ(result.commands.size(), 2U);
  EXPECT_EQ(result.commands[1].status, 7);
  EXPECT_EQ(result.commands[1].last_lines, std::vector<std::string>{"two"});
  EXPECT_EQ(seen, "one;two;");
  options.commands = {{"no-such-program-here"}};
  EXPECT_NE(run_sandbox(options).commands.at(0).missing.find("no-such-program-here"), std::string::npos);
}

TEST_F(Sandbox, WhatACommandLeavesRunningEndsWithIt) {
  const auto result = shell("setsid sleep 1000 >/dev/null 2>&1 & echo started");
  EXPECT_TRUE(result.commands.at(0).ok());
  for (const auto& process : all_processes()) EXPECT_EQ(process.command.find("sleep 1000"), std::string::npos);
}

TEST_F(Sandbox, TheEnvironmentIsTheOneGivenAndNothingElse) {
  ::setenv("FERRY_SECRET_OF_THE_CALLER", "x", 1);
  const auto out = shell("env").commands.at(0).out;
  EXPECT_EQ(out.find("FERRY_SECRET"), std::string::npos);
  EXPECT_NE(out.find("HTTPS_PROXY=http://127.0.0.1:"), std::string::npos);
}

TEST_F(Sandbox, AnAccountThatDoesNotExistIsSaid) {
  options.user = "no-such-account-here";
  options.commands = {{"true"}};
  try {
    run_sandbox(options);
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(error.about().find("no-such-account-here"), std::string::npos);
  }
}

TEST_F(Sandbox, ACommandOfAnotherAccountHasNoRightsOfRoot) {
  options.user = "nobody";
  const auto result = shell("id -un; touch made 2>&1; unshare -m true 2>&1; true");
  EXPECT_NE(result.commands.at(0).out.find("nobody"), std::string::npos);
  EXPECT_NE(result.commands.at(0).out.find("Permission denied"), std::string::npos);
  EXPECT_FALSE(path_exists(temp / "tree/made"));
}

// A process that makes a scratch folder and is killed.
TEST(Scratch, GoesAwayAlsoWhenItsOwnerIsKilled) {
  const TempFolder temp;
  const pid_t owner = ::fork();
  if (owner == 0) {
    const Scratch scratch("killed", temp.path());
    write_file_atomic(scratch / "file", "x");
    write_file_atomic(temp / "ready", scratch.path());
    ::pause();
  }
  while (!path_exists(temp / "ready")) ::usleep(1000);
  const auto folder = read_file(temp / "ready");
  EXPECT_TRUE(path_exists(folder + "/file"));
  const auto identity = identify(owner);
  send_signal(identity, 9);
  ::waitpid(owner, nullptr, 0);
  for (int i = 0; i < 5000 && path_exists(folder); ++i) ::usleep(1000);
  EXPECT_FALSE(path_exists(folder));
}

}  // namespace
}  // namespace ferry
