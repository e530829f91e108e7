// Takes an installation back to its old state, or completes it forward, from what lies beside it.
#pragma once
#include <string>
#include <vector>

#include "deploy/deployment.h"
#include "rescue/records.h"
#include "run/runner.h"

namespace ferry::rescue {

struct RecoverOptions {
  enum class Direction { automatic, back, forward } direction = Direction::automatic;
  bool start = false;             // start the services afterwards
  bool accept_loss = false;       // what users entered since the opening may be lost
  bool effects_released = false;  // the caller says that he has released the held effects himself
  std::string person;             // recorded in the log
};

struct RecoveredDatabase {
  std::string id;
  bool changed = false;
  std::string aside;  // where what was replaced lies; empty: nothing was
};

struct Recovered {
  RecoverOptions::Direction direction = RecoverOptions::Direction::automatic;
  bool nothing_to_do = false;
  SwitchReport files;
  std::vector<RecoveredDatabase> databases;
  std::vector<std::string> started;  // services
  RunState state;                    // of the log afterwards
};
void to_json(Json& json, const Recovered& value);

// The caller holds the InstallationLock. Every step is recorded in the run log as `ferry run rollback` and `ferry run
// resume` would, so that both agree with it afterwards, and go on where this was cut off.
//
// automatic: what was interrupted is taken back; what the log says is committed is completed. A run that waits for
// nobody's help (complete, opened, parked) wants a direction: Error(usage).
// Throws Error(busy_files) while anything uses the installation, Error(cannot_roll_back) after a commit and, without
// accept_loss, after the opening; Error(run_unfinished) when files and databases are back but effects are still held;
// Error(unsupported_format) for a run with steps that this program does not know; whatever deploy, point and run throw.
Recovered recover_run(const RunRecord& record, const InstallationLock& lock, const RecoverOptions& options,
                      RunEvents events = {});

// One line per service, as a person would type it.
std::vector<std::string> start_commands(const RunRecord& record);

}  // namespace ferry::rescue
