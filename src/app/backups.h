// Backups of an environment and clones made from them.
#pragma once
#include <optional>
#include <string>

#include "app/reporter.h"
#include "app/workspace.h"
#include "backup/clone.h"
#include "project/gate.h"

namespace ferry {

// Surveys (so that the backup knows its inventory), dumps databases, backs files up. Users may work meanwhile.
Backup create_backup(Workspace& workspace, const Target& target, Reporter& reporter);
// Restores into a scratch folder and compares; recorded: from then on the backup counts (promise 3).
BackupVerification verify_backup(Workspace& workspace, const std::string& id, Reporter& reporter);
std::vector<Backup> list_backups(Workspace& workspace);

struct CloneOutcome {
  CloneRecord record;
  bool fenced = false;
  Text without_fence;  // why there is none
};
// An environment that may be made, reset and removed as a clone. Error(usage) for any other: none of what is done to
// clones is ever done to production.
Target clone_target(const Workspace& workspace, const std::string& environment);
// From the latest backup (or `backup`): restore, rewrite, silence, mark, fence, start, prove. Continues where it was
// cut. Restoring it counts as verification of the backup.
CloneOutcome create_clone(Workspace& workspace, const Target& clone, const std::string& backup, Reporter& reporter);
// Asks the fence from inside. `provoke`: first the effects that the profile names are caused and the jobs watched;
// without it the proof is about the fence and whatever was attempted until now.
CloneRecord prove_clone(Workspace& workspace, const Target& clone, Reporter& reporter, bool provoke = true);
// Back to production's state: services stopped, files and databases as in the backup, silenced again, started again.
CloneRecord reset_clone_environment(Workspace& workspace, const Target& clone, Reporter& reporter);
void remove_clone_environment(Workspace& workspace, const Target& clone, Reporter& reporter);
// Fence up (where it can be had) and services running.
void start_clone(Workspace& workspace, const Target& clone, Reporter& reporter, const Version& version = {});
// Only the fence, for what runs in the clone without its services. Error(run_unfinished) as long as it is not silenced.
void require_fence(Workspace& workspace, const Target& clone, Reporter& reporter);
void stop_clone(Workspace& workspace, const Target& clone, Reporter& reporter);

}  // namespace ferry
