// What a run does to the files: staged while users work, switched, switched back. For the steps of a run only.
#pragma once
#include <vector>

#include "app/upgrade_steps.h"

namespace ferry {

std::vector<Package> packages_of_jump(const UpgradeRun& run, const Jump& jump);

// Everything of all jumps staged, and what a way back without Ferry needs kept beside the log.
Json prepare(const UpgradeRun& run, StepContext& context);
Json switch_files(const UpgradeRun& run, const Jump& jump, StepContext& context);
void switch_back(const UpgradeRun& run, const Jump& jump, StepContext& context);

}  // namespace ferry
