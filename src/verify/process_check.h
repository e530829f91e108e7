// Does the service run, listen, is it a new process, and does it serve the new code (B6.1)?
#pragma once
#include "verify/context.h"
#include "verify/http_check.h"

namespace ferry {

// Steps: runs; listens on its port; began after context.started_after (when given); says its build at build_pointer of
// the answer of `ready` (when given). Build and version are values to be remembered: where `remembered` are those of
// another version, it must be another build. What was not asked is not among the steps. Throws Error(invalid_document)
// when the profile has no such service.
StepsResult check_process(const std::string& service, const Profile& profile, const CheckContext& context,
                          const std::map<std::string, std::string>& remembered, Masker& masker);

}  // namespace ferry
