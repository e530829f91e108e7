// A first profile and environments from a look at a folder (`ferry profile new`).
#pragma once
#include <string>
#include <vector>

#include "app/reporter.h"
#include "base/json.h"
#include "survey/proposal.h"

namespace ferry {

// Looks, and asks the services found on this host: GET only, on a few usual addresses, a few seconds at most.
Sighting look_for_profile(const std::string& folder, Reporter& reporter);

Proposal propose_profile(const Sighting& sight, const Answers& answers);

// {question: answer}. Throws Error(invalid_document) unless the file is one mapping of texts.
Answers read_answers(const std::string& file);

struct NewFile {
  std::string path;
  std::string text;
  bool there_already = false;
};
// profile.yaml, production.yaml and test.yaml for the folder `output`, not written yet; all three pass their checks.
std::vector<NewFile> new_profile_files(const Proposal& proposal, const std::string& output, Language language);
void write_new_files(const std::vector<NewFile>& files);

void to_json(Json& json, const Question& value);

}  // namespace ferry
