// The sink: every connection that the steering program sends here is answered and written down.
#include <arpa/inet.h>
#include <dirent.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstring>
#include <sstream>
#include <thread>

#include "backup/fence_parts.h"
#include "backup/sink_protocol.h"
#include "host/files.h"
#include "host/pump.h"

namespace ferry::fence {
namespace {

constexpr int connections_limit = 512;

struct Address {
  std::string text;
  int port = 0;
  bool loopback() const { return text.starts_with("127.") || text == "::1"; }
};

Address address_of(const sockaddr_storage& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    ::inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
    return {text.data(), ntohs(v4.sin_port)};
  }
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
  ::inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
  return {text.data(), ntohs(v6.sin6_port)};
}

// One line of /proc/net/{tcp,udp}[6].
struct SocketLine {
  int local_port = 0;
  int remote_port = 0;
  int state = 0;
  std::string inode;
};

std::vector<SocketLine> socket_table(const std::string& protocol) {
  std::vector<SocketLine> result;
  for (const std::string& name : {protocol, protocol + "6"}) {
    std::istringstream lines(read_file_if_there("/proc/net/" + name).value_or(""));
    std::string line;
    std::getline(lines, line);
    while (std::getline(lines, line)) {
      std::istringstream words(line);
      std::array<std::string, 10> field;
      for (auto& word : field) words >> word;
      const auto port = [](const std::string& text) {
        return static_cast<int>(std::strtol(text.substr(text.rfind(':') + 1).c_str(), nullptr, 16));
      };
      result.push_back(
          {port(field[1]), port(field[2]), static_cast<int>(std::strtol(field[3].c_str(), nullptr, 16)), field[9]});
    }
  }
  return result;
}

bool somebody_listens(int port) {
  constexpr int listening = 10;  // TCP_LISTEN
  const auto table = socket_table("tcp");
  return std::any_of(table.begin(), table.end(),
                     [&](const SocketLine& line) { return line.state == listening && line.local_port == port; });
}

// Whose socket that is: the process with a descriptor "socket:[inode]".
void find_owner(const std::string& inode, SinkEvent& event) {
  const std::string wanted = "socket:[" + inode + "]";
  for (const auto& process : std::filesystem::directory_iterator("/proc")) {
    const int pid = std::atoi(process.path().filename().c_str());
    if (pid == 0 || pid == ::getpid()) continue;
    std::error_code error;
    for (const auto& fd : std::filesystem::directory_iterator(process.path() / "fd", error)) {
      std::error_code gone;
      if (std::filesystem::read_symlink(fd.path(), gone).string() != wanted) continue;
      event.pid = pid;
      std::string command = read_file_if_there(process.path().string() + "/cmdline").value_or("");
      std::replace(command.begin(), command.end(), '\0', ' ');
      while (command.ends_with(' ')) command.pop_back();
      event.command = printable(command.substr(0, 300));
      return;
    }
  }
}

void tell_who(const std::string& protocol, int source_port, int destination_port, SinkEvent& event) {
  try {
    for (const auto& line : socket_table(protocol)) {
      const bool connected = line.remote_port == destination_port;
      if (line.local_port == source_port && (connected || protocol == "udp") && line.inode != "0") {
        return find_owner(line.inode, event);
      }
    }
  } catch (const std::exception&) {
    // The process went away while it was looked for: then it stays unknown.
  }
}

class Sink {
 public:
  Sink(const SinkSockets& sockets, int record, std::string id, std::set<int> own)
      : sockets_(sockets), record_(record), id_(std::move(id)), fixed_(std::move(own)) {}

  [[noreturn]] void run() {
    std::array<pollfd, 5> entries{{{sockets_.tcp4.get(), POLLIN, 0},
                                   {sockets_.tcp6.get(), POLLIN, 0},
                                   {sockets_.udp4.get(), POLLIN, 0},
                                   {sockets_.udp6.get(), POLLIN, 0},
                                   {sockets_.packets.get(), POLLIN, 0}}};
    for (;;) {
      ::poll(entries.data(), entries.size(), 1000);
      if ((entries[0].revents & POLLIN) != 0) accept_all(sockets_.tcp4.get());
      if ((entries[1].revents & POLLIN) != 0) accept_all(sockets_.tcp6.get());
      if ((entries[2].revents & POLLIN) != 0) receive_all(sockets_.udp4.get());
      if ((entries[3].revents & POLLIN) != 0) receive_all(sockets_.udp6.get());
      if ((entries[4].revents & POLLIN) != 0) observe_all();
      forget_closed_ports();
    }
  }

