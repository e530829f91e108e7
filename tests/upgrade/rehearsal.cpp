#include "upgrade/rehearsal.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <stdexcept>

#include "base/error.h"
#include "run/run_log.h"

namespace ferry::test {

Snapshot begin_rehearsal(std::size_t records) {
  // A rehearsal would take an unfinished one back by itself, and its records would be counted too.
  if (!world().newest_run("test").empty() && world().run_state("test").at("can_roll_back").get<bool>()) roll_back();
  const auto begun = world().ferry({"rehearsal", "start", "test", "--as", "engineer"},
                                   {{"FERRY_CRASH", "run_after_record:" + std::to_string(records)}});
  if (begun.signal != SIGKILL) throw std::runtime_error("no rehearsal: " + begun.all());
  return world().snapshot("test");
}

void resume() {
  const auto resumed = world().ferry({"run", "resume", "test", "--as", "engineer"});
  ASSERT_EQ(resumed.status, 0) << resumed.all();
  const Json state = resumed.json();
  EXPECT_EQ(state.at("phase"), "complete");
  const auto* check = find_step(state, "check");
  ASSERT_NE(check, nullptr);
  EXPECT_GT(check->at("result").at("passed").get<int>(), 20) << check->dump(1);
}

void roll_back() {
  const auto taken_back = world().ferry({"run", "rollback", "test", "--as", "engineer"});
  ASSERT_EQ(taken_back.status, 0) << taken_back.all();
  EXPECT_EQ(taken_back.json().at("phase"), "rolled_back");
}

void expect_old_version(const Snapshot& before, Rows rows) {
  EXPECT_EQ(world().served_version("test"), "7.4.0");
  const auto after = world().snapshot("test");
  EXPECT_EQ(difference_of(before.files, after.files), "");
  const auto difference = difference_of(before.database, after.database);
  if (rows == Rows::the_same)
    EXPECT_EQ(difference, "");
  else
    EXPECT_FALSE(difference.starts_with("-")) << difference;
}

const Json* find_step(const Json& state, const std::string& id) {
  for (const auto& step : state.at("steps"))
    if (step.at("id") == id) return &step;
  return nullptr;
}

std::string status_of(const Json& state, const std::string& step) {
  const auto* found = find_step(state, step);
  return found == nullptr ? "no such step" : found->at("status").get<std::string>();
}

bool is_begun(const std::string& step) {
  const std::string run = world().newest_run("test");
  if (run.empty()) return false;
  for (const auto& record : read_log(world().staging("test") + "/runs/" + run + "/log").records)
    if (record.kind == RecordKind::intent && record.step == step) return true;
  return false;
}

void wait_until_begun(Program& program, const std::string& step) {
  while (program.running() && !is_begun(step)) ::usleep(500);
}

}  // namespace ferry::test
