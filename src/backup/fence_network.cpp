// The network of the fence: nothing but lo, and every address there is.
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "backup/fence_parts.h"
#include "host/confine.h"
#include "host/files.h"

namespace ferry::fence {
namespace {

// `ip route add local default dev lo src SOURCE`. The source makes answers of the sink go to a loopback address: with
// the destination as source (the kernel's choice otherwise) the steering program would take them for outgoing.
void add_default_route(int family, const void* source, std::size_t source_size) {
  struct {
    nlmsghdr header{};
    rtmsg route{};
    char attributes[128]{};
  } request;
  request.header.nlmsg_len = NLMSG_LENGTH(sizeof(rtmsg));
  request.header.nlmsg_type = RTM_NEWROUTE;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK;
  request.route.rtm_family = static_cast<unsigned char>(family);
  request.route.rtm_table = RT_TABLE_LOCAL;
  request.route.rtm_protocol = RTPROT_STATIC;
  request.route.rtm_scope = RT_SCOPE_HOST;
  request.route.rtm_type = RTN_LOCAL;
  const auto add = [&](unsigned short type, const void* data, std::size_t size) {
    auto* attribute =
        reinterpret_cast<rtattr*>(reinterpret_cast<char*>(&request) + NLMSG_ALIGN(request.header.nlmsg_len));
    attribute->rta_type = type;
    attribute->rta_len = static_cast<unsigned short>(RTA_LENGTH(size));
    std::memcpy(RTA_DATA(attribute), data, size);
    request.header.nlmsg_len = NLMSG_ALIGN(request.header.nlmsg_len) + RTA_ALIGN(attribute->rta_len);
  };
  const int lo = static_cast<int>(::if_nametoindex("lo"));
  add(RTA_OIF, &lo, sizeof lo);
  add(RTA_PREFSRC, source, source_size);

  const Descriptor socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (!socket.valid() || ::send(socket.get(), &request, request.header.nlmsg_len, 0) < 0) throw refused("netlink");
  struct {
    nlmsghdr header;
    nlmsgerr error;
    char rest[512];
  } answer{};
  if (::recv(socket.get(), &answer, sizeof answer, 0) < 0) throw refused("netlink");
  errno = -answer.error.error;
  if (answer.header.nlmsg_type == NLMSG_ERROR && answer.error.error != 0) throw refused("route add local default");
}

}  // namespace

bool set_up_network() {
  const bool ipv6 = path_exists("/proc/sys/net/ipv6");
  if (ipv6) {
    // A host that disables IPv6 hands that on to new namespaces; the fence wants to see IPv6 attempts.
    for (const char* name : {"all", "default", "lo"}) {
      const std::string file = std::string("/proc/sys/net/ipv6/conf/") + name + "/disable_ipv6";
      if (path_exists(file)) {
        const Descriptor out(::open(file.c_str(), O_WRONLY | O_CLOEXEC));
        if (!out.valid() || ::write(out.get(), "0", 1) != 1) throw refused(file);
      }
    }
  }
  bring_loopback_up();
  in_addr source4{};
  ::inet_pton(AF_INET, "127.0.0.1", &source4);
  add_default_route(AF_INET, &source4, sizeof source4);
  if (ipv6) {
    const in6_addr source6 = IN6ADDR_LOOPBACK_INIT;
    add_default_route(AF_INET6, &source6, sizeof source6);
  }
  return ipv6;
}

}  // namespace ferry::fence
