// What the door promises: nobody but Ferry reaches the application while it is closed, everybody is told so, and it
// stays closed when Ferry dies. With a real program in the kernel, so as root; otherwise the honest answer is tested.
#include "host/door.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <thread>

#include "base/clock.h"
#include "base/error.h"
#include "host/descriptor.h"
#include "host/door_page.h"
#include "host/files.h"

namespace ferry {
namespace {

// An application on a port of 127.0.0.1 that answers everybody with "application".
class Application {
 public:
  explicit Application(int port = 0) {
    const int one = 1;
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(socket_.get(), 64) != 0)
      throw system_error("bind", errno);
    ::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] {
      for (;;) {
        const Descriptor visitor(::accept(socket_.get(), nullptr, nullptr));
        if (!visitor.valid()) return;
        const std::string answer = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\napplication";
        char bytes[2048];
        if (::recv(visitor.get(), bytes, sizeof bytes, 0) > 0)
          ::send(visitor.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
      }
    });
  }
  ~Application() {
    ::shutdown(socket_.get(), SHUT_RDWR);
    thread_.join();
  }
  Application(const Application&) = delete;
  Application& operator=(const Application&) = delete;
  int port() const { return port_; }

 private:
  Descriptor socket_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  std::thread thread_;
  int port_ = 0;
};

int free_port() {
  return Application().port();
}

// The whole answer, from the source address given; "refused" without a connection.
std::string ask(int port, const std::string& request, const std::string& from = "127.0.0.1") {
  const Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  ::inet_pton(AF_INET, from.c_str(), &address.sin_addr);
  EXPECT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return "refused";
  ::send(socket.get(), request.data(), request.size(), MSG_NOSIGNAL);
  std::string out;
  char bytes[4096];
  for (;;) {
    const auto got = ::recv(socket.get(), bytes, sizeof bytes, 0);
    if (got <= 0) return out;
    out.append(bytes, static_cast<std::size_t>(got));
  }
}

std::string get(int port, const std::string& from = "127.0.0.1") {
  return ask(port, "GET / HTTP/1.1\r\nHost: oa\r\n\r\n", from);
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

Code code_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.code();
  }
  return Code::internal;
}

class Door : public testing::Test {
 protected:
  void TearDown() override { lift_door(temp_.path()); }
  DoorOptions options(int port) const {
    DoorOptions options;
    options.folder = temp_.path();
    options.ports = {port};
    options.page.title = {"Sample OA", "示例 OA"};
    return options;
  }
  TempFolder temp_;
};

// The promises that need the kernel's help. Who can't have them is told why, and nothing is half closed.
class SteeredDoor : public Door {
 protected:
  bool possible() const {
    const auto obstacle = door_obstacle();
    if (obstacle.empty()) return true;
    EXPECT_NE(::geteuid(), 0U) << "root must be able to close a door here: " << obstacle.en;
    EXPECT_EQ(code_of([&] { close_door(options(free_port())); }), Code::needs_root);
    EXPECT_FALSE(closed_door(temp_.path()));
    return false;
  }
};

TEST_F(SteeredDoor, UsersGetThePageAndFerryGetsThrough) {
  if (!possible()) return;
  const Application application;
  const auto door = close_door(options(application.port()));
  const auto seen = get(application.port());
  EXPECT_TRUE(seen.starts_with("HTTP/1.1 503 ")) << seen;
  EXPECT_TRUE(has(seen, "Retry-After: "));
  EXPECT_TRUE(has(seen, "示例 OA") && has(seen, "Sample OA"));
  EXPECT_TRUE(has(get(application.port(), door.pass), "application"));
  EXPECT_TRUE(lift_door(temp_.path()));
  EXPECT_TRUE(has(get(application.port()), "application"));
  EXPECT_FALSE(lift_door(temp_.path()));
}

TEST_F(SteeredDoor, AnApplicationCanEndAndStartBehindIt) {
  if (!possible()) return;
  const int port = free_port();
  const auto door = close_door(options(port));
  EXPECT_EQ(get(port, door.pass), "refused");
  EXPECT_TRUE(get(port).starts_with("HTTP/1.1 503 "));
  const Application application(port);
  EXPECT_TRUE(has(get(port, door.pass), "application"));
  EXPECT_TRUE(get(port).starts_with("HTTP/1.1 503 "));
}

TEST_F(SteeredDoor, OtherPortsAreLeftAlone) {
  if (!possible()) return;
  const Application closed;
  const Application other;
  close_door(options(closed.port()));
  EXPECT_TRUE(has(get(other.port()), "application"));
}

TEST_F(SteeredDoor, StaysClosedWhenFerryIsKilled) {
  if (!possible()) return;
  const Application application;
  const pid_t ferry = ::fork();
  if (ferry == 0) {
    close_door(options(application.port()));
    ::kill(::getpid(), SIGKILL);
  }
  ::waitpid(ferry, nullptr, 0);
  ASSERT_TRUE(closed_door(temp_.path()));
  EXPECT_TRUE(get(application.port()).starts_with("HTTP/1.1 503 "));
}

