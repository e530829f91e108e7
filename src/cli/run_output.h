// How a run is shown, whatever command has run it.
#pragma once
#include "app/upgrade.h"
#include "cli/command_line.h"

namespace ferry::cli {

Output show_run_state(CommandLine& line, const RunOutcome& outcome);

}  // namespace ferry::cli
