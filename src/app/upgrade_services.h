// What a run does to services, users and effects to the outside. For the steps of a run only.
#pragma once
#include "app/upgrade_steps.h"

namespace ferry {

// Starts what does not run. A clone starts behind its fence only.
void start_target(const UpgradeRun& run, const Version& version);
// For steps that find the services as an earlier one left them, unless something has ended them since.
void require_running(const UpgradeRun& run, const Version& version);
// All services; the maintenance page stands in where nothing can be closed.
void stop_target(const UpgradeRun& run, const Version& version);
// With the new version's demands on the runtime, and its own migration where the profile says that it has one.
Json start_version(const UpgradeRun& run, const Jump& jump, StepContext& context);

Json close_to_users(const UpgradeRun& run, StepContext& context);
Json open_to_users(const UpgradeRun& run, StepContext& context);

// Whether effects to the outside are held in this run: on production, where the profile has any.
bool effects_matter(const UpgradeRun& run);
Json hold_effects(const UpgradeRun& run, StepContext& context);
void release_effects(const UpgradeRun& run);

// What the new version has said, into `failed/` of the jump's folder. Stops nothing (host/failed_logs.h).
void keep_service_logs(const UpgradeRun& run, const Jump& jump, StepContext& context);
void keep_migration_log(const UpgradeRun& run, const Jump& jump, StepContext& context);

}  // namespace ferry
