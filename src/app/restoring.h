// A backup back into the world: into a folder, or in place after the loss of a disk (A5.2).
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "app/reporter.h"
#include "app/workspace.h"

namespace ferry {

struct RestoreRequest {
  std::string id;        // empty: the latest
  std::string to;        // absolute, or relative to the working folder; empty: in place
  bool replace = false;  // what stands in its place is kept aside, never deleted
  std::string person;
};

struct RestoreOutcome {
  Backup backup;
  std::string root;                    // where it stands now
  std::vector<std::string> databases;  // that lie outside the root, where they stand now
  std::vector<std::string> aside;      // what was there before
  BackupVerification verification;
};

// What would be restored where; Error(not_found, no_backup).
Backup backup_to_restore(Workspace& workspace, const std::string& id);

// Restores beside the place, compares everything with what was noted at the backup, and only then gives it the place.
// Killed at any moment: what stood there stands there, or the restored; the call can be repeated.
// - in place: services must be stopped (Error(busy_files)) and no run unfinished (Error(run_unfinished)), unless
//   `replace`: then the runs' records are kept aside too. Services are not started.
// - Error(already_exists) where something stands and `replace` is not given; into a folder `replace` is never taken.
// - Error(backup_damaged) when it is not what was backed up: then nothing got the place, and the path of what was
//   restored is told.
RestoreOutcome restore_backup(Workspace& workspace, const RestoreRequest& request, Reporter& reporter);

// Without a project: its home is lost too. `to` must be given.
RestoreOutcome restore_from_repository(const std::string& repository, const std::string& password_file,
                                       const RestoreRequest& request, Reporter& reporter);

}  // namespace ferry
