// The way back from Profile::resolved, which passed schema and checks when it was written beside a run.
#pragma once
#include "model/profile.h"

namespace ferry {

// Throws Error(invalid_document) when it is no such document.
Profile profile_of_resolved(const Json& resolved, const std::string& where);

}  // namespace ferry
