#include "project/schedule.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "project/project_fixture.h"

namespace ferry {
namespace {

using testing_project::at;
using testing_project::code_of;
using testing_project::day;

ScheduleInput input() {
  ScheduleInput out;
  out.project = testing_project::project();
  out.project.calendar = {};
  out.project.go_live.reset();
  out.tasks = testing_project::tasks();
  out.today = day("2026-03-02");
  return out;
}

using Ids = std::vector<std::string>;

// Monday 2 March: talk in the morning, packages until Wednesday noon, rehearsal until Thursday noon, then ten days of
// test until Thursday 19 March at noon.
TEST(Schedule, TasksFollowEachOtherInHalfDaysOnWorkingDays) {
  const auto s = make_schedule(input());
  const auto* packages = s.find("packages");
  EXPECT_EQ(packages->start, day("2026-03-02"));
  EXPECT_TRUE(packages->starts_at_noon);
  EXPECT_EQ(packages->end, day("2026-03-04"));
  EXPECT_TRUE(packages->ends_at_noon);
  EXPECT_EQ(s.find("rehearse")->end, day("2026-03-05"));
  EXPECT_EQ(s.find("accept")->start, day("2026-03-05"));
  EXPECT_EQ(s.find("accept")->end, day("2026-03-19"));
  EXPECT_EQ(s.ready_on, day("2026-03-19"));
  EXPECT_EQ(s.earliest_go_live, day("2026-03-20"));
  EXPECT_EQ(s.chain, (Ids{"talk", "packages", "rehearse", "accept"}));
  EXPECT_TRUE(s.find("talk")->critical);
  EXPECT_FALSE(s.find("clone")->critical);
  EXPECT_EQ(s.find("packages")->person, "eng");
}

TEST(Schedule, ProductionComesAfterEverythingAndTheWatchAfterProduction) {
  const auto s = make_schedule(input());
  EXPECT_EQ(s.find("upgrade")->start, day("2026-03-20"));
  EXPECT_EQ(s.find("verify")->end, day("2026-03-23"));  // over the weekend
  EXPECT_EQ(s.find("watch")->start, day("2026-03-23"));
  EXPECT_EQ(s.production_half_days, 3);
  EXPECT_TRUE(s.production_fits_two_days);
}

TEST(Schedule, HolidaysAndTheWeekendsThatMakeUpForThemCount) {
  auto in = input();
  in.project.calendar.holidays = {day("2026-03-03"), day("2026-03-04")};
  in.project.calendar.extra_days = {day("2026-03-07")};
  const auto s = make_schedule(in);
  EXPECT_EQ(s.find("packages")->end, day("2026-03-06"));
  EXPECT_EQ(s.find("rehearse")->end, day("2026-03-07"));
}

TEST(Schedule, CustomisationTakesLonger) {
  auto in = input();
  in.customised = true;
  EXPECT_EQ(make_schedule(in).find("packages")->end, day("2026-03-09"));
}

TEST(Schedule, AWeekOfPreparationIsTheLeast) {
  auto in = input();
  in.tasks = {};
  const auto s = make_schedule(in);
  EXPECT_EQ(s.ready_on, day("2026-03-06"));
  EXPECT_EQ(s.earliest_go_live, day("2026-03-09"));
  EXPECT_EQ(s.chain, Ids{"preparation-week"});
}

TEST(Schedule, ALatePackageMovesGoLiveByItself) {
  auto in = input();
  in.actuals = {{"packages", {}, {}, day("2026-03-11"), "eng"}};
  auto s = make_schedule(in);
  EXPECT_EQ(s.find("packages")->end, day("2026-03-11"));
  EXPECT_EQ(s.find("packages")->late_days, 5);
  EXPECT_EQ(s.find("packages")->baseline_end, day("2026-03-04"));
  EXPECT_EQ(s.earliest_go_live, day("2026-03-27"));
  // The promised day passes and nothing came: it can only be today at the earliest.
  in.today = day("2026-03-16");
  s = make_schedule(in);
  EXPECT_EQ(s.find("packages")->end, day("2026-03-16"));
  EXPECT_EQ(s.earliest_go_live, day("2026-04-01"));
}

TEST(Schedule, WorkThatIsDoneEarlyMovesGoLiveForward) {
  auto in = input();
  in.today = day("2026-03-04");
  in.actuals = {{"talk", {}, day("2026-03-02"), {}, ""},
                {"packages", {}, day("2026-03-02"), {}, ""},
                {"clone", {}, day("2026-03-02"), {}, ""},
                {"rehearse", {}, day("2026-03-03"), {}, ""}};
  const auto s = make_schedule(in);
  EXPECT_EQ(s.find("accept")->start, day("2026-03-04"));
  EXPECT_EQ(s.ready_on, day("2026-03-17"));
  EXPECT_EQ(s.find("rehearse")->late_days, -2);
}

TEST(Schedule, WhatHasNotBegunCantBeginInThePast) {
  auto in = input();
  in.today = day("2026-03-16");
  const auto s = make_schedule(in);
  EXPECT_EQ(s.find("talk")->start, day("2026-03-16"));
  EXPECT_EQ(s.find("talk")->baseline_start, day("2026-03-02"));
  EXPECT_EQ(s.find("talk")->late_days, 10);
}

TEST(Schedule, StartedButUnfinishedWorkEndsTodayAtTheEarliest) {
  auto in = input();
  in.today = day("2026-03-12");
  in.actuals = {{"talk", {}, day("2026-03-02"), {}, ""}, {"packages", day("2026-03-03"), {}, {}, ""}};
  const auto s = make_schedule(in);
  EXPECT_EQ(s.find("packages")->start, day("2026-03-03"));
  EXPECT_EQ(s.find("packages")->end, day("2026-03-12"));
}

TEST(Schedule, APromisedFixHoldsProduction) {
  auto in = input();
  Issue issue;
  issue.id = "issue-1";
  issue.promised = day("2026-04-08");
  in.issues = {issue};
  auto s = make_schedule(in);
  EXPECT_EQ(s.ready_on, day("2026-04-08"));
  EXPECT_EQ(s.chain, Ids{"issue:issue-1"});
  in.issues[0].open = false;
  EXPECT_EQ(make_schedule(in).ready_on, day("2026-03-19"));
}

TEST(Schedule, AnEarlierDateIsRefusedWithTheChainThatForbidsIt) {
  const auto s = make_schedule(input());
  const auto answer = check_go_live(s, day("2026-03-04"));
  EXPECT_FALSE(answer.possible);
  EXPECT_EQ(answer.earliest, day("2026-03-20"));
  ASSERT_EQ(answer.chain.size(), 4U);
  EXPECT_EQ(answer.chain[3].id, "accept");
  for (const char* part : {"2026-03-04 is impossible", "2026-03-20", "Task packages", "2026-03-05 - 2026-03-19"})
    EXPECT_NE(answer.explanation.en.find(part), std::string::npos) << part;
  EXPECT_NE(answer.explanation.zh.find("任务 accept"), std::string::npos);
  EXPECT_EQ(code_of([&] { require_go_live(s, day("2026-03-19")); }), Code::impossible_date);
  EXPECT_NO_THROW(require_go_live(s, day("2026-03-20")));
}

TEST(Schedule, AWeekendIsPossibleAndIsWorkedThrough) {
  auto in = input();
  in.project.go_live = day("2026-03-21");  // a Saturday
  const auto s = make_schedule(in);
  EXPECT_TRUE(check_go_live(s, day("2026-03-21")).possible);
  EXPECT_EQ(s.find("upgrade")->start, day("2026-03-21"));
  EXPECT_EQ(s.find("verify")->end, day("2026-03-22"));
}

TEST(Schedule, ADayThatIsOverIsNoGoLiveDate) {
  auto in = input();
  in.today = day("2026-05-04");
  for (const auto& task : in.tasks) in.actuals.push_back({task.id, {}, day("2026-03-20"), {}, ""});
  const auto s = make_schedule(in);
  EXPECT_FALSE(check_go_live(s, day("2026-04-01")).possible);
  EXPECT_TRUE(check_go_live(s, day("2026-05-04")).possible);
  EXPECT_EQ(s.earliest_go_live, day("2026-05-04"));
}

TEST(Schedule, ProductionLongerThanTwoDaysShows) {
  auto in = input();
  in.tasks[6].half_days = 4;
  const auto s = make_schedule(in);
  EXPECT_EQ(s.production_half_days, 5);
  EXPECT_FALSE(s.production_fits_two_days);
}

TEST(Schedule, TheLetterTellsTheCustomerWhatIsImpossibleAndWhy) {
  const auto s = make_schedule(input());
  const auto letter = go_live_letter(input().project, s, check_go_live(s, day("2026-03-04")));
  for (const char* part :
       {"Sample Company", "2026-03-04", "2026-03-20", "Task accept", "10 working days", "P. Manager"})
    EXPECT_NE(letter.en.find(part), std::string::npos) << part;
  for (const char* part : {"无法实现", "2026-03-20", "任务 accept", "P. Manager"})
    EXPECT_NE(letter.zh.find(part), std::string::npos) << part;
  const auto yes = go_live_letter(input().project, s, check_go_live(s, day("2026-03-23")));
  EXPECT_NE(yes.en.find("can be kept"), std::string::npos);
}

TEST(Schedule, CirclesAndUnknownTasksAreRefused) {
  auto in = input();
  in.tasks[0].after = {"accept"};
  EXPECT_EQ(code_of([&] { make_schedule(in); }), Code::invalid_document);
  in.tasks[0].after = {"upgrade"};  // waits for production, which waits for it
  EXPECT_EQ(code_of([&] { make_schedule(in); }), Code::invalid_document);
  in.tasks[0].after = {"gone"};
  EXPECT_EQ(code_of([&] { make_schedule(in); }), Code::invalid_document);
  in = input();
  in.project.start.reset();
  EXPECT_EQ(code_of([&] { make_schedule(in); }), Code::project_incomplete);
}

TEST(Schedule, PackageRequestsHaveTheirLeadTime) {
  PackageRequest request;
  request.task = "packages";
  request.requested = day("2026-03-02");
  const WorkingCalendar calendar;
  EXPECT_EQ(expected(request, calendar, day("2026-03-02")), day("2026-03-04"));
  request.customised = true;
  EXPECT_EQ(expected(request, calendar, day("2026-03-02")), day("2026-03-09"));
  EXPECT_EQ(expected(request, calendar, day("2026-03-20")), day("2026-03-20"));  // overdue
  request.promised = day("2026-03-27");
  EXPECT_EQ(actual_of(request, calendar, day("2026-03-20")).promised, day("2026-03-27"));
  request.received = day("2026-03-25");
  EXPECT_EQ(actual_of(request, calendar, day("2026-03-26")).done, day("2026-03-25"));
  EXPECT_EQ(Json(Json(request).get<PackageRequest>()), Json(request));
}

TEST(Schedule, ActualsOfOneTaskAddUp) {
  const auto merged = merge_actuals({{"a", day("2026-03-02"), {}, {}, "x"},
                                     {"b", {}, {}, day("2026-03-04"), ""},
                                     {"a", {}, day("2026-03-05"), {}, ""},
                                     {"b", {}, {}, day("2026-03-06"), ""}});
  ASSERT_EQ(merged.size(), 2U);
  EXPECT_EQ(merged[0].started, day("2026-03-02"));
  EXPECT_EQ(merged[0].done, day("2026-03-05"));
  EXPECT_EQ(merged[0].by, "x");
  EXPECT_EQ(merged[1].promised, day("2026-03-06"));
  EXPECT_EQ(Json(Json(merged[0]).get<TaskActual>()), Json(merged[0]));
}

}  // namespace
}  // namespace ferry