 private:
  void write(const SinkEvent& event) {
    // One write per line: readers never see half of one, and lines of several threads don't mix (O_APPEND).
    const std::string line = Json(event).dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
    if (::write(record_, line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
      ::_exit(3);  // an attempt that can't be recorded must not pass: the holder ends the fence
    }
  }

  SinkEvent event_for(SinkEvent::Kind kind, const std::string& protocol, const Address& destination) {
    SinkEvent event;
    event.kind = kind;
    event.when = to_string(system_now());
    event.protocol = protocol;
    event.address = destination.text;
    event.port = destination.port;
    event.name = names_.name_at(destination.text);
    event.detail = Json::object();
    return event;
  }

  void accept_all(int listener) {
    for (;;) {
      Descriptor client(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
      if (!client.valid()) return;
      sockaddr_storage local{}, remote{};
      socklen_t size = sizeof local;
      ::getsockname(client.get(), reinterpret_cast<sockaddr*>(&local), &size);
      size = sizeof remote;
      ::getpeername(client.get(), reinterpret_cast<sockaddr*>(&remote), &size);
      const Address destination = address_of(local);
      if (destination.loopback() && hand_to_owner(client, destination)) continue;
      SinkEvent event = event_for(SinkEvent::Kind::connect, "tcp", destination);
      event.connection = ++connections_;
      tell_who("tcp", address_of(remote).port, destination.port, event);
      write(event);
      if (open_ >= connections_limit) continue;  // recorded and closed
      ++open_;
      std::thread([this, event, socket = client.release()]() mutable { serve(socket, std::move(event)); }).detach();
    }
  }

  void serve(int socket, SinkEvent event) {
    const Descriptor owner(socket);
    SinkStream stream(socket);
    event.kind = SinkEvent::Kind::content;
    const auto heard = [&](const std::string& speaks, const Json& detail) {
      event.when = to_string(system_now());
      event.speaks = speaks;
      event.detail = detail;
      write(event);
    };
    try {
      talk(stream, event.port, id_, names_, heard);
    } catch (const std::exception& error) {
      heard("raw", {{"not_understood", printable(error.what())}});  // one odd client must not end the sink
    }
    --open_;
  }

  // A service of the clone has begun to listen on this port since: from now on the kernel connects to it directly;
  // this first connection is passed on.
  bool hand_to_owner(Descriptor& client, const Address& destination) {
    if (own_listener(destination.port) || !somebody_listens(destination.port)) return false;
    mark_own_port(sockets_, destination.port, true);
    found_.insert(destination.port);
    const bool v6 = destination.text == "::1";
    std::thread([socket = client.release(), destination, v6] {
      const Descriptor outer(socket);
      const Descriptor inner(::socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
      sockaddr_storage address{};
      address.ss_family = v6 ? AF_INET6 : AF_INET;
      if (v6) {
        reinterpret_cast<sockaddr_in6&>(address).sin6_addr = in6addr_loopback;
        reinterpret_cast<sockaddr_in6&>(address).sin6_port = htons(static_cast<std::uint16_t>(destination.port));
      } else {
        ::inet_pton(AF_INET, destination.text.c_str(), &reinterpret_cast<sockaddr_in&>(address).sin_addr);
        reinterpret_cast<sockaddr_in&>(address).sin_port = htons(static_cast<std::uint16_t>(destination.port));
      }
      const socklen_t size = v6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
      if (::connect(inner.get(), reinterpret_cast<sockaddr*>(&address), size) == 0) pump(outer.get(), inner.get());
    }).detach();
    return true;
  }

  // The sink's own sockets listen too: handing a connection to them would go round in a circle.
  bool own_listener(int port) const {
    for (const int listener : {sockets_.tcp4.get(), sockets_.tcp6.get()}) {
      sockaddr_storage local{};
      socklen_t size = sizeof local;
      if (::getsockname(listener, reinterpret_cast<sockaddr*>(&local), &size) == 0 && address_of(local).port == port) {
        return true;
      }
    }
    return false;
  }

  void forget_closed_ports() {
    const auto now = std::chrono::steady_clock::now();
    if (found_.empty() || now - checked_ < std::chrono::seconds(1)) return;
    checked_ = now;
    for (auto port = found_.begin(); port != found_.end();) {
      if (somebody_listens(*port)) {
        ++port;
        continue;
      }
      if (!fixed_.contains(*port)) mark_own_port(sockets_, *port, false);
      port = found_.erase(port);
    }
  }

  void receive_all(int socket) {
    for (;;) {
      std::array<char, 65536> bytes{};
      std::array<char, 256> control{};
      sockaddr_storage from{};
      iovec part{bytes.data(), bytes.size()};
      msghdr message{&from, sizeof from, &part, 1, control.data(), control.size(), 0};
      const auto got = ::recvmsg(socket, &message, 0);
      if (got < 0) return;
      sockaddr_storage destination{};
      for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
        const bool v4 = header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_ORIGDSTADDR;
        const bool v6 = header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_ORIGDSTADDR;
        if (v4 || v6) std::memcpy(&destination, CMSG_DATA(header), v4 ? sizeof(sockaddr_in) : sizeof(sockaddr_in6));
      }
      record_datagram(from, destination, {bytes.data(), static_cast<std::size_t>(got)});
    }
  }

  void record_datagram(const sockaddr_storage& from, const sockaddr_storage& destination, std::string_view bytes) {
    const Address target = address_of(destination);
    SinkEvent event = event_for(SinkEvent::Kind::packet, "udp", target);
    tell_who("udp", address_of(from).port, target.port, event);
    DnsQuestion question;
    std::string answer;
    if (target.port == 53 && answer_dns(bytes, names_, question, answer)) {
      event.kind = SinkEvent::Kind::dns;
      event.speaks = "dns";
      event.name = printable(question.name);
      event.detail = {{"name", printable(question.name)}, {"type", question.type}};
      write(event);
      return reply(destination, from, answer);
    }
    event.speaks = "raw";
    event.detail = content_json(bytes);
    write(event);
  }

  // From the address that was asked, or the asker would not take the answer.
  static void reply(const sockaddr_storage& as, const sockaddr_storage& to, std::string_view bytes) {
    const socklen_t size = as.ss_family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
    const Descriptor socket(::socket(as.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const int one = 1;
    ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    // IPv6 asks the addresses of devices, not the routes, whether an address is local.
    if (as.ss_family == AF_INET6) ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_FREEBIND, &one, sizeof one);
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&as), size) != 0) return;
    ::sendto(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&to), size);
  }

