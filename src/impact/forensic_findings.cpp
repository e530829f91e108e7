#include <fmt/format.h>

#include "impact/forensics.h"
#include "survey/findings.h"

namespace ferry {
namespace {

const std::vector<std::string> covers{"C5.1"};

Text state_text(const FileAttribution& file) {
  switch (file.state) {
    case FileState::overwritten:
      return {"content of " + file.found, "内容来自 " + file.found};
    case FileState::unrecorded:
      return {"content of " + file.found + ", which nobody recorded", "内容来自未记录的 " + file.found};
    case FileState::missing:
      return {"missing", "缺失"};
    case FileState::left_over:
      return {"should be gone", "应已删除"};
    default:
      return {"content of no package", "内容不属于任何包"};
  }
}

// The first few, in both languages; the command shows all.
Text wrong_files(const Forensics& forensics, const std::string& package) {
  constexpr std::size_t most = 5;
  std::size_t seen = 0;
  Text out;
  for (const auto& file : forensics.files) {
    if (file.expected != package || file.state == FileState::right || file.state == FileState::decided) continue;
    if (++seen > most) continue;
    const auto state = state_text(file);
    const auto path = printable(file.path.bytes());
    out.en += (out.en.empty() ? ": " : "; ") + path + " (" + state.en + ")";
    out.zh += (out.zh.empty() ? "：" : "；") + path + "（" + state.zh + "）";
  }
  if (seen > most) {
    out.en += fmt::format("; {} more", seen - most);
    out.zh += fmt::format("；另有 {} 个", seen - most);
  }
  return out;
}

void add_verdict(const Forensics& forensics, const PackageVerdict& verdict, Findings& findings) {
  const auto more = wrong_files(forensics, verdict.id);
  const Text detail{verdict.id + ": " + verdict.text.en + more.en, verdict.id + "：" + verdict.text.zh + more.zh};
  switch (verdict.state) {
    case PackageState::present:
      return;
    case PackageState::superseded:
      findings.add("package-superseded", verdict.id, Severity::info, {"Package superseded", "包已被取代"}, detail,
                   {"Nothing to do.", "无需处理。"}, covers);
      return;
    case PackageState::unrecorded:
      findings.add("package-unrecorded", verdict.id, Severity::medium,
                   {"Files of a package that nobody has recorded", "存在未记录安装的包的文件"}, detail,
                   {"Find out who laid it, and whether all of it and its scripts; then lay it again by Ferry.",
                    "请查明由谁安装、是否完整（含脚本），再用 Ferry 重新安装。"},
                   covers);
      return;
    case PackageState::missing:
      findings.add("package-missing", verdict.id, Severity::high,
                   {"A package that is said to be applied is not there", "记录为已安装的包并不存在"}, detail,
                   {"What it solves is not solved: lay it again.", "其解决的问题并未解决：请重新安装。"}, covers);
      return;
    case PackageState::partly_applied:
      findings.add("package-partly-applied", verdict.id, Severity::high,
                   {"A package is there in part only", "包只安装了一部分"}, detail,
                   {"Find out what has replaced its files, then lay it again.", "请查明其文件被何物替换，再重新安装。"},
                   covers);
      return;
  }
}

void add_files(const Forensics& forensics, FileState state, const char* rule, const Text& title, const Text& remedy,
               Findings& findings) {
  std::vector<std::string> paths;
  for (const auto& file : forensics.files)
    if (file.state == state) paths.push_back(file.path.bytes());
  if (paths.empty()) return;
  const auto number = std::to_string(paths.size());
  findings.add(rule, "", Severity::medium, {title.en + " (" + number + ")", title.zh + "（" + number + " 个）"},
               listing(paths), remedy, covers);
}

}  // namespace

std::vector<Finding> forensic_findings(const Forensics& forensics, const std::vector<std::string>& unknown) {
  Findings findings;
  for (const auto& verdict : forensics.packages) add_verdict(forensics, verdict, findings);
  for (const auto& id : unknown)
    findings.add("package-unknown", id, Severity::low,
                 {"Said to be applied, and not known here", "记录为已安装，但此处没有该包"}, {id, id},
                 {"Where its files matter, ask the vendor for it and add it: then it is judged too.",
                  "如需核对，请向厂商索取并加入项目，之后即可核对。"},
                 covers);
  add_files(forensics, FileState::changed, "unknown-content",
            {"Files whose content comes from no package", "内容不属于任何包的文件"},
            {"Customised, or a patch that nobody recorded: the survey tells which files the customer has changed.",
             "客户二次开发，或未记录的补丁：可对照调研结果。"},
            findings);
  add_files(
      forensics, FileState::foreign, "foreign-files",
      {"Files that no package and no baseline knows", "包与基线均未包含的文件"},
      {"The customer's own, or of a patch that nobody recorded: find out.", "客户自有文件，或未记录的补丁：请查明。"},
      findings);
  return std::move(findings).sorted();
}

}  // namespace ferry
