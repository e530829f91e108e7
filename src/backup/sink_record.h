// The record of the fence's sink: JSON lines, docs/formats/sink-record.md. Who inside wanted to reach whom, and what
// would have gone out. It may be read while it is written: a last line without line end is left for the next time.
#pragma once
#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json.h"

namespace ferry {

struct SinkEvent {
  enum class Kind {
    connect,  // a TCP connection arrived at the sink
    content,  // what it would have carried (same `connection`)
    packet,   // UDP datagram, or another protocol
    dns,      // question about a name
    gap       // the sink was not running: something may be missing
  };
  Kind kind = Kind::connect;
  std::uint64_t connection = 0;  // number of the connection; 0 for packets
  std::string when;              // RFC 3339
  std::string protocol;          // tcp, udp, icmp, or the IP protocol number
  std::string address;           // original destination
  int port = 0;
  std::string name;     // name that was resolved to this address inside the fence, if any
  int pid = 0;          // as numbered inside the fence; 0 unknown
  std::string command;  // of that process
  std::string speaks;   // smtp, http, tls, raw, none; dns
  Json detail;          // smtp: from, to, subject, message; http: method, host, path, headers, body; ...
};

void to_json(Json& json, const SinkEvent& value);
void from_json(const Json& json, SinkEvent& value);

// Reads complete lines from byte `offset` and moves it on. A missing file is an empty record. Throws
// Error(invalid_document, file:line) on a damaged line.
std::vector<SinkEvent> read_sink_record(const std::filesystem::path& file, std::uint64_t& offset);
std::vector<SinkEvent> read_sink_record(const std::filesystem::path& file);

// One destination that somebody inside wanted to reach.
struct SinkDestination {
  std::string host;  // name where one was resolved, else address
  int port = 0;
  std::string protocol;
  std::int64_t count = 0;
  std::string first_seen;  // RFC 3339
  std::string last_seen;
  std::vector<std::string> commands;
  std::string speaks;
  std::string example;  // one line for people: "MAIL to a@b: subject", "POST /hook"
};
void to_json(Json& json, const SinkDestination& value);
void from_json(const Json& json, SinkDestination& value);

std::vector<SinkDestination> destinations(const std::vector<SinkEvent>& events);
// Destinations that no silence rule covers: everything but the fence's own addresses (fence_variables) and `covered`
// ("host:port", "host" or ":port"). Each is a suggestion for a silence rule. Ferry's own probes are left out.
std::vector<SinkDestination> suggestions(const std::vector<SinkEvent>& events, const std::set<std::string>& covered);

}  // namespace ferry
