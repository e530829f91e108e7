// SQLite's online backup. Not for use outside this room.
#pragma once
#include <cstdint>
#include <functional>
#include <string>

#include "database/connection.h"

namespace ferry {

// Copies the database of `source` into the new file `target` (state of one moment) and returns its pages. Not flushed.
// Throws Error(database_locked, disk_full, database_query, backup_unverified).
std::uint64_t copy_sqlite(Connection& source, const std::string& target,
                          const std::function<void(std::uint64_t done, std::uint64_t total)>& progress);

}  // namespace ferry
