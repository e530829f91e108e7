#include "survey/survey.h"

#include "base/error.h"
#include "host/files.h"
#include "package/native.h"
#include "survey/definitions.h"
#include "survey/facts_reader.h"
#include "survey/file_findings.h"
#include "survey/findings.h"
#include "survey/product_facts.h"

namespace ferry {
namespace {

// Of the installation's size, wanted free when the caller does not know the need: the switch keeps old and new.
constexpr std::uint64_t default_share = 20;

void tell(const SurveyOptions& options, Text stage, const TreeProgress& tree = {}) {
  if (options.progress) options.progress({std::move(stage), tree});
}

std::string index_for(const Environment& environment, const SurveyOptions& options) {
  if (!options.index_file.empty()) return options.index_file;
  // A survey leaves nothing beside the installation that was not there before.
  const bool usable = !environment.staging.empty() && is_folder(environment.staging);
  return usable ? environment.staging + "/index" : std::string();
}

TreeResult read_files(const Profile& profile, const Environment& environment, const SurveyOptions& options) {
  TreeOptions tree;
  tree.exclude = profile.paths.ignored;
  tree.exclude.insert(tree.exclude.end(), options.exclude.begin(), options.exclude.end());
  tree.cold = options.cold;
  tree.threads = options.threads;
  tree.index_file = index_for(environment, options);
  if (options.progress)
    tree.progress = [&](const TreeProgress& progress) { tell(options, {"files", "文件"}, progress); };
  return read_tree(environment.root, tree);
}

void find_unseen(const SurveyOptions& options, Findings& findings) {
  for (const auto& path : options.exclude)
    findings.add("not-surveyed", path.bytes(), Severity::info, {"Not looked at", "未调研"},
                 {printable(path.bytes()), printable(path.bytes())}, {}, {"E5"});
}

// What the installed modules were built for; one that can't be read is told as a file that can't be read.
std::vector<NativeModule> native_modules(const std::string& root, const Manifest& files) {
  std::vector<NativeModule> out;
  for (const auto& [path, entry] : files.items()) {
    if (!may_be_native(path, entry)) continue;
    try {
      if (auto found = native_module_in(path, read_file(root + "/" + path.bytes()))) out.push_back(std::move(*found));
    } catch (const Error&) {
      continue;
    }
  }
  return out;
}

void find_low_disk(const SurveyOptions& options, Inventory& inventory, Findings& findings) {
  const std::uint64_t need = options.disk_need > 0 ? options.disk_need : inventory.bytes / default_share;
  const std::uint64_t free = inventory.host.disk_free_bytes;
  if (free >= need) return;
  Finding& finding = findings.add("low-disk", "", Severity::high, {"Not enough free disk space", "磁盘剩余空间不足"},
                                  {human_bytes(free) + " free, " + human_bytes(need) + " needed",
                                   "剩余 " + human_bytes(free) + "，需要 " + human_bytes(need)},
                                  {"Make room on the file system of " + printable(inventory.root) + ".",
                                   "请在 " + printable(inventory.root) + " 所在文件系统腾出空间。"},
                                  {"A3"});
  finding.blocking = options.disk_need > 0;
  finding.audience = "administrator";
}

void look_at_product(Surveyor& surveyor) {
  const SurveyOptions& options = surveyor.options;
  tell(options, {"version and packages", "版本与已装包"});
  read_versions(surveyor);
  tell(options, {"modules", "模块"});
  read_modules(surveyor);
  tell(options, {"databases", "数据库"});
  read_databases(surveyor);
  tell(options, {"rules of the profile", "产品档案规则"});
  run_finding_rules(surveyor);
  tell(options, {"services", "服务"});
  read_services(surveyor);
  tell(options, {"runtimes", "运行环境"});
  read_runtimes(surveyor);
}

void look_at_files(const Profile& profile, const SurveyOptions& options, const SurveyResult& result,
                   Inventory& inventory, Findings& findings) {
  for (const auto& [path, entry] : result.files.items()) inventory.files += entry.type == EntryType::file ? 1 : 0;
  inventory.bytes = result.files.bytes();
  const Manifest program = program_files(profile, result.files);
  inventory.program = program.content_digest();
  inventory.manifest = result.files.mtree_digest();
  inventory.native_modules = native_modules(inventory.root, result.files);
  if (options.baseline != nullptr)
    compare_with_baseline(profile, program, *options.baseline, inventory, findings);
  else
    find_missing_baseline(inventory, findings);
  find_reading_problems(profile, result.problems, findings);
  find_odd_files(profile, result.files, findings);
  find_unseen(options, findings);
}

}  // namespace

Manifest program_files(const Profile& profile, const Manifest& files) {
  const Paths& paths = profile.paths;
  std::vector<Manifest::Item> items;
  for (const auto& item : files.items()) {
    const RelativePath& path = item.first;
    if (under_any(path, paths.program) && !under_any(path, paths.data) && !under_any(path, paths.generated) &&
        !under_any(path, paths.ignored))
      items.push_back(item);
  }
  return Manifest(std::move(items));
}

SurveyResult survey(const Profile& profile, const Environment& environment, const SurveyOptions& options) {
  SurveyResult result;
  Inventory& inventory = result.inventory;
  Findings findings;
  inventory.environment = environment.name;
  inventory.profile = profile.digest;
  inventory.root = environment.root;
  inventory.product = profile.product;
  inventory.taken = to_string(options.now);
  const auto used_since = std::chrono::floor<std::chrono::days>(options.now) - std::chrono::days(profile.used_days);
  inventory.used_since = to_string(Date(used_since));

  TreeResult tree = read_files(profile, environment, options);
  result.files = std::move(tree.manifest);
  result.attributes = std::move(tree.attributes);
  result.problems = std::move(tree.problems);
  result.index = tree.index;
  result.hashed_files = tree.hashed_files;

  {
    FactsReader facts(profile, environment, {}, options.secret);
    Surveyor surveyor{profile, environment, options, facts, inventory, findings};
    look_at_product(surveyor);
    tell(options, {"definitions", "定义"});
    result.definitions = read_definitions(surveyor);
    if (!profile.definitions.empty()) inventory.definitions = digest_of(Json(result.definitions));
  }
  look_at_files(profile, options, result, inventory, findings);
  tell(options, {"machine", "主机"});
  inventory.host = read_host_facts(environment.root, options.runtimes);
  find_low_disk(options, inventory, findings);
  if (result.index == IndexUse::damaged || result.index == IndexUse::foreign)
    findings.add("index-ignored", "", Severity::info, {"The index was left aside", "索引未被使用"},
                 result.index == IndexUse::damaged ? Text{"It was damaged.", "索引已损坏。"}
                                                   : Text{"It is of another installation.", "索引属于其他安装。"},
                 {}, {});
  inventory.findings = std::move(findings).sorted();
  return result;
}

}  // namespace ferry
