// A profile's own tests: each makes an installation in miniature, lets the profile look at it, and compares
// (docs/formats/profile-tests.md).
#pragma once
#include <string>
#include <vector>

#include "app/reporter.h"
#include "base/json.h"
#include "base/text.h"

namespace ferry {

// What was expected and what was found instead.
struct TestDifference {
  std::string what;      // "version", "modules.seal.uses", "findings.early-form"
  std::string expected;  // "-": nothing
  std::string got;
  Text detail;  // why, where something could not be found out
};

struct ProfileTestOutcome {
  std::string file;
  Text title;
  int expectations = 0;  // compared
  std::vector<TestDifference> differences;
  bool passed() const { return differences.empty(); }
};
void to_json(Json& json, const TestDifference& value);
void to_json(Json& json, const ProfileTestOutcome& value);

// Runs tests/*.yaml beside the profile, or those named, in the order of their names. Nothing is thrown for a
// difference. Throws Error(not_found) when there are no tests at all, Error(invalid_document ...) for a malformed test,
// and what a fixture throws that can't be made.
std::vector<ProfileTestOutcome> run_profile_tests(const std::string& profile_file, const std::vector<std::string>& only,
                                                  Reporter& reporter);

}  // namespace ferry
