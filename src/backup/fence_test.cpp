// What the fence promises (promise 6): nothing gets out, what was tried is written down with its original destination,
// users come in, and it is proved, not assumed. With real namespaces, so as root; otherwise the honest answer is
// tested.
#include "backup/fence.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <future>

#include "base/error.h"
#include "host/descriptor.h"
#include "host/files.h"
#include "host/program.h"

namespace ferry {
namespace {

namespace fs = std::filesystem;

std::string self() {
  return fs::read_symlink("/proc/self/exe").string();
}

Code code_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.code();
  }
  return Code::internal;
}

// A port of 127.0.0.1 that listens outside, as production does.
struct Outside {
  Descriptor socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  int port = 0;
  Outside() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size);
    ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size);
    ::listen(socket.get(), 8);
    port = ntohs(address.sin_port);
  }
  int connections() const {
    int count = 0;
    while (Descriptor(::accept(socket.get(), nullptr, nullptr)).valid()) ++count;
    return count;
  }
};

int free_port() {
  return Outside().port;
}

class Fence : public testing::Test {
 protected:
  void SetUp() override {
    if (!fence_obstacle().empty()) GTEST_SKIP() << fence_obstacle().en;
    make_folders(temp_ / "oa");
    make_folders(temp_ / "production");
    write_file_atomic(temp_ / "production/oa.db", "production's data");
    // /tmp is a private one inside: the test program must be somewhere that can be seen, wherever it was built.
    copy_file(self(), helper());
    options_.folder = temp_ / "staging/fence";
    options_.writable = {temp_ / "oa"};
    options_.hidden = {temp_ / "production"};
  }
  void TearDown() override {
    for (const auto& process : started_) send_signal(process, SIGKILL);
    end_fence(options_.folder);
  }
  std::string helper() const { return temp_ / "oa/helper"; }
  FenceState start() { return start_fence(options_); }

  std::vector<std::string> inside(const std::vector<std::string>& command, const std::string& user = {}) const {
    auto argv = fence_prefix(*fence_status(options_.folder).state, user);
    argv.insert(argv.end(), command.begin(), command.end());
    return argv;
  }
  std::string say(const std::string& host, int port, const std::string& text, const char* how = "test-say") const {
    ProgramOptions run;
    run.input = text;
    run.timeout = Milliseconds(20000);
    return run_program(inside({helper(), how, host, std::to_string(port)}), run).out;
  }
  // A service inside that listens already.
  ProcessIdentity serve(int port, const std::string& text) {
    const std::string log = temp_ / ("serve-" + std::to_string(port));
    const Descriptor pipe_end(make_fifo(log));
    DetachedOptions detached;
    detached.log_file = log;
    started_.push_back(spawn_detached(inside({helper(), "test-serve", std::to_string(port), text}), detached));
    char ready[16];
    pollfd entry{pipe_end.get(), POLLIN, 0};
    EXPECT_EQ(::poll(&entry, 1, 20000), 1);
    EXPECT_GT(::read(pipe_end.get(), ready, sizeof ready), 0);
    return started_.back();
  }
  static int make_fifo(const std::string& path) {
    EXPECT_EQ(::mkfifo(path.c_str(), 0600), 0);
    return ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  }
  // Connects from outside, as a user's browser does.
  static std::string from_outside(int port, const std::string& text) {
    ProgramOptions run;
    run.input = text;
    return run_program({self(), "test-say", "127.0.0.1", std::to_string(port)}, run).out;
  }
  std::vector<SinkEvent> events() const { return read_sink_record(fence_record(options_.folder)); }
  // The event wanted, waiting for the sink, which writes a moment after it was spoken to.
  SinkEvent wait_for(const std::function<bool(const SinkEvent&)>& wanted) const {
    for (int i = 0; i < 1000; ++i) {
      for (const auto& event : events()) {
        if (wanted(event)) return event;
      }
      ::poll(nullptr, 0, 10);
    }
    ADD_FAILURE() << "not recorded: " << read_file_if_there(fence_record(options_.folder).string()).value_or("");
    return {};
  }
  static std::string failures(const FenceProof& proof) {
    std::string text;
    for (const auto& condition : proof.conditions) {
      if (!condition.passed) text += condition.id + ": " + condition.detail + "\n";
    }
    return text;
  }
  static bool passed(const FenceProof& proof, const std::string& id) {
    bool found = false;
    for (const auto& condition : proof.conditions) {
      if (condition.id != id) continue;
      found = true;
      if (!condition.passed) return false;
    }
    return found;
  }

