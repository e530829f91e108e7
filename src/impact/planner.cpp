#include "impact/planner.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/error.h"
#include "impact/decisions.h"
#include "impact/plan_check.h"
#include "impact/plan_steps.h"

namespace ferry {
namespace {

constexpr std::int64_t second = 1'000'000'000;

class Planner {
 public:
  explicit Planner(const PlanRequest& request)
      : request_(request),
        compared_(request.compared == nullptr ? request.installed : *request.compared),
        overlay_(overlay_of(request.packages, request.profile.paths.whole)),
        comparison_(compare_three_ways(request.base, compared_, request.packages, request.profile.paths,
                                       request.base_partial)) {}

  Plan run();

 private:
  struct Wanted {
    std::optional<Entry> content;  // kind, size, digest, link; none: must be gone
    std::string source;
    Text reason;
  };

  const Decision* decision_for(const ThreeWayItem& item) const;
  void require_decisions() const;
  void consider(const ThreeWayItem& item);
  Wanted decided(const ThreeWayItem& item, const Decision& decision) const;
  void want(const RelativePath& path, const Wanted& wanted);
  void lay_overlays();
  void add_folders();
  void add_folder(const RelativePath& path, const std::string& source, std::int64_t time);
  void remove_folders();
  Entry finished(const RelativePath& path, const Entry& content) const;
  const Entry* nearest_folder(const RelativePath& path) const;

