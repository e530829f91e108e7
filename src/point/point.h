// Recovery points as files: the record of a copy, and the way back to it. No database client is needed for it, so that
// ferry-host can do it where nothing else is left. Format of the record: docs/formats/recovery-point.md. Copies are
// taken and looked into by the database room.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/digest.h"
#include "base/json.h"

namespace ferry {

// A file beside the database that holds part of its state.
struct PointFile {
  std::string source;  // absolute path
  std::string file;    // name of the copy inside the folder; empty: there was no such file
  Digest digest;       // SHA-256 of the copy
  std::uint64_t bytes = 0;
  std::uint32_t mode = 0644;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
};
void to_json(Json& json, const PointFile& value);
void from_json(const Json& json, PointFile& value);

struct RecoveryPoint {
  int format = 1;
  std::string database;  // id in the profile
  std::string kind;      // sqlite
  std::string file;      // name of the copy inside the folder
  Digest digest;         // SHA-256 of the copy
  std::uint64_t bytes = 0;
  std::uint64_t pages = 0;
  Digest schema;       // Catalogue::digest
  std::string source;  // absolute path of the database
  std::string taken;   // RFC 3339
  std::uint32_t mode = 0600;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::vector<PointFile> files;  // put back with it
};
void to_json(Json& json, const RecoveryPoint& value);
void from_json(const Json& json, RecoveryPoint& value);

// <id>.point.json. Throws Error(invalid_document) when the id would lead elsewhere.
std::string point_record_name(const std::string& database_id);
// The record, if a finished point of this database lies in the folder; only the record is read. Throws
// Error(invalid_document) when it is damaged.
std::optional<RecoveryPoint> read_point(const std::string& folder, const std::string& database_id);
// Who has the database open, one line each ("pid 123 java"); empty = nobody. The caller knows how to find out
// (host/busy.h); called with the paths of the database file, its -wal, -shm and -journal, right before they are moved.
using InUse = std::function<std::vector<std::string>(const std::vector<std::string>& paths)>;

struct RestoreOptions {
  InUse in_use;  // must be given
  Clock now = system_now;
  std::string aside_parent;  // where the replaced files go; same file system. Empty: beside the database
};

struct Restored {
  bool changed = false;  // false: the database was already exactly the point
  std::string aside;     // folder with the replaced files; empty when there were none
};

// Puts the database back to the point: the copy is staged beside it and verified, then database, -wal, -shm and
// -journal are moved aside (kept, never deleted) and the copy takes the place; flushed; digest checked afterwards.
// An intent record <file>.ferry-restore is durable before the first move, so that a call after a kill at any moment
// goes on with the same aside folder; calling it again afterwards changes nothing. Owner and mode are those of the
// point. The point's files are put back first, each by itself. `file` is the database file (absolute); it need not
// exist. Throws Error(busy_files) with the list of `in_use`, Error(backup_unverified), Error(disk_full),
// Error(other_device).
Restored restore_point(const std::string& folder, const RecoveryPoint& point, const std::string& file,
                       const RestoreOptions& options);
// True between the first and the last step of a restore that was cut off: the application must not be started.
bool restore_unfinished(const std::string& file);

// Loads the copy into a new place (a clone): `file` must not exist (Error(already_exists)). Owner is who runs this,
// mode that of the point. Durable and verified.
void load_point(const std::string& folder, const RecoveryPoint& point, const std::string& file);

}  // namespace ferry
