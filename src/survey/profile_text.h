// A proposal as files that people go on writing: YAML with comments that say where each value came from.
#pragma once
#include <string>

#include "base/text.h"
#include "survey/proposal.h"

namespace ferry {

std::string profile_text(const Proposal& proposal, Language language);
// `profile_file`: as the environment names it, relative to itself.
std::string production_text(const Proposal& proposal, const std::string& profile_file, Language language);
std::string clone_text(const Proposal& proposal, const std::string& profile_file, Language language);

}  // namespace ferry
