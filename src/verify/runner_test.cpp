#include "verify/runner.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "verify/invariant.h"
#include "verify/masker.h"
#include "verify/process_check.h"
#include "verify/sql_check.h"
#include "verify/standing.h"
#include "verify/test_server.h"

namespace ferry {
namespace {

using testing_verify::context_for;
using testing_verify::environment_for;
using testing_verify::execute;
using testing_verify::Folder;
using testing_verify::step;
using testing_verify::TestServer;

Check check_of(const std::string& id, Check::Kind kind) {
  Check check;
  check.id = id;
  check.kind = kind;
  check.covers = {"B8.1"};
  return check;
}

Check sql_check(const std::string& id, const std::string& sql, const std::string& equals) {
  auto check = check_of(id, Check::Kind::sql);
  check.sql = SqlExpectation{};
  check.sql->sql = sql;
  check.sql->equals = equals;
  return check;
}

Invariant invariant_of(const std::string& id, const std::string& sql, Invariant::Relation relation) {
  Invariant out;
  out.id = id;
  out.before = out.after = sql;
  out.relation = relation;
  return out;
}

class RunChecks : public testing::Test {
 protected:
  RunChecks() {
    execute(folder / "oa.db", "CREATE TABLE p (id, name); INSERT INTO p VALUES (1,'张三'),(2,'李四')");
    Database database;
    database.id = "main";
    database.kind = "sqlite";
    database.file = folder / "oa.db";
    profile.databases.push_back(database);
    context.now = [] { return parse_moment("2026-01-31T08:00:00.000Z"); };
    context.recipe = Digest::of("recipe");
    context.run = "run-1";
  }

  Evidence only(const std::string& id) {
    context.only = {id};
    auto all = run_checks(profile, context);
    EXPECT_EQ(all.size(), 1U);
    return all.at(0);
  }

