// The chaos rehearsal as a user has it: each disturbance is real, and the table says what came of it.
#include <gtest/gtest.h>

#include <map>

#include "upgrade/rehearsal.h"

namespace ferry::test {

TEST(UpgradeChaos, AStepIsDisturbedInEveryWayAndBothWaysOutAreProved) {
  const auto before = begin_rehearsal(at_start);
  const auto issues = world().ferry({"issue", "list"}).json();
  const auto ended = world().ferry({"rehearsal", "chaos", "test", "--step", "migrate", "--as", "engineer"});
  ASSERT_EQ(ended.status, 0) << ended.all();
  const auto result = ended.json();
  EXPECT_EQ(result.at("failed"), 0);
  EXPECT_FALSE(result.at("complete").get<bool>());
  std::map<std::string, std::string> how;
  for (const auto& item : result.at("cases")) how[item.at("disturbance")] = item.at("ended");
  const std::map<std::string, std::string> wanted{{"kill-at-begin", "signal 9"},
                                                  {"kill-in-middle", "signal 9"},
                                                  {"lock-database", "database_locked"},
                                                  {"no-writes", how["no-writes"]}};
  EXPECT_EQ(how, wanted);
  EXPECT_NE(how["no-writes"], "done");
  EXPECT_EQ(world().served_version("test"), "7.4.0");
  EXPECT_EQ(difference_of(without_times(before.files), without_times(world().snapshot("test").files)), "");
  // A choice of steps is nothing for the gate, and what a chaos run sees fail is nobody's issue.
  EXPECT_EQ(world().ferry({"issue", "list"}).json(), issues);
}

}  // namespace ferry::test