  const PlanRequest& request_;
  const Manifest& compared_;
  Overlay overlay_;
  ThreeWay comparison_;
  std::map<RelativePath, PlannedChange> changes_;
  Plan plan_;
};

const Decision* Planner::decision_for(const ThreeWayItem& item) const {
  for (const auto& decision : request_.recipe.decisions)
    if (decision.path == item.path && decision.key() == item.key()) return &decision;
  return nullptr;
}

void Planner::require_decisions() const {
  Text lines;
  std::size_t open = 0;
  for (const auto* item : comparison_.conflicts()) {
    if (decision_for(*item) != nullptr) continue;
    const bool other = std::any_of(request_.recipe.decisions.begin(), request_.recipe.decisions.end(),
                                   [&](const Decision& decision) { return decision.path == item->path; });
    const auto path = (open == 0 ? "" : "\n") + printable(item->path.bytes());
    lines.en += path + ": " + item->why.en + (other ? "; the recipe's decision was about other content" : "");
    lines.zh += path + "：" + item->why.zh + (other ? "；配方中的处置决定针对的是其他内容" : "");
    ++open;
  }
  if (open > 0) throw Error(Code::undecided, counted_conflicts(open), lines);
}

Planner::Wanted Planner::decided(const ThreeWayItem& item, const Decision& decision) const {
  const Text reason{"decided: " + decision.reason, "处置决定：" + decision.reason};
  if (decision.choice == Choice::retire) return {std::nullopt, "decision:" + decision.key().hex(), reason};
  if (decision.choice == Choice::take) {
    if (item.theirs && item.source.empty())
      throw Error(Code::not_found, printable(item.path.bytes()),
                  Text{"no package brings the old vendor's file back", "没有升级包能带回厂商的旧文件"});
    return {item.theirs, item.source.empty() ? "decision:" + decision.key().hex() : "package:" + item.source, reason};
  }
  const auto size = request_.merged.find(decision.merged);
  if (size == request_.merged.end())
    throw Error(Code::not_found, printable(item.path.bytes()),
                Text{"merged content " + decision.merged.brief(), "合并内容 " + decision.merged.brief()});
  Entry merged = item.theirs ? *item.theirs : *item.mine;
  merged.type = EntryType::file;
  merged.link.clear();
  merged.digest = decision.merged;
  merged.size = size->second;
  return {merged, "decision:" + decision.merged.hex(), reason};
}

void Planner::consider(const ThreeWayItem& item) {
  if (item.kind == ThreeWayCase::vendor_only) return want(item.path, {item.theirs, "package:" + item.source, item.why});
  if (item.kind == ThreeWayCase::both_equal) return;
  const auto* decision = decision_for(item);
  const bool keep = decision == nullptr || decision->choice == Choice::keep;
  if (item.kind == ThreeWayCase::customer_only && keep) plan_.untouched.push_back(item.path);
  if (!keep) want(item.path, decided(item, *decision));
}

const Entry* Planner::nearest_folder(const RelativePath& path) const {
  for (auto parent = path.parent(); !parent.empty(); parent = parent.parent())
    if (const auto* entry = request_.installed.find(parent)) return entry;
  return nullptr;
}

Entry Planner::finished(const RelativePath& path, const Entry& content) const {
  Entry out = content;
  if (const auto* before = request_.installed.find(path)) {
    out.uid = before->uid;
    out.gid = before->gid;
    if (content.type == before->type && content.type == EntryType::file) {
      out.mode = before->mode;
      if ((content.mode & 0100U) != 0) out.mode |= (before->mode & 0444U) >> 2U;
    }
    // A client that knows the old file by size and time must not take the new one for it.
    out.mtime_ns = std::max(content.mtime_ns, before->mtime_ns + second);
    return out;
  }
  const auto* parent = nearest_folder(path);
  const auto root = request_.root_owner.value_or(std::pair<std::uint32_t, std::uint32_t>{0, 0});
  out.uid = parent != nullptr ? parent->uid : root.first;
  out.gid = parent != nullptr ? parent->gid : root.second;
  return out;
}

void Planner::want(const RelativePath& path, const Wanted& wanted) {
  const auto* before = request_.installed.find(path);
  changes_.erase(path);
  if (before == nullptr && !wanted.content) return;
  if (before != nullptr && wanted.content && before->same_content(*wanted.content)) return;
  PlannedChange change;
  change.path = path;
  if (before != nullptr) change.before = *before;
  if (wanted.content) change.after = finished(path, *wanted.content);
  change.source = wanted.source;
  change.reason = wanted.reason;
  changes_.emplace(path, std::move(change));
}

void Planner::lay_overlays() {
  for (const auto& [path, overlay] : request_.overlays) {
    Entry content;
    content.mode = 0644;
    content.size = overlay.size;
    content.digest = overlay.digest;
    // The package's time where there is one: a plan must not depend on the moment it is made.
    content.mtime_ns = 946684800 * second;
    if (const auto brought = overlay_.files.find(path); brought != overlay_.files.end())
      content.mtime_ns = brought->second.entry.mtime_ns;
    want(path, {content, overlay.source, overlay.reason});
  }
}

void Planner::add_folder(const RelativePath& path, const std::string& source, std::int64_t time) {
  if (path.empty() || request_.installed.find(path) != nullptr || changes_.contains(path)) return;
  add_folder(path.parent(), source, time);
  Entry folder;
  folder.type = EntryType::folder;
  const auto* parent = nearest_folder(path);
  folder.mode = parent != nullptr ? parent->mode : 0755U;
  folder.mtime_ns = time;
  PlannedChange change;
  change.path = path;
  change.after = finished(path, folder);
  change.source = source;
  change.reason = {"new folder", "新增文件夹"};
  changes_.emplace(path, std::move(change));
}

void Planner::add_folders() {
  std::vector<PlannedChange> files;
  for (const auto& [path, change] : changes_)
    if (change.after && !change.before) files.push_back(change);
  for (const auto& change : files) add_folder(change.path.parent(), change.source, change.after->mtime_ns);
  for (const auto& [path, file] : overlay_.files)
    if (file.entry.type == EntryType::folder) add_folder(path, "package:" + file.package, file.entry.mtime_ns);
}

// A folder that a package removes goes when nothing stays in it.
void Planner::remove_folders() {
  std::set<RelativePath> kept;  // folders with something in them afterwards
  const auto keep_above = [&](RelativePath path) {
    for (path = path.parent(); !path.empty(); path = path.parent()) kept.insert(path);
  };
  for (const auto& [path, entry] : request_.installed.items()) {
    const auto change = changes_.find(path);
    if (entry.type != EntryType::folder && (change == changes_.end() || change->second.after)) keep_above(path);
  }
  std::set<RelativePath> emptied;  // folders out of which something goes
  for (const auto& [path, change] : changes_) {
    if (change.after) keep_above(path);
    for (auto above = path.parent(); !change.after && !above.empty(); above = above.parent()) emptied.insert(above);
  }
  for (const auto& folders :
       {request_.profile.paths.data, request_.profile.paths.generated, request_.profile.paths.ignored})
    for (const auto& folder : folders) keep_above(folder);
  for (const auto& [path, entry] : request_.installed.items()) {
    if (entry.type != EntryType::folder || kept.contains(path) || overlay_.files.contains(path)) continue;
    const auto* remover = overlay_.remover(path);
    if (remover == nullptr && emptied.contains(path)) remover = overlay_.replacer(path);
    if (remover == nullptr) continue;
    PlannedChange change;
    change.path = path;
    change.before = entry;
    change.source = "package:" + *remover;
    change.reason = {"removed by the vendor", "厂商已删除"};
    changes_.emplace(path, std::move(change));
  }
}

Plan Planner::run() {
  require_decisions();
  for (const auto& item : comparison_.items) consider(item);
  lay_overlays();
  add_folders();
  remove_folders();
  for (auto& [path, change] : changes_) {
    if (change.after && change.after->type == EntryType::file) plan_.bytes_to_stage += change.after->size;
    plan_.changes.push_back(std::move(change));
  }
  plan_.environment = request_.environment.name;
  plan_.root = request_.environment.root;
  plan_.recipe = request_.recipe;
  plan_.recipe_digest = request_.recipe.digest();
  plan_.inventory_program = request_.inventory.program;
  plan_.dropped = request_.profile.paths.generated;
  plan_.scripts = plan_scripts(request_);
  plan_.steps = plan_steps(request_.profile, plan_);
  plan_.made = to_string(request_.made);
  return std::move(plan_);
}

}  // namespace

Plan make_plan(const PlanRequest& request) {
  check_recipe(request);
  check_captures(request);
  check_package_paths(request);
  check_left_data(request);
  return Planner(request).run();
}

std::vector<StagedContent> content_to_stage(const Plan& plan) {
  std::vector<StagedContent> out;
  for (const auto& change : plan.changes)
    if (change.after && change.after->type == EntryType::file)
      out.push_back({change.path, change.after->digest, change.source});
  std::stable_sort(out.begin(), out.end(),
                   [](const StagedContent& a, const StagedContent& b) { return a.source < b.source; });
  return out;
}

}  // namespace ferry
