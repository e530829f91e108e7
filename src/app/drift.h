// What changed in production since the clone was made and since the plan was made (promise 2; LESSONS, feature 6; E7).
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "app/reporter.h"
#include "app/workspace.h"
#include "model/plan.h"
#include "project/gate.h"

namespace ferry {

// Everything that comparisons need, of a stored inventory. Error(not_found) when it is not in the store.
SystemState system_state(const Workspace& workspace, const Profile& profile, const Digest& inventory);

// Production's newest survey beside the one from which the clone of `rehearsal` was made. Nothing when one of the two
// is not known.
std::optional<CloneComparison> since_clone_of(const Workspace& workspace, const Target& production,
                                              const RehearsalFact& rehearsal, const std::optional<Plan>& plan,
                                              const Digest& recipe);
// The same for a clone as it stands, rehearsed or not. An empty name: that of the rehearsal that counts, else the only
// clone. Error(not_found) without clone or survey.
CloneComparison compare_with_production(Workspace& workspace, const std::string& clone);

// RehearsalFact::inventory -> definitions of production that are others now.
std::map<Digest, std::vector<Difference>> definitions_since(const Workspace& workspace, const Target& production,
                                                            const std::vector<RehearsalFact>& rehearsals,
                                                            const Digest& recipe);

// The program files of the environment's newest survey beside those from which the plan was made. Nothing when the plan
// was made elsewhere or before this was kept.
std::optional<PlanDrift> drift_of_plan(const Workspace& workspace, const Target& target, const Plan& plan);
// Kept when a plan is made.
void remember_plan_source(Workspace& workspace, const Plan& plan, const Digest& inventory);

// For a run: what changed outside of what its plan touches, told as warnings and returned for the run's log.
Json report_outside_changes(const Workspace& workspace, const Target& target, const Plan& plan, Reporter& reporter);

// Asks that exactly this difference be accepted; counts when a second person confirms it (confirm_waiver_as).
// Error(not_found) for a key that is no difference now, Error(not_allowed) where a waiver does not help.
Waiver waive_difference(Workspace& workspace, const std::string& key, const std::string& reason,
                        const std::string& person, Milliseconds valid);

}  // namespace ferry
