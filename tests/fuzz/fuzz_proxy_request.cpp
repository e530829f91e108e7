// What a program inside the sandbox says to the proxy.
#include "host/forward_proxy.h"
#include "target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ferry;
  const auto request = parse_proxy_request(fuzz::text_of(data, size));
  if (!request) return 0;
  fuzz::promise(request->port > 0 && request->port < 65536 && !request->host.empty(), "a request has a place");
  fuzz::promise(network_place(request->place) == request->place, "a place has one form");
  if (request->connect) return 0;
  fuzz::promise(request->head.ends_with("\r\n\r\n"), "the head is whole");
  fuzz::promise(request->head.find("\r\n\r\n") == request->head.size() - 4, "and it is one");
  return 0;
}
