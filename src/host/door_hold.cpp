// `ferry door-hold FOLDER`: the process that keeps the door closed. It needs nothing of the application and nothing of
// the Ferry that started it; when it ends, however it ends, the kernel opens the door.
#include "host/door_hold.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <list>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "host/bpf.h"
#include "host/door.h"
#include "host/door_page.h"
#include "host/files.h"

namespace ferry {
namespace door {
namespace {

using Stopwatch = std::chrono::steady_clock;

constexpr std::size_t head_limit = 8192;    // bytes of a request that are looked at
constexpr std::size_t most_visitors = 500;  // at a time; one more waits in the kernel's queue
constexpr Milliseconds patience{10000};     // for a request to come and its answer to go
constexpr Milliseconds linger{2000};        // for a visitor to finish what he was sending

volatile std::sig_atomic_t asked_to_end = 0;

enum Slot : std::uint32_t { slot_tcp4, slot_tcp6, slots };

// Given to the page: TCP to one of the ports, unless from the pass address. Everything else: as without us.
std::vector<bpf_insn> steering_program(int ports, int sockets, std::uint32_t pass) {
  constexpr int context = 6;
  bpf::Assembler a;
  a.move(context, 1);
  a.load(2, context, offsetof(bpf_sk_lookup, protocol));
  a.jump_unequal(2, IPPROTO_TCP, "pass");
  a.load(2, context, offsetof(bpf_sk_lookup, local_port));
  a.store(-4, 2);
  a.load_map(1, ports);
  a.move(2, 10);
  a.add(2, -4);
  a.call(BPF_FUNC_map_lookup_elem);
  a.jump_equal(0, 0, "pass");
  a.set(7, slot_tcp6);
  a.load(2, context, offsetof(bpf_sk_lookup, family));
  a.jump_unequal(2, AF_INET, "steer");
  a.set(7, slot_tcp4);
  a.load(2, context, offsetof(bpf_sk_lookup, remote_ip4));
  a.jump_equal(2, static_cast<int>(pass), "pass");
  a.label("steer");
  a.give_to_socket(sockets, 7);
  return a.finish();
}

// Port 0: any free one on loopback, reached only by steering; else the port on every address.
Descriptor open_listener(int family, int port) {
  Descriptor socket(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.valid()) return socket;  // a kernel without IPv6
  const int one = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  sockaddr_storage address{};
  socklen_t size = sizeof(sockaddr_in);
  address.ss_family = static_cast<sa_family_t>(family);
  if (family == AF_INET) {
    auto& in = reinterpret_cast<sockaddr_in&>(address);
    in.sin_addr.s_addr = htonl(port == 0 ? INADDR_LOOPBACK : INADDR_ANY);
    in.sin_port = htons(static_cast<std::uint16_t>(port));
  } else {
    size = sizeof(sockaddr_in6);
    auto& in = reinterpret_cast<sockaddr_in6&>(address);
    in.sin6_addr = port == 0 ? in6addr_loopback : in6addr_any;
    in.sin6_port = htons(static_cast<std::uint16_t>(port));
    ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
  }
  if (::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(socket.get(), 512) != 0) {
    if (family == AF_INET6 && errno != EADDRINUSE) return {};  // no IPv6 address here
    throw Error(errno == EADDRINUSE ? Code::port_in_use : Code::kernel_refused,
                Text{"port " + std::to_string(port), "端口 " + std::to_string(port)},
                system_error({}, errno).detail_text());
  }
  return socket;
}

struct Door {
  std::vector<Descriptor> listeners;
  Descriptor ports, sockets, link;
};

Door steer(const std::set<int>& ports, const std::string& pass) {
  Door door;
  door.ports = bpf::new_map(BPF_MAP_TYPE_HASH, sizeof(std::uint32_t), 64);
  door.sockets = bpf::new_map(BPF_MAP_TYPE_SOCKMAP, sizeof(std::uint64_t), slots);
  for (const int port : ports) bpf::set_entry(door.ports.get(), static_cast<std::uint32_t>(port), std::uint32_t{1});
  in_addr address{};
  ::inet_pton(AF_INET, pass.c_str(), &address);
  const auto program = bpf::load_lookup(steering_program(door.ports.get(), door.sockets.get(), address.s_addr));
  for (const auto& [family, slot] : {std::pair{AF_INET, slot_tcp4}, std::pair{AF_INET6, slot_tcp6}}) {
    auto socket = open_listener(family, 0);
    if (!socket.valid()) continue;
    bpf::set_entry(door.sockets.get(), slot, static_cast<std::uint64_t>(socket.get()));
    door.listeners.push_back(std::move(socket));
  }
  door.link = bpf::attach_lookup(program.get());
  return door;
}

Door listen_instead(const std::set<int>& ports) {
  Door door;
  for (const int port : ports)
    for (const int family : {AF_INET, AF_INET6}) {
      auto socket = open_listener(family, port);
      if (socket.valid()) door.listeners.push_back(std::move(socket));
    }
  return door;
}

// One connection: its request is read up to the end of the head, answered, and what else comes is thrown away for a
// moment, since closing on unread bytes would make the kernel take the answer back (RFC 9112 section 9.6).
struct Visitor {
  Descriptor socket;
  Stopwatch::time_point until;
  std::string head;
  std::string answer;
  std::size_t sent = 0;
  bool answered = false;
  bool gone = false;
};

class Server {
 public:
  Server(std::string folder, Door door) : folder_(std::move(folder)), door_(std::move(door)) {}

