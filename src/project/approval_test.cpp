#include "project/approval.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "project/project_fixture.h"

namespace ferry {
namespace {

using testing_project::at;
using testing_project::code_of;
using testing_project::project;

const Digest recipe = Digest::of("recipe");
const Digest plan = Digest::of("plan");
const Moment now = at("2026-04-03T08:00:00Z");

Actor login(const std::string& person) {
  return {person, "account-" + person, Actor::Proof::login};
}
Approval approval(const std::string& person, Moment when = now) {
  return make_approval(project(), login(person), "eng", recipe, plan, "", when);
}

TEST(Approval, TwoApproversAreEnoughAndOneIsNot) {
  auto state = approval_state(project(), {approval("boss")}, recipe, plan, "eng", now);
  EXPECT_FALSE(state.enough);
  state = approval_state(project(), {approval("boss"), approval("boss2")}, recipe, plan, "eng", now);
  EXPECT_TRUE(state.enough);
  EXPECT_FALSE(state.asserted);
  EXPECT_FALSE(state.stale);
}

TEST(Approval, TheSamePersonOrAccountCountsOnce) {
  EXPECT_EQ(approval_state(project(), {approval("boss"), approval("boss")}, recipe, plan, "eng", now).valid.size(), 1U);
  auto second = approval("boss2");
  second.by.user = "account-boss";
  const auto state = approval_state(project(), {approval("boss"), second}, recipe, plan, "eng", now);
  EXPECT_EQ(state.valid.size(), 1U);
  ASSERT_EQ(state.rejected.size(), 1U);
  EXPECT_FALSE(state.rejected[0].second.zh.empty());
}

TEST(Approval, AnyOtherRecipeOrPlanMakesItWorthless) {
  const std::vector<Approval> both{approval("boss"), approval("boss2")};
  auto state = approval_state(project(), both, Digest::of("other"), plan, "eng", now);
  EXPECT_TRUE(state.valid.empty());
  EXPECT_TRUE(state.stale);
  state = approval_state(project(), both, recipe, Digest::of("other"), "eng", now);
  EXPECT_TRUE(state.valid.empty());
  EXPECT_TRUE(state.stale);
}

TEST(Approval, Expires) {
  const std::vector<Approval> both{approval("boss"), approval("boss2")};
  const auto limit = project().limits.approval;
  EXPECT_TRUE(approval_state(project(), both, recipe, plan, "eng", now + limit - Milliseconds(1)).enough);
  EXPECT_FALSE(approval_state(project(), both, recipe, plan, "eng", now + limit).enough);
}

TEST(Approval, IsRefusedToAuthorsDeployersAndOthers) {
  const auto refused = [](const Project& p, const std::string& person, const std::string& author) {
    return code_of([&] { make_approval(p, login(person), author, recipe, plan, "", now); });
  };
  EXPECT_EQ(refused(project(), "boss", "boss"), Code::not_allowed);
  EXPECT_EQ(refused(project(), "fin", "eng"), Code::not_allowed);
  EXPECT_EQ(refused(project(), "stranger", "eng"), Code::not_allowed);
  auto p = project();
  p.people[3].roles.push_back(Role::deployer);
  EXPECT_EQ(refused(p, "boss", "eng"), Code::not_allowed);
  // And what was given before the person lost the right does not count any more.
  EXPECT_EQ(approval_state(p, {approval("boss")}, recipe, plan, "eng", now).valid.size(), 0U);
}

TEST(Approval, FromTheCommandLineIsOnlyAsserted) {
  const auto by = actor_of(project(), "boss");
  EXPECT_EQ(by.person, "boss");
  EXPECT_EQ(by.proof, Actor::Proof::asserted);
  const auto given = make_approval(project(), by, "eng", recipe, plan, "", now);
  EXPECT_TRUE(approval_state(project(), {given}, recipe, plan, "eng", now).asserted);
  EXPECT_EQ(code_of([] { actor_of(project(), "nobody"); }), Code::not_allowed);
  EXPECT_EQ(code_of([] { actor_of(project(), "boss", "boss2"); }), Code::not_allowed);  // another account's person
  EXPECT_EQ(code_of([] { actor_of(project(), "boss", "stranger"); }), Code::not_allowed);
  EXPECT_EQ(actor_of(project(), "root", "fin").person, "fin");  // fin has no account of its own
}

TEST(Acceptance, IsTheSignersOnly) {
  EXPECT_EQ(make_acceptance(project(), login("fin"), "finance", recipe, true, "ok", now).department, "finance");
  EXPECT_EQ(code_of([] { make_acceptance(project(), login("pm"), "finance", recipe, true, "", now); }),
            Code::not_allowed);
  EXPECT_EQ(code_of([] { make_acceptance(project(), login("fin"), "legal", recipe, true, "", now); }), Code::not_found);
}

TEST(Acceptance, ResultsAreCarriedOnlyWhereThePatchTouchesNothingTheyTested) {
  Check check;
  const std::vector<RelativePath> changed{RelativePath("webapp/hr/list.jsp"), RelativePath("webapp/login.jsp")};
  EXPECT_EQ(touched_by(check, changed).size(), 2U);  // says nothing about what it tests
  check.touches = {RelativePath("webapp/hr")};
  EXPECT_EQ(touched_by(check, changed), std::vector<RelativePath>{RelativePath("webapp/hr/list.jsp")});
  check.touches = {RelativePath("webapp/login.jsp/x"), RelativePath("lib")};
  EXPECT_EQ(touched_by(check, changed).size(), 1U);  // a file became a folder
  check.touches = {RelativePath("lib")};
  EXPECT_TRUE(touched_by(check, changed).empty());
}

Waiver waiver() {
  return {"w1",        "window",      recipe, "the customer extends the window by telephone",
          login("pm"), login("boss"), now,    now + std::chrono::hours(24),
          {}};
}

TEST(Waiver, CountsWithReasonTwoPersonsAndAnEnd) {
  EXPECT_TRUE(waiver_problem(project(), waiver(), recipe, now).empty());
}

TEST(Waiver, DoesNotCountOtherwise) {
  std::vector<Waiver> bad(9, waiver());
  bad[0].reason = "  ";
  bad[1].confirmed_by.reset();
  bad[2].confirmed_by = login("pm");
  bad[3].confirmed_by->user = bad[3].requested_by.user;
  bad[4].expires = now;
  bad[5].recipe = Digest::of("other");
  bad[6].confirmed_by = login("fin");  // no approver
  bad[7].requested_by = login("stranger");
  bad[8].confirmed_by = login("stranger");
  for (std::size_t i = 0; i < bad.size(); ++i) {
    const auto problem = waiver_problem(project(), bad[i], recipe, now);
    EXPECT_FALSE(problem.en.empty() || problem.zh.empty()) << i;
  }
  auto p = project();
  p.people[3].roles.push_back(Role::deployer);
  EXPECT_FALSE(waiver_problem(p, waiver(), recipe, now).empty());
}

TEST(Approval, ActsSurviveTheirFileForm) {
  const auto given = approval("boss");
  EXPECT_EQ(Json(Json(given).get<Approval>()), Json(given));
  EXPECT_EQ(Json(given).get<Approval>().expires, given.expires);
  EXPECT_EQ(Json(given).get<Approval>().by.proof, Actor::Proof::login);
  EXPECT_EQ(Json(Json(waiver()).get<Waiver>()), Json(waiver()));
  EXPECT_EQ(Json(waiver()).get<Waiver>().confirmed_by->person, "boss");
  const auto signature = make_acceptance(project(), login("fin"), "finance", recipe, false, "no", now);
  EXPECT_EQ(Json(Json(signature).get<Acceptance>()), Json(signature));
  const CarriedResult carried{"layout", "e1", recipe, login("fin"), "untouched", now};
  EXPECT_EQ(Json(Json(carried).get<CarriedResult>()), Json(carried));
}

}  // namespace
}  // namespace ferry
