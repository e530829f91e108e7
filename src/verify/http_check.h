// Checks made of HTTP exchanges (model/profile.h, HttpStep).
#pragma once
#include <map>
#include <string>
#include <vector>

#include "verify/context.h"
#include "verify/masker.h"

namespace ferry {

struct StepsResult {
  Outcome outcome = Outcome::not_run;  // not_run: no step applied to this version
  std::vector<EvidenceStep> steps;
  Text summary;
  std::map<std::string, std::string> values;  // remembered (phase before)
  std::map<std::string, std::string> kept;    // for later steps; never stored
};

// Runs the steps in one session in order and stops at the first that fails; then the cleanup steps, all of them, in any
// case. A step counts when its version range holds the context's version. `remembered`: this check's values from
// before; `same` without a remembered value is Outcome::error. Evidence texts are masked.
//
// A wrong answer and no answer at all are Outcome::failed. What is wrong with the profile (an unknown variable, a
// malformed pointer or expression) is Outcome::error; the cleanup has its turn then too. A cleanup step that needs a
// value which was never kept is left out, unless the check passed. Throws Error(invalid_document) for a base URL that
// is none.
StepsResult run_steps(const std::vector<HttpStep>& steps, const std::vector<HttpStep>& cleanup,
                      const CheckContext& context, const std::map<std::string, std::string>& remembered,
                      Masker& masker);

// The steps alone, for the clone's proof, licence read-back and the like: result of run_steps with a masker of its own.
StepsResult run_steps(const std::vector<HttpStep>& steps, const CheckContext& context);

}  // namespace ferry
