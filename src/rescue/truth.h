// What is really there: log, journal, files and databases looked at together, changing nothing.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "deploy/deployment.h"
#include "host/busy.h"
#include "host/lock.h"
#include "rescue/records.h"

namespace ferry::rescue {

enum class Standing {
  old_version,  // files and databases are those of before
  new_version,  // those of after, verified by the run
  between       // neither: must be recovered
};
std::string_view name_of(Standing standing);

enum class DatabaseStanding {
  untouched,     // nothing has begun that changes it
  at_point,      // byte for byte the recovery point
  changed,       // not the point: migrated, or written to since
  half_restored  // a restore was cut off: nothing may be started
};
std::string_view name_of(DatabaseStanding standing);

struct DatabaseTruth {
  std::string id;
  std::string file;
  DatabaseStanding standing = DatabaseStanding::untouched;
};

struct Truth {
  Standing standing = Standing::between;
  SwitchState files;
  std::vector<DatabaseTruth> databases;
  std::optional<LockHolder> held_by;  // another Ferry is at work
  BusyReport busy;                    // processes that use the installation
  std::optional<Text> problem;        // why files could not be looked at
};
void to_json(Json& json, const Truth& value);

// Reads the databases whole where it must compare them.
Truth look(const RunRecord& record);

// Paths whose users must be gone before files are switched: program, configuration and data, as the profile says.
std::vector<std::string> guarded_paths(const RunRecord& record);
// Error(busy_files) while a process uses them or a service of the installation runs.
void require_stopped(const RunRecord& record);

}  // namespace ferry::rescue
