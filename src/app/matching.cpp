#include "app/matching.h"

#include "base/error.h"
#include "survey/findings.h"

namespace ferry {

void require_matching_databases(const Inventory& inventory) {
  for (const auto& finding : inventory.findings) {
    if (finding.rule != version_mismatch_rule) continue;
    const auto database = finding.key.substr(finding.rule.size() + 1);
    throw Error(
        Code::database_version,
        Text{"database " + database + " of " + inventory.environment, inventory.environment + " 的数据库 " + database},
        finding.detail);
  }
}

}  // namespace ferry
