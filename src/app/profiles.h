// Profiles as files: reading them with what they extend.
#pragma once
#include <string>

#include "model/profile.h"

namespace ferry {

// Where `extends: NAME` is looked for: beside the file as given, and as ../NAME/profile.yaml.
ReadDocument base_reader(const std::string& profile_file);
// Parses and checks; all problems are in the result. Throws only when the file can't be read.
ProfileResult check_profile(const std::string& file);

}  // namespace ferry
