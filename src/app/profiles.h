// Profiles as files: reading them with what they extend.
#pragma once
#include <string>
#include <vector>

#include "model/profile.h"

namespace ferry {

// Where `extends: NAME` is looked for, seen from the file that says it: beside it, as ../NAME/profile.yaml, and among
// the bases that are built into the program.
ReadDocument base_reader(const std::string& profile_file);
// Parses and checks; all problems are in the result. Throws only when the file can't be read.
ProfileResult check_profile(const std::string& file);

// Names of the profiles that the program itself brings as bases: tomcat, nodejs.
std::vector<std::string> built_in_bases();
// Empty when there is none of that name.
std::string_view built_in_base(const std::string& name);

// The resolved profile as YAML, each value with file and line that it came from.
std::vector<std::string> with_origins(const ProfileResult& result);

}  // namespace ferry