TEST_F(SteeredDoor, NobodyIsForgottenInItWhateverTheMomentOfFerrysDeath) {
  if (!possible()) return;
  const Application application;
  for (int i = 0; i < 60; ++i) {
    const pid_t ferry = ::fork();
    if (ferry == 0) {
      close_door(options(application.port()));
      ::_exit(0);
    }
    std::this_thread::sleep_for(std::chrono::microseconds(200 * i));
    ::kill(ferry, SIGKILL);
    ::waitpid(ferry, nullptr, 0);
    const auto again = close_door(options(application.port()));
    ASSERT_TRUE(has(get(application.port(), again.pass), "application")) << i;
    lift_door(temp_.path());
    ASSERT_TRUE(has(get(application.port()), "application")) << i;
  }
}

TEST_F(SteeredDoor, IsNotClaimedToStandWhenItsProcessHasEnded) {
  if (!possible()) return;
  const Application application;
  const auto door = close_door(options(application.port()));
  send_signal(door.holder, SIGKILL);
  ASSERT_TRUE(wait_for_end(door.holder, Milliseconds(5000)));
  EXPECT_FALSE(closed_door(temp_.path()));
  close_door(options(application.port()));
  EXPECT_TRUE(get(application.port()).starts_with("HTTP/1.1 503 "));
}

TEST_F(SteeredDoor, ClosedAgainItKeepsItsHolderAndTellsTheNewEnd) {
  if (!possible()) return;
  const Application application;
  const auto first = close_door(options(application.port()));
  auto later = options(application.port());
  later.page.contact = "8899";
  EXPECT_EQ(close_door(later).holder, first.holder);
  EXPECT_EQ(closed_door(temp_.path())->options.page, later.page);
}

TEST_F(SteeredDoor, ABodyThatIsStillBeingSentDoesNotSwallowTheAnswer) {
  if (!possible()) return;
  const int port = free_port();
  close_door(options(port));
  const std::string body(300000, 'x');
  const auto seen = ask(
      port, "POST /upload HTTP/1.1\r\nHost: oa\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  EXPECT_TRUE(seen.starts_with("HTTP/1.1 503 ")) << seen.substr(0, 80);
  EXPECT_TRUE(has(seen, "</main>"));
}

TEST_F(SteeredDoor, ManyVisitorsWhoSayNothingDoNotKeepOthersFromThePage) {
  if (!possible()) return;
  const int port = free_port();
  close_door(options(port));
  std::vector<Descriptor> silent;
  for (int i = 0; i < 200; ++i) {
    Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    silent.push_back(std::move(socket));
  }
  EXPECT_TRUE(get(port).starts_with("HTTP/1.1 503 "));
}

TEST_F(Door, WithoutTheKernelThePageStandsInWhileNothingListens) {
  const int port = free_port();
  auto wanted = options(port);
  wanted.mode = DoorMode::listen;
  close_door(wanted);
  EXPECT_TRUE(get(port).starts_with("HTTP/1.1 503 "));
  lift_door(temp_.path());
  EXPECT_EQ(get(port), "refused");
}

TEST_F(Door, SaysThatAPortIsTakenInsteadOfClaimingToBeClosed) {
  const Application application;
  auto wanted = options(application.port());
  wanted.mode = DoorMode::listen;
  EXPECT_EQ(code_of([&] { close_door(wanted); }), Code::port_in_use);
  EXPECT_FALSE(closed_door(temp_.path()));
}

TEST(DoorPage, SpeaksTheVisitorsLanguageAndSaysWhenItIsBack) {
  DoorPage page{{"Sample <OA>", "示例 OA"}, "远帆制造有限公司", "2026-01-31T20:30:00.000Z", "8899"};
  const auto now = parse_moment("2026-01-31T20:00:00.000Z");
  const auto zh = door_answer("GET / HTTP/1.1\r\nAccept-Language: zh-CN,en;q=0.5\r\n\r\n", page, now);
  const auto en = door_answer("GET / HTTP/1.1\r\nAccept-Language: en-GB,zh;q=0.5\r\n\r\n", page, now);
  EXPECT_LT(zh.find("示例 OA"), zh.find("Sample &lt;OA&gt;"));
  EXPECT_GT(en.find("示例 OA"), en.find("Sample &lt;OA&gt;"));
  EXPECT_TRUE(has(zh, "Retry-After: 1800")) << zh;
  EXPECT_TRUE(has(zh, ":30</b>"));
  EXPECT_TRUE(has(zh, "8899") && has(zh, "远帆制造有限公司"));
}

TEST(DoorPage, ProgramsGetJsonAndHeadGetsNoBody) {
  const DoorPage page{{"Sample OA", "示例 OA"}, "", "", ""};
  const auto json = door_answer("POST /api HTTP/1.1\r\nAccept: application/json\r\n\r\n", page, system_now());
  EXPECT_TRUE(has(json, "Content-Type: application/json"));
  EXPECT_EQ(Json::parse(json.substr(json.find("\r\n\r\n") + 4)).at("status"), "maintenance");
  const auto head = door_answer("HEAD / HTTP/1.1\r\n\r\n", page, system_now());
  EXPECT_TRUE(head.ends_with("\r\n\r\n"));
}

}  // namespace
}  // namespace ferry
