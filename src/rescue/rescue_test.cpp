// What ferry-host refuses and what it closes, on logs of runs that the tests of the whole program can't make quickly:
// opened, with held effects, committed, of a newer Ferry. Crashes: tests/ferry_host_test.cpp.
#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"
#include "host/files.h"
#include "rescue/recovery.h"
#include "rescue/truth.h"

namespace ferry::rescue {
namespace {

using Options = RecoverOptions;

class Rescue : public testing::Test {
 protected:
  Rescue() {
    make_folders(root() + "/bin");
    make_folders(staging());
  }
  std::string root() const { return place_ / "oa"; }
  std::string staging() const { return place_ / ".ferry-oa"; }
  std::string folder() const { return staging() + "/runs/run-1"; }

  // A cutover whose steps do nothing, up to the closed door in front of `door`, opened when told so.
  void run_until(const std::string& door, bool opened = false, const std::string& more = {}) {
    std::vector<Step> steps;
    std::vector<std::string> ids{"prepare", "observe", "close", "hold",  "stop", "point",
                                 "switch",  "migrate", "start", "check", "open"};
    if (!more.empty()) ids.insert(ids.begin(), more);
    for (const auto& id : ids) {
      Step step;
      step.id = id;
      step.title = {id, id};
      step.parks = id == door;
      step.apply = [opened, id](StepContext& context) {
        if (opened && id == "open") context.opened("pm");
        return Json::object();
      };
      steps.push_back(std::move(step));
    }
    make_folders(folder());
    write_file_atomic(folder() + "/environment.json", Json{{"name", "production"},
                                                           {"kind", "production"},
                                                           {"profile", "p.yaml"},
                                                           {"root", root()},
                                                           {"staging", staging()},
                                                           {"url", ""},
                                                           {"variables", Json::object()}}
                                                          .dump());
    write_file_atomic(folder() + "/plan.json", R"({"scripts": [], "recipe": {"from": "1", "to": "2"}})");
    const InstallationLock lock(staging(), "test");
    Runner runner(staging(), std::move(steps), lock);
    runner.start({"run-1", "production", RunKind::cutover, {}, {}, "pm"});
  }

  Recovered recover(const Options& options) {
    const InstallationLock lock(staging(), "test");
    return recover_run(load_run(find_staging(root()), {}), lock, options);
  }
  Code refused(const Options& options) {
    const auto before = read_file(folder() + "/log");
    try {
      recover(options);
    } catch (const Error& error) {
      EXPECT_EQ(read_file(folder() + "/log"), before) << "refused after something was recorded";
      return error.code();
    }
    ADD_FAILURE() << "not refused";
    return Code::internal;
  }

  TempFolder place_;
};

Options back() {
  Options out;
  out.direction = Options::Direction::back;
  out.person = "pm";
  return out;
}

TEST_F(Rescue, WhatUsersHaveEnteredIsNotThrownAwayUnasked) {
  run_until("", true);
  EXPECT_EQ(refused({}), Code::usage) << "an opened run was taken for an interrupted one";
  EXPECT_EQ(refused(back()), Code::cannot_roll_back);
  auto accepted = back();
  accepted.accept_loss = true;
  accepted.effects_released = true;
  EXPECT_EQ(recover(accepted).state.phase, RunPhase::rolled_back);
}

TEST_F(Rescue, HeldEffectsKeepTheRunOpenUntilSomebodyReleasesThem) {
  run_until("check");
  try {
    recover(back());
    ADD_FAILURE() << "the run ended with its effects held";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::run_unfinished);
    EXPECT_NE(error.detail_text().zh.find("ferry run rollback"), std::string::npos);
  }
  const auto record = load_run(staging(), {});
  EXPECT_EQ(record.state.phase, RunPhase::rolling_back);
  EXPECT_EQ(record.state.find("stop")->status, StepStatus::undone) << "all but the effects is done";
  EXPECT_TRUE(record.effects_held());
  auto released = back();
  released.effects_released = true;
  EXPECT_EQ(recover(released).state.phase, RunPhase::rolled_back);
  EXPECT_FALSE(load_run(staging(), {}).effects_held());
  EXPECT_TRUE(recover({}).nothing_to_do);
}

TEST_F(Rescue, AParkedRunIsNotTakenBackUnasked) {
  run_until("open");
  EXPECT_EQ(refused({}), Code::usage);
}

TEST_F(Rescue, StepsOfANewerFerryAreNotGuessed) {
  run_until("check", false, "teleport");
  EXPECT_EQ(refused(back()), Code::unsupported_format);
}

TEST_F(Rescue, ForwardNeedsSomethingThatBegan) {
  run_until("switch");
  Options forward;
  forward.direction = Options::Direction::forward;
  EXPECT_EQ(refused(forward), Code::run_unfinished);
  EXPECT_EQ(look(load_run(staging(), {})).standing, Standing::old_version);
}

TEST_F(Rescue, ACommittedRunStaysAndIsClearedUp) {
  run_until("");
  {
    const InstallationLock lock(staging(), "test");
    const auto record = load_run(staging(), {});
    std::vector<Step> steps;
    for (const auto& step : record.state.steps) {
      steps.emplace_back();
      steps.back().id = step.id;
    }
    Runner(staging(), steps, lock).commit("run-1", "pm");
  }
  make_folders(folder() + "/opened/main");
  EXPECT_EQ(refused(back()), Code::cannot_roll_back);
  EXPECT_EQ(recover({}).state.phase, RunPhase::committed);
  EXPECT_FALSE(path_exists(folder() + "/opened"));
  EXPECT_EQ(look(load_run(staging(), {})).standing, Standing::new_version);
}

TEST_F(Rescue, StagingIsFoundUnderAnyName) {
  EXPECT_THROW(find_staging(root()), Error);
  run_until("switch");
  EXPECT_EQ(find_staging(root()), staging());
  EXPECT_EQ(find_staging(staging()), staging());
  const std::string other = place_ / "kept-by-ferry";
  ASSERT_EQ(::rename(staging().c_str(), other.c_str()), 0);
  EXPECT_EQ(find_staging(root()), other);
}

TEST_F(Rescue, StartCommandsCanBeTyped) {
  run_until("switch");
  auto record = load_run(staging(), {});
  record.profile.emplace();
  Service service;
  service.run = {"${environment.root}/bin/oa.sh", "it's", "-Dx=y"};
  service.environment_file = "conf/oa.env";
  record.profile->services.push_back(service);
  EXPECT_EQ(start_commands(record).at(0), "cd " + root() + " && set -a && . " + root() + "/conf/oa.env && set +a && " +
                                              root() + "/bin/oa.sh 'it'\\''s' -Dx=y");
}

}  // namespace
}  // namespace ferry::rescue
