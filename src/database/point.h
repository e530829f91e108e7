// Recovery points: a consistent, verified, durable copy of a database. The way back to it: point/point.h. The same copy
// serves as dump for backup and clone.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/digest.h"
#include "base/json.h"
#include "model/profile.h"
#include "point/point.h"

namespace ferry {

struct PointOptions {
  Clock now = system_now;
  std::string root;                                                       // as OpenOptions::root
  Milliseconds busy_timeout{30000};                                       // waiting for a writer
  std::function<void(std::uint64_t done, std::uint64_t total)> progress;  // bytes; may throw to stop
};

// Copies the database by SQLite's online backup API, also while the application writes (the copy is the state of one
// moment), checks the copy (integrity, page count), flushes it and only then writes the record
// <folder>/<id>.point.json. A killed call leaves no record; the next one starts anew. Throws Error(already_exists) when
// the folder holds a point of this database, Error(database_unreachable), Error(database_locked),
// Error(backup_unverified) with what the integrity check said, Error(disk_full) before copying when there is no room.
RecoveryPoint take_point(const Database& database, const Variables& variables, const std::string& folder,
                         const PointOptions& options = {});

// Reads the copy: bytes and digest must be those of the record, integrity sound. Throws Error(backup_unverified).
void verify_point(const std::string& folder, const RecoveryPoint& point);

}  // namespace ferry
