// What a run does to the databases. For upgrade_steps.cpp only.
#pragma once
#include <string>

#include "app/upgrade_steps.h"

namespace ferry {

// Copies of all databases into <folder>/<database>; one that is there already is only verified.
Json take_points(const UpgradeRun& run, const std::string& folder);
// Back to the moment in which the copies were taken. A database that was never touched is left alone (restore_point
// compares).
void restore_points(const UpgradeRun& run, const std::string& folder);
// The recovery point in front of a jump.
std::string point_before(const UpgradeRun& run, const Jump& jump);
// The packages' scripts, statement by statement, and the product's command. What an earlier attempt of the scripts
// committed is not done again; where the command had begun, everything is, from the recovery point.
Json migrate(const UpgradeRun& run, const Jump& jump, StepContext& context);
// Scripts and command from the recovery point in front of the jump, for a migration that nobody else can continue.
void migrate_anew(const UpgradeRun& run, const Jump& jump, StepContext& context);
// Empty: the application does not migrate at its start, or it has finished.
Text migration_missing(const UpgradeRun& run, const Jump& jump, const StepContext& context);
// Throws Error(migration_failed) when the time of the profile is up or the service has ended.
void wait_for_migration(const UpgradeRun& run, const Jump& jump, StepContext& context);
// Waits until the product's work in the background is done. Error(migration_failed) as above.
Json settle(const UpgradeRun& run, const Jump& jump, StepContext& context);

}  // namespace ferry
