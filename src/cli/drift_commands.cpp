#include <fmt/format.h>

#include "app/drift.h"
#include "app/planning.h"
#include "app/surveying.h"
#include "cli/command_line.h"

namespace ferry::cli {
namespace {

Text severity_text(Severity severity) {
  static const Text texts[] = {{"info", "提示"}, {"low", "低"}, {"medium", "中"}, {"high", "高"}};
  return texts[static_cast<std::size_t>(severity)];
}

Text standing(const Difference& difference) {
  if (difference.demand == Demand::nothing) return {"told only", "仅提示"};
  if (!difference.waiver.empty()) return {"accepted", "已认可"};
  return difference.demand == Demand::waiver ? Text{"closes the gate, may be accepted", "阻止放行，可豁免"}
                                             : Text{"closes the gate, needs a fresh clone", "阻止放行，须重建克隆"};
}

void show_difference(CommandLine& line, const Difference& difference, Output& out) {
  const char* mark = difference.open() ? "✗" : difference.waiver.empty() ? "·" : "~";
  out.lines.push_back(fmt::format("{} {} [{}, {}]", mark, line.say(difference.title),
                                  line.say(severity_text(difference.severity)), line.say(standing(difference))));
  out.lines.push_back("    " + line.say(difference.detail));
  if (!difference.waived.empty()) out.lines.push_back("    " + line.say(difference.waived));
  if (difference.open()) out.lines.push_back("    → " + line.say(difference.remedy));
  out.lines.push_back(line.say({"    key ", "    编号 "}) + difference.key);
}

void show_files(CommandLine& line, const Text& title, const std::vector<FileDifference>& files, Output& out) {
  if (files.empty()) return;
  out.lines.push_back(line.say(title));
  for (const auto& file : files)
    out.lines.push_back("  " + printable(file.path.bytes()) + line.say({": ", "："}) + line.say(file.describe()));
}

void show_plan_drift(CommandLine& line, Output& out) {
  auto& workspace = line.workspace();
  const Target production = workspace.production();
  if (!workspace.store().reference("plan/" + production.name())) return;
  const auto drift = drift_of_plan(workspace, production, current_plan(workspace, production.name()));
  if (!drift) return;
  out.json["plan"] = {{"touched", drift->touched}, {"outside", drift->outside}};
  show_files(line, {"Changed since the plan was made, and the plan touches it:", "制定方案后有变化，且方案触及："},
             drift->touched, out);
  show_files(line, {"Changed since the plan was made, outside of it:", "制定方案后有变化，但不在方案之内："},
             drift->outside, out);
}

Output show_drift(CommandLine& line, const std::string& clone, bool survey) {
  auto& workspace = line.workspace();
  if (survey) survey_environment(workspace, workspace.production(), line.reporter());
  const auto comparison = compare_with_production(workspace, clone);
  Output out;
  out.json = Json(comparison);
  out.lines.push_back(line.say(
      {fmt::format("production of {} beside {}, from which clone {} was made", comparison.now, comparison.then,
                   comparison.clone),
       fmt::format("正式环境（{}）与制作克隆 {} 时（{}）对比", comparison.now, comparison.clone, comparison.then)}));
  std::size_t open = 0;
  for (const auto& difference : comparison.differences) {
    open += difference.open() ? 1 : 0;
    show_difference(line, difference, out);
  }
  if (open > 0)
    out.lines.push_back(
        line.say({open == 1 ? "1 difference closes the gate" : fmt::format("{} differences close the gate", open),
                  fmt::format("{} 处差异阻止放行", open)}));
  else if (comparison.differences.empty())
    out.lines.push_back(line.say({"no difference", "没有差异"}));
  show_plan_drift(line, out);
  out.status = open > 0 ? info(Code::drift).exit_status : 0;
  return out;
}

Output waive_all(CommandLine& line, const std::vector<std::string>& keys, const std::string& reason, int days) {
  Output out;
  out.json = Json::array();
  for (const auto& key : keys) {
    const auto waiver =
        waive_difference(line.workspace(), key, reason, line.person(), std::chrono::hours(24 * std::int64_t{days}));
    out.json.push_back(waiver);
    out.lines.push_back(key);
    out.lines.push_back(line.say({"  asked for; an approver confirms it from his own account: ferry gate confirm ",
                                  "  已申请；由审批人以其本人账号确认：ferry gate confirm "}) +
                        waiver.id);
  }
  return out;
}

}  // namespace

void add_drift_commands(CommandLine& line) {
  struct Options {
    std::string clone, reason;
    std::vector<std::string> keys;
    int days = 7;
    bool survey = false;
  };
  auto options = std::make_shared<Options>();
  auto* noun = line.noun(
      "drift", {"production now beside production when the clone was made", "正式环境现状与制作克隆时的差异"});
  auto* show = line.verb(noun, "show",
                         {"each difference with its key, what it means and what to do", "逐项显示差异、影响与处理办法"},
                         [&line, options] { return show_drift(line, options->clone, options->survey); });
  show->add_option(
      "clone", options->clone,
      line.say({"clone; default: that of the rehearsal that counts", "克隆环境；默认为计入的测试升级所用者"}));
  show->add_flag("--survey", options->survey, line.say({"survey production first", "先调研正式环境"}));
  auto* waive = line.verb(noun, "waive", {"ask that exactly these differences be accepted", "申请仅就这些差异豁免"},
                          [&line, options] { return waive_all(line, options->keys, options->reason, options->days); });
  waive
      ->add_option("keys", options->keys,
                   line.say({"keys of differences ('ferry drift show')", "差异编号（见 ferry drift show）"}))
      ->required();
  waive->add_option("--reason", options->reason)->required();
  waive->add_option("--days", options->days)->check(CLI::Range(1, 60));
}

}  // namespace ferry::cli
