#include "package/trusted_keys.h"

#include <algorithm>

#include "base/error.h"
#include "host/files.h"

namespace ferry {
namespace {

constexpr int known_format = 1;

Json json_of(const TrustedKey& key) {
  Json out{{"id", key.key.id_text()}, {"key", key.key.text()},    {"holder", key.holder},
           {"purpose", key.purpose},  {"added_by", key.added_by}, {"added_at", to_string(key.added_at)}};
  if (key.until) out["until"] = to_string(*key.until);
  if (key.revoked())
    out["revoked"] = Json{{"by", key.revoked_by}, {"at", to_string(*key.revoked_at)}, {"why", key.revoked_why}};
  return out;
}

TrustedKey key_of(const Json& json, const std::string& where) {
  TrustedKey out;
  out.key = parse_public_key(json.at("key").get<std::string>(), where);
  if (json.value("id", out.key.id_text()) != out.key.id_text())
    throw Error(Code::invalid_document, where,
                Text{"id and key do not belong together: " + json.at("id").dump(),
                     "编号与密钥不对应：" + json.at("id").dump()});
  out.holder = json.at("holder").get<std::string>();
  out.purpose = json.at("purpose").get<std::string>();
  out.added_by = json.at("added_by").get<std::string>();
  out.added_at = parse_moment(json.at("added_at").get<std::string>());
  if (json.contains("until")) out.until = parse_date(json.at("until").get<std::string>());
  if (json.contains("revoked")) {
    const auto& revoked = json.at("revoked");
    out.revoked_by = revoked.at("by").get<std::string>();
    out.revoked_at = parse_moment(revoked.at("at").get<std::string>());
    out.revoked_why = revoked.at("why").get<std::string>();
  }
  return out;
}

}  // namespace

TrustedKeys TrustedKeys::load(const std::string& file) {
  TrustedKeys out;
  const auto text = read_file_if_there(file, 16U << 20U);
  if (!text) return out;
  const Json json = parse_json(*text, file);
  try {
    if (json.at("format") != known_format)
      throw Error(Code::unsupported_format, file,
                  Text{"format " + json.at("format").dump(), "格式 " + json.at("format").dump()});
    for (const auto& item : json.at("keys")) out.add(key_of(item, file));
  } catch (const Json::exception& e) {
    throw Error(Code::invalid_document, file, e.what());
  }
  return out;
}

void TrustedKeys::save(const std::string& file) const {
  Json list = Json::array();
  for (const auto& key : keys_) list.push_back(json_of(key));
  write_file_atomic(file, Json{{"format", known_format}, {"keys", list}}.dump(2) + "\n");
}

const TrustedKey* TrustedKeys::find(const std::string& key_id) const {
  const auto found =
      std::find_if(keys_.begin(), keys_.end(), [&](const TrustedKey& key) { return key.key.id_text() == key_id; });
  return found == keys_.end() ? nullptr : &*found;
}

void TrustedKeys::add(TrustedKey key) {
  if (find(key.key.id_text()) != nullptr)
    throw Error(Code::already_exists, Text{"key " + key.key.id_text(), "密钥 " + key.key.id_text()});
  keys_.push_back(std::move(key));
}

void TrustedKeys::revoke(const std::string& key_id, const std::string& by, Moment at, const std::string& why) {
  for (auto& key : keys_) {
    if (key.key.id_text() != key_id) continue;
    key.revoked_by = by;
    key.revoked_at = at;
    key.revoked_why = why;
    return;
  }
  throw Error(Code::not_found, Text{"key " + key_id, "密钥 " + key_id});
}

void TrustedKeys::remove(const std::string& key_id) {
  if (find(key_id) == nullptr) throw Error(Code::not_found, Text{"key " + key_id, "密钥 " + key_id});
  std::erase_if(keys_, [&](const TrustedKey& key) { return key.key.id_text() == key_id; });
}

const TrustedKey& TrustedKeys::require(const std::string& key_id, Moment now) const {
  const auto refuse = [&](const Text& why) {
    throw Error(Code::untrusted_key, Text{"key " + key_id, "密钥 " + key_id}, why);
  };
  const TrustedKey* key = find(key_id);
  if (key == nullptr) refuse({"it is not in the list of trusted keys", "不在受信任的密钥列表中"});
  if (key->revoked())
    refuse({"revoked by " + key->revoked_by + ": " + key->revoked_why,
            "已由 " + key->revoked_by + " 吊销：" + key->revoked_why});
  if (key->until && std::chrono::floor<std::chrono::days>(now) > *key->until)
    refuse({"valid until " + to_string(*key->until), "有效期至 " + to_string(*key->until)});
  if (key->purpose != "packages")
    refuse({"its purpose is '" + key->purpose + "', not packages", "其用途为 “" + key->purpose + "”，不是签名升级包"});
  return *key;
}

}  // namespace ferry
