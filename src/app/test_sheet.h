// The sheet for the test system (B4): made where production was surveyed, checked on the machine that is offered.
#pragma once
#include <string>
#include <vector>

#include "app/workspace.h"
#include "model/test_sheet.h"

namespace ferry {

// From production's last survey, its profile, the environment of the clone and, where there is one, the recipe.
// Error(not_found) without a survey; Error(usage) for an environment of kind production.
TestSheet make_test_sheet(Workspace& workspace, const std::string& environment);

// Pure. The page carries the sheet itself, so that one file is sent and checked.
std::string sheet_page(const TestSheet& sheet, Language language);
std::string sheet_lines(const TestSheet& sheet, Language language);

// Looks at this machine; only reads. `root`: where the test system would stand here, else the sheet's.
std::vector<SheetRow> check_test_sheet(const TestSheet& sheet, const std::string& root = {});

}  // namespace ferry
