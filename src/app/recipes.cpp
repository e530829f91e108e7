#include "app/recipes.h"

#include <fmt/format.h>

#include <memory>

#include "app/checking.h"
#include "app/jumps.h"
#include "app/matching.h"
#include "app/native_runtimes.h"
#include "base/counted.h"
#include "base/error.h"
#include "host/files.h"
#include "package/open.h"

namespace ferry {
namespace {

constexpr std::uint64_t largest_merge = 16ULL << 20U;

std::string decisions_file(const Workspace& workspace) {
  return workspace.path("decisions.jsonl");
}

// What was asked for the last time, so that a decision does not need the options again.
Json request_json(const RecipeRequest& request) {
  return {{"include", request.include},
          {"exclude", request.exclude},
          {"target", request.target.text()},
          {"settings", request.settings}};
}

RecipeRequest stored_request(const Workspace& workspace) {
  RecipeRequest request;
  if (const auto reference = workspace.store().reference("recipe-request")) {
    const Json json = workspace.store().get_json(*reference);
    request.include = json.at("include").get<std::vector<std::string>>();
    request.exclude = json.at("exclude").get<std::vector<std::string>>();
    request.target = Version(json.at("target").get<std::string>());
    request.settings = json.at("settings").get<std::map<std::string, std::string>>();
  }
  return request;
}

// Where the contents of a conflict lie.
struct SideSources {
  std::shared_ptr<const Target> target;
  ThreeWayItem item;
  std::optional<PlannedChange> made;  // an earlier jump has made mine
  std::string vendor;                 // package of an earlier jump that brought base; empty: the baseline has it

