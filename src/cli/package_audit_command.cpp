#include <fmt/format.h>

#include "app/package_audit.h"
#include "app/surveying.h"
#include "cli/command_line.h"
#include "cli/tables.h"

namespace ferry::cli {
namespace {

Text file_state_text(FileState state) {
  switch (state) {
    case FileState::right:
      return {"as expected", "符合"};
    case FileState::decided:
      return {"as decided", "按处置决定"};
    case FileState::overwritten:
      return {"overwritten", "被覆盖"};
    case FileState::unrecorded:
      return {"not recorded", "未记录"};
    case FileState::changed:
      return {"changed", "已改动"};
    case FileState::missing:
      return {"missing", "缺失"};
    case FileState::left_over:
      return {"left over", "应删未删"};
    case FileState::foreign:
      return {"foreign", "外来"};
  }
  return {};
}

Text outcome_text(Outcome outcome) {
  if (outcome == Outcome::passed) return {"its check passed", "验证项通过"};
  return outcome == Outcome::not_run ? Text{"no result of its check", "验证项尚无结果"}
                                     : Text{"its check FAILED", "验证项未通过"};
}

void show_packages(CommandLine& line, const PackageAudit& audit, Output& out) {
  std::vector<Row> rows{{line.say({"package", "包"}), line.say({"state", "状态"}), line.say({"said by", "依据"}),
                         line.say({"files", "文件"})}};
  for (const auto& package : audit.packages) {
    std::string by = package.recorded ? line.say({"product", "产品记录"}) : "";
    if (!package.run.empty()) by += (by.empty() ? "" : ", ") + package.run;
    rows.push_back({package.id, line.say(package_state_text(package.state)), by, line.say(package.text)});
  }
  for (const auto& id : audit.unknown)
    rows.push_back({id, line.say({"not known here", "此处没有该包"}), line.say({"product", "产品记录"}), ""});
  if (rows.size() > 1)
    out.lines = table(rows);
  else
    out.lines.push_back(line.say({"no package is said to be there", "没有任何包的安装记录"}));
  for (const auto& claim : audit.claims)
    out.lines.push_back(claim.package + line.say({" claims to solve ", " 声称解决 "}) + claim.about +
                        line.say({": ", "："}) + line.say(outcome_text(claim.outcome)) +
                        (claim.environment.empty() ? "" : "  (" + claim.environment + ", " + claim.at + ")"));
}

void show_files(CommandLine& line, const std::vector<FileAttribution>& files, bool all, Output& out) {
  for (const auto& file : files) {
    // What is as decided, and the customer's own, is what the survey is for.
    if (!all && (file.state == FileState::decided || file.state == FileState::foreign)) continue;
    const auto none = std::string("-");
    out.lines.push_back(fmt::format("  {}: {}  ({} {}, {} {})", printable(file.path.bytes()),
                                    line.say(file_state_text(file.state)), line.say({"expected", "应为"}),
                                    file.expected.empty() ? none : file.expected, line.say({"found", "实为"}),
                                    file.found.empty() ? none : file.found));
  }
}

Output show(CommandLine& line, const PackageAuditOutcome& found, bool all) {
  Output out;
  const auto& audit = found.audit;
  show_packages(line, audit, out);
  if (!audit.compared)
    out.lines.push_back(line.say(
        {"! no baseline: files that no package knows can't be told", "！没有基线：无法识别不属于任何包的文件"}));
  show_files(line, found.files, all, out);
  for (const auto& finding : audit.findings) {
    out.lines.push_back("! " + line.say(finding.title) + "  " + finding.key);
    out.lines.push_back("    " + line.say(finding.detail));
    out.lines.push_back("    → " + line.say(finding.remedy));
  }
  out.json = Json(audit);
  out.json["holds"] = audit.holds();
  out.json["attribution"] = Json::array();
  for (const auto& file : found.files)
    out.json["attribution"].push_back({{"path", escape(file.path.bytes())},
                                       {"state", std::string(name_of(file.state))},
                                       {"expected", file.expected},
                                       {"found", file.found}});
  out.status = audit.holds() ? 0 : info(Code::check_failed).exit_status;
  return out;
}

}  // namespace

void add_package_audit(CommandLine& line, CLI::App* package) {
  struct Options {
    std::string environment;
    bool survey = false, check = false, all = false;
  };
  auto options = std::make_shared<Options>();
  auto* audit =
      line.verb(package, "audit",
                {"which packages are really there, and whether they have solved what they claim",
                 "实际安装了哪些包，是否解决了其声称的问题"},
                [&line, options] {
                  auto& workspace = line.workspace();
                  const auto target = workspace.target(options->environment);
                  if (options->survey) survey_environment(workspace, target, line.reporter());
                  return show(line, audit_packages(workspace, target, options->check, line.reporter()), options->all);
                });
  audit->add_option("environment", options->environment)->required();
  audit->add_flag("--survey", options->survey, line.say({"survey first", "先重新调研"}));
  audit->add_flag(
      "--check", options->check,
      line.say({"run the checks of what the packages claim to solve again", "重新执行各包声称解决的问题的验证项"}));
  audit->add_flag("--all", options->all,
                  line.say({"list also what is as decided, and foreign files", "同时列出按决定处置的文件与外来文件"}));
}

}  // namespace ferry::cli
