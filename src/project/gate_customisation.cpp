// The condition about what the vendor returned (B3): each of the customer's changes that were handed over is in it.
#include <algorithm>

#include "project/gate_conditions.h"

namespace ferry::conditions {
namespace {

// The packages looked at are those of the plan: another set says nothing.
bool same_packages(const GateInput& input, const CustomisationReturn& fact) {
  if (!input.plan) return true;
  for (const auto& package : input.plan->recipe.packages)
    if (std::find(fact.packages.begin(), fact.packages.end(), package.digest.hex()) == fact.packages.end())
      return false;
  return true;
}

}  // namespace

Condition customisation(const GateInput& input) {
  Rule rule("customisation", {"B3", "A2.1"},
            {"What the vendor returned contains each of the customer's changes", "厂商返回的包包含客户的每一处改动"});
  const Text look{"Look at what was returned with 'ferry customisation check'.",
                  "请用 “ferry customisation check” 核对返回的包。"};
  const auto& fact = *input.customisation;
  rule.from(fact.bundle.hex());
  const std::string count = std::to_string(fact.changes.size());
  if (!fact.looked)
    return rule.missing({count + " changes were handed to the vendor; nothing that came back was looked at",
                         count + " 处改动已交给厂商，尚未核对返回内容"},
                        look);
  rule.measured(*fact.looked);
  if (!same_packages(input, fact))
    return rule.stale({"the recipe holds packages that were not looked at", "配方中有未核对过的包"}, look);
  std::vector<Text> open;
  for (const auto& one : fact.returned)
    if (is_open(one.state))
      open.push_back({printable(one.path.bytes()) + " (" + title_of(one.state).en + ")",
                      printable(one.path.bytes()) + "（" + title_of(one.state).zh + "）"});
  if (!open.empty()) {
    const Text list = list_of(open);
    return rule.unmet(
        list, {"Return it to the vendor; what somebody has looked at and answers for: 'ferry customisation accept'.",
               "请退回厂商补齐；经人工核对并负责的：“ferry customisation accept”。"});
  }
  return rule.met({"all " + count + " changes accounted for", count + " 处改动均已落实"});
}

}  // namespace ferry::conditions
