#include "app/hotpatch_steps.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "app/doors.h"
#include "base/error.h"
#include "host/files.h"
#include "impact/three_way.h"
#include "project/approval.h"

namespace ferry {
namespace {

using RunPointer = std::shared_ptr<UpgradeRun>;

std::string checks_file(const std::string& folder) {
  return folder + "/checks.json";
}

std::set<std::string> kept_checks(const UpgradeRun& run) {
  const auto file = checks_file(run.folder());
  const auto list = parse_json(read_file(file), file).get<std::vector<std::string>>();
  return {list.begin(), list.end()};
}

CheckRequest request_of(const UpgradeRun& run, CheckPhase phase) {
  CheckRequest request;
  request.phase = phase;
  request.run = run.id;
  request.recipe = run.plan.recipe_digest;
  request.only = kept_checks(run);
  return request;
}

Json ids_of(const std::vector<Evidence>& evidence) {
  Json out = Json::array();
  for (const auto& item : evidence) out.push_back(item.id);
  return out;
}

void keep_checks(const UpgradeRun& run, std::vector<std::string> checks) {
  const auto file = checks_file(run.folder());
  if (path_exists(file)) return;
  if (checks.empty()) {
    // Killed before they were written: what the plan touches is known, the check is not.
    std::vector<PackageMeta> metas;
    for (const auto& package : run.packages) metas.push_back(package.meta);
    checks = touched_checks(run.target.profile, run.plan, metas);
  }
  write_file_atomic(file, Json(checks).dump(1));
}

// Values that a check compares are those of the moment before the patch.
Json observe(const UpgradeRun& run) {
  const auto request = request_of(run, CheckPhase::before);
  if (request.only.empty()) return {{"evidence", Json::array()}};
  const auto outcome = run_environment_checks(run.workspace, run.target, request, run.reporter);
  require_carried_out(outcome);
  return {{"evidence", ids_of(outcome.evidence)}};
}

std::vector<Evidence> observed(const UpgradeRun& run, const StepContext& context) {
  std::set<std::string> ids;
  const Json result = context.result_of("observe");
  if (result.is_object() && result.contains("evidence"))
    for (const auto& id : result.at("evidence")) ids.insert(id.get<std::string>());
  std::vector<Evidence> out;
  for (auto& evidence : run.workspace.store().read_as<Evidence>(collection::evidence))
    if (ids.contains(evidence.id)) out.push_back(std::move(evidence));
  return out;
}

bool claims_to_solve(const UpgradeRun& run, const std::string& check) {
  return std::any_of(run.packages.begin(), run.packages.end(), [&](const Package& package) {
    const auto& fixes = package.meta.fixes;
    return std::find(fixes.begin(), fixes.end(), check) != fixes.end();
  });
}

// What failed a moment before the patch as well is no fault of the patch (checks that compare two versions fail on
// one); unless it is what the patch is for.
bool failed_before(const std::vector<Evidence>& before, const std::string& check) {
  return std::any_of(before.begin(), before.end(), [&](const Evidence& evidence) {
    return evidence.check == check && (evidence.outcome == Outcome::failed || evidence.outcome == Outcome::error);
  });
}

Json check(const UpgradeRun& run, const StepContext& context) {
  auto request = request_of(run, CheckPhase::after);
  if (request.only.empty()) return {{"passed", 0}};
  if (const auto* stopped = context.state().find("stop"); stopped != nullptr && !stopped->began.empty())
    request.started_after = parse_moment(stopped->began);
  const auto before = observed(run, context);
  request.remembered = remembered_values(before);
  const auto outcome = run_environment_checks(run.workspace, run.target, request, run.reporter);
  std::vector<std::string> open;
  Json as_before = Json::array();
  for (const auto& evidence : outcome.evidence) {
    if (evidence.outcome == Outcome::passed || evidence.outcome == Outcome::not_run) continue;
    if (failed_before(before, evidence.check) && !claims_to_solve(run, evidence.check)) {
      run.reporter.warning({"failed before the patch too: " + evidence.check, "补丁之前即未通过：" + evidence.check});
      as_before.push_back(evidence.check);
      continue;
    }
    open.push_back(evidence.check);
  }
  require_passed(run.target, outcome, open);
  return {{"passed", outcome.totals.passed}, {"not_run", outcome.totals.not_run}, {"as_before", std::move(as_before)}};
}

}  // namespace

bool needs_restart(const Plan& plan, const Profile& profile) {
  return !plan.dropped.empty() || std::any_of(plan.changes.begin(), plan.changes.end(), [&](const PlannedChange& one) {
    return !is_under_any(one.path, profile.hotpatch.no_restart);
  });
}

std::vector<std::string> touched_checks(const Profile& profile, const Plan& plan,
                                        const std::vector<PackageMeta>& packages) {
  std::vector<RelativePath> changed;
  for (const auto& change : plan.changes) changed.push_back(change.path);
  std::vector<std::string> out;
  for (const auto& one : profile.checks) {
    const bool solved = std::any_of(packages.begin(), packages.end(), [&](const PackageMeta& meta) {
      return std::find(meta.fixes.begin(), meta.fixes.end(), one.id) != meta.fixes.end();
    });
    if (solved || !touched_by(one, changed).empty()) out.push_back(one.id);
  }
  return out;
}

std::vector<PlannedStep> hotpatch_plan_steps(const Plan& plan, bool restart) {
  const Text always{"at any time, without loss", "随时，且不丢失数据"};
  std::vector<PlannedStep> out;
  for (auto step : plan.steps) {
    static const std::set<std::string> around{"close", "stop", "point", "start"};
    if (step.id != "switch" && step.id != "check" && !(restart && around.contains(step.id))) continue;
    step.downtime = restart;
    step.open_until = always;
    if (step.id == "start") {
      step.title = {"start the services again", "重新启动服务"};
      step.undo = {"stopped, for the old files to come back", "停止服务以换回旧文件"};
    }
    out.push_back(std::move(step));
  }
  return out;
}

std::vector<Step> hotpatch_steps(const RunPointer& run, const std::vector<std::string>& checks) {
  const bool restart = needs_restart(run->plan, run->target.profile);
  const std::set<std::string> always{"prepare", "observe", "switch", "check"};
  const std::set<std::string> around{"close", "stop", "point", "start", "open"};
  std::vector<Step> out;
  for (auto& step : upgrade_steps(run)) {
    if (!always.contains(step.id) && !(restart && around.contains(step.id))) continue;
    step.parks = false;
    if (step.id == "prepare")
      step.apply = [run, checks, stage = step.apply](StepContext& context) {
        keep_checks(*run, checks);
        return stage(context);
      };
    if (step.id == "point") {
      step.title = {"copy of the databases, until users are in again", "数据库副本（保留至恢复用户访问）"};
      step.undo = nullptr;
    }
    if (step.id == "observe") step.apply = [run](StepContext&) { return observe(*run); };
    if (step.id == "start") step.title = {"start the services again", "重新启动服务"};
    if (step.id == "check") step.apply = [run](StepContext& context) { return check(*run, context); };
    if (step.id == "open") {
      // No mark "opened" in the log: going back restores no data, so it loses none. From here on nobody may mistake the
      // copy of before for something to go back to.
      step.title = {"let users in again", "恢复用户访问"};
      step.apply = [run](StepContext&) {
        remove_tree(run->folder() + "/point");
        return Json{{"let_in", let_users_in(run->target)}};
      };
    }
    out.push_back(std::move(step));
  }
  return out;
}

}  // namespace ferry
