#include "app/capture_compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <unordered_set>

#include "app/surveying.h"
#include "base/error.h"
#include "base/id.h"
#include "host/files.h"
#include "host/tree.h"
#include "model/evidence.h"
#include "model/path_pattern.h"
#include "package/run_comparison.h"
#include "survey/survey.h"

namespace ferry {
namespace {

constexpr const char* check_name = "vendor-upgrader";

bool is_below(const RelativePath& path, const std::unordered_set<RelativePath>& folders) {
  for (auto at = path; !at.empty(); at = at.parent())
    if (folders.contains(at)) return true;
  return false;
}

// What must be there afterwards; null: must be gone.
using Expected = std::map<RelativePath, const Entry*>;

Expected expected_of(const Package& package, const Manifest& before, const Manifest& now) {
  Expected out;
  for (const auto& [path, entry] : before.items())
    if (entry.type != EntryType::folder) out[path] = &entry;
  const std::unordered_set<RelativePath> removes(package.meta.removes.begin(), package.meta.removes.end());
  for (const auto* tree : {&before, &now})
    for (const auto& [path, entry] : tree->items())
      if (entry.type != EntryType::folder && is_below(path, removes)) out[path] = nullptr;
  for (const auto& [path, entry] : package.files.items())
    if (entry.type != EntryType::folder) out[path] = &entry;
  return out;
}

void require_captured(const Package& package) {
  if (!package.meta.capture)
    throw Error(Code::usage, package.meta.id,
                Text{"it was not captured: nothing to compare with", "该包并非采集所得：无从比较"});
}

// A comparison with the state of after would find nothing: that must not pass for a result.
void require_before(const Profile& profile, const Package& package, const StateBefore& before, const Manifest& program,
                    const std::optional<Manifest>& baseline) {
  std::set<std::string> sources{source_digest(program).hex()};
  if (baseline)
    sources.insert({source_digest(*baseline).hex(), source_digest(program_files(profile, *baseline)).hex()});
  const auto& source = package.meta.capture->source;
  if (!sources.contains(source))
    throw Error(Code::wrong_source, package.meta.id,
                Text{fmt::format("captured on program {}; {} is of another one, {}", source.substr(0, 12), before.name,
                                 source_digest(program).brief()),
                     fmt::format("采集时的程序为 {}；{} 是另一程序 {}", source.substr(0, 12), before.name,
                                 source_digest(program).brief())});
  std::size_t brought = 0, there = 0;
  for (const auto& [path, entry] : package.files.items()) {
    if (entry.type == EntryType::folder) continue;
    ++brought;
    const auto* found = program.find(path);
    there += found != nullptr && found->same_content(entry) ? 1 : 0;
  }
  if (there * 2 > brought)
    throw Error(
        Code::wrong_source, before.name,
        Text{fmt::format("it is not from before the upgrader: {} of {} files are as captured already", there, brought),
             fmt::format("它不是升级程序运行之前的状态：{} 个文件中已有 {} 个与采集结果一致", brought, there)});
}

Manifest read_now(const Target& target, Reporter& reporter) {
  TreeOptions options;
  options.extended_attributes = false;
  for (const auto* list : {&target.profile.paths.data, &target.profile.paths.generated, &target.profile.paths.ignored})
    options.exclude.insert(options.exclude.end(), list->begin(), list->end());
  options.progress = [&](const TreeProgress& progress) {
    reporter.progress(progress.files_done, progress.walked ? progress.files : 0, Unit::files);
  };
  reporter.begin({"read " + target.root(), "读取 " + target.root()});
  return read_tree(target.root(), options).manifest;
}

Manifest manifest_of_file(const std::string& file) {
  return Manifest::from_mtree(read_file(file, 1ULL << 30U), file);
}

const DatabaseFacts* find_facts(const Inventory& inventory, const std::string& id) {
  for (const auto& facts : inventory.databases)
    if (facts.id == id) return &facts;
  return nullptr;
}

std::string table_changes(const DatabaseFacts& before, const DatabaseFacts& now) {
  std::string out;
  for (const auto& [table, rows] : now.rows)
    if (!before.rows.contains(table)) out += " +" + printable(table);
  for (const auto& [table, rows] : before.rows)
    if (!now.rows.contains(table)) out += " -" + printable(table);
  return out.empty() ? " (columns, indexes or views)" : out;
}

CaptureComparison::Schema schema_of(const Package& package, const DatabaseFacts& before, const DatabaseFacts& now,
                                    const DatabaseFacts* rehearsed) {
  CaptureComparison::Schema out;
  out.database = now.id;
  const auto tables = table_changes(before, now);
  if (rehearsed != nullptr) {
    out.explained = rehearsed->schema == now.schema;
    out.what =
        out.explained
            ? Text{"tables changed as on the rehearsed clone:" + tables, "表结构的变化与测试升级的克隆一致：" + tables}
            : Text{"tables are not those of the rehearsed clone:" + tables, "表结构与测试升级的克隆不一致：" + tables};
    return out;
  }
  out.explained = package.meta.capture->database_declared;
  out.what = out.explained
                 ? Text{"tables changed, as the capture declares; no rehearsed clone to compare with:" + tables,
                        "表结构有变化，采集时已声明；没有测试升级的克隆可比较：" + tables}
                 : Text{"tables changed, and the capture declares no migration:" + tables,
                        "表结构有变化，而采集时并未声明数据迁移：" + tables};
  return out;
}

Evidence evidence_of(const Workspace& workspace, const Target& target, const Inventory& now,
                     const CaptureComparison& compared, const std::string& person, const Text& problem) {
  constexpr std::size_t most = 50;
  Evidence out;
  out.id = new_id("ev", workspace.clock()) + "-" + check_name;
  out.check = check_name;
  out.covers = {"E13"};
  out.environment = target.name();
  if (const auto recipe = workspace.store().reference("recipe")) out.recipe = *recipe;
  out.profile = target.profile.digest;
  out.program = now.program;
  out.version = now.version;
  out.person = person;
  out.started = to_string(workspace.clock());
  out.values = {{"before", compared.before}};
  if (!problem.empty()) out.steps.push_back({"upgrader", "ends well", problem.en, false, 0});
  for (const auto& one : compared.differences)
    if (out.steps.size() < most)
      out.steps.push_back({printable(one.path.bytes()), "as captured", one.what.en, one.explained, 0});
  for (const auto& one : compared.schemas)
    out.steps.push_back({"database " + one.database, "as rehearsed", one.what.en, one.explained, 0});
  const auto open = compared.unexplained();
  out.outcome = open == 0 && problem.empty() ? Outcome::passed : Outcome::failed;
  out.summary = {fmt::format("vendor's own upgrader: {} paths as captured, {} not", compared.same, open),
                 fmt::format("厂商自带升级程序：{} 项与采集结果一致，{} 项不一致", compared.same, open)};
  if (!problem.empty()) out.summary = {out.summary.en + "; " + problem.en, out.summary.zh + "；" + problem.zh};
  return out;
}

}  // namespace

std::size_t CaptureComparison::unexplained() const {
  const auto open = [](const auto& one) { return !one.explained; };
  return static_cast<std::size_t>(std::count_if(differences.begin(), differences.end(), open) +
                                  std::count_if(schemas.begin(), schemas.end(), open));
}

StateBefore state_before(const Workspace& workspace, const Target& target, const Package& package,
                         const std::string& name) {
  constexpr std::size_t least_digits = 8;
  if (name.ends_with(".mtree")) return {manifest_of_file(name), std::nullopt, name};
  auto surveys = surveys_of(workspace, target.name());
  std::reverse(surveys.begin(), surveys.end());
  for (const auto& one : surveys) {
    const bool fits = name.empty() ? package.meta.from.contains(one.version)
                                   : name.size() >= least_digits && one.inventory.hex().starts_with(name);
    if (!fits) continue;
    auto inventory = workspace.store().get_json(one.inventory).get<Inventory>();
    auto files = workspace.manifest(inventory);
    return {std::move(files), std::move(inventory), one.inventory.hex()};
  }
  throw Error(Code::not_found, Text{"survey of " + target.name() + " from before", target.name() + " 升级前的调研"},
              Text{"wanted: one of a version in '" + package.meta.from.text() +
                       "', taken before the vendor's upgrader ran; 'ferry survey list " + target.name() +
                       "' shows all, --before names one, or a manifest of that state",
                   "需要升级程序运行之前、版本属于“" + package.meta.from.text() + "”的调研；“ferry survey list " +
                       target.name() + "” 列出全部，可用 --before 指定其一，或指定该状态的清单文件"});
}

CaptureComparison compare_files(const Profile& profile, const Package& package, const StateBefore& before,
                                const std::optional<Manifest>& baseline, const Manifest& now) {
  require_captured(package);
  const auto program = program_files(profile, before.files);
  require_before(profile, package, before, program, baseline);
  CaptureComparison out;
  out.before = before.name;
  if (before.inventory) {
    out.taken = before.inventory->taken;
    out.from = before.inventory->version;
  }
  std::vector<PathPattern> rules;
  for (const auto& rule : package.meta.capture->explained) rules.emplace_back(rule.path);
  const auto note = [&](const RelativePath& path, Text what) {
    const bool known = std::any_of(rules.begin(), rules.end(), [&](const auto& rule) { return rule.matches(path); });
    out.differences.push_back({path, std::move(what), known});
  };
  const auto present = program_files(profile, now);
  const auto expected = expected_of(package, program, present);
  for (const auto& [path, wanted] : expected) {
    const auto* found = present.find(path);
    if (wanted == nullptr && found != nullptr)
      note(path, {"should be gone", "应已删除"});
    else if (wanted != nullptr && found == nullptr)
      note(path, {"is missing", "缺失"});
    else if (wanted != nullptr && !wanted->same_content(*found))
      note(path, {"has other content", "内容不同"});
    else
      ++out.same;
  }
  for (const auto& [path, entry] : present.items())
    if (entry.type != EntryType::folder && !expected.contains(path)) note(path, {"was not captured", "采集结果中没有"});
  std::sort(out.differences.begin(), out.differences.end(),
            [](const auto& a, const auto& b) { return a.path < b.path; });
  return out;
}

void compare_schemas(const Package& package, const Inventory& before, const Inventory& now, const Inventory* rehearsed,
                     CaptureComparison& out) {
  for (const auto& facts : now.databases) {
    const auto* was = find_facts(before, facts.id);
    if (was == nullptr || was->schema.empty() || facts.schema.empty()) {
      out.schemas.push_back(
          {facts.id,
           {"it can't be compared: one of the two surveys could not read it", "无法比较：两次调研之一未能读取"},
           false});
      continue;
    }
    ++out.databases;
    const auto* known = rehearsed == nullptr ? nullptr : find_facts(*rehearsed, facts.id);
    if (was->schema == facts.schema && (known == nullptr || known->schema == facts.schema)) continue;
    out.schemas.push_back(schema_of(package, *was, facts, known));
  }
}

std::optional<Inventory> rehearsed_inventory(const Workspace& workspace, const Version& version, const Digest& but) {
  std::optional<SurveyRecord> newest;
  for (const auto& name : workspace.environments()) {
    if (!workspace.target(name).is_clone()) continue;
    for (const auto& one : surveys_of(workspace, name))
      if (one.version == version && one.inventory != but && (!newest || newest->taken <= one.taken)) newest = one;
  }
  if (!newest) return std::nullopt;
  return workspace.store().get_json(newest->inventory).get<Inventory>();
}

void keep_upgrader_evidence(Workspace& workspace, const Target& target, const Inventory& now,
                            const CaptureComparison& compared, const std::string& person, const Text& problem,
                            Milliseconds took) {
  auto evidence = evidence_of(workspace, target, now, compared, person, problem);
  evidence.ms = took.count();
  workspace.store().append(collection::evidence, Json(evidence));
}

CaptureComparison compare_with_capture(const Target& target, const Package& package, const std::string& before,
                                       Reporter& reporter) {
  require_captured(package);
  if (before.empty())
    throw Error(
        Code::usage, target.name(),
        Text{"without a project --before must name a manifest from before the upgrader ran (ferry baseline make)",
             "没有项目时须用 --before 指定升级程序运行之前的清单（ferry baseline make）"});
  return compare_files(target.profile, package, {manifest_of_file(before), std::nullopt, before}, std::nullopt,
                       read_now(target, reporter));
}

CaptureComparison compare_with_capture(Workspace& workspace, const Target& target, const Package& package,
                                       const std::string& before, const std::string& person, Reporter& reporter) {
  require_captured(package);
  const auto state = state_before(workspace, target, package, before);
  const auto now = survey_environment(workspace, target, reporter);
  auto out = compare_files(target.profile, package, state, workspace.baseline(target), now.files);
  out.to = now.inventory.version;
  if (state.inventory) {
    const auto rehearsed = rehearsed_inventory(workspace, now.inventory.version,
                                               *workspace.store().reference("inventory/" + target.name()));
    compare_schemas(package, *state.inventory, now.inventory, rehearsed ? &*rehearsed : nullptr, out);
  }
  keep_upgrader_evidence(workspace, target, now.inventory, out, person, {}, now.took);
  workspace.audit("upgrader.compare", package.digest.hex(), person,
                  {{"environment", target.name()}, {"before", out.before}, {"unexplained", out.unexplained()}});
  return out;
}

}  // namespace ferry
