#include "app/planning.h"

#include <fmt/format.h>

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <set>

#include "app/drift.h"
#include "app/jumps.h"
#include "app/matching.h"
#include "app/recipes.h"
#include "app/runtimes.h"
#include "app/surveying.h"
#include "backup/clone.h"
#include "base/counted.h"
#include "base/error.h"
#include "database/dialect.h"
#include "database/script.h"
#include "host/files.h"
#include "impact/planner.h"
#include "model/plan_text.h"
#include "package/open.h"

namespace ferry {
namespace {

namespace fs = std::filesystem;

bool changes_files(const Action& action) {
  return action.kind != Action::Kind::sql;
}

std::vector<Action> file_actions(const Profile& profile) {
  std::vector<Action> out;
  for (const auto* list : {&profile.clone.rewrite, &profile.clone.silence, &profile.clone.mark})
    for (const auto& action : *list)
      if (changes_files(action)) out.push_back(action);
  return out;
}

RelativePath action_path(const Action& action, const Target& target) {
  const std::string path = expand(action.file, target.variables, target.secret);
  if (path.starts_with(target.root() + "/")) return RelativePath(path.substr(target.root().size() + 1));
  return RelativePath(path);
}

// The content that the recipe brings for `change`, rewritten by the clone's own actions on that file.
std::string rewritten(const Workspace& workspace, const Target& target, const PlannedChange& change) {
  const TempFolder scratch("ferry-rewrite");
  const std::string file = scratch / change.path.bytes();
  make_folders(fs::path(file).parent_path().string());
  write_file_atomic(file, planned_content(workspace, change));
  ActionContext context;
  context.root = scratch.path();
  context.variables = target.variables;
  for (const auto& [name, value] : fence_variables()) context.variables[name] = value;
  context.secret = target.secret;
  for (auto action : file_actions(target.profile)) {
    if (action_path(action, target) != change.path) continue;
    action.file = change.path.bytes();
    apply_action(action, context);
  }
  return read_file(file);
}

std::map<RelativePath, ContentOverlay> clone_overlays(Workspace& workspace, const Target& target, const Plan& plain) {
  std::set<RelativePath> paths;
  for (const auto& action : file_actions(target.profile)) paths.insert(action_path(action, target));
  std::map<RelativePath, ContentOverlay> out;
  for (const auto& change : plain.changes) {
    if (!paths.contains(change.path) || !change.after || change.after->type != EntryType::file) continue;
    const std::string content = rewritten(workspace, target, change);
    ContentOverlay overlay;
    overlay.digest = workspace.store().put_object(content);
    overlay.size = content.size();
    overlay.source = "profile";
    overlay.reason = {"as in the recipe, rewritten for the clone", "与配方相同，并为克隆改写"};
    out[change.path] = overlay;
  }
  return out;
}

void add_licence(Workspace& workspace, const Target& target, std::map<RelativePath, ContentOverlay>& overlays) {
  if (!target.profile.licence || target.environment.licence_file.empty()) return;
  const std::string content = read_named(target.environment.licence_file, target.file, "licence_file");
  ContentOverlay overlay;
  overlay.digest = workspace.store().put_object(content);
  overlay.size = content.size();
  overlay.source = "licence";
  overlay.reason = {"licence for the new version", "新版本的许可证"};
  overlays[RelativePath(target.profile.licence->file)] = overlay;
}

std::map<Digest, std::uint64_t> count_statements(const Target& target, const std::vector<Package>& packages) {
  std::map<Digest, std::uint64_t> out;
  const auto* database = find_database(target.profile, target.profile.migration.database);
  if (database == nullptr) return out;
  const auto& dialect = dialect_of(database->kind);
  for (const auto& package : packages)
    for (const auto& script : package.scripts)
      if (script.dialect == dialect.name())
        out[script.digest] =
            read_script(script.name, read_package_script(package, script), dialect.separator()).statements.size();
  return out;
}

std::map<Digest, std::uint64_t> merged_sizes(const Workspace& workspace, const Recipe& recipe) {
  std::map<Digest, std::uint64_t> out;
  for (const auto& decision : recipe.decisions)
    if (!decision.merged.empty()) out[decision.merged] = workspace.store().get_object(decision.merged).size();
  return out;
}

// The licence goes in when the first version is reached that needs it.
bool wants_licence(const Target& target, const Recipe& whole, std::size_t jump) {
  if (!target.profile.licence) return false;
  const auto& range = target.profile.licence->version;
  for (std::size_t i = 0; i < jump; ++i)
    if (range.contains(whole.hop(i).to)) return false;
  return range.contains(whole.hop(jump).to);
}

struct PlannedJump {
  Plan plain;                // what the recipe makes of it, the same for every environment
  std::optional<Plan> laid;  // with the clone's rewritten files and the licence over it, where there are any

