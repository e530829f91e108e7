#include "app/gating.h"

#include <algorithm>

#include "app/checking.h"
#include "app/customisations.h"
#include "app/drift.h"
#include "app/licences.h"
#include "app/package_audit.h"
#include "app/planning.h"
#include "app/recipes.h"
#include "app/upgrade.h"
#include "base/error.h"
#include "base/id.h"

namespace ferry {
namespace {

template <class T>
std::vector<T> all(const Workspace& workspace, const char* name) {
  return workspace.store().read_as<T>(name);
}

std::optional<Inventory> inventory_of(const Workspace& workspace, const std::string& environment) {
  if (!workspace.store().reference("inventory/" + environment)) return std::nullopt;
  return workspace.inventory(environment);
}

// When the first complete, passed rehearsal of this recipe was handed to the testers.
std::optional<Moment> test_began(const GateInput& input) {
  std::optional<Moment> out;
  for (const auto& rehearsal : input.rehearsals)
    if (rehearsal.finished && rehearsal.unbroken && (!out || rehearsal.ended < *out)) out = rehearsal.ended;
  return out;
}

bool customised(const std::optional<Inventory>& inventory) {
  return inventory && (!inventory->modified.empty() || !inventory->added.empty());
}

// The licence that will be installed is read back in the rehearsal; what production runs now says nothing about it.
std::optional<LicenceFact> licence_fact(const Workspace& workspace) {
  const auto facts = all<LicenceFact>(workspace, collection::licences);
  return facts.empty() ? std::nullopt : std::optional(facts.back());
}

std::vector<std::string> undecided_paths(Workspace& workspace) {
  if (workspace.store().reference("recipe")) return {};
  std::vector<std::string> out;
  try {
    for (const auto& item : show_impact(workspace).items)
      if (!item.decision) out.push_back(printable(item.item.path.bytes()));
  } catch (const Error& error) {
    out.push_back(error.about());
  }
  if (out.empty()) out.emplace_back("recipe");
  return out;
}

}  // namespace

Schedule schedule_of(Workspace& workspace) {
  ScheduleInput input;
  input.project = workspace.project();
  const Target production = workspace.production();
  input.tasks = production.profile.tasks;
  input.customised = customised(inventory_of(workspace, production.name()));
  input.actuals = merge_actuals(all<TaskActual>(workspace, collection::actuals));
  input.issues = issues(workspace);
  input.today = std::chrono::floor<std::chrono::days>(workspace.clock());
  return make_schedule(input);
}

Prediction prediction_of(Workspace& workspace, const Plan& plan) {
  std::map<std::string, std::uint64_t> sizes;
  if (const auto inventory = inventory_of(workspace, workspace.production().name()))
    sizes = {{"backup", inventory->bytes}, {"verify-backup", inventory->bytes}};
  return predict(plan.steps, all<TimingSample>(workspace, collection::timings), sizes);
}

GateInput gate_input(Workspace& workspace) {
  GateInput input;
  const Target production = workspace.production();
  const auto& store = workspace.store();
  input.now = workspace.clock();
  input.project = workspace.project();
  input.tasks = production.profile.tasks;
  input.needs_licence = production.profile.licence.has_value();
  input.profile = production.profile.digest;
  input.undecided = undecided_paths(workspace);
  Version to;
  if (input.undecided.empty()) {
    const auto recipe = current_recipe(workspace);
    input.recipe = recipe.digest();
    to = recipe.to;
  }
  if (store.reference("plan/" + production.name())) {
    input.plan = current_plan(workspace, production.name());
    input.plan_author = plan_author(workspace, production.name());
    input.prediction = prediction_of(workspace, *input.plan);
  }
  if (const auto inventory = inventory_of(workspace, production.name())) {
    input.findings = inventory->findings;
    input.production_program = inventory->program;
    input.production_surveyed = parse_moment(inventory->taken);
  }
  input.checks = required_checks(production.profile, to);
  input.evidence = all<Evidence>(workspace, collection::evidence);
  input.carried = all<CarriedResult>(workspace, collection::carried);
  input.issues = issues(workspace);
  input.rehearsals = all<RehearsalFact>(workspace, collection::rehearsals);
  input.chaos = all<ChaosFact>(workspace, collection::chaos);
  input.test_began = test_began(input);
  if (const auto* fact = newest_rehearsal(input))
    input.since_clone = since_clone_of(workspace, production, *fact, input.plan, input.recipe);
  input.definitions_since = definitions_since(workspace, production, input.rehearsals, input.recipe);
  if (input.plan) input.plan_drift = drift_of_plan(workspace, production, *input.plan);
  input.acceptances = all<Acceptance>(workspace, collection::acceptances);
  input.backups = all<BackupFact>(workspace, collection::backups);
  input.fences = all<FenceFact>(workspace, collection::fences);
  input.licence = licence_fact(workspace);
  for (auto& one : licence_applications(workspace))
    if (one.environment == production.name()) input.application = std::move(one);
  input.licence_file = licence_file_digest(production);
  input.customisation = customisation_return(workspace);
  if (input.project.start) input.schedule = schedule_of(workspace);
  input.approvals = all<Approval>(workspace, collection::approvals);
  input.waivers = all<Waiver>(workspace, collection::waivers);
  return input;
}

GateResult compute_gate(Workspace& workspace) {
  return gate(gate_input(workspace));
}

Approval approve_plan(Workspace& workspace, const std::string& environment, const std::string& person,
                      const std::string& comment) {
  const Plan plan = current_plan(workspace, environment);
  auto approval = make_approval(workspace.project(), workspace.actor(person), plan_author(workspace, environment),
                                plan.recipe_digest, plan.digest(), comment, workspace.clock());
  workspace.store().append(collection::approvals, Json(approval));
  workspace.audit("plan.approve", plan.digest().hex(), approval.by.person, {{"comment", comment}});
  return approval;
}

Acceptance sign_acceptance(Workspace& workspace, const std::string& department, bool accepted,
                           const std::string& person, const std::string& comment) {
  const auto recipe = current_recipe(workspace).digest();
  auto acceptance = make_acceptance(workspace.project(), workspace.actor(person), department, recipe, accepted, comment,
                                    workspace.clock());
  workspace.store().append(collection::acceptances, Json(acceptance));
  workspace.audit("acceptance.sign", department, acceptance.by.person, {{"accepted", accepted}});
  return acceptance;
}

Waiver waive(Workspace& workspace, const std::string& condition, const std::string& reason, const std::string& person,
             const std::string& confirmed_by, Milliseconds valid) {
  const auto result = compute_gate(workspace);
  const auto* found = result.find(condition);
  if (found == nullptr)
    throw Error(Code::not_found, Text{"condition " + condition, "放行条件 " + condition},
                Text{"'ferry gate show' lists them", "用 “ferry gate show” 查看全部"});
  if (!found->waivable)
    throw Error(Code::not_allowed, condition, Text{"this condition can't be waived", "该条件不可豁免"});
  Waiver waiver;
  waiver.condition = condition;
  waiver.reason = reason;
  return request_waiver(workspace, std::move(waiver), person, confirmed_by, valid);
}

namespace {

// One for a hot patch is about that patch's recipe; all others are about the upgrade's.
Digest recipe_of_waiver(const Workspace& workspace, const Waiver& waiver) {
  if (waiver.condition.starts_with("hotpatch-")) return waiver.recipe;
  return workspace.store().reference("recipe").value_or(Digest());
}

}  // namespace

Waiver request_waiver(Workspace& workspace, Waiver waiver, const std::string& person, const std::string& confirmed_by,
                      Milliseconds valid) {
  waiver.id = new_id("waiver", workspace.clock());
  if (waiver.recipe.empty()) waiver.recipe = current_recipe(workspace).digest();
  waiver.requested_by = workspace.actor(person);
  waiver.at = workspace.clock();
  waiver.expires = waiver.at + valid;
  const auto require = [&](const Text& problem) {
    if (!problem.empty()) throw Error(Code::not_allowed, waiver.condition, problem);
  };
  if (!confirmed_by.empty()) {
    waiver.confirmed_by = workspace.actor(confirmed_by);
    require(waiver_problem(workspace.project(), waiver, waiver.recipe, workspace.clock()));
  } else if (waiver.reason.find_first_not_of(" \t\r\n") == std::string::npos) {
    require({"the waiver gives no reason", "豁免未说明理由"});
  }
  workspace.store().append(collection::waivers, Json(waiver));
  workspace.audit("gate.waive", waiver.condition, person,
                  {{"reason", waiver.reason}, {"confirmed_by", confirmed_by}, {"waiver", waiver.id}});
  return waiver;
}

Waiver confirm_waiver_as(Workspace& workspace, const std::string& id, const std::string& person) {
  for (auto& waiver : latest(all<Waiver>(workspace, collection::waivers))) {
    if (waiver.id != id) continue;
    auto confirmed = confirm_waiver(workspace.project(), waiver, workspace.actor(person),
                                    recipe_of_waiver(workspace, waiver), workspace.clock());
    workspace.store().append(collection::waivers, Json(confirmed));
    workspace.audit("gate.confirm", confirmed.condition, person, {{"waiver", id}});
    return confirmed;
  }
  throw Error(Code::not_found, Text{"waiver " + id, "豁免 " + id},
              Text{"'ferry gate waivers' lists them", "用 “ferry gate waivers” 查看全部"});
}

std::vector<ListedWaiver> list_waivers(Workspace& workspace) {
  std::vector<ListedWaiver> out;
  for (auto& waiver : latest(all<Waiver>(workspace, collection::waivers)))
    out.push_back(
        {waiver, waiver_problem(workspace.project(), waiver, recipe_of_waiver(workspace, waiver), workspace.clock())});
  return out;
}

StageStatus status_of(Workspace& workspace) {
  const auto input = gate_input(workspace);
  const auto result = gate(input);
  const auto met = [&](const char* id) {
    const auto* condition = result.find(id);
    return condition != nullptr &&
           (condition->state == ConditionState::met || condition->state == ConditionState::waived);
  };
  StageFacts facts;
  facts.problems = problems(input.project, input.tasks);
  facts.surveyed = input.production_surveyed.has_value();
  facts.undecided = input.undecided.size();
  facts.recipe = input.undecided.empty();
  facts.backup_verified = met("backup");
  facts.fence_proved = met("fence");
  facts.clone = !input.fences.empty();
  facts.rehearsed = met("rehearsal") && met("checks");
  facts.open_issues = static_cast<std::size_t>(
      std::count_if(input.issues.begin(), input.issues.end(), [](const Issue& issue) { return issue.open; }));
  facts.accepted = met("acceptance");
  facts.gate_open = result.open;
  const Target production = workspace.production();
  for (const auto& listed : list_runs(production.staging())) {
    if (!listed.state || listed.state->run.kind != RunKind::cutover) continue;
    facts.production_done = listed.state->opened && listed.state->phase != RunPhase::rolled_back;
    const auto* check = listed.state->find("check");
    facts.production_verified = facts.production_done && check != nullptr && check->status == StepStatus::done;
  }
  return stage_status(facts);
}

std::vector<TraceRow> trace(Workspace& workspace) {
  const auto input = gate_input(workspace);
  TraceInput out;
  out.checks = input.checks;
  out.evidence = input.evidence;
  out.present = {input.recipe, input.profile, {}};
  out.conditions = gate(input).conditions;
  if (input.production_surveyed)
    out.proofs.push_back({"survey", {"A1", "A1.1", "A2", "A3"}, true, false, *input.production_surveyed});
  for (const auto& backup : input.backups)
    if (backup.verified) out.proofs.push_back({backup.id, {"A5.2", "C2"}, true, false, *backup.verified});
  if (const auto audit = newest_audit(workspace, workspace.production().name()))
    out.proofs.push_back(
        {"package-audit", {"C5.1"}, audit->holds(), audit->program != input.production_program, audit->at});
  return traceability(out);
}

}  // namespace ferry
