#include "backup/sink_record.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <tuple>

#include "backup/fence.h"
#include "base/error.h"
#include "host/files.h"

namespace ferry {
namespace {

constexpr std::array<std::string_view, 5> kinds{"connect", "content", "packet", "dns", "gap"};

// What Ferry's own proof did is no attempt of the application.
bool is_probe(const SinkEvent& event) {
  const auto holds = [](const Json& json) {
    return json.is_string() && json.get_ref<const std::string&>().find("ferry-proof-") != std::string::npos;
  };
  if (!event.detail.is_object()) return false;
  return holds(event.detail.value("path", Json())) || holds(event.detail.value("text", Json())) ||
         holds(event.detail.value("name", Json()));
}

// What does not have the form that the sink writes has no line: a record is read, whoever wrote it.
std::string line_for_people(const SinkEvent& event) try {
  const Json& detail = event.detail;
  if (event.speaks == "smtp") {
    std::string to;
    for (const auto& address : detail.value("to", Json::array())) to += " " + address.get<std::string>();
    return "MAIL to" + to + ": " + detail.value("subject", "");
  }
  if (event.speaks == "http") return detail.value("method", "") + " " + detail.value("path", "");
  if (event.speaks == "tls") return "TLS " + detail.value("server_name", "");
  if (event.speaks == "dns") return "DNS " + detail.value("name", "");
  return {};
} catch (const Json::exception&) {
  return {};
}

void note(SinkDestination& destination, const SinkEvent& event) {
  if (destination.first_seen.empty() || event.when < destination.first_seen) destination.first_seen = event.when;
  destination.last_seen = std::max(destination.last_seen, event.when);
  auto& commands = destination.commands;
  if (!event.command.empty() && std::find(commands.begin(), commands.end(), event.command) == commands.end()) {
    commands.push_back(event.command);
  }
  if (!event.speaks.empty() && event.speaks != "none") destination.speaks = event.speaks;
  if (destination.example.empty()) destination.example = line_for_people(event);
}

std::vector<SinkEvent> without_probes(const std::vector<SinkEvent>& events) {
  std::set<std::uint64_t> probes;
  for (const auto& event : events) {
    if (event.connection != 0 && is_probe(event)) probes.insert(event.connection);
  }
  std::vector<SinkEvent> result;
  std::copy_if(events.begin(), events.end(), std::back_inserter(result), [&](const SinkEvent& event) {
    return event.connection != 0 ? !probes.contains(event.connection) : !is_probe(event);
  });
  return result;
}

}  // namespace

std::vector<SinkEvent> read_sink_record(const std::filesystem::path& file, std::uint64_t& offset) {
  std::ifstream in(file, std::ios::binary);
  std::vector<SinkEvent> events;
  if (!in) return events;
  in.seekg(static_cast<std::streamoff>(offset));
  std::string line;
  while (std::getline(in, line)) {
    if (in.eof()) break;  // no line end yet: it is being written
    const std::string where = file.string() + ": byte " + std::to_string(offset);
    try {
      events.push_back(parse_json(line, where).get<SinkEvent>());
    } catch (const Json::exception& error) {
      throw Error(Code::invalid_document, where, error.what());
    }
    offset += line.size() + 1;
  }
  return events;
}

std::vector<SinkEvent> read_sink_record(const std::filesystem::path& file) {
  std::uint64_t offset = 0;
  return read_sink_record(file, offset);
}

// A connection counts once; what it carried belongs to it. A DNS question is a destination (port 0) only when no
// connection to that name followed.
std::vector<SinkDestination> destinations(const std::vector<SinkEvent>& all) {
  std::map<std::tuple<std::string, int, std::string>, SinkDestination> found;
  for (const auto& event : without_probes(all)) {
    if (event.kind == SinkEvent::Kind::gap) continue;
    const bool dns = event.kind == SinkEvent::Kind::dns;
    const std::string host = event.name.empty() ? event.address : event.name;
    const std::string protocol = dns ? "dns" : event.protocol;
    const int port = dns ? 0 : event.port;
    auto& destination = found[{host, port, protocol}];
    destination.host = host;
    destination.port = port;
    destination.protocol = protocol;
    if (event.kind != SinkEvent::Kind::content) ++destination.count;
    note(destination, event);
  }
  std::vector<SinkDestination> result;
  std::set<std::string> reached;
  for (const auto& [key, destination] : found) {
    if (destination.protocol != "dns") reached.insert(destination.host);
  }
  for (auto& [key, destination] : found) {
    if (destination.protocol == "dns" && reached.contains(destination.host)) continue;
    result.push_back(std::move(destination));
  }
  std::stable_sort(result.begin(), result.end(), [](const auto& a, const auto& b) { return a.count > b.count; });
  return result;
}

std::vector<SinkDestination> suggestions(const std::vector<SinkEvent>& events, const std::set<std::string>& covered) {
  std::vector<SinkDestination> result;
  for (const auto& destination : destinations(events)) {
    const std::string port = std::to_string(destination.port);
    const bool own = destination.host.starts_with("192.0.2.");  // RFC 5737: addresses of fence_variables
    if (own || covered.contains(destination.host) || covered.contains(destination.host + ":" + port) ||
        covered.contains(":" + port)) {
      continue;
    }
    result.push_back(destination);
  }
  return result;
}

void to_json(Json& json, const SinkEvent& value) {
  json = {{"event", kinds.at(static_cast<std::size_t>(value.kind))},
          {"connection", value.connection},
          {"when", value.when},
          {"protocol", value.protocol},
          {"address", value.address},
          {"port", value.port},
          {"name", value.name},
          {"pid", value.pid},
          {"command", value.command},
          {"speaks", value.speaks},
          {"detail", value.detail.is_null() ? Json::object() : value.detail}};
}
void from_json(const Json& json, SinkEvent& value) {
  const std::string kind = json.at("event");
  const auto found = std::find(kinds.begin(), kinds.end(), kind);
  if (found == kinds.end()) throw Error(Code::invalid_document, "event", kind);
  value.kind = static_cast<SinkEvent::Kind>(found - kinds.begin());
  json.at("connection").get_to(value.connection);
  json.at("when").get_to(value.when);
  json.at("protocol").get_to(value.protocol);
  json.at("address").get_to(value.address);
  json.at("port").get_to(value.port);
  json.at("name").get_to(value.name);
  json.at("pid").get_to(value.pid);
  json.at("command").get_to(value.command);
  json.at("speaks").get_to(value.speaks);
  value.detail = json.at("detail");
}

void to_json(Json& json, const SinkDestination& value) {
  json = {{"host", value.host},
          {"port", value.port},
          {"protocol", value.protocol},
          {"count", value.count},
          {"first_seen", value.first_seen},
          {"last_seen", value.last_seen},
          {"commands", value.commands},
          {"speaks", value.speaks},
          {"example", value.example}};
}
void from_json(const Json& json, SinkDestination& value) {
  json.at("host").get_to(value.host);
  json.at("port").get_to(value.port);
  json.at("protocol").get_to(value.protocol);
  json.at("count").get_to(value.count);
  json.at("first_seen").get_to(value.first_seen);
  json.at("last_seen").get_to(value.last_seen);
  json.at("commands").get_to(value.commands);
  json.at("speaks").get_to(value.speaks);
  json.at("example").get_to(value.example);
}

}  // namespace ferry
