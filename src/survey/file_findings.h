// What the files say: customisation against the vendor's baseline (A2), names, rights, problems of reading.
#pragma once
#include "model/inventory.h"
#include "survey/findings.h"
#include "survey/survey.h"

namespace ferry {

bool under_any(const RelativePath& path, const std::vector<RelativePath>& folders);

// Fills compared, modified, added, deleted (program files without configuration) and the findings.
void compare_with_baseline(const Profile& profile, const Manifest& program, const Manifest& baseline,
                           Inventory& inventory, Findings& findings);
void find_missing_baseline(const Inventory& inventory, Findings& findings);
void find_reading_problems(const Profile& profile, const std::vector<TreeProblem>& problems, Findings& findings);
void find_odd_files(const Profile& profile, const Manifest& files, Findings& findings);

}  // namespace ferry
