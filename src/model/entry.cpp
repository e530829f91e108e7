#include "model/entry.h"

#include <charconv>

#include "model/fields.h"

namespace ferry {
namespace {

constexpr std::pair<EntryType, std::string_view> type_names[] = {
    {EntryType::file, "file"},
    {EntryType::folder, "dir"},
    {EntryType::link, "link"},
    {EntryType::fifo, "fifo"},
    {EntryType::socket, "socket"},
    {EntryType::block_device, "block"},
    {EntryType::character_device, "char"},
};

}  // namespace

std::string_view name_of(EntryType type) {
  return fields::to_name(type_names, type);
}
EntryType entry_type(std::string_view name) {
  return fields::from_name(type_names, name);
}

// Nanoseconds since 1970 do not fit into the 53 bits that RFC 7493 (I-JSON) allows for a number, so they are text: a
// plan's digest can then be recomputed by any implementation of RFC 8785.
void to_json(Json& json, const Entry& value) {
  json = Json{{"type", std::string(name_of(value.type))},
              {"mode", value.mode},
              {"uid", value.uid},
              {"gid", value.gid},
              {"mtime_ns", std::to_string(value.mtime_ns)}};
  if (value.type == EntryType::file) {
    json["size"] = value.size;
    json["digest"] = value.digest;
  }
  if (value.type == EntryType::link) json["link"] = escape(value.link);
}

void from_json(const Json& json, Entry& value) {
  value = Entry{};
  fields::Reader read(json);
  read.choice("type", value.type, entry_type);
  read("mode", value.mode);
  read("uid", value.uid);
  read("gid", value.gid);
  read("size", value.size);
  read("digest", value.digest);
  std::string text;
  read("link", text);
  value.link = unescape(text);
  text.clear();
  read("mtime_ns", text);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value.mtime_ns);
  if (!text.empty() && (error != std::errc() || end != text.data() + text.size()))
    throw Error(Code::invalid_document, "mtime_ns",
                Text{"nanoseconds as decimal digits are expected", "应为十进制的纳秒数"});
}

}  // namespace ferry
