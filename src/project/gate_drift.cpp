// Conditions about what changed in production: since the clone was made, and since the plan was made.
#include "base/counted.h"
#include "base/error.h"
#include "project/gate_conditions.h"

namespace ferry::conditions {
namespace {

Text lines_of(const std::vector<FileDifference>& files) {
  std::vector<Text> lines;
  for (const auto& file : files) {
    const auto name = printable(file.path.bytes());
    const Text what = file.describe();
    lines.push_back({name + ": " + what.en, name + "：" + what.zh});
  }
  return list_of(lines);
}

}  // namespace

// Whether that clone still is what production is: rehearsal = production, or say why not.
Condition same_as_clone(const GateInput& input) {
  Rule rule("same-as-clone", {"A5.1", "E7"},
            {"Production is what the clone was made from, or each difference is accepted",
             "正式环境与制作克隆时一致，或差异均已逐项认可"},
            false);
  if (!input.production_surveyed)
    return rule.missing({"production has not been surveyed", "尚未调研正式环境"},
                        {"Survey production with 'ferry survey'.", "请用 “ferry survey” 调研正式环境。"});
  if (!input.since_clone)
    return rule.missing({"it is not known from which state of production the clone of the rehearsal was made",
                         "无法得知测试升级所用克隆取自正式环境的哪个状态"},
                        rehearse_again);
  const auto& comparison = *input.since_clone;
  rule.from(comparison.backup).measured(*input.production_surveyed);
  std::vector<Text> open, accepted;
  for (const auto& difference : comparison.differences) {
    if (difference.asserted) rule.asserted();
    const Text line{difference.title.en + ": " + difference.detail.en + " [" + difference.key + "]",
                    difference.title.zh + "：" + difference.detail.zh + "【" + difference.key + "】"};
    if (difference.open())
      open.push_back(line);
    else if (!difference.waiver.empty())
      accepted.push_back(
          {line.en + ", accepted " + difference.waived.en, line.zh + "，已认可，" + difference.waived.zh});
  }
  const Text open_list = list_of(open), accepted_list = list_of(accepted);
  if (!open.empty())
    return rule.unmet(
        {counted(open.size(), "difference") + " since the clone was made: " + open_list.en,
         "制作克隆之后有 " + std::to_string(open.size()) + " 处变化：" + open_list.zh},
        {"'ferry drift show' tells each with its remedy: a fresh clone and a rehearsal, or a waiver for exactly that "
         "difference.",
         "“ferry drift show” 逐项列出差异与处理办法：重建克隆并测试升级，或仅就该项豁免。"});
  if (older_than(*input.production_surveyed, input.project.limits.survey, input.now))
    return rule.stale({"the survey is too old to know", "调研结果已过期"},
                      {"Survey production with 'ferry survey'.", "请用 “ferry survey” 调研正式环境。"});
  if (!accepted.empty()) {
    auto out = rule.met(accepted_list);
    out.state = ConditionState::waived;
    return out;
  }
  return rule.met({"as surveyed on " + comparison.then + " for backup " + comparison.backup,
                   "与 " + comparison.then + " 备份 " + comparison.backup + " 时的调研一致"});
}

Condition drift(const GateInput& input) {
  Rule rule("drift", {"D1"},
            {"What the plan touches is as it was when the plan was made", "方案所触及的文件与制定方案时一致"}, false);
  const Text survey{"Survey production with 'ferry survey'.", "请用 “ferry survey” 调研正式环境。"};
  const Text plan_again{"Find out who changed them; then make clone, rehearsal and plan anew.",
                        "请查明变更来源，然后重新克隆、演练并制定方案。"};
  if (!input.plan)
    return rule.missing({"there is no plan", "尚无方案"},
                        {"Make it with 'ferry plan make'.", "请用 “ferry plan make” 制定方案。"});
  if (!input.production_surveyed) return rule.missing({"production has not been surveyed", "尚未调研正式环境"}, survey);
  rule.measured(*input.production_surveyed);
  const bool same = input.plan->inventory_program == input.production_program;
  if (!same && !input.plan_drift)
    return rule.unmet({"program files changed since the plan was made", "制定方案后程序文件有变化"}, plan_again);
  if (input.plan_drift && !input.plan_drift->touched.empty()) {
    const Text list = lines_of(input.plan_drift->touched);
    return rule.unmet({"changed since the plan was made: " + list.en, "制定方案后有变化：" + list.zh}, plan_again);
  }
  if (older_than(*input.production_surveyed, input.project.limits.survey, input.now))
    return rule.stale({"the survey is too old to know", "调研结果已过期"}, survey);
  if (input.plan_drift && !input.plan_drift->outside.empty()) {
    const Text list = lines_of(input.plan_drift->outside);
    return rule.met({"nothing of it changed; outside of what the plan touches: " + list.en,
                     "所触及的文件没有变化；方案之外有变化：" + list.zh});
  }
  return rule.met({"program " + input.production_program.brief() + " in both",
                   "程序摘要一致：" + input.production_program.brief()});
}

}  // namespace ferry::conditions
