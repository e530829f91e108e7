// The condition about the licence (B6.2): the one read back in the rehearsal, and the one for production on its way.
#include <algorithm>

#include "project/fields.h"
#include "project/gate_conditions.h"

namespace ferry::conditions {
namespace {

const Text apply_anew{
    "Apply with the customer name exactly as in the contract ('ferry licence apply'), name the file in the environment "
    "(licence_file), then rehearse: it is read back there.",
    "请按合同客户名称申请（“ferry licence apply”），填入环境文件的 licence_file，然后做测试升级：届时读回许可证。"};

// What ends soon after the go-live would pass every check of today.
Text too_short(const GateInput& input, const std::optional<Date>& expires) {
  if (!expires) return {};
  const Moment end = std::max(input.now, input.project.window ? input.project.window->end : input.now);
  if (Moment(*expires + std::chrono::days(1)) <= end)
    return {"it ends on " + to_string(*expires), "许可证于 " + to_string(*expires) + " 到期"};
  if (Moment(*expires + std::chrono::days(1)) < end + input.project.limits.licence)
    return {"it ends on " + to_string(*expires) + ", less than " + human_duration(input.project.limits.licence) +
                " after the window (limits.licence)",
            "许可证于 " + to_string(*expires) + " 到期，距停机窗口结束不足 " +
                human_duration(input.project.limits.licence) + "（limits.licence）"};
  return {};
}

Text shortfalls(const GateInput& input, const LicenceFact& fact) {
  auto found = licence_shortfalls(input.project.licence, fact.users, fact.modules, fact.expires);
  const Text soon = too_short(input, fact.expires);
  if (!soon.empty()) found.insert(found.begin(), soon);
  return found.empty() ? Text{} : list_of(found);
}

struct Delivery {
  ConditionState state = ConditionState::met;
  Text why, remedy;
};

// The licence for production, where its application is followed here.
Delivery delivery(const GateInput& input) {
  if (!input.application) return {};
  const auto& wanted = *input.application;
  const auto day = to_string(std::chrono::floor<std::chrono::days>(wanted.applied));
  const std::string promised = wanted.promised ? ", promised for " + to_string(*wanted.promised) : "";
  const std::string promised_zh = wanted.promised ? "，承诺 " + to_string(*wanted.promised) : "";
  if (!wanted.received && !wanted.installed)
    return {ConditionState::missing,
            {"the licence for production was applied for on " + day + promised + " and is not here yet",
             "正式环境许可证已于 " + day + " 申请" + promised_zh + "，尚未收到"},
            {"When it is here: 'ferry licence receive " + wanted.environment + " FILE'.",
             "收到后执行 “ferry licence receive " + wanted.environment + " 文件”。"}};
  if (wanted.received && !wanted.installed && input.licence_file != wanted.file)
    return {ConditionState::unmet,
            {input.licence_file ? "production's environment names another licence file than the one received"
                                : "production's environment does not name the licence file received",
             input.licence_file ? "正式环境文件中的 licence_file 不是所收到的许可证文件"
                                : "正式环境文件未填写所收到的许可证文件"},
            {"Name it under licence_file and make the plan anew.", "请填入 licence_file 并重新制定方案。"}};
  if (wanted.contract_name != input.project.contract_name)
    return {ConditionState::unmet,
            {"it was applied for as '" + wanted.contract_name + "', the contract says '" + input.project.contract_name +
                 "'",
             "申请的客户名称为“" + wanted.contract_name + "”，合同为“" + input.project.contract_name + "”"},
            apply_anew};
  return {};
}

}  // namespace

Condition licence(const GateInput& input) {
  Rule rule("licence", {"B6.2"}, {"The licence for the new version is valid", "新版本许可证有效"});
  if (!input.needs_licence) return rule.met({"the product needs none", "该产品无需许可证"});
  const auto coming = delivery(input);
  if (coming.state == ConditionState::missing) return rule.missing(coming.why, coming.remedy);
  if (coming.state == ConditionState::unmet) return rule.unmet(coming.why, coming.remedy);
  if (!input.licence) return rule.missing({"no licence has been checked", "尚未校验许可证"}, apply_anew);
  const auto& fact = *input.licence;
  rule.measured(fact.checked);
  if (!fact.valid) return rule.unmet({"it is not valid: " + fact.problem, "许可证无效：" + fact.problem}, apply_anew);
  if (fact.customer != input.project.contract_name)
    return rule.unmet(
        {"it is made out to '" + fact.customer + "', the contract says '" + input.project.contract_name + "'",
         "许可证客户名称为“" + fact.customer + "”，合同为“" + input.project.contract_name + "”"},
        apply_anew);
  const Text short_of = shortfalls(input, fact);
  if (!short_of.empty()) return rule.unmet(short_of, apply_anew);
  if (older_than(fact.checked, input.project.limits.approval, input.now))
    return rule.stale({"it was checked too long ago", "校验已过期"}, apply_anew);
  Text why{"made out to " + fact.customer, "客户名称 " + fact.customer};
  if (fact.users) {
    why.en += ", " + std::to_string(*fact.users) + " users";
    why.zh += "，" + std::to_string(*fact.users) + " 用户";
  }
  if (fact.expires) {
    why.en += ", until " + to_string(*fact.expires);
    why.zh += "，有效期至 " + to_string(*fact.expires);
  }
  return rule.met(why);
}

}  // namespace ferry::conditions
