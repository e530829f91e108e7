#include "app/upgrade.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/backups.h"
#include "app/checking.h"
#include "app/gating.h"
#include "app/planning.h"
#include "app/recipes.h"
#include "app/services.h"
#include "app/surveying.h"
#include "app/upgrade_steps.h"
#include "base/error.h"
#include "base/id.h"
#include "database/script_run.h"
#include "host/files.h"
#include "host/lock.h"
#include "project/predict.h"

namespace ferry {
namespace {

Text step_title(const RunState& state, const std::string& id) {
  const auto* step = state.find(id);
  return step == nullptr ? Text{id, id} : step->title;
}

// Everything that a run on a target needs while its process lives.
class Session {
 public:
  Session(Workspace& workspace, Target target, Plan plan, std::string id, RunKind kind, Reporter& reporter,
          const std::string& command)
      : lock_(target.staging(), command, workspace.clock()),
        signals_(cancellation_),
        run_(std::make_shared<UpgradeRun>(
            UpgradeRun{workspace, std::move(target), std::move(plan), {}, std::move(id), kind, reporter})),
        runner_(run_->target.staging(), upgrade_steps(run_), lock_, events(reporter), cancellation_, workspace.clock) {}

  Runner& runner() { return runner_; }
  UpgradeRun& run() { return *run_; }
  // Needed to go forward; going back must work without the packages.
  void load_packages() { run_->packages = packages_of(run_->workspace, run_->plan.recipe); }