  void observe_all() {
    for (;;) {
      std::array<unsigned char, 2048> bytes{};
      sockaddr_ll from{};
      socklen_t size = sizeof from;
      const auto got =
          ::recvfrom(sockets_.packets.get(), bytes.data(), bytes.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
      if (got < 0) return;
      if (from.sll_pkttype == PACKET_OUTGOING || got < 28) continue;  // each packet on lo is seen going out and in
      observe(bytes.data(), static_cast<std::size_t>(got));
    }
  }

  // What no socket of the sink receives: other protocols, multicast, and datagrams to loopback ports nobody has bound.
  void observe(const unsigned char* packet, std::size_t size) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    const bool v4 = packet[0] >> 4 == 4;
    if (!v4 && size < 48) return;
    const std::size_t header = v4 ? (packet[0] & 0xfU) * 4U : 40;
    const int protocol = v4 ? packet[9] : packet[6];
    ::inet_ntop(v4 ? AF_INET : AF_INET6, packet + (v4 ? 16 : 24), text.data(), text.size());
    if (header + 4 > size) return;
    Address destination{text.data(), 0};
    const bool multicast =
        v4 ? (packet[16] & 0xf0U) == 0xe0U || destination.text == "255.255.255.255" : packet[24] == 0xff;
    std::string name = std::to_string(protocol);
    if (protocol == IPPROTO_UDP) {
      destination.port = packet[header + 2] << 8 | packet[header + 3];
      if (!multicast && (!destination.loopback() || destination.port == 53 || udp_bound(destination.port))) return;
      name = "udp";
    } else if (protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6) {
      const int kind = packet[header];
      if (kind != (protocol == IPPROTO_ICMP ? 8 : 128)) return;  // only questions; answers are the kernel's own
      name = "icmp";
    } else if (!v4 && (protocol == 0 || protocol == 44)) {
      return;  // hop-by-hop options: multicast reports of the kernel itself; fragments: seen whole by their receiver
    }
    SinkEvent event = event_for(SinkEvent::Kind::packet, name, destination);
    if (name == "udp") tell_who("udp", packet[header] << 8 | packet[header + 1], destination.port, event);
    event.speaks = "none";
    write(event);
  }

  static bool udp_bound(int port) {
    const auto table = socket_table("udp");
    return std::any_of(table.begin(), table.end(), [&](const SocketLine& line) { return line.local_port == port; });
  }

  const SinkSockets& sockets_;
  int record_;
  std::string id_;
  std::set<int> fixed_;
  std::set<int> found_;
  std::chrono::steady_clock::time_point checked_{};
  // Not from 0: the numbers must not be those of an earlier sink whose record is continued.
  std::atomic<std::uint64_t> connections_{static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count())};
  std::atomic<int> open_{0};
  SinkNames names_;
};

}  // namespace

void run_sink(const SinkSockets& sockets, int record, const std::string& fence_id, const std::set<int>& own) {
  ::prctl(PR_SET_NAME, "ferry-sink");
  Sink(sockets, record, fence_id, own).run();
}

}  // namespace ferry::fence