  TempFolder temp_{"ferry-fence"};
  FenceOptions options_;
  std::vector<ProcessIdentity> started_;
};

TEST_F(Fence, AMailFromInsideIsKeptWithItsOriginalDestinationAndWhoSentIt) {
  start();
  const std::string answer = say("10.20.30.40", 25,
                                 "HELO oa\r\nMAIL FROM:<oa@a.example>\r\nRCPT TO:<boss@b.example>\r\nDATA\r\n"
                                 "Subject: Approve\r\n\r\nplease\r\n.\r\nQUIT\r\n");
  EXPECT_NE(answer.find("220 "), std::string::npos) << answer;
  EXPECT_NE(answer.find("250 2.0.0"), std::string::npos) << answer;
  const auto mail = wait_for([](const SinkEvent& event) { return event.speaks == "smtp"; });
  EXPECT_EQ(mail.address, "10.20.30.40");
  EXPECT_EQ(mail.port, 25);
  EXPECT_EQ(mail.detail["to"], Json::array({"boss@b.example"}));
  EXPECT_NE(mail.command.find("test-say 10.20.30.40 25"), std::string::npos) << mail.command;
  const auto wanted = suggestions(events(), {});
  ASSERT_EQ(wanted.size(), 1U);
  EXPECT_EQ(wanted[0].example, "MAIL to boss@b.example: Approve");
}

TEST_F(Fence, WebRequestsDatagramsAndNamesEndInTheSinkOverBothFamilies) {
  start();
  EXPECT_NE(
      say("2001:4860:4860::8888", 8081, "POST /pay HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi").find("{}"),
      std::string::npos);
  const auto http = wait_for([](const SinkEvent& event) { return event.speaks == "http"; });
  EXPECT_EQ(http.address, "2001:4860:4860::8888");
  EXPECT_EQ(http.detail["body"]["text"], "hi");
  const std::string query(
      "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x02oa\x07"
      "example\x00\x00\x01\x00\x01",
      28);
  for (const std::string resolver : {"8.8.8.8", "127.0.0.53", "::1", "2001:4860:4860::8844"}) {
    const std::string answer = say(resolver, 53, query, "test-datagram");
    ASSERT_GT(answer.size(), 4U) << resolver;
    EXPECT_EQ(answer.substr(answer.size() - 4), std::string("\xc6\x33\x64\x01", 4)) << resolver;
  }
  say("198.51.100.1", 443, "\x16\x03\x01");  // what the name was resolved to
  const auto named = wait_for([](const SinkEvent& event) { return event.port == 443; });
  EXPECT_EQ(named.name, "oa.example");
}

TEST_F(Fence, UsersComeInAndUntilTheServiceRunsTheyAreNotAnsweredByTheSink) {
  const int inner = free_port();
  options_.forwards = {{free_port(), inner, "127.0.0.1"}};
  start();
  EXPECT_EQ(from_outside(options_.forwards[0].outside, "GET / HTTP/1.0\r\n\r\n"), "");
  serve(inner, "the clone");
  EXPECT_EQ(from_outside(options_.forwards[0].outside, "hello"), "the clone 5");
  EXPECT_EQ(from_outside(options_.forwards[0].outside, std::string(3U << 20U, 'x')), "the clone 3145728");
  EXPECT_EQ(from_outside(inner, ""), "Connection refused") << "the service itself is not reachable from outside";
}

TEST_F(Fence, ServicesInsideReachEachOtherAndWhatTheyDoNotServeEndsInTheSink) {
  start();
  const int port = free_port();
  EXPECT_NE(say("127.0.0.1", port, "GET / HTTP/1.1\r\n\r\n").find("X-Ferry-Fence"), std::string::npos);
  const auto service = serve(port, "inner");
  EXPECT_EQ(say("127.0.0.1", port, "abc"), "inner 3") << "the first connection is passed on";
  EXPECT_EQ(say("127.0.0.1", port, "abcd"), "inner 4") << "the next one is direct";
  EXPECT_NE(say("10.0.0.7", port, "GET / HTTP/1.1\r\n\r\n").find("X-Ferry-Fence"), std::string::npos)
      << "the same port of another host is not the clone's";
  send_signal(service, SIGTERM);
  ASSERT_TRUE(wait_for_end(service, Milliseconds(10000)));
}

