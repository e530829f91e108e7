// Taking back is as safe against a kill as going forward: it is repeated until the old version is there.
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>

#include "upgrade/rehearsal.h"

namespace ferry::test {
namespace {

// Where `run rollback` dies, after a run that died in the middle of its database scripts.
std::vector<std::string> points() {
  if (std::getenv("FERRY_FULL") == nullptr)
    return {"switch_operation_done:9", "restore_moved:1", "restore_half_placed:1"};
  std::vector<std::string> out;
  for (const char* point :
       {"switch_operation",   "switch_half_exchange", "switch_operation_done", "switch_times",     "switch_before_sync",
        "switch_before_mark", "switch_marked",        "switch_begun",          "service_spawned",  "service_signalled",
        "service_stopped",    "door_lifted",          "durable_written",       "durable_in_place", "restore_staged",
        "restore_intended",   "restore_moved",        "restore_half_placed",   "restore_placed",   "restore_verified",
        "run_before_record",  "run_after_record"})
    for (const int hit : {1, 2, 5, 20}) out.push_back(std::string(point) + ":" + std::to_string(hit));
  return out;
}

std::string case_name(std::string point) {
  for (auto& letter : point)
    if (letter == ':') letter = '_';
  return point;
}

class UpgradeRollbackKilled : public ::testing::TestWithParam<std::string> {};

}  // namespace

TEST_P(UpgradeRollbackKilled, CanOnlyGoOnGoingBackAndGetsThere) {
  const auto before = begin_rehearsal(observed);
  const auto migrating = world().ferry({"run", "resume", "test"}, {{"FERRY_CRASH", "script_committed:3"}});
  ASSERT_EQ(migrating.signal, SIGKILL) << migrating.all();
  const auto died = world().ferry({"run", "rollback", "test"}, {{"FERRY_CRASH", GetParam()}});
  if (died.signal != SIGKILL && std::getenv("FERRY_FULL") != nullptr) {
    // The full matrix does not know how often a point is passed.
    ASSERT_EQ(died.status, 0) << died.all();
    expect_old_version(before);
    return;
  }
  ASSERT_EQ(died.signal, SIGKILL) << died.all();

  const auto state = world().run_state("test");
  if (state.at("phase") == "rolling_back") {
    EXPECT_FALSE(state.at("can_resume").get<bool>());
    EXPECT_TRUE(state.at("can_roll_back").get<bool>());
    EXPECT_EQ(world().ferry({"run", "resume", "test"}).error(), "nothing_to_resume");
  }
  roll_back();
  expect_old_version(before);
}

// The way back is closed by one record; what is cleared away after it may be killed anywhere, and is cleared by the
// next.
TEST(UpgradeCommitKilled, StaysCommittedAndFreesTheRoomAtTheNextCall) {
  std::vector<std::string> killed_at{"run_after_record:1", "discard_half:1"};
  if (std::getenv("FERRY_FULL") != nullptr)
    killed_at = {"run_before_record:1", "run_after_record:1", "discard_begun:1", "discard_half:1"};
  for (const auto& point : killed_at) {
    SCOPED_TRACE(point);
    begin_rehearsal(at_start);
    resume();
    const auto run = world().staging("test") + "/runs/" + world().newest_run("test");
    const auto died = world().ferry({"run", "commit", "test", "--as", "engineer"}, {{"FERRY_CRASH", point}});
    ASSERT_EQ(died.signal, SIGKILL) << died.all();
    const auto state = world().run_state("test");
    const bool said = !point.starts_with("run_before");
    EXPECT_EQ(state.at("phase"), said ? "committed" : "complete");
    EXPECT_EQ(state.at("can_roll_back").get<bool>(), !said);
    EXPECT_FALSE(state.at("can_resume").get<bool>());
    EXPECT_EQ(world().served_version("test"), "8.0.0");
    const auto again = world().ferry({"run", "commit", "test", "--as", "engineer"});
    EXPECT_EQ(again.status, 0) << again.all();
    EXPECT_EQ(world().run_state("test").at("phase"), "committed");
    EXPECT_FALSE(path_exists(run + "/point"));
    EXPECT_FALSE(path_exists(run + "/swap"));
    EXPECT_EQ(world().served_version("test"), "8.0.0");
    // The clone as production again, for whoever comes next.
    const auto reset = world().ferry({"clone", "reset", "test"});
    ASSERT_EQ(reset.status, 0) << reset.all();
  }
}

INSTANTIATE_TEST_SUITE_P(Upgrade, UpgradeRollbackKilled, ::testing::ValuesIn(points()),
                         [](const auto& test) { return case_name(test.param); });

}  // namespace ferry::test
