// What belongs to a clone, as plain functions in this order:
//   1. clone_files: the backup restored into the clone's root, and (where there is room) kept as a pristine copy
//   2. clone_actions: rewrite, silence, mark
//   3. clone_fence: the fence is closed
//   4. first start, inside the fence: by the caller, with fence_prefix
//   5. clone_prove: by prove_fence, after the profile's provoking steps
// After every part the record in the clone's staging is written: a clone that was cut goes on with the first part that
// is missing. The fence is closed before the first start, never after it.
#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "backup/actions.h"
#include "backup/fence.h"
#include "backup/repository.h"
#include "base/json.h"
#include "model/environment.h"
#include "model/profile.h"

namespace ferry {

enum class CloneState { none, restored, silenced, fenced, proved };
std::string_view name_of(CloneState state);
Text state_text(CloneState state);

// clone.json in the clone's staging.
struct CloneRecord {
  int format = 1;
  std::string id;           // cln-...
  std::string environment;  // the clone's name
  std::string source;       // production's environment
  std::string root;
  Digest inventory;  // of the source when the backup was taken
  std::string backup;
  std::string made;  // RFC 3339
  CloneState state = CloneState::none;
  bool pristine = false;               // a copy of the restored state lies beside: reset needs no restic
  std::vector<std::string> databases;  // files of databases that stand outside the root, made by Ferry
  std::vector<ActionReport> actions;
  std::vector<std::string> refused;  // databases shared with others, services outside: "proved" is forfeited
  std::optional<FenceProof> proof;
  int resets = 0;
};
void to_json(Json& json, const CloneRecord& value);
void from_json(const Json& json, CloneRecord& value);

std::filesystem::path clone_record_file(const Environment& clone);
// Nothing when there is none.
std::optional<CloneRecord> load_clone(const Environment& clone);
void save_clone(const Environment& clone, const CloneRecord& record);

// Restores; goes on when a record of the same backup was cut, returns at once when it is there, and throws
// Error(already_exists) for another backup (remove_clone first) or a root that is not empty. Keeps <staging>/pristine
// when the disk has room for three times the installation (blocks are shared where the file system can).
CloneRecord clone_files(const Environment& clone, const Profile& profile, BackupRepository& repository,
                        const std::string& backup, const std::string& source, const BackupWatch& watch = {});
// The same for products whose databases all stand below the root; others are Error(not_found).
CloneRecord clone_files(const Environment& clone, BackupRepository& repository, const std::string& backup,
                        const std::string& source, const BackupWatch& watch = {});
// All of rewrite, silence, mark, in this order; can be repeated. Templates know the clone's environment and
// fence_variables. Error(run_unfinished) when the files are not restored yet.
CloneRecord clone_actions(const Environment& clone, const Profile& profile, const SecretLookup& secret);
// Starts the fence unless it runs. Only the clone's root (and the folders of its databases) can be written inside.
// Error(run_unfinished) before the actions are done. `hidden`: production's root above all.
CloneRecord clone_fence(const Environment& clone, const std::vector<FenceForward>& forwards,
                        const std::vector<std::filesystem::path>& hidden, const std::string& program = {});
// Runs prove_fence and stores the result. What `refuse_proof` noted (a database server shared with production, a
// service outside the fence) forfeits "proved".
CloneRecord clone_prove(const Environment& clone, const FenceProofOptions& options);

void refuse_proof(const Environment& clone, const std::string& why);

// Takes the clone back to production's state: files and databases as in the backup (from pristine/, else from restic),
// then the actions again. Services must be stopped and the fence ended by the caller (Error(busy_files) when the fence
// still runs, since its processes may hold files). The old root lies aside until the new one is complete.
CloneRecord reset_clone(const Environment& clone, const Profile& profile, BackupRepository& repository,
                        const SecretLookup& secret, const BackupWatch& watch = {});
// Ends the fence and removes root, pristine copy and record: nothing of production's data stays.
void remove_clone(const Environment& clone);

std::filesystem::path clone_fence_folder(const Environment& clone);  // <staging>/fence

}  // namespace ferry
