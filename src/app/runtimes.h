// What a version needs to run on, asked before a plan is accepted, and once more before the version is started.
#pragma once
#include <string>
#include <vector>

#include "app/workspace.h"
#include "model/plan.h"

namespace ferry {

// What is still to be changed until the version is started: of this jump and of those before it.
using ComingChanges = std::vector<const std::vector<PlannedChange>*>;

// What services, migration and the jump's packages demand for `version`. A runtime inside the root that the changes to
// come bring or replace can't be asked yet: its `version` stays empty.
// Throws Error(wrong_runtime) that names what is there, what is wanted and by whom, for all that do not fit.
std::vector<PlannedRuntime> require_runtimes(const Target& target, const Version& version,
                                             const std::vector<Package>& packages, const ComingChanges& coming);

// The same after the switch: nothing is left to be brought.
void require_runtimes_now(const Target& target, const Version& version, const std::vector<Package>& packages);

}  // namespace ferry
