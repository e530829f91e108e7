#include "app/drift.h"

#include <algorithm>
#include <set>

#include "app/gating.h"
#include "app/planning.h"
#include "backup/clone.h"
#include "base/error.h"
#include "base/id.h"
#include "database/catalogue.h"
#include "impact/three_way.h"
#include "survey/survey.h"

namespace ferry {
namespace {

constexpr std::size_t told = 20;  // of a long list; all stand in the run's log

Manifest manifest_of(const Workspace& workspace, const Inventory& inventory) {
  return Manifest::from_mtree(workspace.store().get_object(inventory.manifest), "manifest of " + inventory.environment);
}

// Tables that the product itself keeps writing (queues, logs) grow without saying anything about the customer's data.
bool is_own(const Profile& profile, const std::string& database, const std::string& table) {
  const auto* found = find_database(profile, database);
  return found != nullptr && std::any_of(found->own_tables.begin(), found->own_tables.end(),
                                         [&](const std::string& pattern) { return like(table, pattern); });
}

std::map<std::string, Amount> amounts_of(const Profile& profile, const Inventory& inventory, const Manifest& files) {
  std::map<std::string, Amount> out;
  for (const auto& database : inventory.databases) {
    out["bytes:" + database.id] = {Amount::Unit::bytes, database.bytes};
    for (const auto& [table, rows] : database.rows)
      if (!is_own(profile, database.id, table))
        out["rows:" + database.id + "." + table] = {Amount::Unit::rows, static_cast<std::uint64_t>(rows)};
  }
  for (const auto& folder : profile.paths.data) {
    const std::string name = printable(folder.bytes());
    auto& bytes = out["data:" + name] = {Amount::Unit::bytes, 0};
    auto& count = out["files:" + name] = {Amount::Unit::files, 0};
    for (const auto& [path, entry] : files.items()) {
      if (entry.type != EntryType::file || !path.is_under(folder)) continue;
      bytes.number += entry.size;
      ++count.number;
    }
  }
  return out;
}

std::optional<Digest> newest_inventory(const Workspace& workspace, const Target& target) {
  const auto reference = workspace.store().reference("inventory/" + target.name());
  return reference && workspace.store().has_object(*reference) ? reference : std::nullopt;
}

std::vector<RelativePath> planned_paths(const std::optional<Plan>& plan) {
  std::vector<RelativePath> out;
  if (plan)
    for (const auto& change : plan->changes) out.push_back(change.path);
  return out;
}

Digest recipe_or_none(const Workspace& workspace) {
  return workspace.store().reference("recipe").value_or(Digest());
}

const RehearsalFact* newest_of(const std::vector<RehearsalFact>& facts, const Digest& recipe) {
  const RehearsalFact* out = nullptr;
  for (const auto& fact : facts)
    if (fact.recipe == recipe && (out == nullptr || fact.ended >= out->ended)) out = &fact;
  return out;
}

// A rehearsal that has not happened yet: what the clone stands for now.
RehearsalFact standing_of(const Workspace& workspace, const std::string& name) {
  const Target clone = workspace.target(name);
  const auto record = clone.is_clone() ? load_clone(clone.environment) : std::nullopt;
  if (!record || record->inventory.empty())
    throw Error(Code::not_found, Text{"clone " + name, "克隆 " + name},
                Text{"make it with 'ferry clone create " + name + "'", "请用 “ferry clone create " + name + "” 建立"});
  RehearsalFact out;
  out.environment = name;
  out.profile = clone.profile.digest;
  out.inventory = record->inventory;
  return out;
}

std::string only_clone(const Workspace& workspace) {
  for (const auto& name : workspace.environments())
    if (workspace.target(name).is_clone()) return name;
  throw Error(Code::not_found, Text{"clone", "克隆"},
              Text{"add an environment of kind clone, then 'ferry clone create'",
                   "请登记 kind: clone 的环境，然后 “ferry clone create”"});
}

}  // namespace

SystemState system_state(const Workspace& workspace, const Profile& profile, const Digest& inventory) {
  SystemState out;
  out.inventory = workspace.store().get_json(inventory).get<Inventory>();
  Manifest files;
  out.files_known = workspace.store().has_object(out.inventory.manifest);
  if (out.files_known) files = manifest_of(workspace, out.inventory);
  out.program = program_files(profile, files);
  out.amounts = amounts_of(profile, out.inventory, files);
  const auto& definitions = out.inventory.definitions;
  if (!definitions.empty() && workspace.store().has_object(definitions))
    out.definitions = workspace.store().get_json(definitions).get<DefinitionSnapshot>();
  return out;
}

std::optional<CloneComparison> since_clone_of(const Workspace& workspace, const Target& production,
                                              const RehearsalFact& rehearsal, const std::optional<Plan>& plan,
                                              const Digest& recipe) {
  const auto newest = newest_inventory(workspace, production);
  if (!newest || rehearsal.inventory.empty() || !workspace.store().has_object(rehearsal.inventory)) return std::nullopt;
  const auto then = system_state(workspace, production.profile, rehearsal.inventory);
  const auto now = system_state(workspace, production.profile, *newest);
  CloneComparison out;
  out.clone = rehearsal.environment;
  out.then = then.inventory.taken;
  out.now = now.inventory.taken;
  if (const auto record = load_clone(workspace.target(rehearsal.environment).environment);
      record && record->inventory == rehearsal.inventory)
    out.backup = record->backup;
  out.differences = compare_with_clone(
      {production.profile, then, now, planned_paths(plan), rehearsal.profile == production.profile.digest});
  apply_waivers(out.differences, workspace.project(), workspace.store().read_as<Waiver>(collection::waivers), recipe,
                workspace.clock());
  return out;
}

CloneComparison compare_with_production(Workspace& workspace, const std::string& clone) {
  const Target production = workspace.production();
  workspace.inventory(production.name());  // says how to make one
  const Digest recipe = recipe_or_none(workspace);
  std::optional<Plan> plan;
  if (workspace.store().reference("plan/" + production.name())) plan = current_plan(workspace, production.name());
  const auto facts = workspace.store().read_as<RehearsalFact>(collection::rehearsals);
  const auto* counting = clone.empty() ? newest_of(facts, recipe) : nullptr;
  const auto rehearsal =
      counting != nullptr ? *counting : standing_of(workspace, clone.empty() ? only_clone(workspace) : clone);
  const auto out = since_clone_of(workspace, production, rehearsal, plan, recipe);
  if (!out)
    throw Error(Code::not_found,
                Text{"survey from which clone " + rehearsal.environment + " was made",
                     "制作克隆 " + rehearsal.environment + " 时的调研结果"},
                Text{"make the clone anew from a fresh backup", "请用新的备份重建克隆"});
  return *out;
}

std::map<Digest, std::vector<Difference>> definitions_since(const Workspace& workspace, const Target& production,
                                                            const std::vector<RehearsalFact>& rehearsals,
                                                            const Digest& recipe) {
  std::map<Digest, std::vector<Difference>> out;
  const auto newest = newest_inventory(workspace, production);
  if (!newest || production.profile.definitions.empty()) return out;
  const auto& store = workspace.store();
  const auto snapshot = [&](const Inventory& inventory) {
    const auto& digest = inventory.definitions;
    return !digest.empty() && store.has_object(digest) ? store.get_json(digest).get<DefinitionSnapshot>()
                                                       : DefinitionSnapshot{};
  };
  const auto present = store.get_json(*newest).get<Inventory>();
  const auto now = snapshot(present);
  for (const auto& fact : rehearsals) {
    if (fact.inventory.empty() || out.contains(fact.inventory) || !store.has_object(fact.inventory)) continue;
    auto& changes = out[fact.inventory];
    const auto then = snapshot(store.get_json(fact.inventory).get<Inventory>());
    changes = compare_definitions(production.profile, present.version, then, now);
    apply_waivers(changes, workspace.project(), store.read_as<Waiver>(collection::waivers), recipe, workspace.clock());
  }
  return out;
}

void remember_plan_source(Workspace& workspace, const Plan& plan, const Digest& inventory) {
  workspace.store().put_named("plan-inventory", plan.digest(), {{"inventory", inventory}});
}

std::optional<PlanDrift> drift_of_plan(const Workspace& workspace, const Target& target, const Plan& plan) {
  const auto& store = workspace.store();
  const auto newest = newest_inventory(workspace, target);
  if (!newest || !store.has_named("plan-inventory", plan.digest())) return std::nullopt;
  const Digest source = store.get_named("plan-inventory", plan.digest()).at("inventory").get<Digest>();
  PlanDrift out;
  if (source == *newest) return out;
  if (!store.has_object(source)) return std::nullopt;
  const auto then = store.get_json(source).get<Inventory>();
  const auto now = store.get_json(*newest).get<Inventory>();
  if (then.manifest == now.manifest) return out;
  if (!store.has_object(then.manifest) || !store.has_object(now.manifest)) return std::nullopt;
  std::set<RelativePath> touched;
  for (const auto& change : plan.changes) touched.insert(change.path);
  for (auto& file : file_differences(program_files(target.profile, manifest_of(workspace, then)),
                                     program_files(target.profile, manifest_of(workspace, now))))
    (touched.contains(file.path) ? out.touched : out.outside).push_back(std::move(file));
  return out;
}

Json report_outside_changes(const Workspace& workspace, const Target& target, const Plan& plan, Reporter& reporter) {
  const auto drift = drift_of_plan(workspace, target, plan);
  Json out = Json::array();
  if (!drift) return out;
  for (const auto& file : drift->outside) {
    if (out.size() < told) {
      const auto name = printable(file.path.bytes());
      const Text what = file.describe();
      reporter.warning({"changed since the plan was made, outside of it: " + name + ": " + what.en,
                        "制定方案后有变化，但不在方案之内：" + name + "：" + what.zh});
    }
    out.push_back(file);
  }
  if (out.size() > told)
    reporter.warning({"and " + std::to_string(out.size() - told) + " more; all stand in the run's log",
                      "另有 " + std::to_string(out.size() - told) + " 处，均记入执行日志"});
  return out;
}

Waiver waive_difference(Workspace& workspace, const std::string& key, const std::string& reason,
                        const std::string& person, Milliseconds valid) {
  const auto comparison = compare_with_production(workspace, "");
  const auto found = std::find_if(comparison.differences.begin(), comparison.differences.end(),
                                  [&](const Difference& one) { return one.key == key; });
  const Text about{"difference " + key, "差异 " + key};
  if (found == comparison.differences.end())
    throw Error(Code::not_found, about, Text{"'ferry drift show' lists them", "用 “ferry drift show” 查看全部"});
  if (found->demand != Demand::waiver)
    throw Error(Code::not_allowed, about,
                found->demand == Demand::nothing
                    ? Text{"it needs no waiver", "该项无需豁免"}
                    : Text{"it can't be waived: what was rehearsed says nothing about it; "
                           "make the clone anew and rehearse",
                           "该项不可豁免：测试升级的结果与之无关；请重建克隆并重新测试升级"});
  Waiver waiver;
  waiver.condition = waiver_subject(key);
  waiver.difference = found->state;
  waiver.reason = reason;
  return request_waiver(workspace, std::move(waiver), person, {}, valid);
}

}  // namespace ferry
