// The customer's changes, handed to the vendor and looked for in what comes back (B3).
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "app/reporter.h"
#include "app/workspace.h"
#include "model/customisation.h"

namespace ferry {

// One archive (docs/formats/customisation.md): the files that the customer changed and added, what was decided about
// them, versions, packages and modules. Secrets in texts are masked; data, licence and generated files are left out.
// Remembered as what was handed over; an earlier hand-over is replaced. Error(not_found) without a survey, Error(usage)
// where it was not compared with a baseline, Error(drift) for a file that is another one than the survey saw.
CustomisationReturn hand_over_customisation(Workspace& workspace, const std::string& output, const std::string& person,
                                            Reporter& reporter);

// Looks for each change in the packages: the files given, or those of the last composed set. Remembered for the gate;
// what was accepted for exactly this content stays so. Error(not_found) when nothing was handed over.
CustomisationReturn check_returned(Workspace& workspace, const std::vector<std::string>& files,
                                   const std::string& person, Reporter& reporter);

// A person has looked at what came back for this path and answers for it; holds for this content only.
CustomisationReturn accept_returned(Workspace& workspace, const RelativePath& path, const std::string& reason,
                                    const std::string& person);

// None: nothing was handed over.
std::optional<CustomisationReturn> customisation_return(const Workspace& workspace);

}  // namespace ferry
