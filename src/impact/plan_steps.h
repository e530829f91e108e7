// The scripts and steps of a plan. Not for other rooms.
#pragma once
#include <vector>

#include "impact/planner.h"

namespace ferry {

std::vector<PlannedScript> plan_scripts(const PlanRequest& request);
std::vector<PlannedStep> plan_steps(const Profile& profile, const Plan& plan);

}  // namespace ferry
