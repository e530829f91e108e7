#include "run/runner.h"

#include <algorithm>
#include <chrono>

#include "base/error.h"
#include "base/foreign_error.h"
#include "host/durable.h"

namespace ferry {
namespace {

using Stopwatch = std::chrono::steady_clock;

std::int64_t ms_since(Stopwatch::time_point begin) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(Stopwatch::now() - begin).count();
}

Json failure(const Error& error, std::int64_t ms) {
  return Json{{"error", info(error.code()).name},
              {"text", Text{error.describe(Language::english), error.describe(Language::chinese)}},
              {"ms", ms}};
}

// A hot patch stands on an upgrade whose way back is still open: it is opened, or it is a rehearsal. Nothing else does.
bool may_stand_on(RunKind kind, const RunState& earlier) {
  return kind == RunKind::hotpatch && earlier.phase == RunPhase::complete &&
         (earlier.opened || earlier.run.kind != RunKind::cutover);
}

// Calls it and makes one kind of error of whatever it throws.
template <class Call>
auto as_step(const std::string& step, const Call& call) {
  try {
    return call();
  } catch (Error& error) {
    throw std::move(error).within(Text{"step " + step, "步骤 " + step});
  } catch (const std::exception& error) {
    throw error_of(error, "step " + step).within(Text{"step " + step, "步骤 " + step});
  }
}

}  // namespace

StepContext::StepContext(
    RunLog& log, const RunState& state, std::string run_folder, std::string step, bool repeated,
    const Cancellation& cancellation,
    const std::function<void(const std::string&, std::uint64_t, std::uint64_t, const Text&)>& progress)
    : log_(log),
      state_(state),
      run_folder_(std::move(run_folder)),
      step_(std::move(step)),
      repeated_(repeated),
      cancellation_(cancellation),
      progress_(progress) {}

Json StepContext::result_of(const std::string& step) const {
  // From the log, because taking a step back changes its state but not what it had returned.
  for (auto record = log_.records().rbegin(); record != log_.records().rend(); ++record)
    if (record->kind == RecordKind::done && record->step == step) return record->data.at("result");
  return {};
}

Json StepContext::saved() const {
  for (auto record = log_.records().rbegin(); record != log_.records().rend(); ++record)
    if (record->kind == RecordKind::saved && record->step == step_) return record->data;
  return {};
}

void StepContext::save(Json values) {
  log_.append(RecordKind::saved, step_, std::move(values));
}
void StepContext::note(const Text& text) {
  log_.append(RecordKind::note, step_, text);
}
void StepContext::opened(const std::string& person) {
  log_.append(RecordKind::opened, step_, Json{{"person", person}});
}
void StepContext::progress(std::uint64_t done, std::uint64_t total, const Text& what) const {
  if (progress_) progress_(step_, done, total, what);
}

Runner::Runner(std::string staging, std::vector<Step> steps, const InstallationLock&, RunEvents events,
               Cancellation cancellation, Clock clock)
    : staging_(std::move(staging)),
      steps_(std::move(steps)),
      events_(std::move(events)),
      cancellation_(std::move(cancellation)),
      clock_(std::move(clock)) {}

RunLog Runner::open_log(const std::string& run) const {
  auto log = RunLog::open(folder(run) + "/log", clock_);
  if (log.records().empty()) throw Error(Code::not_found, run, Text{"this run has not begun", "该执行尚未开始"});
  return log;
}

RunState Runner::state(const RunLog& log) const {
  LogContent content;
  content.records = log.records();
  return state_of(content, staging_);
}

void Runner::require_same_steps(const RunState& state) const {
  const auto same = [](const StepState& recorded, const Step& now) { return recorded.id == now.id; };
  if (!std::equal(state.steps.begin(), state.steps.end(), steps_.begin(), steps_.end(), same))
    throw Error(Code::stale_plan, state.run.id,
                Text{"the steps are not those with which the run began", "步骤与开始执行时不同"});
}

RunState Runner::start(const RunIdentity& identity) {
  for (const auto& run : list_runs(staging_)) {
    // Nobody knows what a run with a damaged log has left behind.
    if (!run.state) throw Error(Code::corrupt_log, run.id, run.problem);
    if (run.id == identity.id) throw Error(Code::already_exists, run.id);
    if (run.state->unfinished() && !may_stand_on(identity.kind, *run.state)) throw Error(Code::run_unfinished, run.id);
  }
  durable::make_folders(folder(identity.id));
  auto log = RunLog::create(folder(identity.id) + "/log", clock_);
  Json steps = Json::array();
  for (const auto& step : steps_) {
    steps.push_back(Json{{"id", step.id}, {"title", step.title}, {"point_of_no_return", step.point_of_no_return}});
    if (!step.to.empty()) steps.back()["to"] = step.to;
  }
  log.append(RecordKind::started, {}, Json{{"run", identity}, {"steps", std::move(steps)}});
  return go_on(log);
}

RunState Runner::resume(const std::string& run, const Digest& plan, const std::string& person) {
  auto log = open_log(run);
  const auto present = state(log);
  if (!present.can_resume) throw Error(Code::nothing_to_resume, run, present.way_back);
  if (present.run.plan != plan)
    throw Error(Code::stale_plan, run, Text{"the run began with another plan", "该执行开始时用的是另一方案"});
  require_same_steps(present);
  log.append(RecordKind::resumed, {}, Json{{"person", person}});
  return go_on(log);
}

