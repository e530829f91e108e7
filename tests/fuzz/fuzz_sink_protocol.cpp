// What a program inside the fence may say to the sink; the first byte chooses the port.
#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "backup/sink_protocol.h"
#include "target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ferry;
  constexpr std::array ports{25, 53, 80, 443, 6379};
  if (size == 0 || size > 32768) return 0;  // more would not fit into the socket before anybody reads
  const auto bytes = fuzz::text_of(data + 1, size - 1);
  fence::SinkNames names;
  fence::DnsQuestion question;
  std::string answer;
  if (fence::answer_dns(bytes, names, question, answer)) fuzz::promise(answer.size() >= 12, "an answer has a header");
  Json(printable(fence::tls_server_name(bytes))).dump();
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) return 0;
  const int room = 4 << 20;
  ::setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
  fuzz::promise(
      ::send(ends[1], bytes.data(), bytes.size(), MSG_DONTWAIT) == static_cast<ssize_t>(bytes.size()) || bytes.empty(),
      "the input fits into the socket");
  ::shutdown(ends[1], SHUT_WR);
  {
    fence::SinkStream stream(ends[0]);
    // What is heard goes into the record: it must be text.
    fence::talk(stream, ports[data[0] % ports.size()], "fuzz", names,
                [](const std::string& speaks, const Json& detail) { (speaks + detail.dump()).size(); });
  }
  ::close(ends[0]);
  ::close(ends[1]);
  return 0;
}
