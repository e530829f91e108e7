#include "app/upgrade_checks.h"

#include <algorithm>
#include <set>

#include "app/doors.h"
#include "app/licences.h"
#include "app/queued.h"
#include "app/upgrade_services.h"
#include "app/way_back_room.h"
#include "base/error.h"
#include "project/gate.h"
#include "verify/http_check.h"

namespace ferry {
namespace {

Json ids_of(const std::vector<Evidence>& evidence) {
  Json out = Json::array();
  for (const auto& item : evidence) out.push_back(item.id);
  return out;
}

// Told as soon as it is known; it is `run open` that would send it.
void tell_queued(const UpgradeRun& run, const RunState& state) {
  if (!effects_matter(run)) return;
  const auto queued = queued_since(run.target, queued_before_checks(state), run.reporter);
  if (queued.empty()) return;
  run.reporter.warning({"the checks have left something that would go out at the opening:\n" + queued.en,
                        "验证项留下了开放后会发出的内容：\n" + queued.zh});
}

// At a stop between: an invariant that is asked by two queries is left to the end, since nobody says which of them fits
// a version between.
std::set<std::string> checks_at_stop(const Profile& profile) {
  std::set<std::string> out;
  for (const auto& one : profile.checks) out.insert(one.id);
  for (const auto& one : profile.invariants)
    if (one.before == one.after) out.insert(one.id);
  return out;
}

}  // namespace

Json observe(const UpgradeRun& run, StepContext&) {
  // Days may have gone by since it was prepared: the databases have grown, and users still work.
  hold_way_back(run);
  // What does not run can't be observed, and the new version would be compared with nothing.
  require_running(run, run.plan.recipe.from);
  CheckRequest request;
  request.phase = CheckPhase::before;
  request.run = run.id;
  request.recipe = run.recipe();
  request.trial = run.kind == RunKind::chaos;
  const auto outcome = run_environment_checks(run.workspace, run.target, request, run.reporter);
  // What was not remembered can't be compared afterwards: better to stop here, where users still work.
  require_carried_out(outcome);
  for (const auto& evidence : outcome.evidence)
    if (evidence.outcome == Outcome::failed || evidence.outcome == Outcome::error)
      run.reporter.warning({"already before the upgrade: " + evidence.check, "升级前即存在：" + evidence.check});
  return {{"evidence", ids_of(outcome.evidence)}};
}

// Invariants are taken again when nothing moves any more: between observing and stopping users still work.
Json observe_invariants(const UpgradeRun& run) {
  CheckRequest request;
  request.phase = CheckPhase::before;
  request.run = run.id;
  request.recipe = run.recipe();
  request.trial = run.kind == RunKind::chaos;
  for (const auto& invariant : run.target.profile.invariants) request.only.insert(invariant.id);
  if (request.only.empty()) return Json::array();
  const auto outcome = run_environment_checks(run.workspace, run.target, request, run.reporter);
  require_carried_out(outcome);
  return ids_of(outcome.evidence);
}

Json licence(const UpgradeRun& run, const Jump& jump, StepContext& step) {
  const auto& rule = run.target.profile.licence;
  if (!rule || !rule->read_back || !rule->version.contains(jump.to)) return Json::object();
  // What was interrupted here may have lost its services.
  if (step.repeated()) require_running(run, jump.to);
  CheckContext context;
  context.environment = &run.target.environment;
  const auto way = way_in(run.target);
  context.base_url = way.url;
  context.reach = way.reach;
  context.version = present_version(run.target);
  context.secret = run.target.secret;
  const auto result = run_steps({licence_question(*rule)}, context);
  const auto [fact, problem] = licence_said(*rule, result, run.target, run.workspace.clock());
  if (run.kind != RunKind::chaos) run.workspace.store().append(collection::licences, Json(fact));
  if (!fact.valid) throw Error(Code::licence_invalid, run.target.name(), problem);
  if (run.kind != RunKind::chaos) remember_installed(run.workspace, run.target.name());
  return {{"customer", fact.customer}};
}

Json check(const UpgradeRun& run, const Jump& jump, StepContext& context) {
  if (context.repeated()) require_running(run, jump.to);
  CheckRequest request;
  if (!jump.stop.empty()) {
    request.only = checks_at_stop(run.target.profile);
    if (request.only.empty()) return {{"passed", 0}, {"not_run", 0}};
  }
  request.run = run.id;
  request.recipe = run.recipe();
  request.trial = run.kind == RunKind::chaos;
  if (const auto* stopped = context.state().find(at_stop("stop", jump.before));
      stopped != nullptr && !stopped->began.empty())
    request.started_after = parse_moment(stopped->began);
  std::set<std::string> ids;
  for (const Json& list : {context.result_of("observe"), context.result_of("point")})
    if (list.is_object() && list.contains("evidence"))
      for (const auto& id : list.at("evidence")) ids.insert(id.get<std::string>());
  std::vector<Evidence> before;
  for (auto& evidence : run.workspace.store().read_as<Evidence>(collection::evidence))
    if (ids.contains(evidence.id)) before.push_back(std::move(evidence));
  request.remembered = remembered_values(before);
  const auto outcome = run_environment_checks(run.workspace, run.target, request, run.reporter);
  tell_queued(run, context.state());
  auto open = outcome.totals.required_open;
  // What people have to look at is asked for by the gate, not by the run.
  std::erase_if(open, [&](const std::string& id) {
    const auto* check = find_check(run.target.profile, id);
    return check != nullptr && check->kind == Check::Kind::manual;
  });
  require_passed(run.target, outcome, open);
  return {{"passed", outcome.totals.passed}, {"not_run", outcome.totals.not_run}};
}

}  // namespace ferry
