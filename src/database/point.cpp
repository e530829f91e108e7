#include "database/point.h"

#include <filesystem>

#include "base/error.h"
#include "base/path.h"
#include "database/catalogue.h"
#include "database/connection.h"
#include "database/sqlite_copy.h"
#include "database/sqlite_fault.h"
#include "host/crash_point.h"
#include "host/durable.h"
#include "host/files.h"
#include "host/switch_calls.h"
#include "host/tree.h"

namespace ferry {
namespace {

namespace fs = std::filesystem;

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
    throw Error(Code::disk_full, folder,
                Text{human_bytes(needed) + " needed, " + human_bytes(free) + " free",
                     "需要 " + human_bytes(needed) + "，可用 " + human_bytes(free)});
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

// Copies of the files that hold part of the database's state. One that is not there is noted too: it goes away again.
std::vector<PointFile> copy_files(const Database& database, const Variables& variables, const std::string& folder,
                                  const std::string& given_root) {
  std::vector<PointFile> out;
  for (const auto& path : database.files) {
    const auto root = given_root.empty() ? variables.at("environment.root") : given_root;
    PointFile file;
    file.source = root + "/" + path.bytes();
    if (path_exists(file.source)) {
      const fs::path real = fs::canonical(file.source);
      const auto parent = calls::open_folder(real.parent_path().string());
      const auto status = calls::status(parent.get(), real.filename().string(), file.source);
      if (!status || status->type != EntryType::file)
        throw Error(Code::unsupported_format, file.source, Text{"not a regular file", "不是普通文件"});
      file.file = database.id + ".file-" + std::to_string(out.size() + 1);
      file.mode = status->mode;
      file.uid = status->uid;
      file.gid = status->gid;
      const auto copy = folder + "/" + file.file;
      copy_file(real.string(), copy);
      fs::permissions(copy, fs::perms::owner_read | fs::perms::owner_write);
      file.bytes = fs::file_size(copy);
      file.digest = digest_of_file(copy);
    }
    out.push_back(std::move(file));
  }
  return out;
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
    for (const auto& row : copy.query("PRAGMA integrity_check(20)").rows) {
      if (auto fault = fault_in_check(row[0].value_or(""), file)) throw std::move(*fault);
      if (row[0] != "ok") list += (list.empty() ? "" : "\n") + row[0].value_or("?");
    }
    if (schema != nullptr && list.empty()) *schema = read_catalogue(copy).digest();
  } catch (const Error& error) {
    // Too damaged even to be asked.
    if (error.code() != Code::database_query && error.code() != Code::database_unreachable) throw;
    list = error.detail();
  }
  if (!list.empty())
    throw Error(Code::backup_unverified, file,
                Text{damaged_words().en + "\n" + list, damaged_words().zh + "\n" + list});
}

}  // namespace

RecoveryPoint take_point(const Database& database, const Variables& variables, const std::string& folder,
                         const PointOptions& options) {
  const auto record = folder + "/" + point_record_name(database.id);
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
  point.files = copy_files(database, variables, folder, options.root);
  sync_file_system(folder);
  point.bytes = fs::file_size(copy);
  point.digest = digest_of_file(copy);
  crash_point(CrashPoint::point_copied);
  durable::write(record, Json(point).dump(2) + "\n");
  return point;
}

void verify_point(const std::string& folder, const RecoveryPoint& point) {
  const auto file = folder + "/" + point.file;
  if (!path_exists(file)) throw Error(Code::backup_unverified, file, Text{"the copy is missing", "副本缺失"});
  if (fs::file_size(file) != point.bytes || digest_of_file(file) != point.digest)
    throw Error(Code::backup_unverified, file,
                Text{"its content is not what was recorded when it was taken", "内容与取恢复点时的记录不符"});
  for (const auto& one : point.files) {
    const auto copy = folder + "/" + one.file;
    if (!one.file.empty() && (!path_exists(copy) || digest_of_file(copy) != one.digest))
      throw Error(Code::backup_unverified, copy,
                  Text{"its content is not what was recorded when it was taken", "内容与取恢复点时的记录不符"});
  }
  require_sound(file, nullptr);
}

}  // namespace ferry
