// Runs: rehearsal, cutover, resume, rollback, open, commit.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "app/losses.h"
#include "app/reporter.h"
#include "app/workspace.h"
#include "run/run_state.h"

namespace ferry {

struct RunOutcome {
  RunState state;
  bool parked = false;      // in front of the door: waits for `ferry run open`
  std::string failed_step;  // empty: none
};

struct RehearsalRequest {
  // Apply, verify, take back, compare with the state before, then apply again: the way back is measured and proved
  // (LESSONS, apply-undo-apply). Without it the gate has no rollback time for this recipe.
  bool drill = false;
  std::string person;
};
// On a clone: plans, takes the clone back to production's state if a run has touched it, runs. A failed check is no
// exception: the outcome says it and issues are open. An unbroken run that passes is remembered for the gate.
RunOutcome rehearse(Workspace& workspace, const Target& clone, const RehearsalRequest& request, Reporter& reporter);

// On production: throws Error(gate_closed) unless the gate is open for the stored plan; runs up to the door.
RunOutcome cut_over(Workspace& workspace, const Target& production, const std::string& person, Reporter& reporter);

// The newest run of the environment when `run` is empty. Error(not_found) without any.
RunState find_run(const Target& target, const std::string& run);
RunOutcome resume_run(Workspace& workspace, const Target& target, const std::string& run, const std::string& person,
                      Reporter& reporter);
// Through the door: users and outside effects are let in.
RunOutcome open_run(Workspace& workspace, const Target& target, const std::string& run, const std::string& person,
                    Reporter& reporter);
// Takes it back, then runs the checks of the old version. After opening it needs `accept_loss`: the digest that
// `run_losses` shows, given by an approver; Error(cannot_roll_back) / Error(not_allowed) otherwise.
struct RollbackRequest {
  std::string run;
  std::string person;
  std::string accept_loss;
};
RunOutcome roll_back_run(Workspace& workspace, const Target& target, const RollbackRequest& request,
                         Reporter& reporter);
Losses run_losses(const Target& target, const std::string& run);
// Closes the way back and frees its room.
RunOutcome commit_run(Workspace& workspace, const Target& target, const std::string& run, const std::string& person,
                      Reporter& reporter);

}  // namespace ferry
