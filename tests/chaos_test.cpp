// The chaos rehearsal of the tiny product: every step in every way that means something there, and what the gate makes
// of it.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <map>

#include "support/tiny_gate.h"

namespace ferry::test {
namespace {

Json condition(const TinyWorld& world) {
  const Json gate = world.ferry({"gate", "show", "--json"}).json();
  for (const auto& one : gate.at("conditions"))
    if (one.at("id") == "chaos") return one;
  return {};
}

// By disturbance: at which steps.
std::map<std::string, Words> steps_of(const Json& result) {
  std::map<std::string, Words> out;
  for (const auto& one : result.at("cases")) out[one.at("disturbance")].push_back(one.at("step"));
  return out;
}

Json rehearse_chaos(const TinyWorld& world, const Words& steps) {
  Words command{"rehearsal", "chaos", "test", "--yes", "--json", "--as", "engineer"};
  for (const auto& step : steps) command.insert(command.end(), {"--step", step});
  const auto ended = world.begin(command)->wait(std::chrono::minutes(20));
  EXPECT_EQ(ended.status, 0) << ended.all();
  return ended.json();
}

TEST(Chaos, WhatTheProjectAsksForOpensTheGateOnlyWhenEveryStepWasDisturbedAndSurvived) {
  if (geteuid() != 0) GTEST_SKIP() << "a fence needs root";
  const TinyWorld world(TinyWorld::Stage::composed);
  world.write("project.yaml", world.read("project.yaml") + "require_chaos: true\n");
  world.done({"project", "update", "project.yaml"});
  world.done({"service", "start", "production"});
  world.done({"backup", "create", "production"});
  world.done({"clone", "create", "test"});
  world.done({"rehearsal", "start", "test", "--as", "engineer"});
  EXPECT_EQ(condition(world).at("state"), "missing");

  const auto some = rehearse_chaos(world, {"stop", "start"});
  EXPECT_EQ(some.at("failed"), 0) << some.dump(1);
  EXPECT_FALSE(some.at("complete").get<bool>());
  const Words two{"stop", "start"};
  const std::map<std::string, Words> wanted{{"kill-at-begin", two},
                                            {"kill-in-middle", two},
                                            {"kill-application", two},
                                            {"lock-database", two},
                                            {"no-writes", two}};
  EXPECT_EQ(steps_of(some), wanted);
  EXPECT_EQ(condition(world).at("state"), "missing") << "a choice of steps is not what was asked for";

  if (std::getenv("FERRY_FULL") == nullptr) return;
  const auto result = rehearse_chaos(world, {});
  EXPECT_EQ(result.at("failed"), 0) << result.dump(1);
  EXPECT_TRUE(result.at("complete").get<bool>());
  const auto by_kind = steps_of(result);
  const Words all{"prepare", "observe", "close", "hold",    "stop",  "point",
                  "switch",  "migrate", "start", "licence", "check", "open"};
  for (const char* kind : {"kill-at-begin", "kill-in-middle", "no-writes"}) EXPECT_EQ(by_kind.at(kind), all) << kind;
  EXPECT_EQ(by_kind.at("kill-application"),
            (Words{"prepare", "observe", "close", "hold", "stop", "start", "licence", "check", "open"}));
  EXPECT_EQ(by_kind.at("lock-database"), (Words{"observe", "stop", "point", "migrate", "start", "licence", "check"}));
  EXPECT_EQ(by_kind.at("database-gone"), (Words{"point", "migrate"}));
  const auto met = condition(world);
  EXPECT_EQ(met.at("state"), "met") << met;
  EXPECT_NE(met.dump().find("54 disturbances, all survived"), std::string::npos) << met;
}

}  // namespace
}  // namespace ferry::test
