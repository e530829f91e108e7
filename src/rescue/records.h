// What lies beside an installation and was written by its runs: the only thing that ferry-host knows.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "model/environment.h"
#include "model/profile.h"
#include "point/point.h"
#include "run/run_state.h"

namespace ferry::rescue {

// A recovery point of the run, found in its folder.
struct Point {
  std::string folder;
  RecoveryPoint record;
};

struct RunRecord {
  std::string staging;
  std::string folder;  // <staging>/runs/<id>
  RunState state;
  // The run's own copies; none when it was stopped before it had written them: then nothing was changed either.
  std::optional<Environment> environment;
  std::optional<Profile> profile;
  bool has_scripts = true;         // the plan runs database scripts; true when that is not known
  std::vector<Point> points;       // of the beginning
  Version from, to;                // of the plan; empty when it is not known
  std::vector<std::string> stops;  // between the jumps, in order

  // Folders with a switch of their own, in the order in which they are switched.
  std::vector<std::string> switch_folders() const;
  bool begun(std::string_view step) const;     // and not taken back
  bool finished(std::string_view step) const;  // done
  // The run has held effects to the outside (mail, jobs). Going back must release them, also after the opening: the
  // recovery point was taken while they were held.
  bool holds_effects() const;
  bool effects_held() const { return holds_effects() && !state.opened; }  // now
};

// The staging folder for an installation's root, or for itself: <parent>/.ferry-<name>, else the folder beside it whose
// runs name this root. Throws Error(not_found) when no run has ever begun there.
std::string find_staging(const std::string& folder);

// `run` empty: the one that is not finished, else the newest. Throws Error(not_found, corrupt_log, invalid_document).
RunRecord load_run(const std::string& staging, const std::string& run);

// `folder` is the installation as the caller sees it. Throws Error(usage) unless that is where the run was made: the
// journal's paths are absolute, so a disk that is mounted elsewhere must be entered with chroot first.
void require_same_place(const RunRecord& record, const std::string& folder);

}  // namespace ferry::rescue
