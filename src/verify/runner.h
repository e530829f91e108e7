// Runs a profile's checks and invariants and makes evidence of them.
#pragma once
#include <string>
#include <vector>

#include "verify/context.h"

namespace ferry {

// One evidence per check and invariant of the profile (or per id in context.only; an unknown id is Error(not_found)),
// in the profile's order, checks first. What does not apply (place, version, no step for this version, no hook, manual
// check waiting for a person) is Outcome::not_run with the reason in the summary, never passed. An invariant in phase
// `before` is captured: not_run, with the values to be remembered. Anything thrown inside a check is Outcome::error
// with the error's text. Secrets are masked in all evidence.
std::vector<Evidence> run_checks(const Profile& profile, const CheckContext& context);

// The result of a manual check, said by a person. Throws Error(not_found) for an unknown check, Error(usage) when it is
// not a manual one, when the person is missing, or when a failure has no note.
Evidence manual_result(const Profile& profile, const CheckContext& context, const std::string& check, bool passed,
                       const std::string& person, const std::string& note);

// Whether the check is meant for this place and version at all. What does not apply can't be passed and is not missed.
bool applies(const Check& check, CheckPlace place, const Version& version);

// What a face prints and exits by.
struct CheckTotals {
  int passed = 0, failed = 0, error = 0, not_run = 0;  // of all evidence
  std::vector<std::string> required_open;              // required, apply here, not passed
  std::vector<std::string> manual_open;                // required manual checks that wait for a person
  bool good() const { return required_open.empty(); }  // of what a program can say
};
CheckTotals totals(const Profile& profile, const CheckContext& context, const std::vector<Evidence>& evidence);

}  // namespace ferry
