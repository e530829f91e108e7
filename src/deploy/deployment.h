// The reversible change of an installed tree. Order of use:
//
//   preflight(place, input, options)          while users work; nothing is changed
//   stage(place, input, content, options)     while users work; repeat after a crash: continues
//   stage_ahead(place, input, earlier, ...)   the same for a switch that comes after others of the same downtime
//   verify_before(place, input)               services stopped: is everything still as planned?
//   switch_tree(place, input, options)        repeat after a crash: completes forward
//   take_back(place, options)                 any time until discard(); repeat after a crash: completes backward
//   discard(place)                            after the commit
//
// switch_state() tells the truth from journal and file system at any moment, recover() brings the tree to one of its
// two states from the run folder alone. Journal format: docs/formats/switch-journal.md.
//
// The caller holds the InstallationLock, and for switch_tree, take_back and recover nothing runs in the tree.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/path.h"
#include "model/plan.h"

namespace ferry {

struct DeployPlace {
  std::string root;     // absolute: the installed tree
  std::string staging;  // absolute: outside the root, on the same file system and mount
  std::string run;      // id of the run

  std::string run_folder() const { return staging + "/runs/" + run; }
};

struct DeployInput {
  std::vector<PlannedChange> changes;
  std::vector<RelativePath> dropped;          // generated folders: an empty one takes the place of each that exists
  std::vector<RelativePath> protected_paths;  // data: a change at, below or (by removing it) above one is refused
};

struct DeployProgress {
  std::uint64_t done = 0;   // operations or files
  std::uint64_t total = 0;  // of them
  std::uint64_t bytes_done = 0;
  std::uint64_t bytes_total = 0;
};

struct DeployOptions {
  std::uint64_t reserve_bytes = 0;  // must stay free beside the new files: the way back of the database, logs
  int threads = 2;                  // staging; more than 1 only if the content source may be called in parallel
  bool use_exchange = true;         // false: two renames for each exchange, as on file systems that can't exchange
  // Called now and then, from any thread but never by two at once.
  std::function<void(const DeployProgress&)> progress;
  Clock now = system_now;
  // Asked between files while staging (then Error(interrupted)). Switch and take back do not ask: they take seconds and
  // must not stop half way.
  std::function<bool()> cancelled;
};

// Streams the new bytes of a file in any portions. Called with changes whose `after` is a file. Links and folders have
// no content. May be called several times for one change (after a crash), and in parallel (DeployOptions::threads).
using Sink = std::function<void(std::string_view bytes)>;
using ContentSource = std::function<void(const PlannedChange& change, const Sink& sink)>;

struct StageReport {
  std::uint64_t files = 0;    // staged now
  std::uint64_t kept = 0;     // were there from before a crash
  std::uint64_t bytes = 0;    // written now
  std::uint64_t checked = 0;  // present files that had to be read to know that they are as planned
  std::int64_t write_ms = 0;
  std::int64_t sync_ms = 0;
};

// A path that was found neither old nor new.
struct ThirdState {
  RelativePath path;
  std::string kept_at;  // absolute; empty: it was left in its place
  Text what;
};

// How far the file system is between the two states.
enum class SwitchPosition {
  nothing,      // no journal: no operation has begun, the tree is the old one
  partly_done,  // on the way forward: recover
  done,         // the tree is the new one
  partly_back,  // on the way back: recover
  back          // the tree is the old one again
};
std::string_view name_of(SwitchPosition position);

struct SwitchState {
  SwitchPosition position = SwitchPosition::nothing;
  std::uint64_t operations = 0;
  std::uint64_t at_old = 0;  // operations whose path is in its old state
  std::uint64_t at_new = 0;
  std::uint64_t third = 0;
  bool way_back = true;  // every old object is where taking back needs it, nothing was discarded
};
void to_json(Json& json, const SwitchState& value);

struct SwitchReport {
  SwitchPosition position = SwitchPosition::nothing;
  std::uint64_t operations = 0;
  std::uint64_t moved = 0;  // operations that this call did; the others were in the wanted state
  std::vector<ThirdState> third;
  std::int64_t verify_ms = 0;   // preflight and verify_before, before anything is changed
  std::int64_t journal_ms = 0;  // journal made and durable
  std::int64_t operations_ms = 0;
  std::int64_t sync_ms = 0;
  bool clean() const { return third.empty(); }
};
void to_json(Json& json, const SwitchReport& value);

// Everything that can be known to fail before anything is written: links and foreign mounts on the way, immutable and
// append-only flags, rights, room for the new files and the reserve, changes of protected paths.
// Throws Error(other_device, immutable_file, permission, needs_root, disk_full, out_of_bounds_path, protected_path,
// invalid_document) with the path. Changes nothing.
void preflight(const DeployPlace& place, const DeployInput& input, const DeployOptions& options = {});

// Writes all new objects below the run folder, hashed while written and compared with the plan, with owner, mode and
// time of the plan and the extended attributes of the object replaced; then one syncfs. Includes preflight. Reads what
// is to be replaced, so that drift is found while users work. What was staged before a crash is kept.
// Throws as preflight, Error(drift), Error(package_content) when the source's bytes are not the planned ones,
// Error(interrupted), Error(sync_failed; final: everything will be staged anew), what `content` throws.
StageReport stage(const DeployPlace& place, const DeployInput& input, const ContentSource& content,
                  const DeployOptions& options = {});

// Stages what is switched after other switches, `earlier`, oldest first: the installation is not yet what `input` was
// planned for. A path that they change must have as `before` what they will have made of it (else Error(stale_plan));
// every other path is compared with the installation as by stage(). In front of its own switch call stage(), which
// keeps all that is there and compares everything with what stands there then.
StageReport stage_ahead(const DeployPlace& place, const DeployInput& input,
                        const std::vector<const std::vector<PlannedChange>*>& earlier, const ContentSource& content,
                        const DeployOptions& options = {});

// Every touched path is what the plan was made from, or Error(drift) that lists the first twenty. Changes nothing.
// Quick for what has not been touched since staging (inode, size, mtime, ctime), by digest otherwise.
void verify_before(const DeployPlace& place, const DeployInput& input);

// Includes preflight (without room) and verify_before: throws their errors with nothing changed, Error(usage) when not
// everything is staged. After the first operation it throws only if the operating system refuses something or the disk
// fails (sync_failed): then switch_state, recover or take_back. If a journal is there, `input` is not looked at and the
// journal is completed forward.
SwitchReport switch_tree(const DeployPlace& place, const DeployInput& input, const DeployOptions& options = {});

// The list backwards. Without a journal nothing was changed and nothing is to be done. The tree is afterwards as it
// was: contents, kinds, modes, owners, times (of folders too), links, extended attributes.
SwitchReport take_back(const DeployPlace& place, const DeployOptions& options = {});

enum class Direction { forward, backward };
// Completes a begun switch in either direction; one that is complete in that direction is left alone (the application
// may have changed files since). Idempotent; may be
// killed itself. Needs nothing but the run folder. Throws Error(corrupt_log) on a damaged journal, Error(drift) when
// the root is another folder than then.
SwitchReport recover(const std::string& run_folder, Direction direction, const DeployOptions& options = {});

SwitchState switch_state(const std::string& run_folder);

// Removes what the switch keeps in the run folder (old objects, third states); journal and run log stay. After it there
// is no way back: take_back is Error(cannot_roll_back). Refuses with Error(run_unfinished) while the position is
// partly_done or partly_back.
void discard(const DeployPlace& place);

}  // namespace ferry
