// The agreed window: a cutover that waits for its moment, and the last moment at which it can still be taken back
// inside it. With the tiny product's production, through its open gate.
#include <gtest/gtest.h>

#include <csignal>

#include "base/clock.h"
#include "window/gated.h"

namespace ferry::test {
namespace {

class Window : public GatedTest {
 protected:
  static Words start(const std::string& at) {
    return {"cutover", "start", "production", "--at", at, "--yes", "--json", "--as", "engineer"};
  }
  static std::string in(int seconds) { return to_string(system_now() + std::chrono::seconds(seconds)); }
  // Lets it run until everything is staged.
  static void wait_until_prepared(Program& program, const std::string& before) {
    while (program.running()) {
      const Json shown = state();
      if (shown.is_null() || shown.at("run").at("id") == before) continue;
      for (const auto& one : shown.at("steps"))
        if (one.at("id") == "prepare" && one.at("status") == "done") return;
    }
    FAIL() << "it ended: " << program.wait().all();
  }
  // Begun for a time that never comes in this test, and everything staged.
  static std::unique_ptr<Program> waiting() {
    const auto last = run_id();
    auto program = world().begin(start(in(3600)));
    wait_until_prepared(*program, last);
    return program;
  }
  static void expect_only_prepared() {
    EXPECT_EQ(state().at("next"), "observe");
    EXPECT_EQ(step("observe").at("attempts"), 0);
    EXPECT_EQ(page(), "page of 1.0\n") << "users work";
  }
  void expect_parked(const Ended& ended) const {
    EXPECT_EQ(ended.status, 0) << ended.all();
    EXPECT_TRUE(ended.json().value("parked", false)) << ended.all();
    EXPECT_NE(tree(), before());
    EXPECT_EQ(page(), "503");
  }
};

TEST_F(Window, EverythingIsStagedAtOnceAndNothingMovesBeforeTheAgreedMoment) {
  const auto last = run_id();
  const Moment at = system_now() + std::chrono::seconds(6);
  const auto program = world().begin(start(to_string(at)));
  wait_until_prepared(*program, last);
  if (system_now() < at) {
    expect_only_prepared();
    EXPECT_EQ(tree(), before());
  }
  expect_parked(program->wait());
  EXPECT_LE(parse_moment(step("prepare").at("ended")), at) << "the machine is too slow for this case";
  EXPECT_GE(parse_moment(step("observe").at("began")), at);
}

TEST_F(Window, ASignalEndsTheWaitingAndNotWhatWasPrepared) {
  for (const int number : {SIGINT, SIGTERM}) {
    const auto program = waiting();
    const auto run = run_id();
    program->signal(number);
    const auto ended = program->wait();
    EXPECT_EQ(ended.error(), "interrupted") << ended.all();
    expect_only_prepared();
    EXPECT_EQ(tree(), before());
    if (number == SIGINT) {
      world().done({"run", "rollback", "production", "--yes", "--as", "engineer"});
      continue;
    }
    // Begun again, at once or for another time: it goes on with what is there.
    expect_parked(world().ferry({"cutover", "start", "production", "--yes", "--json", "--as", "engineer"}));
    EXPECT_EQ(run_id(), run);
    EXPECT_EQ(step("prepare").at("attempts"), 1);
  }
}

TEST_F(Window, KilledWhileItWaitsItIsResumedAsPreparedAndBegunWhenItsTimeComes) {
  const auto program = waiting();
  const auto run = run_id();
  program->signal(SIGKILL);
  EXPECT_EQ(program->wait().signal, SIGKILL);
  expect_only_prepared();
  // What was only prepared does not begin because somebody says "go on".
  const auto resumed = world().ferry({"run", "resume", "production", "--json", "--as", "engineer"});
  EXPECT_EQ(resumed.status, 0) << resumed.all();
  EXPECT_TRUE(resumed.json().value("prepared", false)) << resumed.all();
  expect_only_prepared();
  const Moment at = system_now() + std::chrono::seconds(3);
  expect_parked(world().ferry(start(to_string(at))));
  EXPECT_EQ(run_id(), run);
  EXPECT_EQ(step("prepare").at("attempts"), 1);
  EXPECT_GE(parse_moment(step("observe").at("began")), at);
}

TEST_F(Window, TheGateIsAskedAgainWhenTheMomentHasCome) {
  const auto last = run_id();
  const auto program = world().begin(start(in(5)));
  wait_until_prepared(*program, last);
  // Somebody changes a file of the program while it waits.
  world().shell("cp -a installed/webapp/tiny.properties kept && echo changed=yes >> installed/webapp/tiny.properties");
  const auto changed = tree();
  const auto ended = program->wait();
  EXPECT_TRUE(ended.error() == "gate_closed" || ended.error() == "drift") << ended.all();
  EXPECT_EQ(tree(), changed) << "nothing was touched";
  expect_only_prepared();
  world().shell("cp -a kept installed/webapp/tiny.properties");
  // Nothing else stood in the way.
  expect_parked(world().ferry({"cutover", "start", "production", "--yes", "--json", "--as", "engineer"}));
}

TEST_F(Window, AMomentOutsideTheWindowIsRefusedAtOnce) {
  const auto last = run_id();
  world().refused({"cutover", "start", "production", "--at", in(3 * 24 * 3600), "--yes", "--as", "engineer"},
                  Code::gate_closed, {"停机窗口"});
  world().refused({"cutover", "start", "production", "--at", "soon", "--yes", "--as", "engineer"}, Code::usage,
                  {"soon"});
  EXPECT_EQ(run_id(), last);
}

}  // namespace
}  // namespace ferry::test
