// Conditions about what people have decided, signed and agreed.
#include <algorithm>

#include "base/error.h"
#include "project/fields.h"
#include "project/gate_conditions.h"

namespace ferry::conditions {
namespace {

std::string name_of_person(const Project& project, const std::string& id) {
  const Person* person = project.find_person(id);
  return person == nullptr ? id : person->name;
}

Date today(const GateInput& input) {
  return std::chrono::floor<std::chrono::days>(input.now);
}

// The newest signature of a department that its signer gave.
const Acceptance* newest_acceptance(const GateInput& input, const Department& department) {
  const Acceptance* newest = nullptr;
  for (const auto& item : input.acceptances)
    if (item.department == department.id && item.by.person == department.signer &&
        (newest == nullptr || item.at >= newest->at))
      newest = &item;
  return newest;
}

std::optional<Moment> first_rehearsed(const GateInput& input) {
  std::optional<Moment> first;
  for (const auto& fact : input.rehearsals)
    if (fact.recipe == input.recipe && fact.finished && (!first || fact.ended < *first)) first = fact.ended;
  return first;
}

struct Signatures {
  std::vector<Text> missing, refused, stale;
};

Signatures signatures(const GateInput& input, Rule& rule) {
  Signatures out;
  const auto tested = first_rehearsed(input);
  for (const auto& department : input.project.departments) {
    const Text title = department.title.empty() ? Text{department.id, department.id} : department.title;
    const Acceptance* signature = newest_acceptance(input, department);
    if (signature == nullptr) {
      out.missing.push_back(title);
      continue;
    }
    rule.from(signature->id).measured(signature->at);
    if (signature->by.proof == Actor::Proof::asserted) rule.asserted();
    if (signature->recipe != input.recipe || !tested || signature->at < *tested)
      out.stale.push_back(title);
    else if (!signature->accepted)
      out.refused.push_back({title.en + ": " + signature->comment, title.zh + "：" + signature->comment});
  }
  return out;
}

struct StandbyFaults {
  std::vector<Text> unmet, stale;
  bool developer = false;
};

StandbyFaults standby_faults(const GateInput& input, const DowntimeWindow& window, Rule& rule) {
  StandbyFaults out;
  for (const auto& entry : input.project.standby) {
    const Person* person = input.project.find_person(entry.person);
    const std::string name = name_of_person(input.project, entry.person);
    if (entry.remote_access_tested_at) rule.measured(*entry.remote_access_tested_at);
    if (!entry.confirmed_at)
      out.unmet.push_back({name + " has not confirmed", name + " 尚未确认"});
    else if (!entry.remote_access_tested_at)
      out.unmet.push_back({"the remote access of " + name + " has not been tried", name + " 的远程接入未测试"});
    else if (entry.expires && *entry.expires < window.end)
      out.unmet.push_back(
          {"the remote access of " + name + " ends before the window does", name + " 的远程接入在窗口结束前到期"});
    else if (older_than(*entry.remote_access_tested_at, input.project.limits.remote_access, input.now))
      out.stale.push_back({"the remote access of " + name + " was tried too long ago", name + " 的远程接入测试已过久"});
    else
      out.developer |= person != nullptr && person->has(Role::developer);
  }
  return out;
}

}  // namespace

Condition project(const GateInput& input) {
  Rule rule("project", {"A4", "B1"}, {"The project is complete", "升级项目完整"});
  const auto found = problems(input.project, input.tasks);
  if (found.empty())
    return rule.met(
        {"owner, responsible persons, approvers and departments are named", "已指定负责人、任务责任人、审批人和部门"});
  std::vector<Text> messages;
  for (const auto& problem : found) messages.push_back(problem.message);
  return rule.unmet(list_of(messages), found.front().remedy);
}

Condition decisions(const GateInput& input) {
  Rule rule("decisions", {"A2.1"},
            {"Every customisation in the way has a decision", "每项相冲突的二次开发都有处置决定"}, false);
  const Text remedy{"Compose the recipe and decide with 'ferry decision set'.",
                    "请组合升级配方并用 “ferry decision set” 作出决定。"};
  if (input.recipe.empty()) return rule.missing({"there is no recipe yet", "尚无升级配方"}, remedy);
  if (input.undecided.empty()) return rule.met({"nothing is undecided", "没有未决项"});
  std::vector<Text> items;
  for (const auto& item : input.undecided) items.push_back({item, item});
  const Text list = list_of(items);
  return rule.unmet({"undecided: " + list.en, "未决：" + list.zh}, remedy);
}

Condition findings(const GateInput& input) {
  Rule rule("findings", {"A1.1", "A3"}, {"No finding of the survey forbids the upgrade", "调研没有阻止升级的发现项"});
  const Text remedy{"Survey production with 'ferry survey run'.", "请用 “ferry survey run” 调研正式环境。"};
  if (!input.production_surveyed) return rule.missing({"production has not been surveyed", "尚未调研正式环境"}, remedy);
  rule.measured(*input.production_surveyed);
  std::vector<Text> blocking;
  for (const auto& finding : input.findings)
    if (finding.blocking) blocking.push_back(finding.title);
  if (!blocking.empty())
    return rule.unmet(list_of(blocking), {"Remove the cause named by each finding, then survey again.",
                                          "请消除各发现项所列原因后重新调研。"});
  if (older_than(*input.production_surveyed, input.project.limits.survey, input.now))
    return rule.stale({"the survey is too old", "调研结果已过期"}, remedy);
  return rule.met({"no blocking finding", "没有阻止升级的发现项"});
}

Condition acceptance(const GateInput& input) {
  Rule rule("acceptance", {"B8", "A5.1"}, {"Every department has tested and signed", "各部门均已测试并签字"});
  const auto signed_by = signatures(input, rule);
  const Text remedy{"Each department's signer signs with 'ferry acceptance sign'.",
                    "由各部门签字人用 “ferry acceptance sign” 签字。"};
  const auto about = [](const char* en, const char* zh, const std::vector<Text>& items) {
    const Text list = list_of(items);
    return Text{en + list.en, zh + list.zh};
  };
  if (input.project.departments.empty())
    return rule.missing({"the project names no department", "项目未指定验收部门"}, remedy);
  if (!signed_by.refused.empty())
    return rule.unmet(
        about("refused: ", "拒绝：", signed_by.refused),
        {"Solve what was found, rehearse, have it tested again.", "请解决所提问题，重新测试升级并再次验收。"});
  if (!signed_by.missing.empty()) return rule.missing(about("not signed: ", "未签字：", signed_by.missing), remedy);
  if (!signed_by.stale.empty())
    return rule.stale(about("signed for another recipe or before it was rehearsed: ",
                            "签字针对其他配方或早于测试升级：", signed_by.stale),
                      remedy);
  if (!input.test_began)
    return rule.missing({"it is not known when the customer's test began", "未记录客户测试的开始日期"}, remedy);
  const int days =
      input.project.calendar.working_days(std::chrono::floor<std::chrono::days>(*input.test_began), today(input));
  const std::string have = std::to_string(days), need = std::to_string(input.project.test_days);
  if (days < input.project.test_days)
    return rule.unmet({"tested for " + have + " of " + need + " agreed working days",
                       "约定测试 " + need + " 个工作日，目前 " + have + " 个"},
                      {"Let the customer test for the agreed time.", "请按约定时间完成客户测试。"});
  return rule.met({"all departments have signed after " + have + " working days of test",
                   "测试 " + have + " 个工作日后各部门均已签字"});
}

Condition approval(const GateInput& input) {
  Rule rule("approval", {"C1", "D5"}, {"Recipe and plan are approved", "升级配方和方案已审批"}, false);
  const Text remedy{"An approver of the project approves with 'ferry plan approve'.",
                    "由项目审批人用 “ferry plan approve” 审批。"};
  if (!input.plan) return rule.missing({"there is no plan to approve", "尚无可审批的方案"}, remedy);
  const auto state =
      approval_state(input.project, input.approvals, input.recipe, input.plan->digest(), input.plan_author, input.now);
  for (const auto& approval : state.valid) rule.from(approval.id).measured(approval.at);
  if (state.asserted) rule.asserted();
  const std::string have = std::to_string(state.valid.size()), need = std::to_string(state.needed);
  std::vector<Text> why;
  for (const auto& [approval, problem] : state.rejected) {
    const auto name = name_of_person(input.project, approval.by.person);
    why.push_back({name + ": " + problem.en, name + "：" + problem.zh});
  }
  const Text rejected = list_of(why);
  const Text count{have + " of " + need + " approvals" + (why.empty() ? "" : " (not counted: " + rejected.en + ")"),
                   "审批 " + have + "/" + need + (why.empty() ? "" : "（不计入：" + rejected.zh + "）")};
  if (state.enough) return rule.met(count);
  if (input.approvals.empty()) return rule.missing(count, remedy);
  return state.stale ? rule.stale(count, remedy) : rule.unmet(count, remedy);
}

Condition standby(const GateInput& input) {
  Rule rule("standby", {"A5.4", "C1.3"},
            {"Technicians, a developer among them, are on standby", "技术人员（含开发）已确认待命"});
  const Text remedy{"Enter confirmation and a fresh test of the remote access under 'standby' in the project file.",
                    "请在项目文件的 standby 中填写确认时间和最近的远程接入测试。"};
  if (!input.project.window)
    return rule.missing({"there is no window to be on standby for", "尚未确定停机窗口"}, remedy);
  if (input.project.standby.empty()) return rule.missing({"nobody is on standby", "无人待命"}, remedy);
  const auto faults = standby_faults(input, *input.project.window, rule);
  if (!faults.unmet.empty()) return rule.unmet(list_of(faults.unmet), remedy);
  if (!faults.stale.empty()) return rule.stale(list_of(faults.stale), remedy);
  if (!faults.developer) return rule.unmet({"no developer is among them", "待命人员中没有开发人员"}, remedy);
  const std::string count = std::to_string(input.project.standby.size());
  return rule.met({count + " confirmed, remote access tried", count + " 人已确认，远程接入已测试"});
}

Condition date(const GateInput& input) {
  Rule rule("date", {"A5", "E12"}, {"The date is possible", "日期可行"});
  const Text remedy{"Choose a possible date ('ferry project plan').", "请选择可行的日期（“ferry project plan”）。"};
  if (!input.schedule) return rule.missing({"there is no schedule", "尚无进度计划"}, remedy);
  if (!input.project.go_live && !input.project.window) return rule.missing({"no date is set", "未确定日期"}, remedy);
  rule.measured(input.schedule->today);
  if (input.schedule->today != today(input))
    return rule.stale({"the schedule was computed on another day", "进度计划不是当日计算的"}, remedy);
  const Date asked = input.project.go_live.value_or(
      input.project.window ? Date(std::chrono::floor<std::chrono::days>(input.project.window->start)) : Date());
  const auto answer = check_go_live(*input.schedule, asked);
  return answer.possible ? rule.met(answer.explanation) : rule.unmet(answer.explanation, remedy);
}

Condition two_days(const GateInput& input) {
  Rule rule("two-days", {"C3"}, {"All of production fits in two working days", "正式升级全程不超过两个工作日"});
  if (!input.schedule)
    return rule.missing({"there is no schedule", "尚无进度计划"},
                        {"Give the project a start date.", "请填写项目开始日期。"});
  const int half_days = input.schedule->production_half_days;
  const std::string days = std::to_string(half_days / 2) + (half_days % 2 == 1 ? ".5" : "");
  const Text why{days + " working days of production tasks", "正式升级任务共 " + days + " 个工作日"};
  if (half_days <= 4) return rule.met(why);
  return rule.unmet(
      why, {"Do part of it before the window, or agree on a longer one.", "请将部分工作提前，或商定更长的窗口。"});
}

}  // namespace ferry::conditions
