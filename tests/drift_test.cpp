// Rehearsal = production, or say why not: what changed in production since the clone was made or the plan was made
// closes the gate with exactly that, is accepted by two persons from two accounts or not at all, and opens it again
// when it is put back. With the real program and the tiny product.
#include <gtest/gtest.h>

#include <algorithm>

#include "support/tiny_world.h"

namespace ferry::test {
namespace {

using Stage = TinyWorld::Stage;

// A clone of production, rehearsed, and looked at by people.
class Rehearsed : public TinyWorld {
 public:
  Rehearsed() : TinyWorld(Stage::composed) {
    done({"service", "start", "production"});
    done({"backup", "create", "production"});
    done({"clone", "create", "test"});
    done({"rehearsal", "start", "test", "--as", "engineer"});
    done({"check", "record", "test", "look", "pass", "--note", "seen", "--as", "engineer"});
    survey();
  }
  void survey(const std::map<std::string, std::string>& more = {}) const {
    EXPECT_EQ(ferry({"survey", "run", "production"}, more).status, 0);
  }
  Json condition(const std::string& id) const {
    const Json gate = ferry({"gate", "show", "--json"}).json();
    for (const auto& one : gate.at("conditions"))
      if (one.at("id") == id) return one;
    ADD_FAILURE() << "no condition " << id;
    return {};
  }
  std::string state(const std::string& id) const { return condition(id).at("state"); }
  // Of the differences that close the gate.
  Words open_keys() const {
    Words out;
    const Json drift = ferry({"drift", "show", "--json"}).json();
    for (const auto& one : drift.at("differences"))
      if (one.at("open").get<bool>()) out.push_back(one.at("key"));
    return out;
  }
  void sql(const std::string& statement) const { shell("sqlite3 installed/data/tiny.db \"" + statement + "\""); }
  // The same machine, another person's account: Ferry works as root, sudo says who is behind it.
  Ended as_somebody_else(const Words& words) const { return ferry(words, {{"SUDO_USER", "second"}}); }
};

Rehearsed& world() {
  static Rehearsed one;
  return one;
}

TEST(DriftSinceClone, NothingIsToldOfAProductionThatDidNotChange) {
  EXPECT_EQ(world().open_keys(), Words{});
  EXPECT_EQ(world().state("same-as-clone"), "met") << world().condition("same-as-clone");
  EXPECT_EQ(world().state("checks"), "met") << world().condition("checks");
}

struct Change {
  std::string name, key;
  std::string there, back;  // shell commands
};

TEST(DriftSinceClone, EachChangeClosesTheGateWithExactlyThatAndOpensItWhenPutBack) {
  const std::string db = "sqlite3 installed/data/tiny.db ";
  const std::vector<Change> changes{
      {"a page of the customer", "file:webapp/own.html", "echo own > installed/webapp/own.html",
       "rm installed/webapp/own.html"},
      {"a mode", "file:bin", "chmod 0700 installed/bin", "chmod 0755 installed/bin"},
      {"more rows", "rows:main.orders", db + "\"insert into orders (text) values ('a'), ('b'), ('c'), ('d')\"",
       db + "\"delete from orders where id > 2\""},
      {"attachments", "data:data", "head -c 2000000 /dev/zero > installed/data/attachment",
       "rm installed/data/attachment"},
      {"a table", "schema:main:table x_own", db + "\"create table x_own (a)\"", db + "\"drop table x_own\""},
      {"a setting of the database", "database:main:setting:auto_vacuum", db + "\"pragma auto_vacuum = full; vacuum\"",
       db + "\"pragma auto_vacuum = none; vacuum\""},
  };
  for (const auto& one : changes) {
    SCOPED_TRACE(one.name);
    world().shell(one.there);
    world().survey();
    EXPECT_EQ(world().open_keys(), Words{one.key});
    const auto closed = world().condition("same-as-clone");
    EXPECT_EQ(closed.at("state"), "unmet");
    EXPECT_NE(closed.at("why").at("zh").get<std::string>().find(one.key), std::string::npos) << closed;
    EXPECT_EQ(world().ferry({"drift", "show"}).status, info(Code::drift).exit_status);
    world().shell(one.back);
    world().survey();
    EXPECT_EQ(world().open_keys(), Words{});
    EXPECT_EQ(world().state("same-as-clone"), "met");
  }
}

TEST(DriftSinceClone, AnotherRuntimeClosesTheGate) {
  world().shell(
      "mkdir -p fake && printf '#!/bin/sh\\necho \"openjdk version 99\" >&2\\n' > fake/java && chmod +x fake/java");
  world().survey({{"PATH", world().path("fake") + ":/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"}});
  EXPECT_EQ(world().open_keys(), Words{"runtime:java"});
  world().survey();
  EXPECT_EQ(world().open_keys(), Words{});
}

TEST(DriftSinceClone, AChangedDefinitionIsToldInItsOwnWordsAndMakesOnlyItsChecksStale) {
  world().sql("update flow set operator = 'director', password = 'new' where id = 1");
  world().survey();
  EXPECT_EQ(world().open_keys(), Words{"definition:flow:1"});
  const auto chinese = world().ferry({"drift", "show", "--language", "zh"});
  EXPECT_NE(chinese.out.find("流程 leave"), std::string::npos) << chinese.all();
  EXPECT_NE(chinese.out.find("操作者 由 “manager” 改为 “director”"), std::string::npos) << chinese.all();
  EXPECT_EQ(chinese.out.find("password"), std::string::npos) << "a secret column is shown\n" << chinese.all();
  const auto checks = world().condition("checks");
  EXPECT_EQ(checks.at("state"), "stale");
  EXPECT_NE(checks.at("why").at("en").get<std::string>().find("look"), std::string::npos) << checks;
  EXPECT_EQ(checks.at("why").at("en").get<std::string>().find("page"), std::string::npos) << checks;
  world().sql("update flow set operator = 'manager', password = 'p' where id = 1");
  world().survey();
  EXPECT_EQ(world().state("checks"), "met");
}

TEST(DriftSinceClone, IsAcceptedOneByOneByTwoPersonsFromTwoAccounts) {
  world().shell("echo own > installed/webapp/own.html");
  world().sql("insert into flow values (3, 'seal', 'office', 'r')");
  world().survey();
  EXPECT_EQ(world().open_keys(), (Words{"definition:flow:3", "file:webapp/own.html"}));
  world().refused({"drift", "waive", "file:webapp/other.html", "--reason", "r", "--as", "pm"}, Code::not_found,
                  {"file:webapp/other.html", "drift show"});
  const auto asked = world().ferry(
      {"drift", "waive", "file:webapp/own.html", "--reason", "known page, not in the way", "--as", "pm", "--json"});
  ASSERT_EQ(asked.status, 0) << asked.all();
  const std::string id = asked.json().at(0).at("id");
  // Asked for is not accepted; and one account is not two persons.
  EXPECT_EQ(world().open_keys().size(), 2U);
  world().refused({"gate", "confirm", id, "--as", "approver"}, Code::not_allowed, {"同一账号"});
  const auto confirmed = world().as_somebody_else({"gate", "confirm", id, "--as", "approver"});
  ASSERT_EQ(confirmed.status, 0) << confirmed.all();
  EXPECT_EQ(world().open_keys(), Words{"definition:flow:3"});
  world().sql("delete from flow where id = 3");
  world().survey();
  const auto accepted = world().condition("same-as-clone");
  EXPECT_EQ(accepted.at("state"), "waived");
  EXPECT_TRUE(accepted.at("asserted").get<bool>());
  EXPECT_NE(accepted.at("why").at("en").get<std::string>().find("known page, not in the way"), std::string::npos);
  EXPECT_NE(world().done({"gate", "waivers"}).find(id), std::string::npos);
  EXPECT_NE(world().done({"audit", "list"}).find("gate.confirm"), std::string::npos);
  // It was about that content.
  world().shell("echo changed > installed/webapp/own.html");
  world().survey();
  EXPECT_EQ(world().open_keys(), Words{"file:webapp/own.html"});
  world().shell("rm installed/webapp/own.html");
  world().survey();
  EXPECT_EQ(world().state("same-as-clone"), "met");
}

TEST(DriftSincePlan, WhatThePlanTouchesClosesTheGateAndTheRestIsTold) {
  world().done({"plan", "make", "production", "--as", "engineer"});
  EXPECT_EQ(world().state("drift"), "met");
  world().shell("echo own > installed/webapp/own.html; cp -a installed/webapp/page.html page.kept");
  world().survey();
  const auto told = world().condition("drift");
  EXPECT_EQ(told.at("state"), "met");
  EXPECT_NE(told.at("why").at("en").get<std::string>().find("webapp/own.html: new, last written 20"), std::string::npos)
      << told;
  world().shell("rm installed/webapp/own.html; echo somebody >> installed/webapp/page.html");
  world().survey();
  const auto closed = world().condition("drift");
  EXPECT_EQ(closed.at("state"), "unmet");
  EXPECT_NE(closed.at("why").at("en").get<std::string>().find("webapp/page.html: content changed"), std::string::npos)
      << closed;
  const auto shown = world().ferry({"drift", "show", "--json"}).json();
  EXPECT_EQ(shown.at("plan").at("touched").at(0).at("path"), "webapp/page.html");
  EXPECT_EQ(shown.at("differences").at(0).at("demand"), "fresh_clone");
  world().refused({"drift", "waive", "file:webapp/page.html", "--reason", "r", "--as", "pm"}, Code::not_allowed,
                  {"不可豁免"});
  world().shell("cp -a page.kept installed/webapp/page.html");
  world().survey();
  EXPECT_EQ(world().state("drift"), "met");
}

TEST(DriftInARun, OutsideOfThePlanIsToldInOutputAndJson) {
  auto& there = world();
  there.done({"run", "rollback", "test", "--yes", "--as", "engineer"});  // the rehearsal that stands there
  const auto died =
      there.ferry({"rehearsal", "start", "test", "--as", "engineer"}, {{"FERRY_CRASH", "run_after_record:1"}});
  ASSERT_EQ(died.signal, SIGKILL) << died.all();
  there.shell("echo own > clone/installed/webapp/outside.html");
  there.done({"survey", "run", "test"});
  const auto ended = there.ferry({"run", "resume", "test", "--as", "engineer"});
  ASSERT_EQ(ended.status, 0) << ended.all();
  EXPECT_NE(ended.out.find("changed outside of the plan: webapp/outside.html: new, last written 20"), std::string::npos)
      << ended.all();
  EXPECT_NE(ended.err.find("outside of it: webapp/outside.html"), std::string::npos) << ended.all();
  const auto state = there.ferry({"run", "show", "test", "--json"}).json();
  for (const auto& step : state.at("steps"))
    if (step.at("id") == "prepare") {
      EXPECT_EQ(step.at("result").at("outside").at(0).at("path"), "webapp/outside.html");
    }
  there.done({"run", "rollback", "test", "--yes", "--as", "engineer"});
}

TEST(DriftInARun, ACloneThatIsMadeAnewHasNoPast) {
  auto& there = world();
  there.done({"rehearsal", "start", "test", "--as", "engineer"});
  there.done({"clone", "remove", "test", "--yes"});
  EXPECT_FALSE(is_folder(there.path("clone/installed")));
  EXPECT_FALSE(there.ferry({"run", "show", "test"}).status == 0);
  there.done({"clone", "create", "test"});
  there.done({"rehearsal", "start", "test", "--as", "engineer"});
  there.done({"run", "rollback", "test", "--yes", "--as", "engineer"});
}

TEST(DriftInARun, InWhatThePlanTouchesStopsItBeforeTheFirstChangeAndSaysWhatAndWhen) {
  auto& there = world();
  const auto died = there.ferry({"rehearsal", "start", "test", "--as", "engineer"}, {{"FERRY_CRASH", "stage_done:1"}});
  ASSERT_EQ(died.signal, SIGKILL) << died.all();
  there.shell("echo somebody >> clone/installed/webapp/page.html; chmod 0600 clone/installed/webapp/tiny.properties");
  const std::string tree = "cd clone/installed && find bin webapp -printf '%p %m %s %T@\\n' | sort";
  const auto before = there.shell(tree);
  const auto stopped = there.ferry({"run", "resume", "test", "--as", "engineer", "--language", "zh"});
  TinyWorld::refusal(stopped, Code::drift,
                     {"webapp/page.html", "内容不同", "最后写入 20", "webapp/tiny.properties", "权限 600"});
  EXPECT_EQ(there.shell(tree), before);
  there.done({"run", "rollback", "test", "--yes", "--as", "engineer"});
}

}  // namespace
}  // namespace ferry::test
