#include "backup/restic_json.h"

#include "base/error.h"

namespace ferry::restic {
namespace {

std::string text_in(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::uint64_t number_in(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
}

// What JSON can say and the document does not mean.
template <class Value>
Value document(std::string_view text, const std::string& where) {
  const Json json = parse_json(text, where);
  try {
    return json.get<Value>();
  } catch (const Json::exception& error) {
    throw Error(Code::invalid_document, where, error.what());
  }
}

}  // namespace

Message message_of(std::string_view line) {
  Message out;
  Json json;
  try {
    json = parse_json(line, "restic");
  } catch (const Error&) {
    return out;
  }
  if (!json.is_object()) return out;
  const auto type = text_in(json, "message_type");
  if (type == "status") {
    out.kind = Message::Kind::status;
    out.progress.files_done = number_in(json, "files_done");
    out.progress.files_total = number_in(json, "total_files");
    out.progress.bytes_done = number_in(json, "bytes_done");
    out.progress.bytes_total = number_in(json, "total_bytes");
  } else if (type == "summary") {
    out.kind = Message::Kind::summary;
    out.summary = std::move(json);
  } else if (type == "error") {
    out.kind = Message::Kind::unread;
    out.item = text_in(json, "item");
  }
  return out;
}

std::vector<Listed> snapshots_of(std::string_view text) {
  const Json list = parse_json(text, "restic snapshots");
  std::vector<Listed> out;
  if (list.is_null()) return out;
  const auto wrong = [] {
    return Error(Code::invalid_document, Text{"restic snapshots", "restic snapshots"},
                 Text{"not the list that restic prints", "不是 restic 输出的列表"});
  };
  if (!list.is_array()) throw wrong();
  for (const auto& item : list) {
    if (!item.is_object()) throw wrong();
    Listed one{text_in(item, "id"), {}, text_in(item, "time")};
    if (one.id.empty() || one.time.empty()) throw wrong();
    const auto tags = item.find("tags");
    if (tags != item.end() && tags->is_array())
      for (const auto& tag : *tags)
        if (tag.is_string() && tag.get_ref<const std::string&>().starts_with("bak-")) one.backup = tag;
    if (!one.backup.empty()) out.push_back(std::move(one));
  }
  return out;
}

BackupContent content_of(std::string_view text, const std::string& where) {
  return document<BackupContent>(text, where);
}

BackupVerification verification_of(std::string_view text, const std::string& where) {
  return document<BackupVerification>(text, where);
}

}  // namespace ferry::restic
