// Users come in: a process outside that holds the outer listener and has entered the inner network.
#include <arpa/inet.h>
#include <grp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <thread>

#include "backup/fence_parts.h"
#include "host/pump.h"

namespace ferry::fence {
namespace {

constexpr int connections_limit = 2048;

Descriptor connect_inside(int port) {
  Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  if (::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) socket.reset();
  return socket;
}

// So that the other side sees "connection reset" and not an empty answer: nobody listens inside.
void refuse(const Descriptor& client) {
  const linger now{1, 0};
  ::setsockopt(client.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

}  // namespace

Descriptor listen_outside(const FenceForward& forward) {
  const bool v6 = forward.listen.find(':') != std::string::npos;
  sockaddr_storage address{};
  socklen_t size = sizeof(sockaddr_in);
  address.ss_family = v6 ? AF_INET6 : AF_INET;
  int understood = 0;
  if (v6) {
    auto& in6 = reinterpret_cast<sockaddr_in6&>(address);
    size = sizeof in6;
    in6.sin6_port = htons(static_cast<std::uint16_t>(forward.outside));
    understood = ::inet_pton(AF_INET6, forward.listen.c_str(), &in6.sin6_addr);
  } else {
    auto& in4 = reinterpret_cast<sockaddr_in&>(address);
    in4.sin_port = htons(static_cast<std::uint16_t>(forward.outside));
    understood = ::inet_pton(AF_INET, forward.listen.c_str(), &in4.sin_addr);
  }
  const std::string shown = forward.listen + ":" + std::to_string(forward.outside);
  if (understood != 1 || forward.outside < 1 || forward.outside > 65535 || forward.inside < 1 ||
      forward.inside > 65535) {
    throw Error(Code::invalid_document, shown, Text{"no address and port to listen on", "不是可监听的地址和端口"});
  }
  Descriptor socket(::socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int one = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(socket.get(), 512) != 0) {
    if (errno == EADDRINUSE) throw Error(Code::port_in_use, shown);
    throw system_error(shown, errno);
  }
  return socket;
}

void run_forwarder(Descriptor listener, int port_inside, Descriptor holder_pidfd) {
  ::prctl(PR_SET_NAME, "ferry-forward");
  // It only moves bytes: no rights of root needed from here on.
  if (::setgroups(0, nullptr) != 0 || ::setgid(65534) != 0 || ::setuid(65534) != 0) ::_exit(1);
  std::atomic<int> open{0};
  std::array<pollfd, 2> entries{{{listener.get(), POLLIN, 0}, {holder_pidfd.get(), POLLIN, 0}}};
  for (;;) {
    if (::poll(entries.data(), entries.size(), -1) < 0) continue;
    if (entries[1].revents != 0) ::_exit(0);  // the fence has ended
    Descriptor client(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!client.valid()) continue;
    if (open >= connections_limit) {
      refuse(client);
      continue;
    }
    ++open;
    std::thread([&open, port_inside, socket = client.release()] {
      const Descriptor outer(socket);
      const Descriptor inner = connect_inside(port_inside);
      if (inner.valid()) {
        pump(outer.get(), inner.get());
      } else {
        refuse(outer);
      }
      --open;
    }).detach();
  }
}

}  // namespace ferry::fence
