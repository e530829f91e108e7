#include "database/point.h"

#include <filesystem>

#include "base/error.h"
#include "base/path.h"
#include "database/catalogue.h"
#include "database/connection.h"
#include "database/sqlite_copy.h"
#include "host/crash_point.h"
#include "host/durable.h"
#include "host/files.h"
#include "host/switch_calls.h"
#include "host/tree.h"

namespace ferry {
namespace {

namespace fs = std::filesystem;

constexpr int known_format = 1;

std::string record_name(const std::string& database_id) {
  // The id becomes a file name: it must not lead elsewhere.
  if (database_id.empty() || RelativePath(database_id).components().size() != 1)
    throw Error(Code::invalid_document, "database id '" + database_id + "'");
  return database_id + ".point.json";
}

// Read-only, so that the application is not disturbed. After a kill the journal it left must be rolled back first,
// which its next start would do as well.
Connection open_source(const Database& database, const Variables& variables, const PointOptions& options) {
  OpenOptions open{OpenMode::read_only, options.busy_timeout, options.root};
  try {
    return Connection::open(database, variables, open);
  } catch (const Error& error) {
    if (error.code() != Code::database_unreachable || !path_exists(database_file(database, variables, options.root)))
      throw;
  }
  open.mode = OpenMode::read_write;
  return Connection::open(database, variables, open);
}

void require_room(const std::string& folder, std::uint64_t bytes) {
  const auto needed = bytes + bytes / 20 + (1U << 20U);
  const auto free = free_space(folder).free;
  if (free < needed)
    throw Error(Code::disk_full, folder, human_bytes(needed) + " needed, " + human_bytes(free) + " free");
}

void remember_owner(RecoveryPoint& point) {
  const fs::path source = fs::canonical(point.source);
  const auto folder = calls::open_folder(source.parent_path().string());
  const auto status = calls::status(folder.get(), source.filename().string(), point.source);
  if (!status) throw Error(Code::not_found, point.source);
  point.mode = status->mode;
  point.uid = status->uid;
  point.gid = status->gid;
}

Connection open_copy(const std::string& file) {
  OpenOptions options;
  options.immutable = true;
  return Connection::open_file(file, options);
}

// What the application itself put in is copied as it is: foreign keys are its own affair, so they are not asked about.
void require_sound(const std::string& file, Digest* schema) {
  std::string list;
  try {
    auto copy = open_copy(file);
    for (const auto& row : copy.query("PRAGMA integrity_check(20)").rows)
      if (row[0] != "ok") list += (list.empty() ? "" : "\n") + row[0].value_or("?");
    if (schema != nullptr && list.empty()) *schema = read_catalogue(copy).digest();
  } catch (const Error& error) {
    // Too damaged even to be asked.
    if (error.code() != Code::database_query && error.code() != Code::database_unreachable) throw;
    list = error.detail();
  }
  if (!list.empty()) throw Error(Code::backup_unverified, file, list);
}

}  // namespace

void to_json(Json& json, const RecoveryPoint& value) {
  json = Json{{"format", value.format}, {"database", value.database}, {"kind", value.kind},
              {"file", value.file},     {"digest", value.digest},     {"bytes", value.bytes},
              {"pages", value.pages},   {"schema", value.schema},     {"source", escape(value.source)},
              {"taken", value.taken},   {"mode", value.mode},         {"uid", value.uid},
              {"gid", value.gid}};
}

void from_json(const Json& json, RecoveryPoint& value) {
  value.format = json.at("format").get<int>();
  if (value.format != known_format)
    throw Error(Code::unsupported_format, "recovery point", "format " + std::to_string(value.format));
  json.at("database").get_to(value.database);
  json.at("kind").get_to(value.kind);
  json.at("file").get_to(value.file);
  json.at("digest").get_to(value.digest);
  json.at("bytes").get_to(value.bytes);
  json.at("pages").get_to(value.pages);
  json.at("schema").get_to(value.schema);
  value.source = unescape(json.at("source").get<std::string>());
  json.at("taken").get_to(value.taken);
  json.at("mode").get_to(value.mode);
  json.at("uid").get_to(value.uid);
  json.at("gid").get_to(value.gid);
}

RecoveryPoint take_point(const Database& database, const Variables& variables, const std::string& folder,
                         const PointOptions& options) {
  const auto record = folder + "/" + record_name(database.id);
  if (path_exists(record)) throw Error(Code::already_exists, record);
  durable::make_folders(folder);
  RecoveryPoint point;
  point.database = database.id;
  point.kind = database.kind;
  point.file = database.id + ".sqlite";
  point.taken = to_string(options.now());
  const auto copy = folder + "/" + point.file;
  for (const char* suffix : {"", "-journal", "-wal", "-shm"}) fs::remove(copy + suffix);  // left by a killed call
  {
    auto source = open_source(database, variables, options);
    point.source = source.file();
    require_room(folder, source.dialect().bytes(source));
    remember_owner(point);
    point.pages = copy_sqlite(source, copy, options.progress);
  }
  fs::permissions(copy, fs::perms::owner_read | fs::perms::owner_write);
  require_sound(copy, &point.schema);
  sync_file_system(folder);
  point.bytes = fs::file_size(copy);
  point.digest = digest_of_file(copy);
  crash_point(CrashPoint::point_copied);
  durable::write(record, Json(point).dump(2) + "\n");
  return point;
}

std::optional<RecoveryPoint> read_point(const std::string& folder, const std::string& database_id) {
  const auto path = folder + "/" + record_name(database_id);
  const auto text = read_file_if_there(path);
  if (!text) return std::nullopt;
  try {
    auto point = parse_json(*text, path).get<RecoveryPoint>();
    if (point.file.empty() || RelativePath(point.file).components().size() != 1)
      throw Error(Code::invalid_document, path, "file");
    return point;
  } catch (const Json::exception& error) {
    throw Error(Code::invalid_document, path, error.what());
  }
}

void verify_point(const std::string& folder, const RecoveryPoint& point) {
  const auto file = folder + "/" + point.file;
  if (!path_exists(file)) throw Error(Code::backup_unverified, file, "the copy is missing");
  if (fs::file_size(file) != point.bytes || digest_of_file(file) != point.digest)
    throw Error(Code::backup_unverified, file, "its content is not what was recorded when it was taken");
  require_sound(file, nullptr);
}

}  // namespace ferry
