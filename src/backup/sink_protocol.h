// What the sink says on one connection, and what it makes of what it hears. Pure of namespaces: works on any socket.
#pragma once
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "base/json.h"

namespace ferry::fence {

// One connection as the protocols see it: read with a time limit, write.
class SinkStream {
 public:
  explicit SinkStream(int fd) : fd_(fd) {}
  // Waits up to `ms` for more bytes; false at end of stream, error or time-out (then timed_out()).
  bool fill(int ms);
  bool timed_out() const { return timed_out_; }
  std::string& buffer() { return buffer_; }
  // Next line with its line end removed; false when none came within `ms` or it is longer than 64 KiB.
  bool line(std::string& out, int ms);
  bool write(std::string_view bytes);

 private:
  int fd_;
  std::string buffer_;
  bool timed_out_ = false;
};

// Called for each message or request; `speaks` is smtp, http, tls, raw, none, dns.
using Heard = std::function<void(const std::string& speaks, const Json& detail)>;

// Addresses for names, out of documentation ranges: each name gets its own, so that a later connection tells it.
// IPv4: 198.51.100.0/24 and 203.0.113.0/24 (RFC 5737); IPv6: 2001:db8:53::/48 (RFC 3849).
class SinkNames {
 public:
  // Number of the name, from 1.
  int number_of(const std::string& name);
  std::string name_at(const std::string& address) const;  // empty when none

  static std::string address4(int number);
  static std::string address6(int number);

 private:
  mutable std::mutex mutex_;
  std::map<std::string, int> numbers_;
  std::map<std::string, std::string> names_;
};

struct DnsQuestion {
  std::string name;
  int type = 0;  // 1 A, 28 AAAA, ...
};
// Reads a query and makes the answer (RFC 1035); false when it is none.
bool answer_dns(std::string_view query, SinkNames& names, DnsQuestion& question, std::string& answer);

void talk(SinkStream& stream, int port, const std::string& fence_id, SinkNames& names, const Heard& heard);
void talk_smtp(SinkStream& stream, const Heard& heard);
void talk_http(SinkStream& stream, const std::string& fence_id, const Heard& heard);

// Server name (SNI) in a TLS ClientHello; empty when there is none.
std::string tls_server_name(std::string_view record);

// {"text": ...} or {"base64": ...}, "bytes", and "sha256" when it was cut to the limit.
Json content_json(std::string_view bytes);

}  // namespace ferry::fence
