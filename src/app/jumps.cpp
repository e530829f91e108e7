#include "app/jumps.h"

#include <algorithm>

#include "base/error.h"

namespace ferry {

PlanRequest request_of(const JumpStart& start, const Recipe& jump, const std::vector<Package>& packages,
                       const Target& target) {
  PlanRequest out{start.inventory,
                  start.installed,
                  jump,
                  packages,
                  target.profile,
                  target.environment,
                  nullptr,
                  nullptr,
                  {},
                  {},
                  {},
                  {}};
  if (start.base) out.base = &*start.base;
  out.base_partial = start.base_partial;
  if (start.compared) out.compared = &*start.compared;
  return out;
}

void require_new_scripts(const JumpStart& start, const std::vector<Package>& packages) {
  for (const auto& package : packages)
    for (const auto& script : package.scripts) {
      const auto known = start.scripts.find(script.name);
      if (known != start.scripts.end() && known->second != script.digest)
        throw Error(Code::package_conflict, script.name,
                    Text{"the packages of two jumps bring different scripts of this name, and the product knows the "
                         "applied ones by name: it would take the second for applied",
                         "两个升级跳的包带有同名而内容不同的脚本，产品按名称记录已执行的脚本，会误认为第二个已执行"});
    }
}

void go_on(JumpStart& start, const Plan& plain, const Plan& laid, const std::vector<Package>& packages,
           const Profile& profile) {
  ++start.index;
  start.inventory.version = laid.recipe.to;
  start.compared = after_changes(start.compared ? *start.compared : start.installed, plain.changes);
  start.installed = after_changes(start.installed, laid.changes);
  if (!start.base) start.base_partial = true;
  start.base = vendor_files_after(start.base.value_or(Manifest()), packages, profile.paths.whole);
  for (const auto& change : plain.changes) start.made.insert_or_assign(change.path, change);
  const auto overlay = overlay_of(packages, profile.paths.whole);
  std::erase_if(start.vendor, [&](const auto& one) { return overlay.remover(one.first) != nullptr; });
  for (const auto& [path, file] : overlay.files) start.vendor[path] = file.package;
  if (profile.migration.applied_scripts_sql.empty()) return;
  for (const auto& script : laid.scripts) {
    start.inventory.scripts.push_back(script.name);
    start.scripts.emplace(script.name, script.digest);
  }
}

std::vector<Package> packages_of_jump(const Recipe& recipe, std::size_t index, const std::vector<Package>& all) {
  const auto wanted = recipe.hop(index).packages;
  std::vector<Package> out;
  for (const auto& one : wanted) {
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const Package& package) { return package.digest == one.digest; });
    if (found != all.end()) out.push_back(*found);
  }
  return out;
}

}  // namespace ferry
