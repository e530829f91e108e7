// The fence starts the running program again with hidden commands: so this test program knows them as `ferry` does.
// And it is the application inside: `test-serve PORT TEXT` answers every connection once it has sent its end;
// `test-say HOST PORT` sends stdin, its end, and prints the answer; `test-datagram HOST PORT` does so with UDP;
// `test-family N` makes a socket of that family.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <iterator>

#include "backup/fence.h"
#include "host/descriptor.h"

namespace {

using ferry::Descriptor;

struct Place {
  sockaddr_storage address{};
  socklen_t size = 0;
  Place(const std::string& host, int port) {
    const bool v6 = host.find(':') != std::string::npos;
    auto& in4 = reinterpret_cast<sockaddr_in&>(address);
    auto& in6 = reinterpret_cast<sockaddr_in6&>(address);
    address.ss_family = v6 ? AF_INET6 : AF_INET;
    in4.sin_port = htons(static_cast<std::uint16_t>(port));
    ::inet_pton(address.ss_family, host.c_str(), v6 ? static_cast<void*>(&in6.sin6_addr) : &in4.sin_addr);
    size = v6 ? sizeof in6 : sizeof in4;
  }
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&address); }
};

std::string read_all(int fd) {
  std::string text;
  char buffer[4096];
  for (ssize_t got; (got = ::read(fd, buffer, sizeof buffer)) > 0;) text.append(buffer, static_cast<std::size_t>(got));
  return text;
}

int serve(int port, const std::string& text) {
  const Descriptor listener(::socket(AF_INET, SOCK_STREAM, 0));
  const int one = 1;
  ::setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  Place place("0.0.0.0", port);
  if (::bind(listener.get(), place.get(), place.size) != 0 || ::listen(listener.get(), 16) != 0) return 1;
  std::cout << "ready" << std::endl;
  for (;;) {
    const Descriptor client(::accept(listener.get(), nullptr, nullptr));
    const std::string answer = text + " " + std::to_string(read_all(client.get()).size());
    if (::send(client.get(), answer.data(), answer.size(), MSG_NOSIGNAL) < 0) return 1;
  }
}

int say(const std::string& host, int port, int type) {
  Place place(host, port);
  const Descriptor socket(::socket(place.address.ss_family, type, 0));
  if (::connect(socket.get(), place.get(), place.size) != 0) {
    std::cout << std::strerror(errno);
    return 1;
  }
  const std::string text{std::istreambuf_iterator<char>(std::cin), {}};
  if (::send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL) < 0) return 1;
  if (type == SOCK_DGRAM) {
    char answer[2048];
    const auto got = ::recv(socket.get(), answer, sizeof answer, 0);
    std::cout << std::string(answer, got < 0 ? 0 : static_cast<std::size_t>(got));
    return 0;
  }
  ::shutdown(socket.get(), SHUT_WR);
  std::cout << read_all(socket.get());
  return 0;
}

int family(int number) {
  const Descriptor socket(::socket(number, SOCK_STREAM, 0));
  std::cout << (socket.valid() ? "made" : std::strerror(errno));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (ferry::is_fence_command(argc, argv)) return ferry::fence_main(argc, argv);
  const std::string command = argc > 1 ? argv[1] : "";
  if (command == "test-serve") return serve(std::atoi(argv[2]), argv[3]);
  if (command == "test-say") return say(argv[2], std::atoi(argv[3]), SOCK_STREAM);
  if (command == "test-datagram") return say(argv[2], std::atoi(argv[3]), SOCK_DGRAM);
  if (command == "test-family") return family(std::atoi(argv[2]));
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
