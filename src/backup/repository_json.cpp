// JSON forms of backups: docs/formats/backup.md.
#include "backup/repository.h"

namespace ferry {

void to_json(Json& json, const BackupDatabase& value) {
  json = {{"id", value.id},         {"kind", value.kind},       {"dump", value.dump},  {"place", value.place},
          {"digest", value.digest}, {"content", value.content}, {"bytes", value.bytes}};
}
void from_json(const Json& json, BackupDatabase& value) {
  json.at("id").get_to(value.id);
  json.at("kind").get_to(value.kind);
  json.at("dump").get_to(value.dump);
  json.at("place").get_to(value.place);
  json.at("digest").get_to(value.digest);
  json.at("content").get_to(value.content);
  json.at("bytes").get_to(value.bytes);
}

void to_json(Json& json, const BackupContent& value) {
  json = {{"format", value.format},
          {"id", value.id},
          {"environment", value.environment},
          {"product", value.product},
          {"version", value.version},
          {"root", escape(value.root)},
          {"root_mode", value.root_mode},
          {"root_uid", value.root_uid},
          {"root_gid", value.root_gid},
          {"inventory", value.inventory},
          {"taken", value.taken},
          {"files_snapshot", value.files_snapshot},
          {"manifest", value.manifest},
          {"excluded", value.excluded},
          {"moving", value.moving},
          {"databases", value.databases},
          {"files", value.files},
          {"bytes", value.bytes},
          {"ms", value.ms}};
}
void from_json(const Json& json, BackupContent& value) {
  json.at("format").get_to(value.format);
  if (value.format != 1) throw Error(Code::unsupported_format, "backup.json", std::to_string(value.format));
  json.at("id").get_to(value.id);
  json.at("environment").get_to(value.environment);
  json.at("product").get_to(value.product);
  json.at("version").get_to(value.version);
  value.root = unescape(json.at("root").get<std::string>());
  json.at("root_mode").get_to(value.root_mode);
  json.at("root_uid").get_to(value.root_uid);
  json.at("root_gid").get_to(value.root_gid);
  json.at("inventory").get_to(value.inventory);
  json.at("taken").get_to(value.taken);
  json.at("files_snapshot").get_to(value.files_snapshot);
  json.at("manifest").get_to(value.manifest);
  json.at("excluded").get_to(value.excluded);
  json.at("moving").get_to(value.moving);
  json.at("databases").get_to(value.databases);
  json.at("files").get_to(value.files);
  json.at("bytes").get_to(value.bytes);
  json.at("ms").get_to(value.ms);
}

void to_json(Json& json, const BackupVerification& value) {
  json = {{"when", value.when},   {"passed", value.passed},           {"ms", value.ms},
          {"bytes", value.bytes}, {"restore_ms", value.restore_ms},   {"files", value.files},
          {"format", 1},          {"differences", value.differences}, {"differing", value.differing}};
}
void from_json(const Json& json, BackupVerification& value) {
  json.at("when").get_to(value.when);
  json.at("passed").get_to(value.passed);
  json.at("ms").get_to(value.ms);
  json.at("restore_ms").get_to(value.restore_ms);
  json.at("bytes").get_to(value.bytes);
  json.at("files").get_to(value.files);
  json.at("differences").get_to(value.differences);
  json.at("differing").get_to(value.differing);
}

void to_json(Json& json, const Backup& value) {
  json = {{"id", value.id}, {"snapshot", value.snapshot}, {"content", value.content}, {"counts", value.counts()}};
  if (value.verified) json["verified"] = *value.verified;
}

}  // namespace ferry