RunState Runner::go_on(RunLog& log) {
  for (const auto& step : steps_) {
    const auto present = state(log);
    if (present.find(step.id)->status == StepStatus::done) continue;
    if (step.parks && !passed_.contains(step.id)) return present;
    cancellation_.check();
    if (events_.before) events_.before(present, step);
    apply(log, step);
  }
  return state(log);
}

void Runner::apply(RunLog& log, const Step& step) {
  const auto before = state(log);
  const bool repeated = before.find(step.id)->attempts > 0;
  log.append(RecordKind::intent, step.id, Json::object());
  tell(log, step.id);
  const auto begin = Stopwatch::now();
  try {
    Json result = as_step(step.id, [&] {
      StepContext context(log, before, folder(before.run.id), step.id, repeated, cancellation_, events_.progress);
      return step.apply(context);
    });
    log.append(RecordKind::done, step.id, Json{{"ms", ms_since(begin)}, {"result", std::move(result)}});
  } catch (const Error& error) {
    // The log itself may be what failed; then the step stays in the air, which is the truth.
    if (log.usable() && state(log).find(step.id)->status == StepStatus::in_air)
      log.append(RecordKind::failed, step.id, failure(error, ms_since(begin)));
    tell(log, step.id);
    throw;
  }
  tell(log, step.id);
}

// What stands on a run holds its new files: it is taken back first.
void Runner::require_on_top(const std::string& run) const {
  bool later = false;
  for (const auto& listed : list_runs(staging_)) {
    if (later && listed.state && listed.state->unfinished())
      throw Error(Code::run_unfinished, listed.id,
                  Text{"it was done after " + run + ": take it back first", "在 " + run + " 之后执行，请先将其回退"});
    later |= listed.id == run;
  }
}

RunState Runner::roll_back(const std::string& run, const std::string& person, bool accept_loss) {
  require_on_top(run);
  auto log = open_log(run);
  const auto present = state(log);
  if (present.phase == RunPhase::rolled_back) return present;
  if (!present.can_roll_back) throw Error(Code::cannot_roll_back, run, present.way_back);
  if (present.opened && !accept_loss) throw Error(Code::cannot_roll_back, run, present.way_back);
  require_same_steps(present);
  if (!present.goes_all_the_way_back()) log.append(RecordKind::turned, {}, Json{{"to", ""}, {"person", person}});
  undo_behind(log, {});
  log.append(RecordKind::rolled_back, {}, Json{{"person", person}, {"accept_loss", accept_loss}});
  return state(log);
}

void Runner::undo_behind(RunLog& log, const std::string& last_kept) {
  const auto present = state(log);
  for (auto step = steps_.rbegin(); step != steps_.rend() && step->id != last_kept; ++step) {
    const auto* recorded = present.find(step->id);
    if (recorded->attempts > 0 && recorded->status != StepStatus::undone) undo(log, *step);
  }
}

RunState Runner::back_to(const std::string& run, const std::string& step, const std::string& person) {
  require_on_top(run);
  auto log = open_log(run);
  const auto present = state(log);
  const auto refuse = [&](const Text& why) { throw Error(Code::cannot_roll_back, run, why); };
  if (!present.can_roll_back) refuse(present.way_back);
  if (present.opened) refuse(present.way_back);
  if (present.phase == RunPhase::rolling_back && present.goes_all_the_way_back())
    refuse({"taking everything back has begun: only 'ferry run rollback' leads to an end",
            "整体回退已开始：只能用 “ferry run rollback” 完成"});
  const auto* kept = present.find(step);
  if (kept == nullptr || kept->status != StepStatus::done)
    refuse({"the run has not been there yet", "该执行尚未到达过那里"});
  require_same_steps(present);
  log.append(RecordKind::turned, {}, Json{{"to", step}, {"person", person}});
  undo_behind(log, step);
  log.append(RecordKind::stands, {}, Json{{"person", person}});
  return state(log);
}

void Runner::undo(RunLog& log, const Step& step) {
  const auto before = state(log);
  log.append(RecordKind::undo_intent, step.id, Json::object());
  tell(log, step.id);
  const auto begin = Stopwatch::now();
  // The wish to stop was often what led here; taking back is not stopped by it.
  const Cancellation none;
  try {
    as_step(step.id, [&] {
      StepContext context(log, before, folder(before.run.id), step.id, true, none, events_.progress);
      if (step.undo) step.undo(context);
    });
    log.append(RecordKind::undone, step.id, Json{{"ms", ms_since(begin)}});
  } catch (const Error& error) {
    if (log.usable() && state(log).find(step.id)->status == StepStatus::undo_in_air)
      log.append(RecordKind::undo_failed, step.id, failure(error, ms_since(begin)));
    tell(log, step.id);
    throw;
  }
  tell(log, step.id);
}

RunState Runner::commit(const std::string& run, const std::string& person) {
  auto log = open_log(run);
  const auto present = state(log);
  if (present.phase == RunPhase::committed) return present;
  if (present.phase == RunPhase::rolled_back)
    throw Error(Code::nothing_to_resume, run, Text{"it was rolled back", "已回退"});
  if (present.phase != RunPhase::complete)
    throw Error(Code::run_unfinished, run, Text{"not all steps are done", "尚有步骤未完成"});
  log.append(RecordKind::committed, {}, Json{{"person", person}});
  return state(log);
}

void Runner::tell(const RunLog& log, const std::string& step) const {
  if (!events_.step) return;
  const auto present = state(log);
  events_.step(*present.find(step));
}

}  // namespace ferry
