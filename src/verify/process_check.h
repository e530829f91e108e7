// Does the service run, listen, is it a new process, and does it serve the new code (B6.1)?
#pragma once
#include "verify/context.h"
#include "verify/http_check.h"

namespace ferry {

// Steps: runs; listens on its port; began after context.started_after (when given); the build id at build_pointer in
// the answer of `ready` equals context.build (when both are given). What was not asked is not among the steps.
// Throws Error(invalid_document) when the profile has no such service.
StepsResult check_process(const std::string& service, const Profile& profile, const CheckContext& context,
                          Masker& masker);

}  // namespace ferry
