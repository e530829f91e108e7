// Crash rehearsal (LESSONS, feature 10): on a clone, for the steps of its present plan, Ferry is killed and writing
// made impossible at every step, the application killed at every step at which it runs or starts, the database locked
// by somebody else or taken away at every step that needs it. Each time the true state must be told, going on must
// reach the new version, and going back the old one, files and rows.
#pragma once
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "app/reporter.h"
#include "app/workspace.h"

namespace ferry {

enum class Disturbance {
  kill_at_begin,     // signal 9 to Ferry when the step's beginning is recorded
  kill_in_middle,    // after half the time that the step took when it was rehearsed
  kill_application,  // signal 9 to the services just before the step; while they start as soon as there are any
  lock_database,     // another process holds the databases locked from before the step
  take_database,     // the databases' files are gone from before the step until the run has ended
  no_writes          // no file can grow while the step works, as on a full disk
};
std::string_view name_of(Disturbance kind);
Disturbance disturbance_named(std::string_view name);  // throws Error(usage)
Text title_of(Disturbance kind);

struct ChaosCase {
  std::string step;
  Disturbance kind = Disturbance::kill_at_begin;
  std::string ended;  // "signal 9", the name of an error code, "done": what the disturbed run did
  // Empty: passed. Else what was not as it must be: the state told, going on, going back.
  Text problem;
  Milliseconds took{0};
};
struct ChaosResult {
  std::vector<ChaosCase> cases;
  bool complete = false;  // all steps, all disturbances
  std::size_t failed() const;
};
void to_json(Json& json, const ChaosCase& value);
void to_json(Json& json, const ChaosResult& value);

struct ChaosRequest {
  std::set<std::string> steps;  // empty: all
  std::string person;
  // Starts a command of this program with the same home and project: {"rehearsal", "disturb", ...}.
  std::function<std::vector<std::string>(const std::vector<std::string>& words)> command;
};
// Leaves the clone at production's state, running. The result is kept for the gate. Throws what a rehearsal's plan
// does, and Error(check_failed) for nothing: a case that fails is a result.
ChaosResult rehearse_chaos(Workspace& workspace, const Target& clone, const ChaosRequest& request, Reporter& reporter);

// What the started commands do; of no use to people. `disturb_run` runs the present plan until the disturbance has had
// its way; `hold_databases` locks them, writes the file `ready` and waits for a signal. What was taken away or kept
// from writing is put right by `end_disturbance`, as people would do: before anything goes on.
void disturb_run(Workspace& workspace, const Target& clone, const std::string& step, Disturbance kind,
                 const ChaosRequest& request, Reporter& reporter);
void hold_databases(const Target& clone, const std::string& ready);
void end_disturbance(const Target& clone, const std::string& step, Disturbance kind);

}  // namespace ferry
