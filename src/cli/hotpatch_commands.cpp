#include <fmt/format.h>

#include "app/hotpatch.h"
#include "app/planning.h"
#include "cli/command_line.h"
#include "cli/run_output.h"
#include "cli/tables.h"

namespace ferry::cli {
namespace {

struct Options {
  std::string environment, issue, reason;
  std::vector<std::string> packages;
};

Output show_plan_of(CommandLine& line, const HotPatchPlan& patch) {
  Output out;
  out.json = Json(patch.plan);
  out.json["digest"] = patch.plan.digest();
  out.json["restart"] = patch.restart;
  out.json["checks"] = patch.checks;
  for (const auto& text : plan_lines(patch.plan, true)) out.lines.push_back(line.say(text));
  out.lines.push_back(patch.restart ? line.say({"a short stop: what it touches is read at the start only",
                                                "需短暂停机：所触及的内容仅在启动时读取"})
                                    : line.say({"no stop: what it touches is served as it lies there",
                                                "无需停机：所触及的内容按原文件直接提供"}));
  std::string checks;
  for (const auto& id : patch.checks) checks += " " + id;
  out.lines.push_back(line.say({"checks:", "验证项："}) + checks);
  return out;
}

Output list_all(CommandLine& line) {
  Output out;
  out.json = Json::array();
  std::vector<Row> rows{{line.say({"run", "执行"}), line.say({"environment", "环境"}), line.say({"patches", "补丁"}),
                         line.say({"result", "结果"}), line.say({"by", "执行人"}), line.say({"when", "时间"})}};
  for (const auto& fact : hotpatches(line.workspace())) {
    out.json.push_back(fact);
    std::string packages;
    for (const auto& id : fact.packages) packages += (packages.empty() ? "" : " ") + id;
    rows.push_back({fact.run, fact.environment, packages,
                    fact.passed ? line.say({"passed", "通过"}) : line.say({"FAILED", "未通过"}), fact.person, fact.at});
  }
  out.lines = table(rows);
  return out;
}

void add_packages(CommandLine& line, CLI::App* command, const std::shared_ptr<Options>& options) {
  command->add_option("environment", options->environment)->required();
  command
      ->add_option("packages", options->packages,
                   line.say({"ids of patches ('ferry package list')", "补丁编号（见 ferry package list）"}))
      ->required();
}

}  // namespace

void add_hotpatch_commands(CommandLine& line) {
  auto options = std::make_shared<Options>();
  auto* noun = line.noun("hotpatch", {"the short route of a patch between releases", "版本之间补丁的短流程"});
  const auto target = [&line, options] { return line.workspace().target(options->environment); };
  auto* plan = line.verb(noun, "plan",
                         {"what it would change, with a stop or without, and which checks it touches",
                          "将更改什么、是否停机、涉及哪些验证项"},
                         [&line, options, target] {
                           return show_plan_of(line, plan_hotpatch(line.workspace(), target(), options->packages,
                                                                   line.person(), line.reporter()));
                         });
  auto* start = line.verb(
      noun, "start", {"on a clone: the trial; on production only after it", "在克隆上试装；通过后方可用于正式环境"},
      [&line, options, target] {
        const auto there = target();
        if (there.is_production())
          line.confirm({"Patch " + there.name() + " now?", "现在为 " + there.name() + " 安装补丁？"});
        return show_run_state(
            line, start_hotpatch(line.workspace(), there, {options->packages, options->issue, line.person()},
                                 line.reporter()));
      });
  start->add_option("--issue", options->issue,
                    line.say({"issue that it repairs; its check is run too", "所修复的问题；其验证项也会执行"}));
  auto* waive = line.verb(
      noun, "waive", {"the owner asks to go without the trial on a clone", "项目负责人申请免除克隆试装"},
      [&line, options, target] {
        const auto waiver =
            waive_trial(line.workspace(), target(), options->packages, options->reason, line.person(), line.reporter());
        return Output{Json(waiver),
                      {line.say({"asked for; an approver confirms it from his own account: ferry gate confirm ",
                                 "已申请；由审批人以其本人账号确认：ferry gate confirm "}) +
                       waiver.id},
                      0};
      });
  waive->add_option("--reason", options->reason)->required();
  for (auto* command : {plan, start, waive}) add_packages(line, command, options);
  line.verb(noun, "list", {"what became of hot patches", "热补丁执行记录"}, [&line] { return list_all(line); });
}

}  // namespace ferry::cli
