// What ferry-host shows people.
#pragma once
#include <string>
#include <vector>

#include "rescue/recovery.h"
#include "rescue/truth.h"

namespace ferry::rescue {

std::vector<std::string> lines_of(const RunRecord& record, const Truth& truth, Language language);
std::vector<std::string> lines_of(const RunRecord& record, const Recovered& recovered, Language language);

}  // namespace ferry::rescue
