#include "verify/standing.h"

#include <algorithm>

#include "verify/runner.h"

namespace ferry {
namespace {

const Evidence* latest_of(const std::string& check, const std::vector<Evidence>& evidence, const StandingQuery& query) {
  const Evidence* latest = nullptr;
  for (const auto& item : evidence) {
    if (item.check != check) continue;
    if (!query.environment.empty() && item.environment != query.environment) continue;
    if (!query.run.empty() && item.run != query.run) continue;
    if (latest == nullptr) {
      latest = &item;
      continue;
    }
    // Waiting for a person, or filtered out by the version, says nothing about an earlier result.
    const bool says = item.outcome != Outcome::not_run, said = latest->outcome != Outcome::not_run;
    // Of two at the same moment the later in the list; RFC 3339 in UTC sorts as text.
    if (says == said ? item.started >= latest->started : says) latest = &item;
  }
  return latest;
}

// Whether a change lies in what the check names.
bool touched(const std::vector<RelativePath>& touches, const std::vector<RelativePath>& changed) {
  for (const auto& path : changed)
    for (const auto& area : touches)
      if (path.is_under(area)) return true;
  return false;
}

void judge(CheckStanding& standing, const std::vector<Evidence>& evidence, const StandingQuery& query,
           const std::vector<RelativePath>& touches) {
  const auto* latest = latest_of(standing.check, evidence, query);
  if (latest == nullptr) return;
  standing.latest = *latest;
  standing.outcome = latest->outcome;
  standing.freshness = freshness(*latest, query.recipe, query.profile, query.program);
  standing.age = std::chrono::duration_cast<Milliseconds>(query.now - parse_moment(latest->started));
  const bool stale = standing.freshness == Freshness::stale_recipe || standing.freshness == Freshness::stale_program;
  standing.may_carry_over = standing.manual && standing.outcome == Outcome::passed && stale && !touches.empty() &&
                            query.changed && !touched(touches, *query.changed);
}

}  // namespace

std::vector<CheckStanding> standings(const Profile& profile, const std::vector<Evidence>& evidence,
                                     const StandingQuery& query) {
  std::vector<CheckStanding> out;
  for (const auto& check : profile.checks) {
    CheckStanding standing;
    standing.check = check.id;
    standing.title = check.title;
    standing.required = check.required;
    standing.manual = check.kind == Check::Kind::manual;
    standing.covers = check.covers;
    standing.applies = !query.place || applies(check, *query.place, query.version);
    judge(standing, evidence, query, check.touches);
    out.push_back(std::move(standing));
  }
  for (const auto& invariant : profile.invariants) {
    CheckStanding standing;
    standing.check = invariant.id;
    standing.title = invariant.title;
    standing.required = invariant.required;
    standing.invariant = true;
    standing.covers = invariant.covers;
    judge(standing, evidence, query, {});
    out.push_back(std::move(standing));
  }
  return out;
}

}  // namespace ferry
