#include <gtest/gtest.h>

#include "base/error.h"
#include "project/project_fixture.h"

namespace ferry {
namespace {

using testing_project::at;
using testing_project::day;
using testing_project::project;
using testing_project::tasks;
using testing_project::with;
using testing_project::yaml;

std::vector<std::string> ids(const std::vector<ProjectProblem>& problems) {
  std::vector<std::string> out;
  for (const auto& problem : problems) {
    EXPECT_FALSE(problem.message.en.empty() || problem.message.zh.empty()) << problem.id;
    EXPECT_FALSE(problem.remedy.en.empty() || problem.remedy.zh.empty()) << problem.id;
    out.push_back(problem.id);
  }
  return out;
}
using Ids = std::vector<std::string>;

TEST(Project, EveryKeyOfTheFileIsRead) {
  const auto p = project();
  EXPECT_EQ(p.id, "sample-8");
  EXPECT_EQ(p.title.zh, "OA 升级到 8.0");
  EXPECT_EQ(p.contract_name, "Sample Company Ltd.");
  EXPECT_EQ(p.owner, "pm");
  ASSERT_EQ(p.people.size(), 6U);
  EXPECT_TRUE(p.find_person("adm")->has(Role::deployer));
  EXPECT_EQ(p.person_of_user("boss")->id, "boss");
  EXPECT_EQ(p.person_of_user(""), nullptr);
  EXPECT_EQ(p.tasks.at("packages"), "eng");
  EXPECT_EQ(*p.start, day("2026-03-02"));
  EXPECT_EQ(p.window->start, at("2026-04-04T00:00:00Z"));
  EXPECT_EQ(p.window->reserve, std::chrono::hours(2));
  EXPECT_EQ(*p.standby.at(0).expires, at("2026-04-10T00:00:00Z"));
  EXPECT_EQ(p.approvals_needed, 2);
  EXPECT_TRUE(p.calendar.extra_days.contains(day("2026-03-08")));
  EXPECT_EQ(p.test_days, 10);
  EXPECT_EQ(p.departments.at(0).signer, "fin");
  EXPECT_EQ(p.on_last_safe_moment, AtLastSafeMoment::hold);
}

TEST(Project, SettingsAndLimitsAreRead) {
  const auto p = require_project(yaml + "on_last_safe_moment: rollback\nlimits: {backup: 1d12h, approval: 30m}\n", "p");
  EXPECT_EQ(p.on_last_safe_moment, AtLastSafeMoment::rollback);
  EXPECT_EQ(p.limits.backup, std::chrono::hours(36));
  EXPECT_EQ(p.limits.approval, std::chrono::minutes(30));
  EXPECT_EQ(p.limits.survey, AgeLimits{}.survey);
}

TEST(Project, SaysHowPeopleAreCalled) {
  EXPECT_TRUE(project().notify.run.empty());
  const auto p = require_project(
      yaml + "notify: {run: [/usr/bin/sms, \"${contact}\", \"${message}\"], within: 30s, language: en}\n", "p");
  EXPECT_EQ(p.notify.run, (std::vector<std::string>{"/usr/bin/sms", "${contact}", "${message}"}));
  EXPECT_EQ(p.notify.within, std::chrono::seconds(30));
  EXPECT_EQ(p.notify.language, Language::english);
  EXPECT_EQ(Json(p).at("notify").at("within_ms"), 30000);
  // Found now and not in the night when somebody has to be called.
  const auto wrong = parse_project(yaml + "notify: {run: [/usr/bin/sms, \"${phone}\"]}\n", "p");
  ASSERT_EQ(wrong.problems.size(), 1U);
  EXPECT_EQ(wrong.problems[0].pointer, "/notify/run/1");
  EXPECT_NE(wrong.problems[0].message.en.find("contact"), std::string::npos) << wrong.problems[0].message.en;
}

TEST(Project, JsonIsAsGoodAsYaml) {
  const auto p = require_project(R"({"id":"x","title":"t","start":"2026-01-05","test_days":3})", "p.json");
  EXPECT_EQ(p.test_days, 3);
  EXPECT_EQ(p.title.zh, "t");
}

TEST(Project, EveryProblemIsNamedWithItsLine) {
  const auto text = with(with(with(yaml, "owner: pm", "owner: nobody"), "start: 2026-03-02", "start: 2026-02-30"),
                         "10:00:00Z, reserve", "00:00:00Z, reserve");
  const auto result = parse_project(text, "project.yaml");
  EXPECT_FALSE(result.project);
  ASSERT_EQ(result.problems.size(), 3U);
  EXPECT_EQ(result.problems[0].pointer, "/owner");
  EXPECT_EQ(result.problems[0].line, 8);
  EXPECT_EQ(result.problems[1].pointer, "/start");
  EXPECT_EQ(result.problems[1].line, 17);
  EXPECT_EQ(result.problems[2].pointer, "/window/end");
  EXPECT_EQ(result.problems[2].line, 19);
}

TEST(Project, MalformedFilesAreRefusedWithAPlace) {
  for (const auto& [from, to, pointer] :
       std::vector<std::array<std::string, 3>>{{"customer:", "custmer:", "/custmer"},
                                               {"roles: [tester]", "roles: [teste]", "/people/5/roles/0"},
                                               {"id: boss2", "id: boss", "/people/4/id"},
                                               {"user: boss2", "user: boss", "/people/4/user"},
                                               {"reserve: 2h", "reserve: two hours", "/window/reserve"},
                                               {"start: 2026-04-04T00:00:00Z", "start: 2026-04-04", "/window/start"},
                                               {"approvals_needed: 2", "approvals_needed: 0", "/approvals_needed"},
                                               {"approvers: [boss,", "approvers: [bos,", "/approvers/0"},
                                               {"talk: pm", "talk: nobody", "/tasks/talk"},
                                               {"signer: fin", "signer: gone", "/departments/0/signer"},
                                               {"[2026-03-06]", "[2026-13-06]", "/calendar/holidays/0"},
                                               {"format: 1", "format: 2", "/format"}}) {
    const auto result = parse_project(with(yaml, from, to), "project.yaml");
    EXPECT_FALSE(result.project) << to;
    ASSERT_FALSE(result.problems.empty()) << to;
    EXPECT_EQ(result.problems[0].pointer, pointer) << to;
    EXPECT_GT(result.problems[0].line, 0) << to;
    EXPECT_FALSE(result.problems[0].message.zh.empty()) << to;
  }
  EXPECT_EQ(testing_project::code_of([] { require_project("a: [", "p"); }), Code::yaml_syntax);
}

TEST(Project, ACompleteProjectHasNoProblems) {
  EXPECT_EQ(ids(problems(project(), tasks())), Ids{});
}

TEST(Project, NeedsOneOwnerWhoIsNotTheDeployer) {
  auto p = project();
  p.owner = "";
  EXPECT_EQ(ids(problems(p, tasks())), Ids{"no-owner"});
  p.owner = "adm";
  EXPECT_EQ(ids(problems(p, tasks())), Ids{"owner-is-deployer"});
  p.owner = "pm";
  p.people[0].contact = "";
  EXPECT_EQ(ids(problems(p, tasks())), Ids{"owner-without-contact"});
}

TEST(Project, NeedsAResponsiblePersonOfTheRightRoleForEveryTask) {
  auto p = project();
  p.tasks.erase("talk");
  p.tasks["packages"] = "fin";
  EXPECT_EQ(ids(problems(p, tasks())), (Ids{"task-without-person:talk", "role-does-not-fit:packages"}));
}

TEST(Project, NeedsManagerDeployerCustomerDatesAndDepartments) {
  auto p = project();
  p.people[0].roles = {Role::approver};
  p.people[2].roles = {Role::administrator};
  p.tasks["talk"] = "pm";
  p.customer = p.contract_name = "";
  p.start.reset();
  p.test_days = 0;
  p.departments = {};
  EXPECT_EQ(ids(problems(p, {})), (Ids{"no-customer", "no-contract-name", "no-start", "no-test-days",
                                       "no-project-manager", "no-deployer", "no-departments"}));
  p.departments = {{"it", {}, "gone"}};
  EXPECT_EQ(ids(problems(p, {})).back(), "department-without-signer:it");
}

TEST(Project, ApproversMustBeEnoughAndAble) {
  auto p = project();
  p.approvers = {"boss", "boss"};  // the same one twice is one
  EXPECT_EQ(ids(problems(p, tasks())), Ids{"too-few-approvers"});
  p.approvers = {"boss", "boss2", "fin"};
  EXPECT_EQ(ids(problems(p, tasks())), Ids{"approver-does-not-fit:fin"});
  p = project();
  p.people[3].roles.push_back(Role::deployer);
  EXPECT_EQ(ids(problems(p, tasks())), (Ids{"approver-does-not-fit:boss", "too-few-approvers"}));
}

TEST(Project, DurationsAreRead) {
  EXPECT_EQ(parse_duration("1h30m"), std::chrono::minutes(90));
  EXPECT_EQ(parse_duration("3d"), std::chrono::hours(72));
  for (const char* bad : {"", "5", "h", "-1h", "1 h", "1y", "99999999999999999999s", "9999999999d"})
    EXPECT_EQ(testing_project::code_of([&] { parse_duration(bad); }), Code::invalid_document) << bad;
}

TEST(Project, TheJsonFormShowsEverything) {
  const Json json = project();
  EXPECT_EQ(json.at("people").size(), 6U);
  EXPECT_EQ(json.at("window").at("reserve_ms"), 7200000);
  EXPECT_EQ(json.at("go_live"), "2026-04-04");
  EXPECT_NO_THROW(canonical(json));
}

}  // namespace
}  // namespace ferry
