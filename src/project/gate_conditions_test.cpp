// Each condition of the gate, in each of the ways in which it can fail.
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <set>

#include "base/error.h"
#include "project/gate_fixture.h"

namespace ferry {
namespace {

using namespace testing_gate;

struct Break {
  const char* name;
  const char* condition;
  ConditionState state;
  std::function<void(GateInput&)> change;
};

const auto unmet = ConditionState::unmet;
const auto stale = ConditionState::stale;
const auto missing = ConditionState::missing;

// The project asks for chaos, and it was survived.
ChaosFact& survived(GateInput& in) {
  in.project.require_chaos = true;
  ChaosFact fact;
  fact.recipe = in.recipe;
  fact.profile = in.profile;
  fact.complete = true;
  fact.cases = 35;
  fact.at = now;
  in.chaos = {fact};
  return in.chaos.front();
}

const std::vector<Break> breaks{
    {"no owner", "project", unmet, [](GateInput& in) { in.project.owner = ""; }},
    {"no recipe", "decisions", missing, [](GateInput& in) { in.recipe = Digest(); }},
    {"undecided", "decisions", unmet, [](GateInput& in) { in.undecided = {"webapp/login.jsp"}; }},
    {"never surveyed", "findings", missing, [](GateInput& in) { in.production_surveyed.reset(); }},
    {"blocking finding", "findings", unmet,
     [](GateInput& in) {
       Finding finding;
       finding.blocking = true;
       finding.title = {"Disk too small", "磁盘不足"};
       in.findings = {finding};
     }},
    {"old survey", "findings", stale, [](GateInput& in) { in.production_surveyed = now - hours(25); }},
    {"no rehearsal", "rehearsal", missing, [](GateInput& in) { in.rehearsals.clear(); }},
    {"rehearsal broken", "rehearsal", unmet, [](GateInput& in) { in.rehearsals[0].unbroken = false; }},
    {"rehearsal not finished", "rehearsal", unmet, [](GateInput& in) { in.rehearsals[0].finished = false; }},
    {"a later rehearsal failed", "rehearsal", unmet,
     [](GateInput& in) {
       in.rehearsals.push_back(in.rehearsals[0]);
       in.rehearsals[1].ended += hours(1);
       in.rehearsals[1].finished = false;
     }},
    {"recipe is not the rehearsed one", "rehearsal", stale, [](GateInput& in) { in.rehearsals[0].recipe = other; }},
    {"profile changed", "rehearsal", stale, [](GateInput& in) { in.rehearsals[0].profile = other; }},
    {"source of the clone unknown", "same-as-clone", missing, [](GateInput& in) { in.since_clone.reset(); }},
    {"compared with an old survey", "same-as-clone", stale,
     [](GateInput& in) { in.production_surveyed = now - hours(25); }},
    {"a difference nobody accepted", "same-as-clone", unmet,
     [](GateInput& in) { in.since_clone->differences = {difference("runtime:java")}; }},
    {"a difference that needs a fresh clone", "same-as-clone", unmet,
     [](GateInput& in) { in.since_clone->differences = {difference("version", Demand::fresh_clone)}; }},
    {"a definition changed since it was tested", "checks", stale,
     [](GateInput& in) {
       in.definitions_since[inventory_then] = {difference("definition:form:1")};
       in.definitions_since[inventory_then][0].checks = {"login"};
     }},
    {"no checks required", "checks", missing, [](GateInput& in) { in.checks.clear(); }},
    {"a check did not run", "checks", missing, [](GateInput& in) { in.evidence.erase(in.evidence.begin()); }},
    {"a check was skipped", "checks", missing, [](GateInput& in) { in.evidence[0].outcome = Outcome::not_run; }},
    {"a check failed", "checks", unmet, [](GateInput& in) { in.evidence[0].outcome = Outcome::failed; }},
    {"a check broke", "checks", unmet, [](GateInput& in) { in.evidence[0].outcome = Outcome::error; }},
    {"a check failed at last", "checks", unmet,
     [](GateInput& in) {
       in.evidence.push_back(in.evidence[0]);
       in.evidence.back().outcome = Outcome::failed;
       in.evidence.back().started = "2026-03-18T09:55:00.000Z";
     }},
    {"result of an earlier run", "checks", stale, [](GateInput& in) { in.evidence[0].run = "run-0"; }},
    {"result of the old version", "checks", missing, [](GateInput& in) { in.evidence[0].version = Version("7.4"); }},
    {"manual result of an older recipe", "checks", stale, [](GateInput& in) { in.evidence[1].recipe = other; }},
    {"result under another profile", "checks", stale, [](GateInput& in) { in.evidence[0].profile = other; }},
    {"nothing tested", "issues", missing, [](GateInput& in) { in.rehearsals.clear(); }},
    {"open issue", "issues", unmet,
     [](GateInput& in) {
       in.issues = {closed_issue()};
       in.issues[0].open = true;
     }},
    {"issue closed under another recipe", "issues", stale,
     [](GateInput& in) {
       in.issues = {closed_issue()};
       in.evidence.push_back(passed("extra", "", "2026-03-18T00:00:00Z"));
       in.evidence.back().recipe = other;
     }},
    {"not signed", "acceptance", missing, [](GateInput& in) { in.acceptances.clear(); }},
    {"signed by somebody else", "acceptance", missing, [](GateInput& in) { in.acceptances[0].by.person = "pm"; }},
    {"no departments", "acceptance", missing, [](GateInput& in) { in.project.departments.clear(); }},
    {"refused", "acceptance", unmet, [](GateInput& in) { in.acceptances[0].accepted = false; }},
    {"signed for another recipe", "acceptance", stale, [](GateInput& in) { in.acceptances[0].recipe = other; }},
    {"signed before it was rehearsed", "acceptance", stale,
     [](GateInput& in) { in.acceptances[0].at = at("2026-03-18T09:00:00Z"); }},
    {"test days not known", "acceptance", missing, [](GateInput& in) { in.test_began.reset(); }},
    {"tested too short", "acceptance", unmet, [](GateInput& in) { in.test_began = at("2026-04-01T01:00:00Z"); }},
    {"fence not tried", "fence", missing, [](GateInput& in) { in.fences.clear(); }},
    {"fence of another clone", "fence", missing, [](GateInput& in) { in.fences[0].environment = "old-clone"; }},
    {"fence not proved", "fence", unmet, [](GateInput& in) { in.fences[0].proved = false; }},
    {"something escaped", "fence", unmet, [](GateInput& in) { in.fences[0].escapes = 1; }},
    {"old proof", "fence", stale, [](GateInput& in) { in.fences[0].at = now - hours(24 * 15); }},
    {"no backup", "backup", missing, [](GateInput& in) { in.backups.clear(); }},
    {"backup without database", "backup", missing, [](GateInput& in) { in.backups[0].databases = false; }},
    {"backup never restored", "backup", unmet, [](GateInput& in) { in.backups[0].verified.reset(); }},
    {"old backup", "backup", stale, [](GateInput& in) { in.backups[0].taken = now - hours(73); }},
    {"way back not rehearsed", "rollback", missing, [](GateInput& in) { in.rehearsals[0].rollback_took.reset(); }},
    {"way back of another recipe", "rollback", stale, [](GateInput& in) { in.rehearsals[0].recipe = other; }},
    {"chaos wanted and not done", "chaos", missing, [](GateInput& in) { in.project.require_chaos = true; }},
    {"chaos of another recipe", "chaos", missing, [](GateInput& in) { survived(in).recipe = other; }},
    {"chaos of some steps only", "chaos", missing, [](GateInput& in) { survived(in).complete = false; }},
    {"chaos under another profile", "chaos", stale, [](GateInput& in) { survived(in).profile = other; }},
    {"a disturbance not survived", "chaos", unmet,
     [](GateInput& in) { survived(in).failures = {"switch: no-writes"}; }},
    {"production drifted", "drift", unmet, [](GateInput& in) { in.production_program = other; }},
    {"a file of the plan changed", "drift", unmet,
     [](GateInput& in) {
       in.plan_drift = PlanDrift{{file_difference("webapp/login.jsp")}, {}};
     }},
    {"drift not looked for", "drift", missing, [](GateInput& in) { in.production_surveyed.reset(); }},
    {"drift looked for long ago", "drift", stale, [](GateInput& in) { in.production_surveyed = now - hours(25); }},
    {"no plan", "plan", missing, [](GateInput& in) { in.plan.reset(); }},
    {"plan of another recipe", "plan", stale, [](GateInput& in) { in.plan->recipe_digest = other; }},
    {"no approval", "approval", missing, [](GateInput& in) { in.approvals.clear(); }},
    {"too few approvals", "approval", unmet, [](GateInput& in) { in.approvals.pop_back(); }},
    {"the plan changed after approval", "approval", stale, [](GateInput& in) { in.plan->environment = "elsewhere"; }},
    {"approvals expired", "approval", stale,
     [](GateInput& in) { in.approvals[0].expires = in.approvals[1].expires = now; }},
    {"licence not checked", "licence", missing, [](GateInput& in) { in.licence.reset(); }},
    {"licence invalid", "licence", unmet, [](GateInput& in) { in.licence->valid = false; }},
    {"licence of another name", "licence", unmet, [](GateInput& in) { in.licence->customer = "Sample Company"; }},
    {"licence ends before the window", "licence", unmet,
     [](GateInput& in) { in.licence->expires = day("2026-04-03"); }},
    {"licence checked long ago", "licence", stale, [](GateInput& in) { in.licence->checked = now - hours(24 * 8); }},
    {"licence ends shortly after the window", "licence", unmet,
     [](GateInput& in) { in.licence->expires = day("2026-04-20"); }},
    {"licence for fewer users", "licence", unmet, [](GateInput& in) { in.project.licence.users = 501; }},
    {"licence without a module", "licence", unmet,
     [](GateInput& in) {
       in.project.licence.modules = {"travel"};
       in.licence->modules = {"workflow"};
     }},
    {"licence ends before the contract", "licence", unmet,
     [](GateInput& in) { in.project.licence.until = day("2027-06-30"); }},
    {"licence for production not here yet", "licence", missing, [](GateInput& in) { applied(in).received.reset(); }},
    {"environment names another licence", "licence", unmet,
     [](GateInput& in) {
       applied(in);
       in.licence_file = Digest::of("another");
     }},
    {"environment names no licence", "licence", unmet,
     [](GateInput& in) {
       applied(in);
       in.licence_file.reset();
     }},
    {"licence applied for by another name", "licence", unmet,
     [](GateInput& in) { applied(in).contract_name = "Sample Company"; }},
    {"nothing came back from the vendor", "customisation", missing,
     [](GateInput& in) { handed_over(in).looked.reset(); }},
    {"a change is missing in what came back", "customisation", unmet,
     [](GateInput& in) { handed_over(in).returned[0].state = Containment::missing; }},
    {"a change could not be proved", "customisation", unmet,
     [](GateInput& in) { handed_over(in).returned[0].state = Containment::unproved; }},
    {"the recipe holds a package nobody looked at", "customisation", stale,
     [](GateInput& in) {
       handed_over(in);
       in.plan->recipe.packages.push_back({"patch-9", Digest::of("patch-9")});
     }},
    {"no window", "window", missing, [](GateInput& in) { in.project.window.reset(); }},
    {"no prediction", "window", missing, [](GateInput& in) { in.prediction.reset(); }},
    {"window too short", "window", unmet, [](GateInput& in) { in.project.window->end = at("2026-04-04T03:00:00Z"); }},
    {"started too late in the window", "window", unmet, [](GateInput& in) { in.now = at("2026-04-04T07:00:00Z"); }},
    {"window over", "window", stale, [](GateInput& in) { in.now = at("2026-04-04T10:00:00Z"); }},
    {"nobody on standby", "standby", missing, [](GateInput& in) { in.project.standby.clear(); }},
    {"standby not confirmed", "standby", unmet, [](GateInput& in) { in.project.standby[0].confirmed_at.reset(); }},
    {"remote access not tried", "standby", unmet,
     [](GateInput& in) { in.project.standby[0].remote_access_tested_at.reset(); }},
    {"remote access ends early", "standby", unmet,
     [](GateInput& in) { in.project.standby[0].expires = at("2026-04-04T09:00:00Z"); }},
    {"no developer on standby", "standby", unmet, [](GateInput& in) { in.project.standby[0].person = "pm"; }},
    {"remote access tried long ago", "standby", stale,
     [](GateInput& in) { in.project.standby[0].remote_access_tested_at = now - hours(24 * 15); }},
    {"no schedule", "date", missing, [](GateInput& in) { in.schedule.reset(); }},
    {"impossible date", "date", unmet, [](GateInput& in) { in.project.go_live = day("2026-04-02"); }},
    {"schedule of yesterday", "date", stale, [](GateInput& in) { in.schedule->today = day("2026-04-02"); }},
    {"too long for two days", "two-days", unmet, [](GateInput& in) { in.schedule->production_half_days = 5; }},
    {"length unknown", "two-days", missing, [](GateInput& in) { in.schedule.reset(); }},
};

TEST(Gate, EachConditionClosesItForEachOfItsReasons) {
  for (const auto& one : breaks) {
    auto in = ready();
    one.change(in);
    const auto result = gate(in);
    const auto& c = *result.find(one.condition);
    EXPECT_EQ(name_of(c.state), name_of(one.state)) << one.name << ": " << c.why.en;
    EXPECT_FALSE(result.open) << one.name;
    for (const auto* text : {&c.why, &c.remedy, &c.title})
      EXPECT_FALSE(text->en.empty() || text->zh.empty()) << one.name;
    EXPECT_EQ(code_of([&] { require_open(result); }), Code::gate_closed) << one.name;
  }
}

TEST(Gate, EveryConditionIsCoveredByTheTable) {
  std::map<std::string, std::set<ConditionState>> seen;
  for (const auto& one : breaks) seen[one.condition].insert(one.state);
  for (const auto& c : gate(ready()).conditions) EXPECT_FALSE(seen[c.id].empty()) << c.id;
}

TEST(Gate, SomeConditionsCantBeWaived) {
  for (const auto& one : breaks) {
    auto in = ready();
    one.change(in);
    in.recipe = recipe;
    in.waivers = {waiver(one.condition)};
    const auto c = condition(in, one.condition);
    const std::set<std::string> hard{"decisions", "rehearsal", "same-as-clone", "backup", "drift", "plan", "approval"};
    EXPECT_EQ(c.waivable, !hard.contains(c.id)) << c.id;
    EXPECT_FALSE(hard.contains(c.id) && c.state == ConditionState::waived) << one.name;
  }
}

TEST(GateConditions, ASurvivedChaosRehearsalIsEnough) {
  auto in = ready();
  survived(in);
  EXPECT_TRUE(gate(in).open);
}

}  // namespace
}  // namespace ferry
