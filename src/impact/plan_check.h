// What must hold before a plan is made. Not for other rooms.
#pragma once
#include "impact/planner.h"

namespace ferry {

// Throws the errors listed at make_plan that are about recipe and packages.
void check_recipe(const PlanRequest& request);
void check_package_paths(const PlanRequest& request);

}  // namespace ferry