TEST_F(Fence, ItIsProvedThatProductionBesideItCanNotBeReached) {
  const Outside production;
  const int port = free_port();
  start();
  serve(port, "x");
  FenceProofOptions options;
  options.outside = {"127.0.0.1:" + std::to_string(production.port)};
  options.no_write = {temp_ / "production"};
  const auto state = *fence_status(options_.folder).state;
  options.services = fence_processes(state);
  ASSERT_EQ(options.services.size(), 1U);
  options.services.push_back(started_[0].pid);  // the stand-in outside counts as what it stands for
  const auto proof = prove_fence(options_.folder, options);
  EXPECT_TRUE(proof.proved) << failures(proof);
  EXPECT_GE(proof.conditions.size(), 18U);
  require_proved(proof);
  EXPECT_EQ(production.connections(), 1) << "only the question from outside whether it answers";
  EXPECT_TRUE(proof.attempts.empty()) << "Ferry's own probes are no attempts: " << Json(proof.attempts).dump();
  const auto again = Json(proof).get<FenceProof>();
  EXPECT_EQ(Json(again), Json(proof));
}

TEST_F(Fence, OnlyTheCloneCanBeWrittenAndProductionsFilesAreNotEvenSeen) {
  start();
  const auto run = [&](const std::string& script) { return run_program(inside({"/bin/sh", "-c", script})); };
  EXPECT_TRUE(run("echo x > " + (temp_ / "oa/file")).ok());
  EXPECT_EQ(read_file(temp_ / "oa/file"), "x\n");
  EXPECT_FALSE(run("echo x > /etc/ferry-test-file").ok());
  EXPECT_FALSE(path_exists("/etc/ferry-test-file"));
  EXPECT_FALSE(run("cat " + (temp_ / "production/oa.db")).ok());
  EXPECT_FALSE(run("echo x > " + (temp_ / "production/oa.db")).ok());
  EXPECT_TRUE(run("echo x > /tmp/private && echo x > /dev/null").ok());
  EXPECT_FALSE(path_exists("/tmp/private"));
  EXPECT_FALSE(run("kill -0 " + std::to_string(::getpid())).ok());
  EXPECT_FALSE(run("mount -o remount,rw / || mount -t tmpfs none /mnt").ok());
  EXPECT_EQ(read_file(temp_ / "production/oa.db"), "production's data");
}

TEST_F(Fence, CommandsRunAsTheAccountNamedAndWithoutOtherWaysOut) {
  start();
  EXPECT_EQ(run_program(inside({"id", "-un"}, "nobody")).out, "nobody\n");
  EXPECT_EQ(run_program(inside({helper(), "test-family", std::to_string(AF_VSOCK)})).out,
            "Address family not supported by protocol");
  EXPECT_EQ(run_program(inside({helper(), "test-family", std::to_string(AF_INET)})).out, "made");
  EXPECT_EQ(run_program(inside({"/bin/sh", "-c", "exit 7"})).status, 7);
  EXPECT_NE(run_program(inside({"no-such-program"})).status, 0);
  EXPECT_NE(run_program(inside({"id"}, "no-such-account")).status, 0);
}

TEST_F(Fence, AProofFailsWhenAServiceRunsOutsideOrASocketLeadsOut) {
  start();
  FenceProofOptions options;
  options.services = {::getpid()};
  const auto outside = prove_fence(options_.folder, options);
  EXPECT_FALSE(outside.proved);
  EXPECT_FALSE(passed(outside, "services"));
  EXPECT_TRUE(passed(outside, "sink_tcp4"));
  EXPECT_EQ(code_of([&] { require_proved(outside); }), Code::fence_unproven);

  // Somebody outside listens in the clone's own folder: that crosses every network namespace.
  const Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = temp_ / "oa/sock";
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(socket.get(), 1), 0);
  const auto crossed = prove_fence(options_.folder);
  EXPECT_FALSE(passed(crossed, "unix_sockets"));
  EXPECT_FALSE(crossed.proved);
}

