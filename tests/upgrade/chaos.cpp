// The chaos rehearsal as a user has it: each disturbance is real, and the table says what came of it.
#include <gtest/gtest.h>

#include <map>

#include "upgrade/rehearsal.h"

namespace ferry::test {

TEST(UpgradeChaos, StepsAreDisturbedInEveryWayAndBothWaysOutAreProved) {
  const auto before = begin_rehearsal(at_start);
  const auto issues = world().ferry({"issue", "list"}).json();
  const auto ended =
      world()
          .begin({"rehearsal", "chaos", "test", "--step", "migrate", "--step", "start", "--as", "engineer"})
          ->wait(std::chrono::minutes(15));
  ASSERT_EQ(ended.status, 0) << ended.all();
  const auto result = ended.json();
  EXPECT_EQ(result.at("failed"), 0);
  EXPECT_FALSE(result.at("complete").get<bool>());
  std::map<std::string, std::string> how;
  for (const auto& item : result.at("cases"))
    how[item.at("step").get<std::string>() + " " + item.at("disturbance").get<std::string>()] = item.at("ended");
  // What a database that is locked or gone does to a server that starts is the server's affair.
  const std::map<std::string, std::string> wanted{{"migrate kill-at-begin", "signal 9"},
                                                  {"migrate kill-in-middle", "signal 9"},
                                                  {"migrate lock-database", "database_locked"},
                                                  {"migrate database-gone", how["migrate database-gone"]},
                                                  {"migrate no-writes", how["migrate no-writes"]},
                                                  {"start kill-at-begin", "signal 9"},
                                                  {"start kill-in-middle", "signal 9"},
                                                  {"start kill-application", "service_not_ready"},
                                                  {"start lock-database", how["start lock-database"]},
                                                  {"start no-writes", how["start no-writes"]}};
  EXPECT_EQ(how, wanted);
  for (const char* one : {"migrate database-gone", "migrate no-writes", "start no-writes"}) EXPECT_NE(how[one], "done");
  EXPECT_EQ(world().served_version("test"), "7.4.0");
  EXPECT_EQ(difference_of(without_times(before.files), without_times(world().snapshot("test").files)), "");
  // A choice of steps is nothing for the gate, and what a chaos run sees fail is nobody's issue.
  EXPECT_EQ(world().ferry({"issue", "list"}).json(), issues);
}

}  // namespace ferry::test
