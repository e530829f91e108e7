#include "project/issue.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "project/project_fixture.h"

namespace ferry {
namespace {

using testing_project::at;
using testing_project::code_of;

const PresentState present{Digest::of("recipe"), Digest::of("profile"), Digest::of("program")};

Evidence result(const std::string& id, Outcome outcome, const char* when, const std::string& check = "login") {
  Evidence out;
  out.id = id;
  out.check = check;
  out.covers = {"B8.1"};
  out.outcome = outcome;
  out.started = to_string(at(when));
  out.recipe = present.recipe;
  out.profile = present.profile;
  out.program = present.program;
  out.summary = {"login answered 500", "登录返回 500"};
  return out;
}

const Text title{"People can log in", "可正常登录"};

std::vector<Issue> after(std::vector<IssueEvent>& events, const Evidence& evidence) {
  if (auto event = event_of_evidence(issues_of(events), evidence, title, parse_moment(evidence.started)))
    events.push_back(*event);
  return issues_of(events);
}

TEST(Issue, AFailedCheckOpensOneAndRepeatedFailuresAppend) {
  std::vector<IssueEvent> events;
  auto issues = after(events, result("e1", Outcome::failed, "2026-03-10T10:00:00Z"));
  issues = after(events, result("e2", Outcome::error, "2026-03-11T10:00:00Z"));
  issues = after(events, result("e3", Outcome::failed, "2026-03-11T11:00:00Z", "forms"));
  ASSERT_EQ(issues.size(), 2U);
  EXPECT_TRUE(issues[0].open);
  EXPECT_EQ(issues[0].title, title);
  EXPECT_EQ(issues[0].evidence, (std::vector<std::string>{"e1", "e2"}));
  EXPECT_EQ(issues[0].last_failure, at("2026-03-11T10:00:00Z"));
  EXPECT_EQ(issues[0].opened_at, at("2026-03-10T10:00:00Z"));
  EXPECT_EQ(issues[0].history.size(), 2U);
  EXPECT_EQ(issues[0].history[0].text, "login answered 500");
}

TEST(Issue, PassedAndUnrunChecksOpenNothingAndAResultReportedTwiceIsOneFailure) {
  std::vector<IssueEvent> events;
  EXPECT_TRUE(after(events, result("e1", Outcome::passed, "2026-03-10T10:00:00Z")).empty());
  EXPECT_TRUE(after(events, result("e2", Outcome::not_run, "2026-03-10T10:00:00Z")).empty());
  after(events, result("e3", Outcome::failed, "2026-03-10T10:00:00Z"));
  after(events, result("e3", Outcome::failed, "2026-03-10T10:00:00Z"));
  EXPECT_EQ(events.size(), 1U);
}

class ClosingAnIssue : public testing::Test {
 protected:
  void SetUp() override {
    after(events, result("e1", Outcome::failed, "2026-03-10T10:00:00Z"));
    pass = result("e2", Outcome::passed, "2026-03-11T10:00:00Z");
  }
  Code refusal(const std::string& person = "fin") {
    return code_of(
        [&] { close_issue(issues_of(events)[0], pass, project, person, present, at("2026-03-11T12:00:00Z")); });
  }
  std::vector<IssueEvent> events;
  Evidence pass;
  Project project = testing_project::project();
};

TEST_F(ClosingAnIssue, TakesAPassingResultAndAPersonWhoIsNoDeployer) {
  events.push_back(close_issue(issues_of(events)[0], pass, project, "fin", present, at("2026-03-11T12:00:00Z")));
  const auto issue = issues_of(events)[0];
  EXPECT_FALSE(issue.open);
  EXPECT_EQ(issue.closed_at, at("2026-03-11T12:00:00Z"));
  EXPECT_EQ(issue.history.back().person, "fin");
  EXPECT_EQ(issue.evidence.back(), "e2");
  EXPECT_EQ(refusal(), Code::check_failed);  // closed already
}

TEST_F(ClosingAnIssue, IsRefusedToADeployerAndToStrangers) {
  EXPECT_EQ(refusal("adm"), Code::not_allowed);
  EXPECT_EQ(refusal("stranger"), Code::not_allowed);
}

TEST_F(ClosingAnIssue, IsRefusedWithoutAFreshPassOfTheSameCheck) {
  const auto good = pass;
  pass.outcome = Outcome::failed;
  EXPECT_EQ(refusal(), Code::check_failed);
  pass = good;
  pass.check = "forms";
  EXPECT_EQ(refusal(), Code::check_failed);
  pass = good;
  pass.recipe = Digest::of("older recipe");
  EXPECT_EQ(refusal(), Code::check_failed);
  pass = good;
  pass.program = Digest::of("another program");
  EXPECT_EQ(refusal(), Code::check_failed);
  pass = good;
  pass.started = "2026-03-10T09:00:00Z";  // before the failure
  EXPECT_EQ(refusal(), Code::check_failed);
}

TEST_F(ClosingAnIssue, IsUndoneByTheNextFailure) {
  events.push_back(close_issue(issues_of(events)[0], pass, project, "fin", present, at("2026-03-11T12:00:00Z")));
  const auto issues = after(events, result("e4", Outcome::failed, "2026-03-12T10:00:00Z"));
  ASSERT_EQ(issues.size(), 1U);
  EXPECT_TRUE(issues[0].open);
  EXPECT_FALSE(issues[0].closed_at);
  EXPECT_EQ(issues[0].history.back().kind, IssueEvent::Kind::reopened);
}

TEST(Issue, PackagesThatClaimToSolveItAreRememberedOnce) {
  std::vector<IssueEvent> events;
  auto issues = after(events, result("e1", Outcome::failed, "2026-03-10T10:00:00Z"));
  PackageMeta by_check, by_issue, other;
  by_check.id = "patch-1";
  by_check.fixes = {"login"};
  by_issue.id = "patch-2";
  by_issue.fixes = {issues[0].id};
  other.id = "patch-3";
  other.fixes = {"forms"};
  for (auto& event : claims(issues, {by_check, by_issue, other}, at("2026-03-11T00:00:00Z"))) events.push_back(event);
  issues = issues_of(events);
  EXPECT_EQ(issues[0].claimed_by, (std::vector<std::string>{"patch-1", "patch-2"}));
  EXPECT_TRUE(issues[0].open);  // a claim is no proof
  EXPECT_TRUE(claims(issues, {by_check, by_issue, other}, at("2026-03-11T00:00:00Z")).empty());
}

TEST(Issue, PromisesAndNotesAreKept) {
  std::vector<IssueEvent> events;
  const auto id = after(events, result("e1", Outcome::failed, "2026-03-10T10:00:00Z"))[0].id;
  IssueEvent promise;
  promise.issue = id;
  promise.kind = IssueEvent::Kind::promised;
  promise.promised = testing_project::day("2026-03-20");
  events.push_back(promise);
  EXPECT_EQ(issues_of(events)[0].promised, testing_project::day("2026-03-20"));
  promise.issue = "issue-unknown";
  events.push_back(promise);
  EXPECT_EQ(code_of([&] { issues_of(events); }), Code::invalid_document);
}

TEST(Issue, EventsSurviveTheirFileFormAndTheExportCarriesTheEvidence) {
  std::vector<IssueEvent> events;
  const auto evidence = result("e1", Outcome::failed, "2026-03-10T10:00:00Z");
  const auto issues = after(events, evidence);
  for (const auto& event : events) EXPECT_EQ(Json(Json(event).get<IssueEvent>()), Json(event));
  const auto out =
      export_issues(testing_project::project(), issues,
                    {evidence, result("e9", Outcome::passed, "2026-03-10T10:00:00Z")}, at("2026-03-12T00:00:00Z"));
  EXPECT_EQ(out.at("project"), "sample-8");
  ASSERT_EQ(out.at("issues").size(), 1U);
  EXPECT_EQ(out.at("issues")[0].at("results").size(), 1U);
  EXPECT_EQ(out.at("issues")[0].at("results")[0].at("id"), "e1");
}

}  // namespace
}  // namespace ferry
