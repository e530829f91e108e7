// The installation in miniature that a test of a profile looks at: a folder of its own, gone afterwards.
#pragma once
#include <string>

#include "host/files.h"
#include "model/environment.h"
#include "model/profile_test_case.h"
#include "survey/facts_reader.h"
#include "survey/survey.h"
#include "verify/context.h"

namespace ferry {

class FixturePlace {
 public:
  // `case_folder`: files that the test names are relative to it. Throws Error(invalid_document) when the profile's
  // templates need variables that the test does not give.
  FixturePlace(const Profile& profile, const Variables& variables, std::string case_folder);

  // Lays files and runs scripts over what is there. Throws Error(not_found, invalid_document, database_query, io ...).
  void lay(const Profile& profile, const TestFixture& fixture) const;

  const Environment& environment() const { return environment_; }
  SurveyOptions survey_options() const;
  CheckContext check_context() const;
  FactsReader facts(const Profile& profile) const;

 private:
  void lay_database(const Profile& profile, const std::string& id, const TestDatabase& database) const;
  std::string inside(const std::string& path) const;

  TempFolder folder_;
  std::string case_folder_;
  Environment environment_;
};

}  // namespace ferry