TEST_F(Fence, WhenTheHolderIsKilledEverythingInsideEndsAndThatIsSeen) {
  options_.forwards = {{free_port(), free_port(), "127.0.0.1"}};
  const auto state = start();
  EXPECT_EQ(code_of([&] { start(); }), Code::already_exists);
  const auto service = serve(options_.forwards[0].inside, "x");
  const auto within = fence_processes(state);
  ASSERT_EQ(within.size(), 1U);
  const auto process = identify(within[0]);
  ASSERT_TRUE(send_signal(state.processes[0].identity, SIGKILL));
  EXPECT_TRUE(wait_for_end(process, Milliseconds(10000)));
  EXPECT_TRUE(wait_for_end(service, Milliseconds(10000)));
  EXPECT_TRUE(wait_for_end(state.processes[1].identity, Milliseconds(10000))) << "the forwarder";
  EXPECT_EQ(fence_status(options_.folder).kind, FenceStatus::Kind::dead);
  const auto proof = prove_fence(options_.folder);
  EXPECT_FALSE(proof.proved);
  EXPECT_FALSE(end_fence(options_.folder)) << "nothing was running";
  EXPECT_EQ(start().processes.size(), 2U) << "and it can be made again";
}

TEST_F(Fence, ASinkThatDiedIsReplacedButTheGapForfeitsTheProof) {
  const auto state = start();
  ProcessIdentity sink;
  for (const auto& process : descendants(state.processes[0].identity.pid, all_processes()))
    sink = identify(process.pid);
  ASSERT_TRUE(send_signal(sink, SIGKILL));
  wait_for([](const SinkEvent& event) { return event.kind == SinkEvent::Kind::gap; });
  EXPECT_NE(say("10.0.0.1", 80, "GET / HTTP/1.1\r\n\r\n").find("{}"), std::string::npos);
  const auto proof = prove_fence(options_.folder);
  EXPECT_FALSE(passed(proof, "no_gap"));
  EXPECT_FALSE(proof.proved);
}

TEST_F(Fence, ALaterFenceOfTheSameCloneIsJudgedByWhatHappenedInIt) {
  const auto state = start();
  say("10.0.0.1", 80, "GET /early HTTP/1.1\r\n\r\n");
  const auto early = wait_for([](const SinkEvent& event) { return event.kind == SinkEvent::Kind::connect; });
  EXPECT_EQ(prove_fence(options_.folder).attempts.size(), 1U);
  ASSERT_TRUE(end_fence(options_.folder));
  start();
  say("10.0.0.2", 80, "GET /late HTTP/1.1\r\n\r\n");
  const auto late = wait_for([](const SinkEvent& event) { return event.address == "10.0.0.2"; });
  EXPECT_GT(late.connection, early.connection) << "a number is never used twice in a record";
  const auto proof = prove_fence(options_.folder);
  ASSERT_EQ(proof.attempts.size(), 1U);
  EXPECT_EQ(proof.attempts[0].host, "10.0.0.2");
  EXPECT_EQ(destinations(events()).size(), 2U) << "the record keeps both";
}

TEST_F(Fence, AServiceEndsWhenItsStandInIsKilled) {
  const auto state = start();
  const auto stand_in = serve(free_port(), "x");
  const auto within = fence_processes(state);
  ASSERT_EQ(within.size(), 1U);
  const auto process = identify(within[0]);
  send_signal(stand_in, SIGKILL);
  EXPECT_TRUE(wait_for_end(process, Milliseconds(10000)));
}

TEST_F(Fence, APortThatIsTakenAndAFolderThatIsMissingAreTold) {
  const Outside taken;
  options_.forwards = {{taken.port, 8080, "127.0.0.1"}};
  EXPECT_EQ(code_of([&] { start(); }), Code::port_in_use);
  options_.forwards.clear();
  options_.writable = {temp_ / "nowhere"};
  EXPECT_EQ(code_of([&] { start(); }), Code::not_found);
  EXPECT_EQ(fence_status(options_.folder).kind, FenceStatus::Kind::none);
}

// In a child, so that this also says something where the tests run as root.
TEST(FenceWithoutRoot, TheAnswerIsNotProvedAndSaysWhy) {
  const TempFolder temp("ferry-fence");
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    if (::geteuid() == 0 && (::setgid(65534) != 0 || ::setuid(65534) != 0)) ::_exit(9);
    FenceOptions options;
    options.folder = "/nonexistent/fence";
    const auto proof = prove_fence(options.folder);
    const bool honest = !proof.proved && !proof.conditions.empty() && !fence_obstacle().empty() &&
                        code_of([&] { start_fence(options); }) == Code::needs_root &&
                        code_of([&] { require_proved(proof); }) == Code::fence_unproven;
    ::_exit(honest ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace ferry
