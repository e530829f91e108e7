// The room that a run holds for its way back: a file in the run's folder (host/reserve.h). Taken before anything
// changes, given up when the way back begins, so that a disk which others have filled meanwhile does not bar it.
#pragma once
#include <string>

namespace ferry {

inline std::string way_back_reserve(const std::string& run_folder) {
  return run_folder + "/reserve";
}

}  // namespace ferry
