// A recipe on one environment: the plan, and where each new byte comes from.
#pragma once
#include <string>
#include <vector>

#include "app/reporter.h"
#include "app/workspace.h"
#include "deploy/deployment.h"
#include "model/plan.h"

namespace ferry {

// Surveys the environment, lays the recipe over it and stores the plan as "plan/<environment>". A clone's configuration
// was rewritten: the recipe's content of such a file is rewritten the same way (declared overlay, never compared).
// Throws what make_plan throws.
Plan plan_environment(Workspace& workspace, const Target& target, const std::string& person, Reporter& reporter);

// The stored plan; Error(not_found) says how to make one.
Plan current_plan(const Workspace& workspace, const std::string& environment);
// Found again by the digest that an approval names. Throws Error(not_found, corrupt_object).
Digest store_plan(Workspace& workspace, const Plan& plan);
Plan stored_plan(const Workspace& workspace, const Digest& digest);
std::string plan_author(const Workspace& workspace, const std::string& environment);

// The plan for people: counts first, with `details` every file and script.
std::vector<Text> plan_lines(const Plan& plan, bool details);

// The packages of a plan's recipe, verified again (signature, structure, digests).
std::vector<Package> packages_of(const Workspace& workspace, const Recipe& recipe);

DeployInput deploy_input(const Plan& plan, std::size_t jump, const Profile& profile);

// Streams new content by PlannedChange::source. Packages are read once from front to back as long as the changes are
// asked for in the plan's order; otherwise a package is read again from its beginning.
ContentSource content_source(const Workspace& workspace, const Target& target, const std::vector<Package>& packages);

}  // namespace ferry
