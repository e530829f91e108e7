#include "project/gate.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "project/gate_fixture.h"

namespace ferry {
namespace {

using namespace testing_gate;

const auto met = ConditionState::met;
const auto unmet = ConditionState::unmet;
const auto stale = ConditionState::stale;

TEST(Gate, OpensWhenEveryConditionIsMet) {
  const auto result = gate(ready());
  for (const auto& c : result.conditions) {
    EXPECT_EQ(c.state, ConditionState::met) << c.id << ": " << c.why.en;
    EXPECT_TRUE(c.remedy.empty()) << c.id;
    EXPECT_FALSE(c.asserted) << c.id;
  }
  EXPECT_TRUE(result.open);
  EXPECT_EQ(result.conditions.size(), 19U);
  EXPECT_EQ(result.plan, plan().digest());
  EXPECT_NO_THROW(require_open(result));
}

TEST(Gate, ALicenceOnItsWayAndChangesThatCameBackAreInOrder) {
  auto in = ready();
  applied(in);
  handed_over(in);
  EXPECT_EQ(condition(in, "licence").state, met) << condition(in, "licence").why.en;
  EXPECT_EQ(condition(in, "customisation").state, met) << condition(in, "customisation").why.en;
  EXPECT_EQ(gate(in).conditions.size(), 20U);
  // What is installed was read back from the running system: the file is not asked for any more.
  in.application->installed = now;
  in.licence_file.reset();
  EXPECT_EQ(condition(in, "licence").state, met);
  in.licence->expires.reset();
  EXPECT_EQ(condition(in, "licence").state, met) << "without end";
}

TEST(Gate, NothingAtAllOpensNothing) {
  GateInput in;
  in.now = now;
  const auto result = gate(in);
  EXPECT_FALSE(result.open);
  for (const auto& c : result.conditions) EXPECT_NE(c.state, ConditionState::met) << c.id << ": " << c.why.en;
}

TEST(Gate, AClosedIssueCountsWhenItsCheckPassedWithThisRecipe) {
  auto in = ready();
  in.issues = {closed_issue()};
  in.evidence.push_back(passed("extra", "run-1", "2026-03-18T09:00:00Z"));
  EXPECT_EQ(condition(in, "issues").state, met);
}

TEST(Gate, AManualResultIsCarriedOverByASignature) {
  auto in = ready();
  in.evidence[1].recipe = other;
  in.carried = {{"layout", in.evidence[1].id, recipe, login("fin"), "not touched by the patch", now}};
  EXPECT_EQ(condition(in, "checks").state, met);
  in.carried[0].recipe = other;
  EXPECT_EQ(condition(in, "checks").state, stale);
  // Automatic results are never carried.
  in = ready();
  in.evidence[0].recipe = other;
  in.carried = {{"login", in.evidence[0].id, recipe, login("fin"), "", now}};
  EXPECT_EQ(condition(in, "checks").state, stale);
}

TEST(Gate, AManualResultIsNotHiddenByALaterRunThatOnlyWaitedForIt) {
  auto in = ready();
  auto waiting = in.evidence[1];
  waiting.id = "evd-waiting";
  waiting.run = "run-2";
  waiting.outcome = Outcome::not_run;
  waiting.started = "2026-04-01T00:00:00Z";
  in.evidence.push_back(waiting);
  EXPECT_EQ(condition(in, "checks").state, met);
  waiting.outcome = Outcome::failed;
  in.evidence.push_back(waiting);
  EXPECT_EQ(condition(in, "checks").state, unmet);
}

TEST(Gate, AnOlderVerifiedBackupCountsBesideANewerUnverifiedOne) {
  auto in = ready();
  in.backups.push_back({"backup-2", at("2026-04-03T00:00:00Z"), true, true, {}, false, ""});
  EXPECT_EQ(condition(in, "backup").evidence, std::vector<std::string>{"backup-1"});
  EXPECT_EQ(condition(in, "backup").state, met);
}

TEST(Gate, AnAttestedBackupIsMetAndCalledThat) {
  auto in = ready();
  in.backups = {{"rman", at("2026-04-03T00:00:00Z"), true, true, {}, true, "adm"}};
  const auto c = condition(in, "backup");
  EXPECT_EQ(c.state, met);
  EXPECT_TRUE(c.asserted);
  EXPECT_NE(c.why.en.find("attested by adm"), std::string::npos);
}

TEST(Gate, AProductWithoutLicenceNeedsNone) {
  auto in = ready();
  in.licence.reset();
  in.needs_licence = false;
  EXPECT_EQ(condition(in, "licence").state, met);
}

TEST(Gate, ApprovalsFromTheCommandLineAreShownAsAsserted) {
  auto in = ready();
  for (auto& approval : in.approvals) approval.by.proof = Actor::Proof::asserted;
  const auto c = condition(in, "approval");
  EXPECT_EQ(c.state, met);
  EXPECT_TRUE(c.asserted);
  EXPECT_NE(c.why.en.find("asserted"), std::string::npos);
  EXPECT_NE(c.why.zh.find("自称"), std::string::npos);
}

TEST(Gate, AWaiverOfTwoPersonsOpensWhatMayBeWaived) {
  auto in = ready();
  in.fences[0].proved = false;
  in.waivers = {waiver("fence")};
  auto result = gate(in);
  EXPECT_TRUE(result.open);
  const auto& c = *result.find("fence");
  EXPECT_EQ(c.state, ConditionState::waived);
  EXPECT_EQ(c.waiver, "waiver-1");
  EXPECT_NE(c.why.en.find("not proved"), std::string::npos);  // what is wrong stays visible
  EXPECT_NE(c.why.en.find("agreed with the customer"), std::string::npos);
  EXPECT_FALSE(c.remedy.empty());
  EXPECT_FALSE(c.asserted);
  in.waivers[0].requested_by.proof = Actor::Proof::asserted;
  EXPECT_TRUE(condition(in, "fence").asserted);
}

TEST(Gate, AWaiverThatDoesNotCountSaysWhy) {
  auto in = ready();
  in.fences[0].proved = false;
  in.waivers = {waiver("fence")};
  in.waivers[0].confirmed_by.reset();
  const auto c = condition(in, "fence");
  EXPECT_EQ(c.state, unmet);
  EXPECT_NE(c.why.en.find("second person"), std::string::npos);
}

TEST(Gate, ADifferenceIsAcceptedByItselfAndStaysVisible) {
  auto in = ready();
  in.since_clone->differences = {difference("file:webapp/x.jsp"), difference("host:kernel", Demand::nothing)};
  EXPECT_EQ(condition(in, "same-as-clone").state, unmet);
  in.since_clone->differences[0].waiver = "waiver-1";
  in.since_clone->differences[0].waived = {"until then by both: agreed", "至届时，由二人签署：同意"};
  const auto c = condition(in, "same-as-clone");
  EXPECT_EQ(c.state, ConditionState::waived);
  EXPECT_NE(c.why.en.find("file:webapp/x.jsp"), std::string::npos);
  EXPECT_NE(c.why.en.find("agreed"), std::string::npos);
  EXPECT_TRUE(gate(in).open);
}

TEST(Gate, AChangedDefinitionMakesExactlyTheResultsStaleThatTestIt) {
  auto in = ready();
  for (auto& evidence : in.evidence) evidence.environment = "clone";
  auto changed = difference("definition:form:1");
  changed.checks = {"layout"};
  in.definitions_since[inventory_then] = {changed};
  const auto c = condition(in, "checks");
  EXPECT_EQ(c.state, stale);
  EXPECT_NE(c.why.en.find("layout"), std::string::npos) << c.why.en;
  EXPECT_EQ(c.why.en.find("login"), std::string::npos) << c.why.en;
  EXPECT_NE(c.why.en.find("About definition:form:1"), std::string::npos) << c.why.en;
  // Rehearsed on a fresh clone: what people tested on the old one stays stale until they test it again, nothing else.
  const Digest fresh = Digest::of("fresh clone");
  auto again = in.rehearsals[0];
  again.run = "run-2";
  again.inventory = fresh;
  again.started = at("2026-03-25T08:00:00Z");
  again.ended = at("2026-03-25T09:00:00Z");
  in.rehearsals.push_back(again);
  in.definitions_since[fresh] = {};
  in.evidence.push_back(passed("login", "run-2", "2026-03-25T08:30:00Z"));
  EXPECT_EQ(condition(in, "checks").state, stale);
  in.evidence.push_back(passed("layout", "", "2026-03-26T09:00:00Z"));
  for (auto& evidence : in.evidence)
    if (evidence.check == "layout") evidence.environment = "clone";
  EXPECT_EQ(condition(in, "checks").state, met) << condition(in, "checks").why.en;
  // Accepted as it is, it makes nothing stale.
  in.evidence.pop_back();
  EXPECT_EQ(condition(in, "checks").state, stale);
  in.definitions_since[inventory_then][0].waiver = "waiver-1";
  EXPECT_EQ(condition(in, "checks").state, met);
}

TEST(Gate, AChangeOutsideOfThePlanIsToldAndDoesNotCloseIt) {
  auto in = ready();
  in.production_program = other;
  in.plan_drift = PlanDrift{{}, {file_difference("webapp/own.jsp")}};
  const auto c = condition(in, "drift");
  EXPECT_EQ(c.state, met);
  EXPECT_NE(c.why.en.find("webapp/own.jsp"), std::string::npos);
  EXPECT_NE(c.why.zh.find("webapp/own.jsp"), std::string::npos);
}

TEST(Gate, TellsAgeOfWhatWasMeasured) {
  const auto c = condition(ready(), "drift");
  EXPECT_EQ(c.measured_at, at("2026-04-03T06:00:00Z"));
  EXPECT_EQ(c.age, hours(2));
  EXPECT_EQ(condition(ready(), "checks").measured_at, at("2026-03-18T09:50:00Z"));  // the oldest
}

TEST(Gate, ItsFormForMachinesIsCanonical) {
  const Json json = gate(ready());
  EXPECT_NO_THROW(canonical(json));
  EXPECT_EQ(json.at("conditions").size(), 19U);
  EXPECT_EQ(json.at("conditions")[0].at("state"), "met");
}

TEST(Gate, RequiredChecksAreThoseOfTheVersionAndOfTheClone) {
  Profile p;
  for (const char* id : {"a", "optional", "production-only", "old-only", "manual"}) {
    Check check;
    check.id = id;
    p.checks.push_back(check);
  }
  p.checks[1].required = false;
  p.checks[2].on_clone = false;
  p.checks[3].version = VersionRange("<8");
  p.checks[4].kind = Check::Kind::manual;
  Invariant rows;
  rows.id = "rows";
  p.invariants = {rows};
  const auto required = required_checks(p, Version("8.0"));
  ASSERT_EQ(required.size(), 3U);
  EXPECT_EQ(required[0].id, "a");
  EXPECT_TRUE(required[1].manual);
  EXPECT_EQ(required[2].id, "rows");
}

template <class T>
void survives(const T& value) {
  EXPECT_EQ(Json(Json(value).get<T>()), Json(value));
}

TEST(Gate, ItsFactsSurviveTheirFileForm) {
  const auto in = ready();
  survives(in.rehearsals[0]);
  survives(in.backups[0]);
  survives(in.fences[0]);
  survives(*in.licence);
  EXPECT_EQ(Json(in.rehearsals[0]).get<RehearsalFact>().rollback_took, minutes(6));
  EXPECT_FALSE(Json(RehearsalFact{}).get<RehearsalFact>().rollback_took);
}

}  // namespace
}  // namespace ferry