  Folder folder;
  TestServer server;
  Profile profile;
  Environment environment = environment_for(server.url());
  CheckContext context = context_for(environment);
};

TEST_F(RunChecks, MakesEvidenceThatNamesWhatItDependsOn) {
  auto http = check_of("up", Check::Kind::http);
  http.steps = {step("GET", "/health")};
  profile.checks = {http, sql_check("people", "SELECT count(*) FROM p", "2")};
  int told = 0;
  context.progress = [&told](const Evidence&, std::size_t number, std::size_t of) {
    EXPECT_EQ(number, static_cast<std::size_t>(++told));
    EXPECT_EQ(of, 2U);
  };
  const auto all = run_checks(profile, context);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(told, 2);
  for (const auto& evidence : all) {
    EXPECT_EQ(evidence.outcome, Outcome::passed) << evidence.summary.en;
    EXPECT_EQ(evidence.recipe, context.recipe);
    EXPECT_EQ(evidence.run, "run-1");
    EXPECT_EQ(evidence.environment, "test");
    EXPECT_EQ(evidence.version.text(), "7.4");
    EXPECT_EQ(evidence.started, "2026-01-31T08:00:00.000Z");
    EXPECT_EQ(evidence.covers, std::vector<std::string>{"B8.1"});
  }
  EXPECT_NE(all[0].id, all[1].id);
}

TEST_F(RunChecks, WhatDoesNotApplyIsNotRunAndNeverPassed) {
  auto clone_only = sql_check("clone", "SELECT 1", "1");
  clone_only.on_production = false;
  auto newer = sql_check("newer", "SELECT 1", "1");
  newer.version = VersionRange(">=8");
  auto no_step = check_of("no-step", Check::Kind::http);
  no_step.steps = {step("GET", "/health")};
  no_step.steps[0].version = VersionRange(">=8");
  auto manual = check_of("manual", Check::Kind::manual);
  manual.manual = {"look", "看"};
  profile.checks = {clone_only, newer, no_step, manual, check_of("process", Check::Kind::process)};
  context.place = CheckPlace::production;
  const auto all = run_checks(profile, context);
  ASSERT_EQ(all.size(), 5U);
  for (const auto& evidence : all) {
    EXPECT_EQ(evidence.outcome, Outcome::not_run) << evidence.check;
    EXPECT_FALSE(evidence.summary.en.empty() || evidence.summary.zh.empty()) << evidence.check;
  }
  const auto sum = totals(profile, context, all);
  EXPECT_EQ(sum.required_open, std::vector<std::string>{"process"});  // applies, but could not be run
  EXPECT_EQ(sum.manual_open, std::vector<std::string>{"manual"});
}

TEST_F(RunChecks, AnExceptionIsAnErrorWithItsText) {
  profile.checks = {sql_check("broken", "SELECT nope FROM p", "1")};
  const auto evidence = only("broken");
  EXPECT_EQ(evidence.outcome, Outcome::error);
  EXPECT_NE(evidence.summary.en.find("no such column: nope"), std::string::npos) << evidence.summary.en;
  EXPECT_FALSE(totals(profile, context, {evidence}).good());
}

TEST_F(RunChecks, WhatKeptACheckFromBeingCarriedOutIsToldWithItsCode) {
  profile.checks = {sql_check("count", "SELECT count(*) FROM p", "2"), sql_check("other", "SELECT 1", "1")};
  context.open_database = [](const Database&) -> Connection { throw system_error("/srv/oa.db", EIO); };
  std::map<std::string, Code> told;
  context.obstacle = [&](const std::string& check, const Error& why) { told.emplace(check, why.code()); };
  const auto evidence = run_checks(profile, context);
  EXPECT_EQ(evidence.at(0).outcome, Outcome::error);
  EXPECT_NE(evidence.at(0).summary.zh.find("/srv/oa.db"), std::string::npos) << evidence.at(0).summary.zh;
  EXPECT_EQ(told, (std::map<std::string, Code>{{"count", Code::io}, {"other", Code::io}}));
}

TEST_F(RunChecks, UnknownIdsAreRefused) {
  context.only = {"nothing"};
  EXPECT_THROW(run_checks(profile, context), Error);
}

TEST_F(RunChecks, SqlChecksListWhatTheyFound) {
  auto none = check_of("none", Check::Kind::sql);
  none.sql =
      SqlExpectation{"main", "SELECT id, name FROM p WHERE name <> :environment_tester ORDER BY id", {}, true, {}};
  auto enough = check_of("enough", Check::Kind::sql);
  enough.sql = SqlExpectation{"main", "SELECT count(*) FROM p", {}, false, 3};
  auto nothing = check_of("nothing", Check::Kind::sql);
  nothing.sql = SqlExpectation{"main", "SELECT 1", {}, false, {}};
  profile.checks = {none, enough, nothing, sql_check("wrong", "SELECT name FROM p WHERE id = 1", "李四")};
  const auto found = only("none");
  EXPECT_EQ(found.outcome, Outcome::failed);
  EXPECT_EQ(found.steps.at(0).observed, "(1, 张三)\n(2, 李四)");
  EXPECT_EQ(only("enough").outcome, Outcome::failed);
  EXPECT_EQ(only("nothing").outcome, Outcome::error);  // it could not fail
  EXPECT_EQ(only("wrong").outcome, Outcome::failed);
  execute(folder / "oa.db", "DELETE FROM p");
  EXPECT_EQ(only("none").outcome, Outcome::passed);
}

TEST_F(RunChecks, AnInvariantIsRememberedAndCompared) {
  profile.invariants = {invariant_of("people", "SELECT id, name FROM p", Invariant::Relation::equal)};
  context.phase = CheckPhase::before;
  const auto before = only("people");
  EXPECT_EQ(before.outcome, Outcome::not_run);  // nothing is proved yet
  EXPECT_TRUE(totals(profile, context, {before}).good());
  context.phase = CheckPhase::after;
  EXPECT_EQ(only("people").outcome, Outcome::not_run);  // nothing remembered
  EXPECT_FALSE(totals(profile, context, {only("people")}).good());
  context.remembered = remembered_values({before});
  EXPECT_EQ(only("people").outcome, Outcome::passed);
  execute(folder / "oa.db", "UPDATE p SET name = '王五' WHERE id = 2");
  const auto changed = only("people");
  EXPECT_EQ(changed.outcome, Outcome::failed);
  EXPECT_NE(changed.summary.en.find("gone: [\"2\",\"李四\"]"), std::string::npos) << changed.summary.en;
  EXPECT_NE(changed.summary.en.find("new: [\"2\",\"王五\"]"), std::string::npos) << changed.summary.en;
}

TEST_F(RunChecks, RelationsOfInvariantsMeanWhatTheySay) {
  auto connection = Connection::open_file(folder / "oa.db");
  const auto rows = [&connection](const std::string& sql, std::size_t limit = invariant_row_limit) {
    return InvariantCapture::from_values(capture(connection, sql, limit).to_values());
  };
  const auto outcome = [](Invariant::Relation relation, const InvariantCapture& before, const InvariantCapture& after) {
    return compare(invariant_of("x", "", relation), before, after).outcome;
  };
  using Relation = Invariant::Relation;
  for (const std::size_t limit : {invariant_row_limit, std::size_t{0}}) {  // with rows and with marks only
    const auto one = rows("SELECT 1", limit), two = rows("SELECT 1 UNION ALL SELECT 2", limit);
    const auto order = rows("SELECT 2 UNION ALL SELECT 1", limit), twice = rows("SELECT 1 UNION ALL SELECT 1", limit);
    EXPECT_EQ(outcome(Relation::equal, two, order), Outcome::passed);
    EXPECT_EQ(outcome(Relation::equal, one, twice), Outcome::failed);
    EXPECT_EQ(outcome(Relation::subset, one, two), Outcome::passed);
    EXPECT_EQ(outcome(Relation::subset, two, one), Outcome::failed);
    EXPECT_EQ(outcome(Relation::subset, twice, two), Outcome::failed);  // a row was there twice
  }
  EXPECT_EQ(outcome(Relation::equal, rows("SELECT 1"), rows("SELECT 1", 0)), Outcome::passed);
  EXPECT_EQ(outcome(Relation::not_less, rows("SELECT 10"), rows("SELECT 9")), Outcome::failed);
  EXPECT_EQ(outcome(Relation::not_less, rows("SELECT 9"), rows("SELECT 10")), Outcome::passed);
  EXPECT_EQ(outcome(Relation::not_less, rows("SELECT 'x'"), rows("SELECT 10")), Outcome::error);
  EXPECT_EQ(outcome(Relation::equal, rows("SELECT NULL"), rows("SELECT 'null'")), Outcome::failed);
  EXPECT_THROW(InvariantCapture::from_values({{"total", "42"}}), Error);
}

TEST_F(RunChecks, AProcessMustBeNewAndServeTheNewBuild) {
  Service service;
  service.id = "web";
  service.port = "8080";
  service.ready = HttpReady{"/health", 200, {}};
  service.build_pointer = "/build";
  profile.services = {service};
  auto check = check_of("service", Check::Kind::process);
  check.service = "web";
  profile.checks = {check};
  ProcessFacts facts{true, {4711}, "2026-01-31T07:59:00.000Z", "8080", true, "java"};
  context.process = [&facts](const Service&) { return facts; };
  context.started_after = parse_moment("2026-01-31T07:58:00.000Z");
  context.remembered["service"] = {{"build", "b-7.3"}, {"version", "7.3"}};
  const auto good = only("service");
  EXPECT_EQ(good.outcome, Outcome::passed) << good.summary.en;
  EXPECT_EQ(good.steps.size(), 4U);
  EXPECT_EQ(good.values.at("build"), "b-7.4");
  EXPECT_EQ(good.values.at("version"), "7.4");
  server.version = "7.3";
  const auto old = only("service");
  EXPECT_EQ(old.outcome, Outcome::failed);
  EXPECT_NE(old.summary.en.find("another build than that of 7.3, b-7.3, found b-7.3"), std::string::npos)
      << old.summary.en;
  // A hot patch starts the same version anew: whether its build is another one is the vendor's affair.
  context.version = Version("7.3");
  EXPECT_EQ(only("service").outcome, Outcome::passed);
  context.version = Version("7.4");
  server.version = "7.4";
  facts.started = "2026-01-31T07:57:00.000Z";
  EXPECT_EQ(only("service").outcome, Outcome::failed);
  facts.started = "2026-01-31T07:59:00.000Z";
  facts.listening = false;
  EXPECT_EQ(only("service").outcome, Outcome::failed);
  facts.running = false;
  EXPECT_NE(only("service").summary.en.find("runs"), std::string::npos);
}

TEST_F(RunChecks, APersonsWordHasAName) {
  auto manual = check_of("look", Check::Kind::manual);
  profile.checks = {manual, sql_check("sql", "SELECT 1", "1")};
  const auto evidence = manual_result(profile, context, "look", true, "tester", "as before");
  EXPECT_EQ(evidence.outcome, Outcome::passed);
  EXPECT_EQ(evidence.person, "tester");
  EXPECT_EQ(evidence.recipe, context.recipe);
  EXPECT_THROW(manual_result(profile, context, "look", true, "", ""), Error);
  EXPECT_THROW(manual_result(profile, context, "look", false, "tester", ""), Error);
  EXPECT_THROW(manual_result(profile, context, "sql", true, "tester", ""), Error);
  EXPECT_THROW(manual_result(profile, context, "none", true, "tester", ""), Error);
}

TEST(Masker, MasksEveryFormOfASecret) {
  Masker masker;
  const auto lookup = masker.watch([](const std::string& name) { return name + " & \"geheim\""; });
  EXPECT_EQ(lookup("x"), "x & \"geheim\"");
  for (const char* leak :
       {"x & \"geheim\"", "x+%26+%22geheim%22", "x%20%26%20%22geheim%22", "x & \\\"geheim\\\"", "eCAmICJnZWhlaW0i"})
    EXPECT_EQ(masker.mask("<" + std::string(leak) + ">"), "<***>") << leak;
  masker.add("ab");
  masker.add("abc");
  EXPECT_EQ(masker.mask("abcab"), "******");
}

class Standing : public testing::Test {
 protected:
  Standing() {
    auto manual = check_of("manual", Check::Kind::manual);
    manual.touches = {RelativePath("webapp/form")};
    auto newer = check_of("newer", Check::Kind::sql);
    newer.version = VersionRange(">=8");
    profile.checks = {check_of("auto", Check::Kind::sql), manual, newer};
    profile.invariants = {invariant_of("rows", "", Invariant::Relation::equal)};
    query.recipe = Digest::of("recipe");
    query.now = parse_moment("2026-01-31T10:00:00.000Z");
  }
  void add(const std::string& check, Outcome outcome, const std::string& at, const std::string& recipe = "recipe") {
    Evidence item;
    item.check = check;
    item.environment = "clone";
    item.outcome = outcome;
    item.started = "2026-01-31T" + at + ":00.000Z";
    item.recipe = Digest::of(recipe);
    evidence.push_back(item);
  }
  CheckStanding standing(std::size_t index) const { return standings(profile, evidence, query).at(index); }

