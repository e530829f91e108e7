// What a run looks at: before it changes anything, and when everything is changed. For the steps of a run only.
#pragma once
#include "app/upgrade_steps.h"

namespace ferry {

// While users work. Error of its cause when something could not be carried out.
Json observe(const UpgradeRun& run, StepContext& context);
// Once more when nothing moves any more: ids of the evidence.
Json observe_invariants(const UpgradeRun& run);
// Read back from the new version. Error(licence_invalid).
Json licence(const UpgradeRun& run, const Jump& jump, StepContext& context);
// Error(check_failed) as require_passed. At a stop between two jumps only what can be asked there.
Json check(const UpgradeRun& run, const Jump& jump, StepContext& context);

}  // namespace ferry
