// What a run does to the databases. For upgrade_steps.cpp only.
#pragma once
#include <string>

#include "app/upgrade_steps.h"

namespace ferry {

// Copies of all databases into <run folder>/<kind>/<database>; one that is there already is only verified.
Json take_points(const UpgradeRun& run, const std::string& kind);
// Back to the moment before the switch. A database that was never touched is left alone (restore_point compares).
void restore_points(const UpgradeRun& run);
// The packages' scripts, statement by statement; what an earlier attempt committed is not done again.
Json migrate(const UpgradeRun& run, StepContext& context);
// Empty: the application does not migrate at its start, or it has finished.
std::string migration_missing(const UpgradeRun& run);
// Throws Error(migration_failed) when the time of the profile is up or the service has ended.
void wait_for_migration(const UpgradeRun& run, StepContext& context);

}  // namespace ferry
