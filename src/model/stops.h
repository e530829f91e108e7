// Names of what belongs to a stop between two jumps (docs/decisions/0004-several-jumps.md): the step switch@2.0 leads
// to the stop 2.0, point@2.0 leaves it; its slots, journal and recovery point lie in stops/v2.0/ of the run's folder.
#pragma once
#include <string>
#include <string_view>

namespace ferry {

struct StepName {
  std::string step;  // switch
  std::string stop;  // 2.0; empty: what happens once, or belongs to the last jump
};
StepName step_name(std::string_view id);
std::string at_stop(std::string_view step, std::string_view stop);

// Below <staging>/runs/: the run's own folder for an empty stop, else the stop's.
std::string place_of_stop(const std::string& run, std::string_view stop);

}  // namespace ferry
