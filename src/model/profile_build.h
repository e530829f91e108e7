// From a checked document to the structures of profile.h. Not for use outside this room.
#pragma once
#include "model/profile.h"

namespace ferry::document {

// The JSON must have passed the schema and all checks.
Profile build_profile(const Json& json);

Milliseconds duration_of(const std::string& text);  // "500ms", "60s", "10m", "1h"
int half_days_of(const std::string& days);          // "0.3" -> 1: rounded up, at least one

}  // namespace ferry::document
