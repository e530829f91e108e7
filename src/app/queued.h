// What waits to go out while effects are held (E6): a check that does not clean up after itself would have real people
// get mails about its test data as soon as the effects are released.
#pragma once
#include <optional>
#include <string>

#include "app/reporter.h"
#include "app/workspace.h"
#include "run/run_state.h"

namespace ferry {

// Effect id -> what waits, for the effects whose profile can say it (`pending`). What can't be counted just now is left
// out with a warning: it is no reason to stop.
Json count_queued(const Target& target, Reporter& reporter);

// More than `before` (by count_queued), one line per effect; empty: nothing.
Text queued_since(const Target& target, const Json& before, Reporter& reporter);

// What waited when the new version had been started, before the first of its checks; null: it was not counted.
Json queued_before_checks(const RunState& state);

}  // namespace ferry