  std::optional<std::string> base(const Workspace& workspace) const {
    if (!item.base) return std::nullopt;
    auto text = vendor.empty() ? baseline_content(*target, item.path)
                               : std::optional(content_of_package_file(workspace, vendor, item.path));
    if (text && Digest::of(*text) != item.base->digest) return std::nullopt;
    return text;
  }
  std::string mine(const Workspace& workspace) const {
    if (made) return planned_content(workspace, *made);
    auto text = read_file(target->root() + "/" + item.path.bytes(), largest_merge);
    if (Digest::of(text) != item.mine->digest)
      throw Error(Code::drift, printable(item.path.bytes()),
                  Text{"changed since the survey; survey again", "调研之后有变化，请重新调研"});
    return text;
  }
};

std::optional<MergeSides> sides_of(const Workspace& workspace, const SideSources& from) {
  const auto is_file = [](const std::optional<Entry>& entry) {
    return entry && entry->type == EntryType::file && entry->size <= largest_merge;
  };
  const auto& item = from.item;
  if (!is_file(item.mine) || !is_file(item.theirs)) return std::nullopt;
  return MergeSides{from.base(workspace), from.mine(workspace),
                    content_of_package_file(workspace, item.source, item.path)};
}

SideSources sources_of(const std::shared_ptr<const Target>& target, const JumpStart& start, const ThreeWayItem& item) {
  SideSources out{target, item, std::nullopt, {}};
  if (const auto made = start.made.find(item.path); made != start.made.end()) out.made = made->second;
  if (const auto vendor = start.vendor.find(item.path); vendor != start.vendor.end()) out.vendor = vendor->second;
  return out;
}

ImpactItem impact_of(const Workspace& workspace, const std::shared_ptr<const Target>& target, const JumpStart& start,
                     const ThreeWayItem& item, const Resolution& resolution) {
  ImpactItem out;
  out.item = item;
  for (const auto& decision : resolution.decisions)
    if (decision.path == item.path) out.decision = decision;
  out.sides = [&workspace, sources = sources_of(target, start, item)] { return sides_of(workspace, sources); };
  if (const auto sides = out.sides()) {
    const auto proposal = propose_merge(item.path, sides->base, sides->mine, sides->theirs);
    out.mergeable = proposal.clean;
    out.notes = proposal.notes;
    for (const auto& collision : proposal.collisions)
      out.collisions += fmt::format("{}{}-{}", out.collisions.empty() ? "" : ", ", collision.mine.first,
                                    collision.mine.first + std::max<std::size_t>(collision.mine.count, 1) - 1);
  }
  return out;
}

Error nothing_fits(const RecipeOutcome& out) {
  Text detail{"the project has no package that fits; add what the vendor delivered with 'ferry package add'\n",
              "项目中没有适用的包；请用 “ferry package add” 加入厂商交付的包\n"};
  for (const auto& package : out.composition.left_out) {
    detail.en += "  - " + package.meta.id + "  " + package.why.in(Language::english) + "\n";
    detail.zh += "  - " + package.meta.id + "  " + package.why.in(Language::chinese) + "\n";
  }
  for (const auto& bad : out.rejected) {
    detail.en += "  ! " + bad.reason.en + "\n";
    detail.zh += "  ！" + bad.reason.zh + "\n";
  }
  detail.en.pop_back();
  detail.zh.pop_back();
  const auto& from = out.composition.from.text();
  return Error(Code::package_missing, Text{"upgrade package from " + from, "从 " + from + " 升级的包"}, detail);
}

Error no_conflict(const RelativePath& path) {
  return Error(
      Code::not_found, printable(path.bytes()),
      Text{"no conflict there; 'ferry decision list' shows all", "该处没有冲突；用 “ferry decision list” 查看全部"});
}

// Compares jump after jump as far as everything is decided; the decisions of all of them.
std::vector<Decision> compare_jumps(Workspace& workspace, const std::shared_ptr<const Target>& target, JumpStart& start,
                                    const std::vector<Package>& packages, RecipeOutcome& out) {
  const Profile& profile = target->profile;
  const DecisionMemory memory(decisions_file(workspace));
  std::vector<Decision> decisions;
  const Recipe frame = make_recipe(out.composition, profile.digest);
  NativeModules native(workspace, *target, start.inventory);
  for (std::size_t i = 0; i < frame.jumps(); ++i) {
    Recipe jump = frame.hop(i);
    const auto of_jump = packages_of_jump(frame, i, packages);
    out.jumps.push_back(
        {jump.from, jump.to,
         compare_three_ways(start.base ? &*start.base : nullptr, start.compared ? *start.compared : start.installed,
                            of_jump, profile.paths, start.base_partial)});
    const auto& comparison = out.jumps.back().comparison;
    const auto resolution = resolve(comparison, memory);
    for (const auto* item : comparison.conflicts()) {
      out.items.push_back(impact_of(workspace, target, start, *item, resolution));
      out.items.back().to = jump.to;
    }
    out.expired.insert(out.expired.end(), resolution.expired.begin(), resolution.expired.end());
    decisions.insert(decisions.end(), resolution.decisions.begin(), resolution.decisions.end());
    out.open = resolution.open.size();
    for (auto& finding : native.after(jump.from, jump.to, of_jump, resolution.decisions))
      out.findings.push_back(std::move(finding));
    if (out.open > 0) break;
    if (i + 1 == frame.jumps()) break;
    jump.decisions = resolution.decisions;
    auto request = request_of(start, jump, of_jump, *target);
    for (const auto& decision : resolution.decisions)
      if (!decision.merged.empty())
        request.merged[decision.merged] = workspace.store().get_object(decision.merged).size();
    const Plan plan = make_plan(request);
    go_on(start, plan, plan, of_jump, profile);
  }
  return decisions;
}

RecipeOutcome work_out(Workspace& workspace, const RecipeRequest& request) {
  const auto target = std::make_shared<const Target>(workspace.production());
  const Inventory inventory = workspace.inventory(target->name());
  require_matching_databases(inventory);
  const auto library = workspace.library();
  const Moment now = workspace.clock();

  RecipeOutcome out;
  auto ask = compose_request(inventory, library.list(now, &out.rejected), request.target);
  ask.include = request.include;
  ask.exclude = request.exclude;
  out.composition = compose(ask);
  // An "upgrade" that does nothing would pass every check.
  if (out.composition.packages.empty()) throw nothing_fits(out);
  std::vector<Package> packages;
  for (const auto& package : out.composition.packages) packages.push_back(library.get(package.digest, now));

  JumpStart start;
  start.inventory = inventory;
  start.installed = workspace.manifest(inventory);
  start.base = workspace.baseline(*target);
  const auto decisions = compare_jumps(workspace, target, start, packages, out);
  if (out.open == 0) out.recipe = make_recipe(out.composition, target->profile.digest, decisions, request.settings);
  return out;
}

}  // namespace

std::optional<std::string> baseline_content(const Target& target, const RelativePath& path) {
  if (target.environment.baseline.empty()) return std::nullopt;
  std::string folder = target.environment.baseline;
  const auto dot = folder.rfind('.');
  if (dot == std::string::npos || folder.find('/', dot) != std::string::npos) return std::nullopt;
  folder.resize(dot);
  return read_file_if_there(folder + "/" + path.bytes(), largest_merge);
}

std::string planned_content(const Workspace& workspace, const PlannedChange& change) {
  if (change.source.starts_with("package:"))
    return content_of_package_file(workspace, change.source.substr(8), change.path);
  return workspace.store().get_object(change.after->digest);
}

std::string content_of_package_file(const Workspace& workspace, const std::string& package_id,
                                    const RelativePath& path) {
  return read_package_file(workspace.library().get(package_id, workspace.clock()), path);
}

namespace {

// What a package of the set says that it solves is noted at the issue; that it does only a passing check shows.
void note_claims(Workspace& workspace, const Composition& composition, Reporter& reporter) {
  std::vector<PackageMeta> metas;
  for (const auto& one : composition.packages) metas.push_back(one.meta);
  for (const auto& event : claims(issues(workspace), metas, workspace.clock())) {
    workspace.store().append(collection::issues, Json(event));
    reporter.note(
        {event.package + " claims to solve issue " + event.issue, event.package + " 声称解决问题 " + event.issue});
  }
}

}  // namespace

RecipeOutcome compose_recipe(Workspace& workspace, const RecipeRequest& request, Reporter& reporter) {
  reporter.begin({"compose the recipe", "组合升级配方"});
  auto out = work_out(workspace, request);
  auto& store = workspace.store();
  store.set_reference("recipe-request", store.put_json(request_json(request)));
  store.set_reference("recipe-findings", store.put_json(Json(out.findings)));
  if (out.recipe) {
    store.put_named("recipe", out.recipe->digest(), Json(*out.recipe));
    store.set_reference("recipe", out.recipe->digest());
  } else {
    // A recipe with holes must not be mistaken for the last complete one.
    store.clear_reference("recipe");
  }
  const auto packages = out.composition.packages.size();
  const auto conflicts = out.items.size();
  reporter.done({fmt::format("{} → {}, {}, {}, {} undecided", out.composition.from.text(), out.composition.to.text(),
                             counted(packages, "package"), counted(conflicts, "conflict"), out.open),
                 fmt::format("{} → {}，{} 个包，{} 处冲突，{} 处未决", out.composition.from.text(),
                             out.composition.to.text(), packages, conflicts, out.open)});
  if (out.recipe) note_claims(workspace, out.composition, reporter);
  return out;
}

std::vector<Finding> recipe_findings(const Workspace& workspace) {
  const auto reference = workspace.store().reference("recipe-findings");
  return reference ? workspace.store().get_json(*reference).get<std::vector<Finding>>() : std::vector<Finding>();
}

RecipeOutcome show_impact(Workspace& workspace) {
  return work_out(workspace, stored_request(workspace));
}

Recipe current_recipe(const Workspace& workspace) {
  const auto reference = workspace.store().reference("recipe");
  if (!reference)
    throw Error(Code::not_found, Text{"recipe", "升级配方"},
                Text{"make one with 'ferry recipe compose'; 'ferry decision list' shows what is undecided",
                     "请用 “ferry recipe compose” 组合；“ferry decision list” 列出未决项"});
  return workspace.store().get_named("recipe", *reference).get<Recipe>();
}

namespace {

// The last jump in which the path is a conflict, unless one is named.
const ImpactItem& conflict_at(const RecipeOutcome& outcome, const RelativePath& path, const std::string& jump) {
  for (auto item = outcome.items.rbegin(); item != outcome.items.rend(); ++item)
    if (item->item.path == path && (jump.empty() || item->to == Version(jump))) return *item;
  throw no_conflict(path);
}

}  // namespace

MergeProposal merge_proposal(Workspace& workspace, const RelativePath& path, const std::string& jump) {
  const auto outcome = show_impact(workspace);
  const auto sides = conflict_at(outcome, path, jump).sides();
  if (!sides) return {};
  return propose_merge(path, sides->base, sides->mine, sides->theirs);
}

Decision set_decision(Workspace& workspace, const RelativePath& path, Choice choice, const std::string& merged_file,
                      const std::string& reason, const std::string& person, const std::string& jump) {
  const auto outcome = show_impact(workspace);
  const auto& item = conflict_at(outcome, path, jump).item;
  Digest merged;
  if (choice == Choice::merge) {
    std::string content;
    if (!merged_file.empty()) {
      content = read_file(merged_file, largest_merge);
    } else {
      const auto proposal = merge_proposal(workspace, path, jump);
      if (!proposal.clean)
        throw Error(
            Code::undecided, printable(path.bytes()),
            Text{"both sides changed the same lines; edit the draft of 'ferry decision draft' and give it with --file",
                 "双方修改了相同的行；请编辑 “ferry decision draft” 输出的草稿，并用 --file 指定"});
      content = proposal.content;
    }
    merged = workspace.store().put_object(content);
  }
  auto decision = decide(item, choice, reason, person, to_string(workspace.clock()), merged);
  DecisionMemory memory(decisions_file(workspace));
  memory.remember(decision);
  workspace.audit("decision.set", escape(path.bytes()), person,
                  {{"choice", std::string(name_of(choice))}, {"reason", reason}});
  return decision;
}

}  // namespace ferry
