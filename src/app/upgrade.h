// Runs: rehearsal (upgrade.cpp), cutover, resume, open (cutover.cpp), rollback, commit (way_back.cpp).
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "app/last_safe_moment.h"
#include "app/losses.h"
#include "app/reporter.h"
#include "app/workspace.h"
#include "run/run_state.h"

namespace ferry {

struct RunOutcome {
  RunState state;
  bool prepared = false;    // staged, nothing changed: waits for its window and `ferry cutover start`
  bool parked = false;      // verified, users still out: waits for `ferry run open`
  std::string failed_step;  // empty: none
};

RunOutcome outcome_of(const RunState& state);

struct RehearsalRequest {
  // Apply, verify, take back, compare with the state before, then apply again: the way back is measured and proved
  // (LESSONS, apply-undo-apply). Without it the gate has no rollback time for this recipe.
  bool drill = false;
  std::string person;
};
// On a clone: plans, takes the clone back to production's state if a run has touched it, runs. A failed check is no
// exception: the outcome says it and issues are open. An unbroken run that passes is remembered for the gate.
RunOutcome rehearse(Workspace& workspace, const Target& clone, const RehearsalRequest& request, Reporter& reporter);

struct CutoverRequest {
  std::string person;
  // Only what users do not notice: everything is staged and verified, then the run waits for its start. Needs no open
  // gate, since nothing of the installation changes.
  bool prepare_only = false;
  std::optional<Moment> at;  // prepare now, begin then (still in this process)
  AskPastDeadline ask;       // none: a run past its last safe moment holds
};
// On production: throws Error(gate_closed) unless the gate is open for the stored plan and the window has begun; goes
// on with what was prepared, up to the opening. Past the last safe moment it does as the project says: holds with
// Error(past_deadline), or takes back.
RunOutcome cut_over(Workspace& workspace, const Target& production, const CutoverRequest& request, Reporter& reporter);

// With an empty `run` the one that is not finished, else the newest of the environment. Error(not_found) without any.
RunState find_run(const Target& target, const std::string& run);
struct ResumeRequest {
  std::string run;
  std::string person;
  bool past_deadline = false;  // go on although going back may then outlast the window
  AskPastDeadline ask;
};
RunOutcome resume_run(Workspace& workspace, const Target& target, const ResumeRequest& request, Reporter& reporter);
struct OpenRequest {
  std::string run;
  std::string person;
  bool release_queued = false;  // also when more waits to go out than before the checks
};
// Users and outside effects are let in. Error(check_failed, run_unfinished, nothing_to_resume) unless it is verified,
// and unless nothing that the checks have queued would reach real people.
RunOutcome open_run(Workspace& workspace, const Target& target, const OpenRequest& request, Reporter& reporter);
// Takes it back. After opening it needs `accept_loss`: the digest that `run_losses` shows, given by an approver;
// Error(cannot_roll_back) / Error(not_allowed) otherwise. Users are kept out from before the last count until the old
// version runs.
struct RollbackRequest {
  std::string run;
  std::string person;
  std::string accept_loss;
};
RunOutcome roll_back_run(Workspace& workspace, const Target& target, const RollbackRequest& request,
                         Reporter& reporter);
// Back to a verified stop between two jumps: its files, its recovery point, its services; users stay out. From there
// the run goes on, or further back. Error(cannot_roll_back) after the opening, when taking back everything has begun,
// and for a version at which this run did not stop.
RunOutcome back_to_stop(Workspace& workspace, const Target& target, const std::string& run, const std::string& stop,
                        const std::string& person, Reporter& reporter);
Losses run_losses(const Target& target, const std::string& run);
// Closes the way back and frees its room.
RunOutcome commit_run(Workspace& workspace, const Target& target, const std::string& run, const std::string& person,
                      Reporter& reporter);

}  // namespace ferry
