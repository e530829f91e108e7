// Where each check stands now: its latest evidence and whether that still speaks about the present (promise 5).
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "model/evidence.h"
#include "model/profile.h"
#include "verify/context.h"

namespace ferry {

struct CheckStanding {
  std::string check;
  Text title;
  bool required = true;
  bool manual = false;
  bool invariant = false;
  bool applies = true;  // to the place and version asked for; otherwise it is neither good nor missed
  std::vector<std::string> covers;
  std::optional<Evidence> latest;
  Outcome outcome = Outcome::not_run;  // of `latest`
  Freshness freshness = Freshness::fresh;
  Milliseconds age{0};
  // A passed manual result that became stale by a change which touches none of the paths it names: may be carried over
  // with a signature (B8).
  bool may_carry_over = false;

  bool good() const { return outcome == Outcome::passed && freshness == Freshness::fresh; }
};

struct StandingQuery {
  Digest recipe, profile, program;  // what counts as the present
  std::string environment;          // only evidence from there; empty: from anywhere
  std::string run;                  // only evidence of this run; empty: of any
  Moment now{};
  // What is asked about; without a place everything applies.
  std::optional<CheckPlace> place;
  Version version;
  // Paths that changed since the last passed results; none: unknown, nothing may be carried over.
  std::optional<std::vector<RelativePath>> changed;
};

// One line per check and invariant of the profile, in its order. The latest by start time; a not_run does not hide an
// earlier result.
std::vector<CheckStanding> standings(const Profile& profile, const std::vector<Evidence>& evidence,
                                     const StandingQuery& query);

}  // namespace ferry