  void run() {
    while (asked_to_end == 0 || !visitors_.empty()) {
      if (asked_to_end != 0) leave();
      wait();
      const auto now = Stopwatch::now();
      visitors_.remove_if([&](const Visitor& visitor) { return visitor.gone || visitor.until < now; });
    }
  }

 private:
  // First the door opens, then whoever stands in it gets his answer.
  void leave() {
    door_.link.reset();
    door_.listeners.clear();
    const auto latest = Stopwatch::now() + Milliseconds(500);
    for (auto& visitor : visitors_) visitor.until = std::min(visitor.until, latest);
  }

  void wait() {
    std::vector<pollfd> all;
    const bool room = visitors_.size() < most_visitors;
    for (const auto& listener : door_.listeners) all.push_back({room ? listener.get() : -1, POLLIN, 0});
    for (const auto& visitor : visitors_)
      all.push_back(
          {visitor.socket.get(), static_cast<short>(visitor.answer.empty() || visitor.answered ? POLLIN : POLLOUT), 0});
    sigset_t none;
    ::sigemptyset(&none);
    timespec longest{visitors_.empty() ? 3600 : 0, 200'000'000};
    if (asked_to_end != 0 && visitors_.empty()) return;
    if (::ppoll(all.data(), all.size(), &longest, &none) <= 0) return;
    auto slot = all.begin() + static_cast<std::ptrdiff_t>(door_.listeners.size());
    for (auto& visitor : visitors_)
      if ((slot++)->revents != 0) serve(visitor);
    for (std::size_t i = 0; i < door_.listeners.size(); ++i)
      if ((all[i].revents & POLLIN) != 0) welcome(door_.listeners[i].get());
  }

  void welcome(int listener) {
    Descriptor socket(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!socket.valid()) return;
    Visitor visitor;
    visitor.socket = std::move(socket);
    visitor.until = Stopwatch::now() + patience;
    visitors_.push_back(std::move(visitor));
  }

  void serve(Visitor& visitor) {
    if (visitor.answer.empty() || visitor.answered) {
      char bytes[4096];
      const auto got = ::recv(visitor.socket.get(), bytes, sizeof bytes, 0);
      if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) visitor.gone = true;
      if (got <= 0 || visitor.answered) return;
      visitor.head.append(bytes, static_cast<std::size_t>(got));
      if (visitor.head.find("\r\n\r\n") == std::string::npos && visitor.head.size() < head_limit) return;
      visitor.answer = door_answer(visitor.head, page(), system_now());
    }
    const auto sent = ::send(visitor.socket.get(), visitor.answer.data() + visitor.sent,
                             visitor.answer.size() - visitor.sent, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) visitor.gone = true;
    if (sent > 0) visitor.sent += static_cast<std::size_t>(sent);
    if (visitor.sent < visitor.answer.size()) return;
    ::shutdown(visitor.socket.get(), SHUT_WR);
    visitor.answered = true;
    visitor.until = std::min(visitor.until, Stopwatch::now() + linger);
  }

  // As the state file has it now: the expected end moves while a run goes on.
  const DoorPage& page() {
    const auto now = Stopwatch::now();
    if (now < next_look_) return page_;
    next_look_ = now + Seconds(1);
    try {
      const auto file = state_file(folder_);
      page_ = parse_json(read_file(file), file).get<DoorState>().options.page;
    } catch (const std::exception&) {
      // A disk that is full or gone is no reason to stop answering.
    }
    return page_;
  }

  std::string folder_;
  Door door_;
  std::list<Visitor> visitors_;
  DoorPage page_;
  Stopwatch::time_point next_look_{};
};

void on_end(int) {
  asked_to_end = 1;
}

// SIGTERM is let in only while waiting, so that none is lost between looking at the flag and waiting.
void prepare_signals() {
  sigset_t end;
  ::sigemptyset(&end);
  ::sigaddset(&end, SIGTERM);
  ::sigprocmask(SIG_BLOCK, &end, nullptr);
  struct sigaction action {};
  action.sa_handler = on_end;
  ::sigaction(SIGTERM, &action, nullptr);
  for (const int signal : {SIGINT, SIGHUP, SIGPIPE}) ::signal(signal, SIG_IGN);
}

}  // namespace

std::string state_file(const std::string& folder) {
  return folder + "/door.json";
}

void try_steering() {
  if (::geteuid() != 0) throw Error(Code::needs_root, Text{"the door", "入口"});
  steer({}, "127.64.1.1");
}

}  // namespace door

bool is_door_command(int argc, char** argv) {
  return argc == 3 && argv[1] == door::command;
}

int door_main(int, char** argv) {
  const std::string folder = argv[2];
  const auto file = door::state_file(folder);
  try {
    door::prepare_signals();
    auto state = parse_json(read_file(file), file).get<DoorState>();
    state.options.folder = folder;
    if (state.options.mode == DoorMode::steer && ::geteuid() != 0)
      throw Error(Code::needs_root, Text{"the door", "入口"});
    door::Server server(folder, state.options.mode == DoorMode::steer ? door::steer(state.options.ports, state.pass)
                                                                      : door::listen_instead(state.options.ports));
    state.holder = identify(::getpid());
    state.ready = true;
    write_file_atomic(file, Json(state).dump(1), 0600);
    server.run();
    return 0;
  } catch (const Error& error) {
    const Json problem = {
        {"code", info(error.code()).name}, {"about", error.about_text()}, {"detail", error.detail_text()}};
    write_file_atomic(file, Json{{"problem", problem}}.dump(1), 0600);
    return 1;
  }
}

}  // namespace ferry