 private:
  static RunEvents events(Reporter& reporter) {
    RunEvents out;
    out.step = [&reporter](const StepState& step) {
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

  InstallationLock lock_;
  Cancellation cancellation_;
  SignalCancellation signals_;
  std::shared_ptr<UpgradeRun> run_;
  Runner runner_;
};

Plan plan_of_run(const Workspace& workspace, const Target& target, const RunState& state) {
  if (workspace.store().has_named("plan", state.run.plan))
    return workspace.store().get_named("plan", state.run.plan).get<Plan>();
  // The home folder was lost or is another one: the run carries its plan itself.
  const std::string file = target.staging() + "/runs/" + state.run.id + "/plan.json";
  return parse_json(read_file(file), file).get<Plan>();
}

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

RunOutcome outcome_of(const RunState& state) {
  RunOutcome out;
  out.state = state;
  out.parked = state.phase == RunPhase::under_way && state.next == std::optional<std::string>("open");
  for (const auto& step : state.steps)
    if (step.status == StepStatus::failed) out.failed_step = step.id;
  return out;
}

RunOutcome finish(Workspace& workspace, const RunState& state) {
  index_run(workspace, state);
  remember_timings(workspace, state);
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

bool broken(const RunState& state) {
  return std::any_of(state.steps.begin(), state.steps.end(),
                     [](const StepState& step) { return step.attempts > 1 || step.status != StepStatus::done; });
}

// The digest of production's program when the clone was made, from the inventory that the backup names.
Digest clone_source(const Workspace& workspace, const Target& clone) {
  const auto record = load_clone(clone.environment);
  if (!record || record->inventory.empty() || !workspace.store().has_object(record->inventory)) return {};
  return workspace.store().get_json(record->inventory).get<Inventory>().program;
}

void remember_rehearsal(Workspace& workspace, const Target& clone, const RunState& state,
                        std::optional<Milliseconds> rollback) {
  RehearsalFact fact;
  fact.run = state.run.id;
  fact.environment = clone.name();
  fact.recipe = state.run.recipe;
  fact.profile = clone.profile.digest;
  fact.clone_source = clone_source(workspace, clone);
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
  Session session(workspace, clone, plan, identity.id, RunKind::rehearsal, reporter, "ferry rehearsal start");
  session.load_packages();
  try {
    return {session.runner().start(identity), std::nullopt};
  } catch (const Error& error) {
    if (error.code() != Code::check_failed) throw;
    return {show_run(clone.staging(), identity.id), error};
  }
}

RunState take_back_run(Workspace& workspace, const Target& target, const std::string& run, const std::string& person,
                       bool accept_loss, Reporter& reporter) {
  const auto state = find_run(target, run);
  Session session(workspace, target, plan_of_run(workspace, target, state), state.run.id, state.run.kind, reporter,
                  "ferry run rollback");
  return session.runner().roll_back(state.run.id, person, accept_loss);
}

Milliseconds undo_time(const RunState& state) {
  Milliseconds total{0};
  for (const auto& step : state.steps) total += Milliseconds(step.undo_ms);
  return total;
}

// The clone must stand where production stands: an unfinished run is taken back, then files and databases are those of
// the backup again.
void bring_to_start(Workspace& workspace, const Target& clone, const std::string& person, Reporter& reporter) {
  bool touched = false;
  for (const auto& listed : list_runs(clone.staging())) {
    touched = true;
    if (listed.state && listed.state->unfinished() && listed.state->can_roll_back) {
      reporter.note({"taking the last rehearsal back", "回退上一次测试升级"});
      finish(workspace, take_back_run(workspace, clone, listed.id, person, true, reporter));
    }
  }
  if (touched) reset_clone_environment(workspace, clone, reporter);
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

}  // namespace

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
  return show_run(target.staging(), all.back().id);
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
  // The new version has acted by now: what it wanted to reach stands in the sink's record.
  if (!rehearsed.failure) prove_clone(workspace, clone, reporter, false);
  remember_rehearsal(workspace, clone, rehearsed.state, rollback);
  workspace.audit("rehearsal", rehearsed.state.run.id, request.person,
                  {{"passed", !rehearsed.failure}, {"recipe", plan.recipe_digest}});
  return finish(workspace, rehearsed.state);
}

RunOutcome cut_over(Workspace& workspace, const Target& production, const std::string& person, Reporter& reporter) {
  if (!production.is_production())
    throw Error(Code::usage, production.name(),
                Text{"a cutover is for production (environment kind: production)",
                     "正式升级只在正式环境上进行（环境 kind: production）"});
  const Plan plan = current_plan(workspace, production.name());
  // The gate looks at production as it is now, not as it was when the plan was made.
  survey_environment(workspace, production, reporter);
  require_open(compute_gate(workspace));
  const auto identity = identity_of(production, plan, RunKind::cutover, person, workspace.clock());
  Session session(workspace, production, plan, identity.id, RunKind::cutover, reporter, "ferry cutover start");
  session.load_packages();
  workspace.audit("cutover.start", identity.id, person, {{"plan", plan.digest()}, {"recipe", plan.recipe_digest}});
  return finish(workspace, session.runner().start(identity));
}

RunOutcome resume_run(Workspace& workspace, const Target& target, const std::string& run, const std::string& person,
                      Reporter& reporter) {
  const auto state = find_run(target, run);
  Session session(workspace, target, plan_of_run(workspace, target, state), state.run.id, state.run.kind, reporter,
                  "ferry run resume");
  session.load_packages();
  workspace.audit("run.resume", state.run.id, person);
  return finish(workspace, session.runner().resume(state.run.id, state.run.plan, person));
}

// Only what is verified is opened; why it is not decides what to do about it.
void require_openable(const RunState& state) {
  if (state.phase != RunPhase::under_way)
    throw Error(
        Code::nothing_to_resume, state.run.id,
        state.opened ? Text{"it is open already", "已经开放"} : Text{"there is nothing to open", "没有可开放的内容"});
  if (state.next == std::optional<std::string>("open")) return;
  const Text next = state.next ? step_title(state, *state.next) : Text{"-", "-"};
  const auto* step = state.next ? state.find(*state.next) : nullptr;
  if (step != nullptr && step->id == "check" && step->status == StepStatus::failed)
    throw Error(Code::check_failed, state.run.id,
                Text{"what is not verified is not opened\n" + step->error_text.en,
                     "验证未通过，不能开放\n" + step->error_text.zh});
  throw Error(Code::run_unfinished, state.run.id,
              Text{"not ready to be opened; next is: " + next.en, "尚不能开放，下一步：" + next.zh});
}

RunOutcome open_run(Workspace& workspace, const Target& target, const std::string& run, const std::string& person,
                    Reporter& reporter) {
  const auto state = find_run(target, run);
  require_openable(state);
  Session session(workspace, target, plan_of_run(workspace, target, state), state.run.id, state.run.kind, reporter,
                  "ferry run open");
  session.runner().open_door("open");
  workspace.audit("run.open", state.run.id, person);
  return finish(workspace, session.runner().resume(state.run.id, state.run.plan, person));
}

Losses run_losses(const Target& target, const std::string& run) {
  const auto state = find_run(target, run);
  return losses_since_open(target, target.staging() + "/runs/" + state.run.id, state.run.id);
}

RunOutcome roll_back_run(Workspace& workspace, const Target& target, const RollbackRequest& request,
                         Reporter& reporter) {
  const auto before = find_run(target, request.run);
  bool accept = false;
  if (before.opened && before.unfinished()) {
    const auto losses = run_losses(target, before.run.id);
    std::string list;
    for (const auto& table : losses.tables)
      list += fmt::format("  {}.{}: +{} -{}\n", table.database, table.table, table.added, table.removed);
    if (request.accept_loss != losses.digest().hex() && request.accept_loss != losses.digest().brief())
      throw Error(
          Code::cannot_roll_back, before.run.id,
          Text{fmt::format("since it was opened at {} users have entered what going back would lose:\n{}  to accept "
                           "exactly this, an approver gives --accept-loss {} (the list: ferry run losses {})",
                           losses.since, list.empty() ? "  nothing\n" : list, losses.digest().brief(), target.name()),
               fmt::format("自 {} 开放以来用户录入了以下数据，回退将丢失：\n{}  审批人用 --accept-loss {} 接受上述损失"
                           "（清单：ferry run losses {}）",
                           losses.since, list.empty() ? "  无\n" : list, losses.digest().brief(), target.name())});
    const auto project = workspace.project();
    if (std::find(project.approvers.begin(), project.approvers.end(), request.person) == project.approvers.end())
      throw Error(Code::not_allowed, request.person,
                  Text{"only an approver may accept the loss", "只有审批人可以接受该损失"});
    // Kept before anything is taken back: it is what people enter again.
    write_file_atomic(target.staging() + "/runs/" + before.run.id + "/losses.json", Json(losses).dump(1));
    workspace.audit("run.accept-loss", before.run.id, request.person, {{"losses", losses.digest()}});
    accept = true;
  }
  const auto state = take_back_run(workspace, target, before.run.id, request.person, accept, reporter);
  workspace.audit("run.rollback", state.run.id, request.person);
  return finish(workspace, state);
}

RunOutcome commit_run(Workspace& workspace, const Target& target, const std::string& run, const std::string& person,
                      Reporter& reporter) {
  const auto before = find_run(target, run);
  Session session(workspace, target, plan_of_run(workspace, target, before), before.run.id, before.run.kind, reporter,
                  "ferry run commit");
  const auto state = session.runner().commit(before.run.id, person);
  if (!target.profile.migration.database.empty() || !target.profile.databases.empty()) {
    OpenOptions options;
    options.mode = OpenMode::read_write;
    if (const auto* database = find_database(target.profile, target.profile.migration.database)) {
      auto connection = Connection::open(*database, target.variables, options);
      forget_progress(connection);
    }
  }
  discard(session.run().place());
  for (const char* part : {"point", "opened"}) remove_tree(session.run().folder() + "/" + part);
  workspace.audit("run.commit", state.run.id, person);
  return finish(workspace, state);
}

}  // namespace ferry
