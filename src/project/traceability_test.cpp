#include "project/traceability.h"

#include <gtest/gtest.h>

#include <set>

#include "project/project_fixture.h"

namespace ferry {
namespace {

const PresentState present{Digest::of("recipe"), Digest::of("profile"), Digest::of("program")};

Evidence result(const std::string& check, Outcome outcome, const char* when = "2026-03-10T10:00:00.000Z") {
  Evidence out;
  out.id = "evidence-" + check + "-" + when;
  out.check = check;
  out.covers = {"B8.1"};
  out.outcome = outcome;
  out.started = when;
  out.recipe = present.recipe;
  out.profile = present.profile;
  out.program = present.program;
  return out;
}

TraceInput input() {
  TraceInput out;
  out.present = present;
  out.checks = {{"login", {}, {"B8.1"}, false}, {"sso", {}, {"B8.1"}, false}};
  out.evidence = {result("login", Outcome::passed), result("sso", Outcome::passed)};
  return out;
}

TraceRow row(const TraceInput& in, const std::string& id) {
  for (const auto& row : traceability(in))
    if (row.id == id) return row;
  ADD_FAILURE() << id;
  return {};
}

TEST(Traceability, EveryRequirementHasOneRowAndATitle) {
  std::set<std::string> seen;
  for (const auto& row : traceability({})) {
    EXPECT_TRUE(seen.insert(row.id).second) << row.id;
    EXPECT_FALSE(row.title.en.empty() || row.title.zh.empty()) << row.id;
    EXPECT_EQ(row.state, TraceState::no_evidence) << row.id;
  }
  for (const char* id : {"A1", "A5.4", "B6.5", "B8.11", "C5.1", "D7", "E19"}) EXPECT_TRUE(seen.contains(id)) << id;
}

TEST(Traceability, IsFulfilledWhenAllItsChecksPassFreshly) {
  const auto r = row(input(), "B8.1");
  EXPECT_EQ(r.state, TraceState::fulfilled);
  EXPECT_EQ(r.checks, (std::vector<std::string>{"login", "sso"}));
  EXPECT_EQ(r.evidence.size(), 2U);
}

TEST(Traceability, OneFailureIsEnoughToFail) {
  auto in = input();
  in.evidence.push_back(result("sso", Outcome::failed, "2026-03-11T10:00:00.000Z"));
  EXPECT_EQ(row(in, "B8.1").state, TraceState::failed);
  in.evidence.push_back(result("sso", Outcome::passed, "2026-03-12T10:00:00.000Z"));  // the newest counts
  EXPECT_EQ(row(in, "B8.1").state, TraceState::fulfilled);
}

TEST(Traceability, ACheckWithoutResultIsNoEvidenceAndAnOldResultIsStale) {
  auto in = input();
  in.evidence[1].recipe = Digest::of("older");
  EXPECT_EQ(row(in, "B8.1").state, TraceState::stale);
  in.evidence.pop_back();
  EXPECT_EQ(row(in, "B8.1").state, TraceState::no_evidence);
  in = input();
  in.evidence[0].outcome = Outcome::not_run;
  EXPECT_EQ(row(in, "B8.1").state, TraceState::no_evidence);
}

TEST(Traceability, ConditionsAndProofsCountAndAWaiverDoesNotFulfil) {
  auto in = input();
  Condition condition;
  condition.id = "backup";
  condition.covers = {"A5.2"};
  for (const auto& [state, expected] :
       std::vector<std::pair<ConditionState, TraceState>>{{ConditionState::met, TraceState::fulfilled},
                                                          {ConditionState::unmet, TraceState::failed},
                                                          {ConditionState::waived, TraceState::failed},
                                                          {ConditionState::stale, TraceState::stale},
                                                          {ConditionState::missing, TraceState::no_evidence}}) {
    condition.state = state;
    in.conditions = {condition};
    EXPECT_EQ(row(in, "A5.2").state, expected) << name_of(state);
  }
  in.proofs = {{"inventory", {"A1"}, true, false, {}}};
  EXPECT_EQ(row(in, "A1").state, TraceState::fulfilled);
  in.proofs[0].stale = true;
  EXPECT_EQ(row(in, "A1").state, TraceState::stale);
  in.proofs[0].holds = false;
  EXPECT_EQ(row(in, "A1").state, TraceState::failed);
}

TEST(Traceability, IdsThatOnlyTheProfileKnowsComeAtTheEnd) {
  auto in = input();
  in.checks.push_back({"own", {}, {"X1"}, false});
  EXPECT_EQ(traceability(in).back().id, "X1");
  EXPECT_EQ(traceability(in).back().state, TraceState::no_evidence);
}

TEST(Traceability, ResultsOfChecksThatAreNotRequiredStillSpeak) {
  auto in = input();
  in.evidence.push_back(result("extra", Outcome::failed));
  EXPECT_EQ(row(in, "B8.1").state, TraceState::failed);
}

}  // namespace
}  // namespace ferry
