// From one jump of a recipe to the next: the state that a jump starts from is what the one before it leaves.
#pragma once
#include <map>
#include <optional>
#include <vector>

#include "app/workspace.h"
#include "impact/planner.h"

namespace ferry {

struct JumpStart {
  std::size_t index = 0;
  Inventory inventory;
  Manifest installed;                // as it stands there; on a clone with what was rewritten
  std::optional<Manifest> compared;  // before any rewriting; none: as installed
  std::optional<Manifest> base;      // the vendor's files of this version
  bool base_partial = false;         // the version installed has no baseline: known is only what jumps have laid
  std::map<RelativePath, PlannedChange> made;  // what earlier jumps made, before any rewriting
  std::map<RelativePath, std::string> vendor;  // package of an earlier jump that brought the vendor's present file
  std::map<std::string, Digest> scripts;       // of earlier jumps, where the product knows its scripts by name
};

// What the packages of this jump and the decisions make of it. `merged` and `statements` as in PlanRequest.
PlanRequest request_of(const JumpStart& start, const Recipe& jump, const std::vector<Package>& packages,
                       const Target& target);
// Error(package_conflict) when a script has the name of another one of an earlier jump: the product would take it for
// applied.
void require_new_scripts(const JumpStart& start, const std::vector<Package>& packages);

// `plain` is the plan before anything was rewritten or laid over, `laid` the one that is done.
void go_on(JumpStart& start, const Plan& plain, const Plan& laid, const std::vector<Package>& packages,
           const Profile& profile);

std::vector<Package> packages_of_jump(const Recipe& recipe, std::size_t index, const std::vector<Package>& all);

}  // namespace ferry
