// Executes steps so that the run can be interrupted anywhere and then resumed or taken back.
//
//   InstallationLock lock(staging, "ferry run start");
//   Runner runner(staging, steps, lock);
//   runner.start(identity);        or  runner.resume(id)  or  runner.roll_back(id, person)
//   runner.commit(id, person);
#pragma once
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "host/lock.h"
#include "run/cancellation.h"
#include "run/run_state.h"

namespace ferry {

// What a running step may ask and say.
class StepContext {
 public:
  const std::string& run_folder() const { return run_folder_; }
  const RunState& state() const { return state_; }
  // Result of a step that is done; null when it is not. For undo: the step's own result too.
  Json result_of(const std::string& step) const;
  Json own_result() const { return result_of(step_); }
  // Last values this step saved in this run (an earlier attempt, before a crash); null if none.
  Json saved() const;
  // Did an earlier attempt of this step begin? Then what it did may be there, whole or in part.
  bool repeated() const { return repeated_; }

  void save(Json values);                                                          // durable when it returns
  void note(const Text& text);                                                     // durable; shown with the run
  void opened(const std::string& person);                                          // from now on users work on it
  void progress(std::uint64_t done, std::uint64_t total, const Text& what) const;  // for people; not logged
  bool cancelled() const { return cancellation_.requested(); }
  void check_cancelled() const { cancellation_.check(); }  // Error(interrupted): call where stopping is safe

 private:
  friend class Runner;
  StepContext(RunLog& log, const RunState& state, std::string run_folder, std::string step, bool repeated,
              const Cancellation& cancellation,
              const std::function<void(const std::string&, std::uint64_t, std::uint64_t, const Text&)>& progress);

  RunLog& log_;
  const RunState& state_;
  std::string run_folder_;
  std::string step_;
  bool repeated_;
  const Cancellation& cancellation_;
  const std::function<void(const std::string&, std::uint64_t, std::uint64_t, const Text&)>& progress_;
};

struct Step {
  std::string id;  // unique in the run
  Text title;
  std::string to;  // as StepState::to
  // Returns what later steps, undo and people need to know. Must be right when repeated after it was stopped anywhere.
  std::function<Json(StepContext&)> apply;
  // Takes back what apply did, wholly or in part, also when that was nothing; must be repeatable too. Empty: there is
  // nothing to take back.
  std::function<void(StepContext&)> undo;
  // Once this step has begun there is no way back.
  bool point_of_no_return = false;
  // The run waits in front of it: start and resume return with the step pending unless go_past() named it.
  bool parks = false;
};

struct RunEvents {
  // Before each step forward, where stopping is safe; may throw: then the run stays as it is, with the step pending.
  std::function<void(const RunState&, const Step& next)> before;
  // status: in_air, done, failed, undo_in_air, undone, undo_failed; after the record is durable.
  std::function<void(const StepState&)> step;
  std::function<void(const std::string& step, std::uint64_t done, std::uint64_t total, const Text& what)> progress;
};

class Runner {
 public:
  // The lock is the proof that nobody else works on the installation; it must outlive the runner.
  Runner(std::string staging, std::vector<Step> steps, const InstallationLock& lock, RunEvents events = {},
         Cancellation cancellation = {}, Clock clock = system_now);

  // Lets the next start or resume go on with this step.
  void go_past(const std::string& step) { passed_.insert(step); }

  // Does all steps up to one that parks. Error(run_unfinished) when another run of this staging folder is neither
  // committed nor rolled back. A step's error is recorded and thrown again with the step as context; anything that is
  // no Error becomes Error(internal). Error(interrupted) at a safe point after a signal.
  RunState start(const RunIdentity& identity);
  // Skips what is done, repeats what was in the air or failed, goes on. Plan digest and steps (ids, order) must be
  // those recorded: Error(stale_plan). Error(nothing_to_resume) when it ended or taking back has begun.
  RunState resume(const std::string& run, const Digest& plan, const std::string& person);
  // Takes back every step that began, last one first. Repeat after a crash or an error: continues. Error
  // (cannot_roll_back) after the commit, after a point of no return, and after opening unless `accept_loss`. A run
  // already rolled back is fine. Steps must be those recorded. Nothing is removed from the run folder.
  RunState roll_back(const std::string& run, const std::string& person, bool accept_loss = false);
  // Takes back every step behind `step`, which is done and stays so; then the run stands there and can be resumed.
  // Repeat after a crash or an error: continues. Error(cannot_roll_back) after the opening or the commit, when `step`
  // is not done, and when taking everything back has begun: in between nothing was put back that is needed here.
  RunState back_to(const std::string& run, const std::string& step, const std::string& person);
  // Closes the way back. Error(run_unfinished) unless all steps are done. Twice is fine.
  RunState commit(const std::string& run, const std::string& person);

 private:
  std::string folder(const std::string& run) const { return staging_ + "/runs/" + run; }
  RunLog open_log(const std::string& run) const;
  RunState state(const RunLog& log) const;
  void require_same_steps(const RunState& state) const;
  void require_on_top(const std::string& run) const;
  RunState go_on(RunLog& log);
  void apply(RunLog& log, const Step& step);
  void undo(RunLog& log, const Step& step);
  void undo_behind(RunLog& log, const std::string& last_kept);
  void tell(const RunLog& log, const std::string& step) const;

  std::string staging_;
  std::vector<Step> steps_;
  RunEvents events_;
  Cancellation cancellation_;
  Clock clock_;
  std::set<std::string> passed_;
};

}  // namespace ferry
