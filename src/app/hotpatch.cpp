#include "app/hotpatch.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "app/backups.h"
#include "app/drift.h"
#include "app/gating.h"
#include "app/hotpatch_steps.h"
#include "app/matching.h"
#include "app/planning.h"
#include "app/recipes.h"
#include "app/run_session.h"
#include "app/surveying.h"
#include "base/counted.h"
#include "base/error.h"
#include "impact/planner.h"
#include "package/compose.h"
#include "project/fields.h"

namespace ferry {
namespace {

constexpr const char* collection_name = "hotpatches";

const Text long_way{
    "this goes the long way: 'ferry package add', 'ferry recipe compose', 'ferry rehearsal start', 'ferry gate show', "
    "'ferry cutover start'",
    "请走完整流程：ferry package add、ferry recipe compose、ferry rehearsal start、ferry gate show、ferry cutover "
    "start"};

Error refused(const std::string& about, const Text& why) {
  return Error(Code::not_allowed, about, Text{why.en + "; " + long_way.en, why.zh + "；" + long_way.zh});
}

std::vector<Package> patches_of(const Workspace& workspace, const std::vector<std::string>& ids) {
  std::vector<Package> out;
  for (const auto& id : ids) {
    auto package = workspace.library().get(id, workspace.clock());
    if (package.meta.kind != PackageKind::patch)
      throw refused(id, {"it is no patch but " +
                             std::string(package.meta.kind == PackageKind::upgrade ? "a release" : "a feature pack"),
                         std::string("这不是补丁，而是") +
                             (package.meta.kind == PackageKind::upgrade ? "版本升级包" : "非标功能包")});
    if (!package.scripts.empty())
      throw refused(id, {fmt::format("it brings {} database scripts, and a package has no way to undo them",
                                     package.scripts.size()),
                         fmt::format("含 {} 个数据库脚本，而升级包没有撤销脚本的办法", package.scripts.size())});
    out.push_back(std::move(package));
  }
  return out;
}

Recipe recipe_of(const Target& target, const Inventory& inventory, const std::vector<Package>& patches,
                 std::vector<Decision> decisions) {
  ComposeRequest ask = compose_request(inventory, patches);
  for (const auto& patch : patches) ask.include.push_back(patch.meta.id);
  const auto composition = compose(ask);
  if (composition.to != inventory.version)
    throw refused(patches.front().meta.id,
                  {"it brings version " + composition.to.text(), "它会把版本变为 " + composition.to.text()});
  if (composition.packages.size() != patches.size())
    throw refused(patches.front().meta.id, {"the patches supersede each other", "所列补丁互相取代"});
  return make_recipe(composition, target.profile.digest, std::move(decisions));
}

// What the vendor has there by now: his old tree, and over it every package that runs on production have brought.
std::optional<Manifest> vendor_state(const Workspace& workspace, const Target& production) {
  auto base = workspace.baseline(production);
  if (!base) return std::nullopt;
  std::vector<Package> laid;
  for (const auto& listed : list_runs(production.staging())) {
    if (!listed.state || listed.state->phase == RunPhase::rolled_back || listed.state->phase == RunPhase::rolling_back)
      continue;
    if (!workspace.store().has_named("plan", listed.state->run.plan)) return std::nullopt;
    const auto plan = stored_plan(workspace, listed.state->run.plan);
    for (auto& package : packages_of(workspace, plan.recipe)) laid.push_back(std::move(package));
  }
  return vendor_files_after(*base, laid, production.profile.paths.whole);
}

void require_no_collision(const Resolution& resolution) {
  if (resolution.open.empty()) return;
  std::string list;
  for (const auto* item : resolution.open) list += "\n  " + printable(item->path.bytes());
  throw Error(Code::undecided,
              Text{counted(resolution.open.size(), "file"), fmt::format("{} 个文件", resolution.open.size())},
              Text{"the patch and the customer's changes meet in:" + list + "\n  " + long_way.en,
                   "补丁与客户修改相冲突：" + list + "\n  " + long_way.zh});
}

std::vector<PackageMeta> metas_of(const std::vector<Package>& packages) {
  std::vector<PackageMeta> out;
  for (const auto& package : packages) out.push_back(package.meta);
  return out;
}

void require_same_version(const Inventory& clone, const Inventory& production) {
  if (clone.version == production.version) return;
  throw Error(Code::not_allowed, clone.environment,
              Text{fmt::format("the clone is of version {}, production of {}: rehearse the upgrade on it, or make it "
                               "anew",
                               clone.version.text(), production.version.text()),
                   fmt::format("克隆版本为 {}，正式环境为 {}：请在其上完成测试升级，或重建克隆", clone.version.text(),
                               production.version.text())});
}

std::string trial_subject(const Digest& recipe) {
  return "hotpatch-trial/" + recipe.hex();
}

bool tried_on_clone(const Workspace& workspace, const Digest& recipe) {
  const auto facts = hotpatches(workspace);
  return std::any_of(facts.begin(), facts.end(),
                     [&](const HotPatchFact& fact) { return fact.clone && fact.passed && fact.recipe == recipe; });
}

// The id of the waiver that stands for the trial. Error(not_approved) without.
std::string require_trial(Workspace& workspace, const Digest& recipe) {
  if (tried_on_clone(workspace, recipe)) return {};
  Text why{
      "no run of exactly this patch has passed on a clone: 'ferry hotpatch start CLONE PATCH...'; only the "
      "project's owner, with an approver, goes without ('ferry hotpatch waive')",
      "该补丁尚未在克隆上通过：ferry hotpatch start 克隆 补丁…；仅项目负责人会同审批人可免除（ferry hotpatch waive）"};
  const auto project = workspace.project();
  for (const auto& waiver : latest(workspace.store().read_as<Waiver>(collection::waivers))) {
    if (waiver.condition != trial_subject(recipe)) continue;
    const Text problem = waiver.requested_by.person != project.owner
                             ? Text{"it was not the owner who asked", "申请人不是项目负责人"}
                             : waiver_problem(project, waiver, recipe, workspace.clock());
    if (problem.empty()) return waiver.id;
    why.en += " (waiver " + waiver.id + " does not count: " + problem.en + ")";
    why.zh += "（豁免 " + waiver.id + " 无效：" + problem.zh + "）";
  }
  throw Error(Code::not_approved, Text{"hot patch", "热补丁"}, why);
}

// Promise 3, and of the version that is there now: one of before the upgrade could not bring it back.
void require_backup(Workspace& workspace, const Version& version) {
  const auto limit = workspace.project().limits.backup;
  for (const auto& backup : list_backups(workspace))
    if (backup.counts() && backup.content.version == version &&
        workspace.clock() - parse_moment(backup.content.taken) <= limit)
      return;
  throw Error(
      Code::no_backup, Text{"production", "正式环境"},
      Text{fmt::format("none of version {} that was restored once and is younger than {}: 'ferry backup create', "
                       "'ferry backup verify'",
                       version.text(), human_duration(limit)),
           fmt::format("没有版本 {}、经还原验证且不超过 {} 的备份：ferry backup create、ferry backup verify",
                       version.text(), human_duration(limit))});
}

// The check of the issue that the patch is said to repair; empty without one.
std::string check_of_issue(Workspace& workspace, const std::string& issue) {
  if (issue.empty()) return {};
  const auto known = issues(workspace);
  const auto* found = find_issue(known, issue);
  if (found == nullptr)
    throw Error(Code::not_found, Text{"issue " + issue, "问题 " + issue},
                Text{"'ferry issue list' shows all", "用 “ferry issue list” 查看全部"});
  return found->check;
}

// A failed check is a result, as in a rehearsal; everything else is thrown on.
RunOutcome run_it(Workspace& workspace, const Target& target, const HotPatchPlan& patch, const RunIdentity& identity,
                  const std::string& solved, Reporter& reporter) {
  RunSession session(workspace, target, patch.plan, identity.id, RunKind::hotpatch, reporter, "ferry hotpatch start",
                     patch.checks);
  session.load_packages();
  // The issue is one more thing that the patch is for.
  if (!solved.empty()) session.run().packages.front().meta.fixes.push_back(solved);
  try {
    return finish(workspace, session.runner().start(identity));
  } catch (const Error& error) {
    if (error.code() != Code::check_failed) throw;
    return finish(workspace, show_run(target.staging(), identity.id));
  }
}

template <class Visitor, class Value>
void members(Visitor visit, Value& value) {
  visit("run", value.run);
  visit("environment", value.environment);
  visit("clone", value.clone);
  visit("recipe", value.recipe);
  visit("packages", value.packages);
  visit("issue", value.issue);
  visit("passed", value.passed);
  visit("restart", value.restart);
  visit("person", value.person);
  visit("waiver", value.waiver);
  visit("at", value.at);
}

}  // namespace

void to_json(Json& json, const HotPatchFact& value) {
  members(project_fields::Writer(json), value);
}
void from_json(const Json& json, HotPatchFact& value) {
  value = HotPatchFact{};
  members(project_fields::Reader(json), value);
}

std::vector<HotPatchFact> hotpatches(const Workspace& workspace) {
  return workspace.store().read_as<HotPatchFact>(collection_name);
}

HotPatchPlan plan_hotpatch(Workspace& workspace, const Target& target, const std::vector<std::string>& packages,
                           const std::string& person, Reporter& reporter) {
  const auto patches = patches_of(workspace, packages);
  const Target production = workspace.production();
  const auto surveyed = survey_environment(workspace, production, reporter);
  require_matching_databases(surveyed.inventory);
  const auto base = vendor_state(workspace, production);
  const auto comparison =
      compare_three_ways(base ? &*base : nullptr, surveyed.files, patches, production.profile.paths);
  const auto resolution = resolve(comparison, DecisionMemory(workspace.path("decisions.jsonl")));
  require_no_collision(resolution);
  const auto recipe = recipe_of(production, surveyed.inventory, patches, resolution.decisions);

  HotPatchPlan out;
  const auto there = target.is_production() ? surveyed : survey_environment(workspace, target, reporter);
  require_matching_databases(there.inventory);
  if (!target.is_production()) require_same_version(there.inventory, surveyed.inventory);
  PlanRequest request{there.inventory,
                      there.files,
                      recipe,
                      patches,
                      target.profile,
                      target.environment,
                      base ? &*base : nullptr,
                      nullptr,
                      {},
                      {},
                      {},
                      {}};
  if (!target.is_production()) request.compared = &surveyed.files;
  request.made = workspace.clock();
  out.plan = make_plan(request);
  if (out.plan.changes.empty())
    throw Error(Code::already_exists, packages.front(), Text{"it changes nothing here", "在此处没有任何更改"});
  const auto most = static_cast<std::size_t>(workspace.project().hotpatch_files);
  if (out.plan.changes.size() > most)
    throw refused(packages.front(), {fmt::format("it touches {}, more than the project's {} (hotpatch: most_files)",
                                                 counted(out.plan.changes.size(), "file"), most),
                                     fmt::format("它触及 {} 个文件，超过项目设定的 {} 个（hotpatch: most_files）",
                                                 out.plan.changes.size(), most)});
  // A stop empties what is compiled; without one the generated folders are the running service's.
  out.plan.dropped.clear();
  out.restart = needs_restart(out.plan, target.profile);
  if (out.restart) out.plan.dropped = make_plan(request).dropped;
  out.plan.steps = hotpatch_plan_steps(out.plan, out.restart);
  out.checks = touched_checks(target.profile, out.plan, metas_of(patches));

  store_plan(workspace, out.plan);
  remember_plan_source(workspace, out.plan, *workspace.store().reference("inventory/" + target.name()));
  workspace.audit("hotpatch.plan", out.plan.digest().hex(), person,
                  {{"environment", target.name()}, {"packages", packages}, {"recipe", out.plan.recipe_digest}});
  return out;
}

RunOutcome start_hotpatch(Workspace& workspace, const Target& target, const HotPatchRequest& request,
                          Reporter& reporter) {
  auto patch = plan_hotpatch(workspace, target, request.packages, request.person, reporter);
  const auto solved = check_of_issue(workspace, request.issue);
  if (!solved.empty() && std::find(patch.checks.begin(), patch.checks.end(), solved) == patch.checks.end())
    patch.checks.push_back(solved);
  HotPatchFact fact;
  fact.environment = target.name();
  fact.clone = target.is_clone();
  fact.recipe = patch.plan.recipe_digest;
  fact.packages = request.packages;
  fact.issue = request.issue;
  fact.restart = patch.restart;
  fact.person = request.person;
  if (target.is_production()) {
    fact.waiver = require_trial(workspace, fact.recipe);
    require_backup(workspace, workspace.inventory(target.name()).version);
  }
  const auto identity = identity_of(target, patch.plan, RunKind::hotpatch, request.person, workspace.clock());
  fact.run = identity.id;
  workspace.audit("hotpatch.start", identity.id, request.person,
                  {{"environment", target.name()}, {"packages", request.packages}, {"waiver", fact.waiver}});
  const auto outcome = run_it(workspace, target, patch, identity, solved, reporter);
  fact.passed = outcome.state.phase == RunPhase::complete;
  fact.at = to_string(workspace.clock());
  workspace.store().append(collection_name, Json(fact));
  return outcome;
}

Waiver waive_trial(Workspace& workspace, const Target& production, const std::vector<std::string>& packages,
                   const std::string& reason, const std::string& person, Reporter& reporter) {
  const auto project = workspace.project();
  if (workspace.actor(person).person != project.owner)
    throw Error(Code::not_allowed, person,
                Text{"only the project's owner (" + project.owner + ") may ask to go without a trial",
                     "仅项目负责人（" + project.owner + "）可申请免除克隆试装"});
  Waiver waiver;
  waiver.recipe = plan_hotpatch(workspace, production, packages, person, reporter).plan.recipe_digest;
  waiver.condition = trial_subject(waiver.recipe);
  waiver.reason = reason;
  return request_waiver(workspace, std::move(waiver), person, {}, std::chrono::hours(24));
}

}  // namespace ferry
