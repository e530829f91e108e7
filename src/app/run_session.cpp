#include "app/run_session.h"

#include <algorithm>

#include "app/calling.h"
#include "app/doors.h"
#include "app/hotpatch_steps.h"
#include "app/recipes.h"
#include "app/way_back_room.h"
#include "base/error.h"
#include "base/id.h"
#include "base/local_time.h"
#include "host/files.h"
#include "model/plan_text.h"
#include "project/predict.h"

namespace ferry {
namespace {

void remember_timings(Workspace& workspace, const RunState& state) {
  std::vector<Json> samples;
  for (const auto& step : state.steps)
    if (step.status == StepStatus::done)
      samples.push_back(Json(TimingSample{state.run.id, step.id, Milliseconds(step.ms), 0}));
  if (state.phase == RunPhase::rolled_back) {
    Milliseconds total{0};
    for (const auto& step : state.steps) total += Milliseconds(step.undo_ms);
    samples.push_back(Json(TimingSample{state.run.id, "rollback", total, 0}));
  }
  workspace.store().append_all(collection::timings, std::move(samples));
}

void index_run(Workspace& workspace, const RunState& state) {
  workspace.store().append(collection::runs, {{"run", state.run.id},
                                              {"environment", state.run.environment},
                                              {"kind", std::string(name_of(state.run.kind))},
                                              {"phase", std::string(name_of(state.phase))},
                                              {"recipe", state.run.recipe},
                                              {"plan", state.run.plan},
                                              {"at", to_string(workspace.clock())}});
}

std::vector<std::string> step_ids(const RunState& state) {
  std::vector<std::string> out;
  for (const auto& step : state.steps) out.push_back(step.id);
  return out;
}

}  // namespace

RunSession::RunSession(Workspace& workspace, Target target, Plan plan, std::string id, RunKind kind, Reporter& reporter,
                       const std::string& command, const std::vector<std::string>& checks,
                       const std::vector<std::string>& recorded_steps)
    : lock_(target.staging(), command, workspace.clock()),
      signals_(cancellation_),
      run_(std::make_shared<UpgradeRun>(
          UpgradeRun{workspace, std::move(target), std::move(plan), {}, std::move(id), kind, reporter})),
      runner_(std::make_unique<Runner>(
          run_->target.staging(),
          kind == RunKind::hotpatch ? hotpatch_steps(run_, checks) : upgrade_steps(run_, recorded_steps), lock_,
          events(reporter), cancellation_, workspace.clock)) {}

RunSession::RunSession(Workspace& workspace, const Target& target, const RunState& state, Reporter& reporter,
                       const std::string& command)
    : RunSession(workspace, target, plan_of_run(workspace, target, state), state.run.id, state.run.kind, reporter,
                 command, {}, step_ids(state)) {
  if (!wants_closed_door(state)) return;
  Text why_not;
  keep_users_out(workspace, target, why_not);
}

void RunSession::load_packages() {
  run_->packages = packages_of(run_->workspace, run_->plan.recipe);
}

// The steps before the first change need no decision, and opening is one.
void RunSession::before_step(const RunState& state, const Step& next) {
  if (run_->kind != RunKind::cutover || next.id == "prepare" || next.id == "open") return;
  const auto line = last_safe_moment_of(run_->workspace, run_->plan, state);
  if (!line) return;
  const Moment now = run_->workspace.clock();
  if (now <= *line) {
    const auto at = local_time(*line, now);
    if (at == shown_line_) return;
    shown_line_ = at;
    run_->reporter.note({"  decide before " + at, "  最晚决定时间 " + at});
  } else if (!ignore_deadline_) {
    throw Error(Code::past_deadline, state.run.id, past_deadline_text(run_->workspace.project(), *line, now));
  }
}

RunEvents RunSession::events(Reporter& reporter) {
  RunEvents out;
  out.before = [this](const RunState& state, const Step& next) {
    before_step(state, next);
    if (disturb_) disturb_(next.id, false);
  };
  out.step = [this, &reporter](const StepState& step) {
    if (disturb_ && step.status == StepStatus::in_air) disturb_(step.id, true);
    const std::string took = human_duration(Milliseconds(step.status == StepStatus::undone ? step.undo_ms : step.ms));
    switch (step.status) {
      case StepStatus::in_air:
        reporter.note({"▸ " + step.title.en, "▸ " + step.title.zh});
        break;
      case StepStatus::undo_in_air:
        reporter.note({"◂ take back: " + step.title.en, "◂ 回退：" + step.title.zh});
        break;
      case StepStatus::done:
        reporter.note({"  done in " + took, "  完成，用时 " + took});
        break;
      case StepStatus::undone:
        reporter.note({"  taken back in " + took, "  已回退，用时 " + took});
        break;
      default:
        break;
    }
  };
  return out;
}

Plan plan_of_run(const Workspace& workspace, const Target& target, const RunState& state) {
  if (workspace.store().has_named("plan", state.run.plan)) return stored_plan(workspace, state.run.plan);
  // The home folder was lost or is another one: the run carries its plan itself.
  const std::string file = target.staging() + "/runs/" + state.run.id + "/plan.json";
  return parse_plan(read_file(file, 4ULL << 30U), file);
}

RunOutcome outcome_of(const RunState& state) {
  RunOutcome out;
  out.state = state;
  out.prepared = state.phase == RunPhase::under_way && state.run.kind == RunKind::cutover &&
                 state.next == std::optional<std::string>("observe") && state.find("observe")->attempts == 0;
  out.parked = state.phase == RunPhase::under_way && state.next == std::optional<std::string>("open");
  for (const auto& step : state.steps)
    if (step.status == StepStatus::failed) out.failed_step = step.id;
  return out;
}

RunOutcome finish(Workspace& workspace, const RunState& state) {
  index_run(workspace, state);
  if (state.run.kind != RunKind::chaos) remember_timings(workspace, state);
  return outcome_of(state);
}

RunIdentity identity_of(const Target& target, const Plan& plan, RunKind kind, const std::string& person, Moment now) {
  RunIdentity identity;
  identity.id = new_id("run", now);
  identity.environment = target.name();
  identity.kind = kind;
  identity.plan = plan.digest();
  identity.recipe = plan.recipe_digest;
  identity.person = person;
  return identity;
}

RunState take_back_run(Workspace& workspace, const Target& target, const std::string& run, const std::string& person,
                       bool accept_loss, Reporter& reporter) {
  const auto state = find_run(target, run);
  free_way_back(target, state.run.id);
  RunSession session(workspace, target, state, reporter, "ferry run rollback");
  try {
    return session.runner().roll_back(state.run.id, person, accept_loss);
  } catch (const Error& error) {
    call_people(workspace, target, state.run.id, error, reporter);
    throw;
  }
}

Milliseconds undo_time(const RunState& state) {
  Milliseconds total{0};
  for (const auto& step : state.steps) total += Milliseconds(step.undo_ms);
  return total;
}

}  // namespace ferry
