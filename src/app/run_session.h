// One process at work on one run: lock, signals, steps, what it tells people. For the use cases of runs only.
#pragma once
#include <memory>
#include <string>

#include "app/last_safe_moment.h"
#include "app/upgrade.h"
#include "app/upgrade_steps.h"
#include "host/lock.h"

namespace ferry {

class RunSession {
 public:
  // Throws Error(locked) when another process works there.
  // `checks`: of a hot patch, see hotpatch_steps.
  RunSession(Workspace& workspace, Target target, Plan plan, std::string id, RunKind kind, Reporter& reporter,
             const std::string& command, const std::vector<std::string>& checks = {},
             const std::vector<std::string>& recorded_steps = {});
  // For a run that has begun. When it had closed the door and has not opened it, the door is closed again first: it
  // does not outlive the machine, and nobody may come in half way.
  RunSession(Workspace& workspace, const Target& target, const RunState& state, Reporter& reporter,
             const std::string& command);

  Runner& runner() { return *runner_; }
  UpgradeRun& run() { return *run_; }
  const Cancellation& cancellation() const { return cancellation_; }
  // Needed to go forward; going back must work without the packages.
  void load_packages();
  // From now on a cutover is not stopped at its last safe moment any more.
  void ignore_deadline() { ignore_deadline_ = true; }
  // Called before each step and, with `begun`, when its beginning is recorded (chaos.h).
  using Disturb = std::function<void(const std::string& step, bool begun)>;
  void set_disturbance(Disturb disturb) { disturb_ = std::move(disturb); }

 private:
  void before_step(const RunState& state, const Step& next);
  RunEvents events(Reporter& reporter);

  InstallationLock lock_;
  Cancellation cancellation_;
  SignalCancellation signals_;
  Disturb disturb_;
  bool ignore_deadline_ = false;
  std::string shown_line_;  // last one told
  std::shared_ptr<UpgradeRun> run_;
  std::unique_ptr<Runner> runner_;
};

// From the store, else from the run's own folder: the home folder was lost or is another one.
Plan plan_of_run(const Workspace& workspace, const Target& target, const RunState& state);
RunIdentity identity_of(const Target& target, const Plan& plan, RunKind kind, const std::string& person, Moment now);
// Remembers run and timings in the store.
RunOutcome finish(Workspace& workspace, const RunState& state);
Milliseconds undo_time(const RunState& state);
// Takes it back; `accept_loss` as Runner::roll_back.
RunState take_back_run(Workspace& workspace, const Target& target, const std::string& run, const std::string& person,
                       bool accept_loss, Reporter& reporter);

// The clone must stand where production stands: an unfinished run is taken back, then files and databases are those of
// the backup again, and it runs.
void bring_to_start(Workspace& workspace, const Target& clone, const std::string& person, Reporter& reporter);
void require_clone(const Target& clone);  // Error(usage, not_found)

}  // namespace ferry