  const Plan& done() const { return laid ? *laid : plain; }
  Plan take() { return laid ? std::move(*laid) : std::move(plain); }
};

PlannedJump plan_jump(Workspace& workspace, const Target& target, const JumpStart& start, const Recipe& whole,
                      const std::vector<Package>& packages) {
  const Recipe recipe = whole.hop(start.index);
  require_new_scripts(start, packages);
  auto request = request_of(start, recipe, packages, target);
  request.merged = merged_sizes(workspace, recipe);
  request.statements = count_statements(target, packages);
  request.made = workspace.clock();
  PlannedJump out;
  out.plain = make_plan(request);
  if (target.is_clone()) request.overlays = clone_overlays(workspace, target, out.plain);
  if (wants_licence(target, whole, start.index)) add_licence(workspace, target, request.overlays);
  if (!request.overlays.empty()) out.laid = make_plan(request);
  return out;
}

// All jumps, each of the state that the one before it leaves.
Plan plan_jumps(Workspace& workspace, const Target& target, const Recipe& recipe, JumpStart start) {
  const auto packages = packages_of(workspace, recipe);
  std::vector<Plan> parts;
  std::vector<PlannedRuntime> runtimes;
  for (std::size_t i = 0; i < recipe.jumps(); ++i) {
    const auto of_jump = packages_of_jump(recipe, i, packages);
    auto planned = plan_jump(workspace, target, start, recipe, of_jump);
    if (i + 1 < recipe.jumps()) go_on(start, planned.plain, planned.done(), of_jump, target.profile);
    parts.push_back(planned.take());
    ComingChanges coming;
    for (const auto& part : parts) coming.push_back(&part.changes);
    for (auto& runtime : require_runtimes(target, parts.back().recipe.to, of_jump, coming))
      runtimes.push_back(std::move(runtime));
  }
  Plan out = parts.size() == 1 ? std::move(parts.front()) : join_jumps(recipe, target.profile, std::move(parts));
  out.runtimes = std::move(runtimes);
  return out;
}

}  // namespace

std::vector<Package> packages_of(const Workspace& workspace, const Recipe& recipe) {
  return workspace.library().get_all(recipe.packages, workspace.clock());
}

Plan plan_environment(Workspace& workspace, const Target& target, const std::string& person, Reporter& reporter) {
  const Recipe recipe = current_recipe(workspace);
  auto surveyed = survey_environment(workspace, target, reporter);
  require_matching_databases(surveyed.inventory);
  reporter.begin({"plan " + target.name(), "制定方案 " + target.name()});
  JumpStart start;
  start.inventory = std::move(surveyed.inventory);
  start.installed = std::move(surveyed.files);
  start.base = workspace.baseline(workspace.production());
  // Compared is what production had, before anything was rewritten for the clone.
  if (target.is_clone()) start.compared = workspace.manifest(workspace.inventory(workspace.production().name()));
  Plan plan = plan_jumps(workspace, target, recipe, std::move(start));
  auto& store = workspace.store();
  const auto digest = store_plan(workspace, plan);
  store.set_reference("plan/" + target.name(), digest);
  remember_plan_source(workspace, plan, *store.reference("inventory/" + target.name()));
  store.set_reference("plan-author/" + target.name(), store.put_object(person));
  workspace.audit("plan.make", digest.hex(), person, {{"environment", target.name()}});
  reporter.done({fmt::format("{} new, {} replaced, {} removed, {}; plan {}", plan.added(), plan.replaced(),
                             plan.removed(), counted(plan.scripts.size(), "script"), digest.brief()),
                 fmt::format("新增 {}，替换 {}，删除 {}，脚本 {}；方案 {}", plan.added(), plan.replaced(),
                             plan.removed(), plan.scripts.size(), digest.brief())});
  return plan;
}

Plan current_plan(const Workspace& workspace, const std::string& environment) {
  const auto reference = workspace.store().reference("plan/" + environment);
  if (!reference)
    throw Error(
        Code::not_found, Text{"plan for " + environment, environment + " 的方案"},
        Text{"make one with 'ferry plan make " + environment + "'", "请用 “ferry plan make " + environment + "” 制定"});
  return stored_plan(workspace, *reference);
}

Digest store_plan(Workspace& workspace, const Plan& plan) {
  const auto digest = plan.digest();
  workspace.store().put_named_text("plan", digest, plan_text(plan));
  return digest;
}

Plan stored_plan(const Workspace& workspace, const Digest& digest) {
  return parse_plan(workspace.store().named_text("plan", digest), "plan " + digest.hex());
}

std::string plan_author(const Workspace& workspace, const std::string& environment) {
  const auto reference = workspace.store().reference("plan-author/" + environment);
  return reference ? workspace.store().get_object(*reference) : std::string();
}

std::vector<Text> plan_lines(const Plan& plan, bool details) {
  return show_plan(plan, details);
}

DeployInput deploy_input(const Plan& plan, std::size_t jump, const Profile& profile) {
  return {plan.jump(jump).changes, plan.dropped, profile.paths.data};
}

ContentSource content_source(const Workspace& workspace, const Target& target, const std::vector<Package>& packages) {
  struct Streams {
    std::mutex mutex;  // staging may ask from two threads; an archive has one position
    std::map<std::string, std::unique_ptr<PackageFiles>> by_id;
  };
  auto streams = std::make_shared<Streams>();
  for (const auto& package : packages) streams->by_id[package.meta.id] = std::make_unique<PackageFiles>(package);
  const std::string licence = target.environment.licence_file;
  return [&workspace, streams, licence](const PlannedChange& change, const Sink& sink) {
    if (change.source.starts_with("package:")) {
      const std::lock_guard lock(streams->mutex);
      const auto it = streams->by_id.find(change.source.substr(8));
      if (it == streams->by_id.end())
        throw Error(Code::package_missing, change.source,
                    Text{"named by the plan, not in the recipe", "方案中有，配方中没有"});
      it->second->read(change.path, sink);
      return;
    }
    // Merged texts, overlays and the licence were stored by their digest when the plan was made.
    sink(workspace.store().get_object(change.after->digest));
  };
}

}  // namespace ferry
