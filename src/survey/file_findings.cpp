#include "survey/file_findings.h"

#include <algorithm>
#include <set>

#include "base/counted.h"

namespace ferry {
namespace {

const Text ask_the_vendor{"Decide in the impact analysis: keep, take, merge or retire.",
                          "请在影响分析中作出处置决定：保留、采用新版、合并或废弃。"};

// A difference in so many of the vendor's files means that the baseline is of another version, not that the customer
// has changed them all. In a small tree a few changes are a large share: only so many of them say anything.
constexpr double share_of_a_wrong_baseline = 0.3;
constexpr std::size_t least_of_a_wrong_baseline = 10;

// Only what a switch would replace; folders have no content of their own.
Manifest without_folders(const Manifest& files, const Profile& profile) {
  std::vector<Manifest::Item> items;
  for (const auto& item : program_files(profile, files).items())
    if (item.second.type != EntryType::folder) items.push_back(item);
  return Manifest(std::move(items));
}

// Of a folder that is nowhere in the baseline the top one is told, not its thousand files.
std::map<RelativePath, std::size_t> topmost_new(const std::vector<RelativePath>& added, const Manifest& baseline) {
  std::set<RelativePath> known{RelativePath()};
  for (const auto& [path, entry] : baseline.items()) {
    if (entry.type == EntryType::folder) known.insert(path);
    for (RelativePath above = path.parent(); known.insert(above).second;) above = above.parent();
  }
  std::map<RelativePath, std::size_t> out;
  for (const auto& path : added) {
    RelativePath top = path;
    for (RelativePath above = path.parent(); !known.contains(above); above = above.parent()) top = above;
    ++out[top];
  }
  return out;
}

void find_modified(const Profile& profile, const std::vector<RelativePath>& changed, Inventory& inventory,
                   Findings& findings) {
  for (const auto& path : changed) {
    if (under_any(path, profile.paths.config)) {
      findings.add("changed-config", path.bytes(), Severity::info, {"Configuration of the customer", "客户的配置文件"},
                   {printable(path.bytes()), printable(path.bytes())},
                   {"It is merged, never overwritten.", "升级时合并，不会覆盖。"}, {"A2"});
      continue;
    }
    inventory.modified.push_back(path);
    findings.add("modified-file", path.bytes(), Severity::medium,
                 {"Vendor's file changed by the customer", "客户修改了厂商文件"},
                 {printable(path.bytes()), printable(path.bytes())}, ask_the_vendor, {"A2"});
  }
}

void find_added(const Profile& profile, const std::vector<RelativePath>& added, const Manifest& baseline,
                Inventory& inventory, Findings& findings) {
  for (const auto& path : added)
    if (!under_any(path, profile.paths.config)) inventory.added.push_back(path);
  for (const auto& [top, count] : topmost_new(inventory.added, baseline)) {
    const std::string name = printable(top.bytes());
    const std::string number = std::to_string(count);
    const bool one = count == 1;
    findings.add("added-file", top.bytes(), Severity::low, {"Not the vendor's", "非厂商文件"},
                 {one ? name : name + " (" + number + " files)", one ? name : name + "（" + number + " 个文件）"},
                 {"Find out whom it belongs to: customer, feature pack or patch.",
                  "请确认归属：客户二次开发、非标功能包或补丁。"},
                 {"A2"});
  }
}

void find_mode_changes(const std::vector<RelativePath>& attributes, Findings& findings) {
  if (attributes.empty()) return;
  std::vector<std::string> names;
  for (const auto& path : attributes) names.push_back(path.bytes());
  findings.add("changed-modes", "", Severity::low,
               {"Access rights differ from the vendor's (" + counted(names.size(), "file") + ")",
                "文件权限与厂商不一致（" + std::to_string(names.size()) + " 个）"},
               listing(names), {"The switch brings the vendor's rights.", "切换时将使用厂商的权限设置。"},
               {"A2", "A3"});
}

}  // namespace

bool under_any(const RelativePath& path, const std::vector<RelativePath>& folders) {
  return std::any_of(folders.begin(), folders.end(), [&](const RelativePath& folder) { return path.is_under(folder); });
}

void compare_with_baseline(const Profile& profile, const Manifest& program, const Manifest& baseline,
                           Inventory& inventory, Findings& findings) {
  const Manifest vendor = without_folders(baseline, profile);
  const auto found = difference(vendor, without_folders(program, profile));
  inventory.compared = true;
  // A file that could not be read has no digest; it is told as unreadable, not as modified.
  std::vector<RelativePath> changed;
  for (const auto& path : found.changed) {
    const Entry* entry = program.find(path);
    if (entry->type != EntryType::file || !entry->digest.empty()) changed.push_back(path);
  }
  find_modified(profile, changed, inventory, findings);
  find_added(profile, found.added, program_files(profile, baseline), inventory, findings);
  for (const auto& path : found.removed) {
    inventory.deleted.push_back(path);
    findings.add("deleted-file", path.bytes(), Severity::medium, {"Vendor's file is missing", "厂商文件缺失"},
                 {printable(path.bytes()), printable(path.bytes())},
                 {"The upgrade brings it back unless that is decided otherwise.", "除非另有决定，升级会恢复该文件。"},
                 {"A2"});
  }
  find_mode_changes(found.attributes, findings);
  const auto differing = changed.size() + found.removed.size();
  if (differing >= least_of_a_wrong_baseline &&
      static_cast<double>(differing) > share_of_a_wrong_baseline * static_cast<double>(vendor.size()))
    findings
        .add("baseline-mismatch", "", Severity::high,
             {"The baseline seems to be of another version", "基线疑似其他版本"},
             {std::to_string(differing) + " of " + std::to_string(vendor.size()) + " vendor's files differ",
              std::to_string(vendor.size()) + " 个厂商文件中有 " + std::to_string(differing) + " 个不一致"},
             {"Ask the vendor for the manifest of exactly version " + inventory.version.text() + ".",
              "请向厂商索取版本 " + inventory.version.text() + " 的清单。"},
             {"A2"})
        .blocking = true;
}

void find_missing_baseline(const Inventory& inventory, Findings& findings) {
  findings
      .add("no-baseline", "", Severity::high, {"Nothing to compare with", "缺少比对基线"},
           {"Without the vendor's manifest of version " + inventory.version.text() +
                " nobody can tell what the customer has changed.",
            "没有版本 " + inventory.version.text() + " 的厂商清单，无法判断客户改动。"},
           {"Ask the vendor for it, or make one from an untouched installation (ferry baseline make).",
            "请向厂商索取，或用未改动的安装实例生成（ferry baseline make）。"},
           {"A2"})
      .blocking = true;
}

void find_reading_problems(const Profile& profile, const std::vector<TreeProblem>& problems, Findings& findings) {
  for (const auto& problem : problems) {
    if (problem.path.empty() && problem.detail.en.starts_with("the index")) {
      findings.add("index-not-written", "", Severity::low, {"The index could not be written", "无法写入索引"},
                   problem.detail, {"The next survey reads everything again.", "下次调研将重新读取全部文件。"}, {});
      continue;
    }
    const bool program = under_any(problem.path, profile.paths.program) &&
                         !under_any(problem.path, profile.paths.data) &&
                         !under_any(problem.path, profile.paths.generated);
    const bool moving = problem.code == Code::file_changed;
    const std::string name = problem.path.empty() ? "." : problem.path.bytes();
    const Severity severity = program ? Severity::high : moving ? Severity::info : Severity::medium;
    Finding& finding = findings.add(
        moving ? "changing-file" : "unreadable-file", name, severity,
        moving ? Text{"File changed while it was read", "文件在读取时发生变化"}
               : Text{"File could not be read", "文件无法读取"},
        {printable(name) + ": " + problem.detail.en, printable(name) + "：" + problem.detail.in(Language::chinese)},
        moving ? Text{"Data in use need nothing; a program file must stand still: find out who writes it.",
                      "数据文件可忽略；程序文件应保持不变，请查明写入者。"}
               : Text{"Run the survey as root or as the account of the application.", "请以 root 或应用账号运行调研。"},
        {"A2", "A3"});
    finding.blocking = program;
    finding.audience = "administrator";
  }
}

void find_odd_files(const Profile& profile, const Manifest& files, Findings& findings) {
  std::map<std::string, std::vector<std::string>> names;  // program, data
  std::vector<std::string> writable;
  for (const auto& [path, entry] : files.items()) {
    const bool data = under_any(path, profile.paths.data);
    if (!is_utf8(path.bytes())) names[data ? "data" : "program"].push_back(path.bytes());
    if (!data && entry.type != EntryType::link && (entry.mode & 0002U) != 0 && (entry.mode & 01000U) == 0 &&
        under_any(path, profile.paths.program))
      writable.push_back(path.bytes());
  }
  for (const auto& [area, list] : names)
    findings.add("non-utf8-names", area, area == "data" ? Severity::info : Severity::low,
                 {"Names that are no UTF-8 (" + std::to_string(list.size()) + ")",
                  "非 UTF-8 文件名（" + std::to_string(list.size()) + " 个）"},
                 listing(list),
                 {"Ferry keeps their bytes; check that the new version finds them (locale, JVM options).",
                  "升级保留原字节；请确认新版本能找到这些文件（区域设置、JVM 参数）。"},
                 {"A3.1"});
  if (writable.empty()) return;
  findings
      .add("world-writable", "", Severity::low,
           {"Everybody may change program files (" + std::to_string(writable.size()) + ")",
            "任何人可修改程序文件（" + std::to_string(writable.size()) + " 个）"},
           listing(writable), {"Take the right away: chmod o-w.", "请收回权限：chmod o-w。"}, {"A3"})
      .audience = "administrator";
}

}  // namespace ferry
