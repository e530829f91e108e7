// What a version needs to run on, asked before a plan is accepted, and once more before the version is started.
#pragma once
#include <string>
#include <vector>

#include "app/workspace.h"
#include "model/plan.h"

namespace ferry {

// What services, migration and packages demand for `jump`; the packages are those of the whole recipe. A runtime that
// the jump's changes bring or replace (inside the root) can't be asked yet: its `version` stays empty.
// Throws Error(wrong_runtime) that names what is there, what is wanted and by whom, for all that do not fit.
std::vector<PlannedRuntime> require_runtimes(const Target& target, const JumpView& jump,
                                             const std::vector<Package>& packages);

// The same after the switch: nothing is left to be brought.
void require_runtimes_now(const Target& target, const JumpView& jump, const std::vector<Package>& packages);

}  // namespace ferry
