// The steps of a hot patch: those of an upgrade that it needs, and checks of what it touches only.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "app/upgrade_steps.h"

namespace ferry {

// prepare, observe, close, stop, point, switch, start, check, open; where nothing has to be restarted only prepare,
// observe, switch, check. Users are let in again when the checks have passed, without anybody's further yes.
//
// Nothing is ever restored from the copy of the databases by itself: a hot patch brings no script, so going back is the
// switch backwards, and what users have entered meanwhile stays.
//
// `checks`: those to run, written beside the run's log by the first step; empty when a run goes on: read from there.
std::vector<Step> hotpatch_steps(const std::shared_ptr<UpgradeRun>& run, const std::vector<std::string>& checks = {});

// False when every change lies below the profile's hotpatch.no_restart.
bool needs_restart(const Plan& plan, const Profile& profile);
// Ids of the checks that the changes touch, and of those that the packages say they solve.
std::vector<std::string> touched_checks(const Profile& profile, const Plan& plan,
                                        const std::vector<PackageMeta>& packages);
// Only the steps of a hot patch, for people.
std::vector<PlannedStep> hotpatch_plan_steps(const Plan& plan, bool restart);

}  // namespace ferry
