// What a check left behind. No evidence, no green (promise 5).
#pragma once
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "model/value.h"

namespace ferry {

enum class Outcome { passed, failed, error, not_run };
std::string_view name_of(Outcome outcome);
Outcome outcome_of(std::string_view name);

// One exchange, query or observation inside a check, for people who want to see why. Secrets are masked.
struct EvidenceStep {
  std::string action;  // "POST /api/login"
  std::string expected;
  std::string observed;
  bool passed = false;
  std::int64_t ms = 0;
};

struct Evidence {
  int format = 1;
  std::string id;
  std::string check;
  std::vector<std::string> covers;
  std::string environment;
  std::string run;  // id of the run it belongs to; empty: by itself
  Digest recipe;    // what it depends on: result is stale for any other recipe or profile
  Digest profile;
  Digest program;   // Inventory::program of the system tested
  Version version;  // that the system tested said it is
  Outcome outcome = Outcome::not_run;
  std::string person;   // manual results: who says so
  std::string started;  // RFC 3339
  std::int64_t ms = 0;
  Text summary;
  std::vector<EvidenceStep> steps;
  std::map<std::string, std::string> values;  // remembered for comparison with the new version
};

enum class Freshness { fresh, stale_recipe, stale_profile, stale_program };
// Whether the evidence still speaks about this recipe, profile and program.
Freshness freshness(const Evidence& evidence, const Digest& recipe, const Digest& profile, const Digest& program);

void to_json(Json& json, const EvidenceStep& value);
void from_json(const Json& json, EvidenceStep& value);
void to_json(Json& json, const Evidence& value);
void from_json(const Json& json, Evidence& value);

}  // namespace ferry
