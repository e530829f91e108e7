// What must hold before a plan is made. Not for other rooms.
#pragma once
#include "impact/planner.h"

namespace ferry {

// Throws the errors listed at make_plan that are about recipe and packages.
// Error(wrong_source) for a captured package that was made from another program than the installed one and the
// vendor's it is compared with.
void check_captures(const PlanRequest& request);
void check_recipe(const PlanRequest& request);
// Error(protected_path) for data in a release folder that a link no longer leads to.
void check_left_data(const PlanRequest& request);
void check_package_paths(const PlanRequest& request);

}  // namespace ferry
