#include "app/reporting.h"

#include "app/checking.h"
#include "app/gating.h"
#include "app/planning.h"
#include "app/recipes.h"
#include "run/run_state.h"

namespace ferry {
namespace {

void gather_runs(const Target& target, ReportData& data) {
  for (const auto& listed : list_runs(target.staging())) {
    if (!listed.state) continue;
    auto& list = listed.state->run.kind == RunKind::rehearsal ? data.rehearsals
                 : listed.state->run.kind == RunKind::cutover ? data.cutovers
                                                              : data.hotpatches;
    list.push_back(*listed.state);
  }
}

}  // namespace

ReportData gather_report(Workspace& workspace) {
  ReportData data;
  const auto& store = workspace.store();
  const Target production = workspace.production();
  data.at = workspace.clock();
  data.project = workspace.project();
  data.stage = status_of(workspace);
  if (store.reference("inventory/" + production.name())) {
    data.inventory = workspace.inventory(production.name());
    for (auto& finding : recipe_findings(workspace)) data.inventory->findings.push_back(std::move(finding));
  }
  if (store.reference("recipe")) {
    data.recipe = current_recipe(workspace);
    for (const auto& package : packages_of(workspace, *data.recipe)) data.packages.push_back(package.meta);
    data.decisions = data.recipe->decisions;
  }
  if (store.reference("plan/" + production.name())) {
    data.plan = current_plan(workspace, production.name());
    data.prediction = prediction_of(workspace, *data.plan);
  }
  if (data.project.start) data.schedule = schedule_of(workspace);
  for (const auto& name : workspace.environments()) {
    const Target target = workspace.target(name);
    gather_runs(target, data);
    if (!target.is_clone()) continue;
    if (auto record = load_clone(target.environment)) data.clones.push_back(std::move(*record));
  }
  data.backups = store.read_as<BackupFact>(collection::backups);
  data.checks = production.profile.checks;
  data.invariants = production.profile.invariants;
  data.evidence = store.read_as<Evidence>(collection::evidence);
  data.issues = issues(workspace);
  data.audit = newest_audit(workspace, production.name());
  data.approvals = store.read_as<Approval>(collection::approvals);
  data.acceptances = store.read_as<Acceptance>(collection::acceptances);
  data.waivers = latest(store.read_as<Waiver>(collection::waivers));
  const auto input = gate_input(workspace);
  data.since_clone = input.since_clone;
  data.hotpatch_facts = hotpatches(workspace);
  data.gate = gate(input);
  data.trace = trace(workspace);
  data.audit_head = store.head(collection::audit);
  return data;
}

}  // namespace ferry
