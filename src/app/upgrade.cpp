#include "app/upgrade.h"

#include <algorithm>

#include "app/backups.h"
#include "app/checking.h"
#include "app/doors.h"
#include "app/planning.h"
#include "app/run_session.h"
#include "app/services.h"
#include "app/surveying.h"
#include "base/error.h"
#include "project/predict.h"

namespace ferry {
namespace {

bool broken(const RunState& state) {
  return std::any_of(state.steps.begin(), state.steps.end(),
                     [](const StepState& step) { return step.attempts > 1 || step.status != StepStatus::done; });
}

// Production when the clone was made, from the inventory that the backup names.
void remember_source(const Workspace& workspace, const Target& clone, RehearsalFact& fact) {
  const auto record = load_clone(clone.environment);
  if (!record || record->inventory.empty() || !workspace.store().has_object(record->inventory)) return;
  fact.inventory = record->inventory;
  fact.clone_source = workspace.store().get_json(record->inventory).get<Inventory>().program;
}

void remember_rehearsal(Workspace& workspace, const Target& clone, const RunState& state,
                        std::optional<Milliseconds> rollback) {
  RehearsalFact fact;
  fact.run = state.run.id;
  fact.environment = clone.name();
  fact.recipe = state.run.recipe;
  fact.profile = clone.profile.digest;
  remember_source(workspace, clone, fact);
  fact.finished = state.phase == RunPhase::complete;
  fact.unbroken = fact.finished && !broken(state);
  fact.rollback_took = rollback;
  fact.started = parse_moment(state.started);
  fact.ended = parse_moment(state.ended);
  workspace.store().append(collection::rehearsals, Json(fact));
}

struct Rehearsed {
  RunState state;
  std::optional<Error> failure;
};

// A failed check is a result of a rehearsal, not an error of the program; everything else is thrown on.
Rehearsed run_once(Workspace& workspace, const Target& clone, const Plan& plan, const std::string& person,
                   Reporter& reporter) {
  const auto identity = identity_of(clone, plan, RunKind::rehearsal, person, workspace.clock());
  RunSession session(workspace, clone, plan, identity.id, RunKind::rehearsal, reporter, "ferry rehearsal start");
  session.load_packages();
  try {
    return {session.runner().start(identity), std::nullopt};
  } catch (const Error& error) {
    if (error.code() != Code::check_failed) throw;
    return {show_run(clone.staging(), identity.id), error};
  }
}

}  // namespace

void bring_to_start(Workspace& workspace, const Target& clone, const std::string& person, Reporter& reporter) {
  const auto runs = list_runs(clone.staging());
  // The last one first: hot patches stand on the rehearsal before them.
  for (auto listed = runs.rbegin(); listed != runs.rend(); ++listed) {
    if (listed->state && listed->state->unfinished() && listed->state->can_roll_back) {
      reporter.note({"taking the last rehearsal back", "回退上一次测试升级"});
      finish(workspace, take_back_run(workspace, clone, listed->id, person, true, reporter));
    }
  }
  if (!runs.empty()) reset_clone_environment(workspace, clone, reporter);
  if (!any_running(clone)) start_clone(workspace, clone, reporter);
}

void require_clone(const Target& clone) {
  if (!clone.is_clone())
    throw Error(
        Code::usage, clone.name(),
        Text{"a rehearsal needs a clone (environment kind: clone)", "测试升级只在克隆上进行（环境 kind: clone）"});
  const auto record = load_clone(clone.environment);
  if (!record || record->state == CloneState::none || record->state == CloneState::restored)
    throw Error(Code::not_found, Text{"clone " + clone.name(), "克隆 " + clone.name()},
                Text{"make it with 'ferry clone create " + clone.name() + "'",
                     "请用 “ferry clone create " + clone.name() + "” 建立"});
}

RunState find_run(const Target& target, const std::string& run) {
  const auto all = list_runs(target.staging());
  if (!run.empty()) {
    for (const auto& listed : all)
      if (listed.id == run) return show_run(target.staging(), run);
    const std::string list = "ferry run list " + target.name();
    throw Error(Code::not_found, Text{"run " + run, "执行 " + run},
                Text{"'" + list + "' shows those there are", "用 “" + list + "” 查看已有的执行"});
  }
  if (all.empty())
    throw Error(Code::not_found, Text{"run on " + target.name(), target.name() + " 上的执行"},
                Text{"there has been none", "从未执行过"});
  // The one in which something is still to be done is the one that is meant, whatever its id says: ids order by the
  // wall clock, which may have been set back. Else the last one whose way back is open, which stands on the others.
  const ListedRun* open = nullptr;
  for (const auto& listed : all) {
    if (!listed.state || !listed.state->unfinished()) continue;
    if (listed.state->phase != RunPhase::complete) return *listed.state;
    open = &listed;
  }
  return open != nullptr ? *open->state : show_run(target.staging(), all.back().id);
}

RunOutcome rehearse(Workspace& workspace, const Target& clone, const RehearsalRequest& request, Reporter& reporter) {
  require_clone(clone);
  bring_to_start(workspace, clone, request.person, reporter);
  Plan plan = plan_environment(workspace, clone, request.person, reporter);
  std::optional<Milliseconds> rollback;
  auto rehearsed = run_once(workspace, clone, plan, request.person, reporter);
  if (request.drill && !rehearsed.failure) {
    const Digest before = plan.inventory_program;
    const auto back = take_back_run(workspace, clone, rehearsed.state.run.id, request.person, true, reporter);
    rollback = undo_time(back);
    finish(workspace, back);
    const auto after = survey_environment(workspace, clone, reporter);
    if (after.inventory.program != before)
      throw Error(Code::third_state, clone.root(),
                  Text{"after taking the rehearsal back the program files are not those of before",
                       "测试升级回退后，程序文件与之前不一致"});
    reporter.note({"taken back in " + human_duration(*rollback) + ", files exactly as before; now the run that counts",
                   "已回退，用时 " + human_duration(*rollback) + "，文件与之前完全一致；现在执行计入结果的测试升级"});
    reset_clone_environment(workspace, clone, reporter);
    plan = plan_environment(workspace, clone, request.person, reporter);
    rehearsed = run_once(workspace, clone, plan, request.person, reporter);
  }
  // A failed one is left standing so that people can look at it.
  let_users_in(clone);
  // The new version has acted by now: what it wanted to reach stands in the sink's record.
  if (!rehearsed.failure) prove_clone(workspace, clone, reporter, false);
  remember_rehearsal(workspace, clone, rehearsed.state, rollback);
  workspace.audit("rehearsal", rehearsed.state.run.id, request.person,
                  {{"passed", !rehearsed.failure}, {"recipe", plan.recipe_digest}});
  return finish(workspace, rehearsed.state);
}

}  // namespace ferry
