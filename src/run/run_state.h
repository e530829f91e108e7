// What a run log says about its run: which steps are done, which one is in the air, what can be done now.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "run/run_log.h"

namespace ferry {

// chaos: a rehearsal that is disturbed on purpose; nothing it finds counts as a result of the recipe.
enum class RunKind { rehearsal, cutover, hotpatch, chaos };
std::string_view name_of(RunKind kind);
RunKind run_kind(std::string_view name);

// What is fixed at the start and must be the same at every resume.
struct RunIdentity {
  std::string id;  // new_id("run", now)
  std::string environment;
  RunKind kind = RunKind::rehearsal;
  Digest plan;
  Digest recipe;
  std::string person;
};
void to_json(Json& json, const RunIdentity& value);
void from_json(const Json& json, RunIdentity& value);

enum class StepStatus { pending, in_air, done, failed, undo_in_air, undo_failed, undone };
std::string_view name_of(StepStatus status);

struct StepState {
  std::string id;
  Text title;
  std::string to;  // in a run of several jumps: the version that this jump leads to; empty: it happens once
  bool point_of_no_return = false;
  StepStatus status = StepStatus::pending;
  int attempts = 0;     // times the step began
  std::string began;    // RFC 3339, last attempt
  std::string ended;    // empty while in the air
  std::int64_t ms = 0;  // of the last attempt that ended
  std::int64_t undo_ms = 0;
  Json result;        // what the step returned
  Json saved;         // last values the step saved; null if none
  std::string error;  // name of the code; empty: none
  Text error_text;    // text, remedy and detail as they were shown
};

enum class RunPhase {
  under_way,     // begun, not ended: a process works on it, or it was interrupted
  complete,      // every step done, not committed: the way back is still open
  rolling_back,  // taking back has begun and is not finished
  committed,
  rolled_back
};
std::string_view name_of(RunPhase phase);

struct RunState {
  RunIdentity run;
  RunPhase phase = RunPhase::under_way;
  std::string started;           // RFC 3339
  std::string ended;             // of the last record
  bool opened = false;           // users work on it: going back loses what they enter
  std::vector<StepState> steps;  // in order
  std::vector<LogRecord> notes;
  std::optional<std::string> next;  // step that resume would do first
  bool can_resume = false;
  bool can_roll_back = false;
  Text way_back;  // until when it is open, or why it is closed
  // Taking back goes on to this step, which is kept; empty text: all the way, as is meant without a value.
  std::optional<std::string> turned_to;
  std::string stands_at;  // taken back to this stop and waiting there
  bool torn = false;      // the log ended in a torn line: the last process was stopped by force or by a power cut

  // Neither committed nor rolled back: blocks a new run.
  bool unfinished() const { return phase != RunPhase::committed && phase != RunPhase::rolled_back; }
  const StepState* find(std::string_view step) const;
  bool goes_all_the_way_back() const { return !turned_to || turned_to->empty(); }
};
void to_json(Json& json, const RunState& value);

// Where a run of several jumps stands: in the jump whose steps come next, at its end in the last one.
struct JumpState {
  std::size_t number = 0;  // from 1
  std::size_t of = 0;
  std::string to;
};
std::optional<JumpState> jump_of(const RunState& state);  // none: there is only one jump

// The stops that this run reached and verified, in order, whose recovery points it has: where it can be taken back to.
std::vector<std::string> reached_stops(const RunState& state);

// Derived from the log only. Throws Error(corrupt_log) when the records contradict each other.
RunState state_of(const LogContent& log, const std::string& where);

struct ListedRun {
  std::string id;
  std::optional<RunState> state;  // empty: its log can't be read
  std::string problem;            // then why
};
// Of <staging>/runs, oldest first; no such folder: none.
std::vector<ListedRun> list_runs(const std::string& staging);
// Throws Error(not_found, corrupt_log).
RunState show_run(const std::string& staging, const std::string& run);

}  // namespace ferry
