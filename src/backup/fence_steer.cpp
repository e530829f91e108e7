// Gives every connection and datagram to the sink that the clone's own services do not serve, whatever its destination.
//
// A program of type sk_lookup (Linux 5.9) is asked for each new connection or datagram in the namespace before the
// kernel looks for a listening socket:
//   destination is loopback:  TCP port in own_ports -> the clone's own socket, or "refused" when nobody listens
//                             UDP port other than 53 -> the clone's own socket
//   everything else:          the sink's socket of that family and protocol; no sink: dropped
// own_ports has the forwarded ports; the sink adds a port when somebody wants it and a listener is there, so that no
// list of the product's internal ports is needed.
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/socket.h>

#include <cstddef>

#include "backup/fence_parts.h"
#include "host/bpf.h"

namespace ferry::fence {
namespace {

enum Slot : std::uint32_t { slot_tcp4, slot_tcp6, slot_udp4, slot_udp6, slots };

std::vector<bpf_insn> steering_program(int own_ports, int sockets) {
  constexpr int context = 6, protocol = 7, family = 8, port = 9;
  bpf::Assembler a;
  a.move(context, 1);
  a.load(protocol, context, offsetof(bpf_sk_lookup, protocol));
  a.load(family, context, offsetof(bpf_sk_lookup, family));
  a.load(port, context, offsetof(bpf_sk_lookup, local_port));
  a.jump_equal(family, AF_INET, "ipv4");
  for (const std::size_t word : {0U, 4U, 8U}) {
    a.load(3, context, offsetof(bpf_sk_lookup, local_ip6) + word);
    a.jump_unequal(3, 0, "steer");
  }
  a.load(3, context, offsetof(bpf_sk_lookup, local_ip6) + 12);
  a.host_order(3);
  a.jump_unequal(3, 1, "steer");
  a.jump("loopback");
  a.label("ipv4");
  a.load(3, context, offsetof(bpf_sk_lookup, local_ip4));
  a.host_order(3);
  a.shift_right(3, 24);
  a.jump_unequal(3, 127, "steer");
  a.label("loopback");
  a.jump_equal(protocol, IPPROTO_TCP, "own");
  a.jump_equal(port, 53, "steer");
  a.jump("pass");
  a.label("own");
  a.store(-4, port);
  a.load_map(1, own_ports);
  a.move(2, 10);
  a.add(2, -4);
  a.call(BPF_FUNC_map_lookup_elem);
  a.jump_unequal(0, 0, "pass");
  a.label("steer");
  a.set(3, slot_tcp4);
  a.jump_equal(protocol, IPPROTO_TCP, "family");
  a.set(3, slot_udp4);
  a.label("family");
  a.jump_equal(family, AF_INET, "key");
  a.add(3, 1);
  a.label("key");
  a.give_to_socket(sockets, 3);
  return a.finish();
}

Descriptor open_socket(int family, int type) {
  Descriptor socket(::socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int one = 1;
  if (!socket.valid()) throw refused("sink socket");
  sockaddr_storage address{};
  socklen_t size = sizeof(sockaddr_in);
  address.ss_family = static_cast<sa_family_t>(family);
  if (family == AF_INET) {
    reinterpret_cast<sockaddr_in&>(address).sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (type == SOCK_DGRAM) ::setsockopt(socket.get(), IPPROTO_IP, IP_RECVORIGDSTADDR, &one, sizeof one);
  } else {
    size = sizeof(sockaddr_in6);
    reinterpret_cast<sockaddr_in6&>(address).sin6_addr = in6addr_loopback;
    ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
    if (type == SOCK_DGRAM) ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_RECVORIGDSTADDR, &one, sizeof one);
  }
  if (::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size) != 0) throw refused("sink bind");
  if (type == SOCK_STREAM && ::listen(socket.get(), 512) != 0) throw refused("sink listen");
  return socket;
}

// Everything on lo but TCP (whose connections all end in a socket), each packet once.
Descriptor open_packet_socket() {
  // At offset 0 stands the IP header (SOCK_DGRAM): version nibble, then protocol / next header.
  sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),
      BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 4),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 6, 2, 0),
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 9),
      BPF_JUMP(BPF_JMP | BPF_JA, 1, 0, 0),
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 6),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 6, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, 0),
      BPF_STMT(BPF_RET | BPF_K, 65535),
  };
  const sock_fprog filter{static_cast<unsigned short>(std::size(code)), code};
  Descriptor socket(::socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.valid() || ::setsockopt(socket.get(), SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) != 0) {
    throw refused("packet socket");
  }
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = static_cast<int>(::if_nametoindex("lo"));
  if (::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) throw refused("packet socket");
  return socket;
}

}  // namespace

SinkSockets open_sink_sockets(bool ipv6, const std::set<int>& own) {
  SinkSockets result;
  result.own_ports = bpf::new_map(BPF_MAP_TYPE_HASH, sizeof(std::uint32_t), 4096);
  result.sockets = bpf::new_map(BPF_MAP_TYPE_SOCKMAP, sizeof(std::uint64_t), slots);
  const Descriptor program = bpf::load_lookup(steering_program(result.own_ports.get(), result.sockets.get()));
  const auto take = [&](Descriptor& socket, int family, int type, Slot slot) {
    socket = open_socket(family, type);
    bpf::set_entry(result.sockets.get(), slot, static_cast<std::uint64_t>(socket.get()));
  };
  take(result.tcp4, AF_INET, SOCK_STREAM, slot_tcp4);
  take(result.udp4, AF_INET, SOCK_DGRAM, slot_udp4);
  if (ipv6) {
    take(result.tcp6, AF_INET6, SOCK_STREAM, slot_tcp6);
    take(result.udp6, AF_INET6, SOCK_DGRAM, slot_udp6);
  }
  result.packets = open_packet_socket();
  for (const int port : own) mark_own_port(result, port, true);
  result.link = bpf::attach_lookup(program.get());
  return result;
}

void mark_own_port(const SinkSockets& sockets, int port, bool own) {
  const auto key = static_cast<std::uint32_t>(port);
  if (own)
    bpf::set_entry(sockets.own_ports.get(), key, std::uint32_t{1});
  else
    bpf::remove_entry(sockets.own_ports.get(), key);
}

}  // namespace ferry::fence
