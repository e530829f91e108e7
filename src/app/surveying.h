// Survey of an environment, kept in the project so that it can be opened again offline.
#pragma once
#include "app/reporter.h"
#include "app/workspace.h"
#include "survey/survey.h"

namespace ferry {

struct SurveyOutcome {
  Inventory inventory;
  Manifest files;
  std::uint64_t read_files = 0;  // hashed now; the rest was known from the index
  Milliseconds took{0};
};

// A survey as the project remembers it, oldest first.
struct SurveyRecord {
  std::string environment;
  Digest inventory;   // in the store
  std::string taken;  // RFC 3339
  Version version;
  Digest program;
};
void to_json(Json& json, const SurveyRecord& value);
void from_json(const Json& json, SurveyRecord& value);
std::vector<SurveyRecord> surveys_of(const Workspace& workspace, const std::string& environment);

// Strictly reading. Stores the inventory under "inventory/<environment>".
SurveyOutcome survey_environment(Workspace& workspace, const Target& target, Reporter& reporter, bool cold = false);

// A manifest of any folder, for vendors' baselines: the same reader as the survey's. `index` may be empty.
struct BaselineOutcome {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  std::uint64_t read_files = 0;
  Digest digest;
  Milliseconds took{0};
};
BaselineOutcome make_baseline(const std::string& root, const std::string& output, const std::string& index, bool cold,
                              Reporter& reporter);

}  // namespace ferry