  Profile profile;
  std::vector<Evidence> evidence;
  StandingQuery query;
};

TEST_F(Standing, IsThatOfTheLatestResult) {
  EXPECT_FALSE(standing(0).latest.has_value());
  EXPECT_FALSE(standing(0).good());
  add("auto", Outcome::passed, "08:00");
  add("auto", Outcome::failed, "09:00");
  add("auto", Outcome::passed, "07:00");
  EXPECT_EQ(standing(0).outcome, Outcome::failed);
  EXPECT_EQ(standing(0).age, std::chrono::hours(1));
  add("auto", Outcome::passed, "09:30");
  EXPECT_TRUE(standing(0).good());
  query.environment = "production";
  EXPECT_FALSE(standing(0).latest.has_value());
  EXPECT_TRUE(standing(3).invariant);
}

TEST_F(Standing, WaitingDoesNotHideAPersonsResult) {
  add("manual", Outcome::passed, "08:00");
  add("manual", Outcome::not_run, "09:00");
  EXPECT_EQ(standing(1).outcome, Outcome::passed);
}

TEST_F(Standing, AResultForAnotherRecipeIsStaleAndMayBeCarriedOverOnlyWhenUntouched) {
  add("manual", Outcome::passed, "08:00", "older recipe");
  add("auto", Outcome::passed, "08:00", "older recipe");
  EXPECT_EQ(standing(1).freshness, Freshness::stale_recipe);
  EXPECT_FALSE(standing(1).good());
  EXPECT_FALSE(standing(1).may_carry_over);  // nobody said what changed
  query.changed = {RelativePath("webapp/portal.jsp")};
  EXPECT_TRUE(standing(1).may_carry_over);
  EXPECT_FALSE(standing(0).may_carry_over);  // a program runs it again
  query.changed = {RelativePath("webapp/form/leave.jsp")};
  EXPECT_FALSE(standing(1).may_carry_over);
}

TEST_F(Standing, TellsWhatDoesNotApplyHere) {
  query.place = CheckPlace::clone;
  query.version = Version("7.4");
  EXPECT_FALSE(standing(2).applies);
  query.version = Version("8.0");
  EXPECT_TRUE(standing(2).applies);
}

}  // namespace
}  // namespace ferry
