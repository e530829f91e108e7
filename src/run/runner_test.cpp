#include "run/runner.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "base/error.h"
#include "host/crash_point.h"
#include "host/files.h"

namespace ferry {
namespace {

template <class Call>
Code code_of(const Call& call, std::string* told = nullptr) {
  try {
    call();
  } catch (const Error& error) {
    if (told != nullptr) *told = error.what();
    return error.code();
  }
  return Code::internal;
}

// An installation of one text: each step adds its letter, undoing takes it away. Repeating changes nothing.
class World {
 public:
  World() { write_file_atomic(file(), ""); }

  std::string staging() const { return folder_ / "staging"; }
  std::string text() const { return read_file(file()); }

  Step step(const std::string& letter) const {
    Step out;
    out.id = letter;
    out.title = {"Step " + letter, "步骤" + letter};
    out.apply = [this, letter](StepContext& context) {
      const auto before = text();
      context.save(Json{{"length", before.size()}});
      if (before.find(letter) == std::string::npos) write_file_atomic(file(), before + letter);
      return Json{{"wrote", letter}};
    };
    out.undo = [this, letter](StepContext&) {
      auto now = text();
      std::erase(now, letter[0]);
      write_file_atomic(file(), now);
    };
    return out;
  }
  std::vector<Step> steps() const { return {step("a"), step("b"), step("c")}; }

 private:
  std::string file() const { return folder_ / "world"; }
  TempFolder folder_{"ferry-run"};
};

const Digest plan = Digest::of("plan");

RunIdentity identity(const std::string& id = "run-1") {
  return {id, "production", RunKind::cutover, plan, Digest::of("recipe"), "operator"};
}

class Run : public ::testing::Test {
 protected:
  Runner runner(std::vector<Step> steps, RunEvents events = {}, Cancellation cancellation = {}) {
    return {world.staging(), std::move(steps), lock, std::move(events), std::move(cancellation)};
  }
  Runner runner() { return runner(world.steps()); }

  World world;
  InstallationLock lock{world.staging(), "test"};
};

Step failing(Step step) {
  step.apply = [](StepContext&) -> Json { throw Error(Code::disk_full, "/data", "nothing left"); };
  return step;
}

TEST_F(Run, DoesItsStepsInOrderAndSaysSo) {
  std::vector<std::string> events;
  RunEvents told;
  told.step = [&](const StepState& step) { events.push_back(step.id + " " + std::string(name_of(step.status))); };
  const auto state = runner(world.steps(), told).start(identity());
  EXPECT_EQ(world.text(), "abc");
  EXPECT_EQ(state.phase, RunPhase::complete);
  EXPECT_EQ(events, (std::vector<std::string>{"a in_air", "a done", "b in_air", "b done", "c in_air", "c done"}));
  EXPECT_FALSE(state.can_resume);
  EXPECT_TRUE(state.can_roll_back);
  EXPECT_EQ(state.find("b")->result, (Json{{"wrote", "b"}}));
  const auto shown = show_run(world.staging(), "run-1");
  EXPECT_EQ(Json(shown), Json(state));
}

TEST_F(Run, AFailedStepIsResumedThereAndNotFromTheStart) {
  auto steps = world.steps();
  steps[1] = failing(steps[1]);
  std::string told;
  EXPECT_EQ(code_of([&] { runner(steps).start(identity()); }, &told), Code::disk_full);
  EXPECT_NE(told.find("step b"), std::string::npos);
  const auto state = show_run(world.staging(), "run-1");
  EXPECT_EQ(state.find("b")->status, StepStatus::failed);
  EXPECT_EQ(state.find("b")->error, "disk_full");
  EXPECT_NE(state.find("b")->error_text.zh.find("磁盘"), std::string::npos);
  EXPECT_EQ(state.next, "b");
  const auto done = runner().resume("run-1", plan, "operator");
  EXPECT_EQ(world.text(), "abc");
  EXPECT_EQ(done.find("a")->attempts, 1);
  EXPECT_EQ(done.find("b")->attempts, 2);
}

TEST_F(Run, AnythingElseThrownByAStepIsRecordedToo) {
  auto steps = world.steps();
  steps[0].apply = [](StepContext&) -> Json { throw std::runtime_error("broken"); };
  EXPECT_EQ(code_of([&] { runner(steps).start(identity()); }), Code::internal);
  EXPECT_EQ(show_run(world.staging(), "run-1").find("a")->error, "internal");
}

TEST_F(Run, IsTakenBackInReverseOrderOnlyWhatHadBegun) {
  auto steps = world.steps();
  steps[1] = failing(steps[1]);
  std::vector<std::string> undone;
  for (auto& step : steps)
    step.undo = [undo = step.undo, &undone, id = step.id](StepContext& context) {
      undone.push_back(id);
      undo(context);
    };
  EXPECT_EQ(code_of([&] { runner(steps).start(identity()); }), Code::disk_full);
  const auto state = runner(steps).roll_back("run-1", "operator");
  EXPECT_EQ(undone, (std::vector<std::string>{"b", "a"}));
  EXPECT_EQ(world.text(), "");
  EXPECT_EQ(state.phase, RunPhase::rolled_back);
  EXPECT_EQ(runner(steps).roll_back("run-1", "operator").phase, RunPhase::rolled_back);
  EXPECT_EQ(code_of([&] { runner(steps).resume("run-1", plan, "operator"); }), Code::nothing_to_resume);
}

TEST_F(Run, TakingBackThatFailedGoesOnWhereItWas) {
  auto steps = world.steps();
  runner().start(identity());
  const auto undo = steps[1].undo;
  steps[1].undo = [](StepContext&) { throw Error(Code::busy_files, "world"); };
  EXPECT_EQ(code_of([&] { runner(steps).roll_back("run-1", "operator"); }), Code::busy_files);
  EXPECT_EQ(world.text(), "ab");
  const auto between = show_run(world.staging(), "run-1");
  EXPECT_EQ(between.phase, RunPhase::rolling_back);
  EXPECT_FALSE(between.can_resume);
  EXPECT_TRUE(between.can_roll_back);
  steps[1].undo = undo;
  steps[2].undo = [](StepContext&) { FAIL() << "taken back twice"; };
  EXPECT_EQ(runner(steps).roll_back("run-1", "operator").phase, RunPhase::rolled_back);
  EXPECT_EQ(world.text(), "");
}

TEST_F(Run, AnUnfinishedOneBlocksTheNext) {
  runner().start(identity());
  std::string told;
  EXPECT_EQ(code_of([&] { runner().start(identity("run-2")); }, &told), Code::run_unfinished);
  EXPECT_NE(told.find("run-1"), std::string::npos);
  runner().commit("run-1", "operator");
  EXPECT_EQ(runner().start(identity("run-2")).phase, RunPhase::complete);
  EXPECT_EQ(code_of([&] { runner().start(identity("run-2")); }), Code::already_exists);
  ASSERT_EQ(list_runs(world.staging()).size(), 2U);
  EXPECT_EQ(list_runs(world.staging())[1].id, "run-2");
}

TEST_F(Run, ADamagedLogOfAnEarlierRunBlocksTheNextAndIsListed) {
  runner().start(identity());
  const auto path = world.staging() + "/runs/run-1/log";
  auto text = read_file(path);
  text[text.size() / 2] ^= 1;
  write_file_atomic(path, text);
  EXPECT_EQ(code_of([&] { runner().start(identity("run-2")); }), Code::corrupt_log);
  EXPECT_EQ(code_of([&] { runner().roll_back("run-1", "operator"); }), Code::corrupt_log);
  ASSERT_EQ(list_runs(world.staging()).size(), 1U);
  EXPECT_FALSE(list_runs(world.staging())[0].problem.empty());
}

TEST_F(Run, AfterTheCommitThereIsNoWayBack) {
  runner().start(identity());
  EXPECT_EQ(runner().commit("run-1", "operator").phase, RunPhase::committed);
  EXPECT_EQ(runner().commit("run-1", "operator").phase, RunPhase::committed);
  EXPECT_EQ(code_of([&] { runner().roll_back("run-1", "operator"); }), Code::cannot_roll_back);
  EXPECT_FALSE(show_run(world.staging(), "run-1").can_roll_back);
  EXPECT_EQ(world.text(), "abc");
}

TEST_F(Run, IsNotCommittedBeforeAllStepsAreDone) {
  auto steps = world.steps();
  steps[2] = failing(steps[2]);
  EXPECT_EQ(code_of([&] { runner(steps).start(identity()); }), Code::disk_full);
  EXPECT_EQ(code_of([&] { runner().commit("run-1", "operator"); }), Code::run_unfinished);
}

TEST_F(Run, AStepOfNoReturnClosesTheWayBackOnceItHasBegun) {
  auto steps = world.steps();
  steps[1].point_of_no_return = true;
  steps[0] = failing(steps[0]);
  EXPECT_EQ(code_of([&] { runner(steps).start(identity()); }), Code::disk_full);
  EXPECT_NE(show_run(world.staging(), "run-1").way_back.en.find("Step b"), std::string::npos);
  EXPECT_EQ(runner(steps).roll_back("run-1", "operator").phase, RunPhase::rolled_back);
  steps[0] = world.step("a");
  steps[1] = failing(steps[1]);
  EXPECT_EQ(code_of([&] { runner(steps).start(identity("run-2")); }), Code::disk_full);
  EXPECT_EQ(code_of([&] { runner(steps).roll_back("run-2", "operator"); }), Code::cannot_roll_back);
}

TEST_F(Run, OnceOpenedGoingBackNeedsAcceptedLoss) {
  auto steps = world.steps();
  steps[2].apply = [](StepContext& context) -> Json {
    context.opened("operator");
    return {};
  };
  EXPECT_TRUE(runner(steps).start(identity()).opened);
  EXPECT_EQ(code_of([&] { runner(steps).roll_back("run-1", "operator"); }), Code::cannot_roll_back);
  EXPECT_EQ(runner(steps).roll_back("run-1", "operator", true).phase, RunPhase::rolled_back);
}

TEST_F(Run, AnotherPlanOrOtherStepsDoNotResumeIt) {
  auto steps = world.steps();
  steps[1] = failing(steps[1]);
  EXPECT_EQ(code_of([&] { runner(steps).start(identity()); }), Code::disk_full);
  EXPECT_EQ(code_of([&] { runner().resume("run-1", Digest::of("other"), "operator"); }), Code::stale_plan);
  steps = world.steps();
  std::swap(steps[1], steps[2]);
  EXPECT_EQ(code_of([&] { runner(steps).resume("run-1", plan, "operator"); }), Code::stale_plan);
  EXPECT_EQ(code_of([&] { runner(steps).roll_back("run-1", "operator"); }), Code::stale_plan);
  EXPECT_EQ(world.text(), "a");
}

TEST_F(Run, ParksInFrontOfADoorUntilItIsOpened) {
  auto steps = world.steps();
  steps[1].parks = true;
  const auto parked = runner(steps).start(identity());
  EXPECT_EQ(world.text(), "a");
  EXPECT_EQ(parked.next, "b");
  EXPECT_EQ(parked.find("b")->status, StepStatus::pending);
  EXPECT_TRUE(parked.can_resume);
  EXPECT_EQ(runner(steps).resume("run-1", plan, "operator").next, "b");
  auto through = runner(steps);
  through.go_past("b");
  EXPECT_EQ(through.resume("run-1", plan, "operator").phase, RunPhase::complete);
  EXPECT_EQ(world.text(), "abc");
}

TEST_F(Run, ASignalStopsItAtTheNextSafePoint) {
  Cancellation cancellation;
  auto steps = world.steps();
  const auto apply = steps[0].apply;
  steps[0].apply = [&](StepContext& context) {
    ::raise(SIGTERM);
    EXPECT_TRUE(context.cancelled());
    return apply(context);  // it comes to its end
  };
  {
    const SignalCancellation signals(cancellation);
    EXPECT_EQ(code_of([&] { runner(steps, {}, cancellation).start(identity()); }), Code::interrupted);
  }
  EXPECT_EQ(world.text(), "a");
  EXPECT_EQ(show_run(world.staging(), "run-1").find("a")->status, StepStatus::done);
  // Taking back is not stopped by the same wish.
  EXPECT_EQ(runner(steps, {}, cancellation).roll_back("run-1", "operator").phase, RunPhase::rolled_back);
}

TEST_F(Run, AStepFindsWhatItSavedAndWhatOthersReturned) {
  auto steps = world.steps();
  int attempt = 0;
  steps[1].apply = [&](StepContext& context) -> Json {
    EXPECT_EQ(context.result_of("a"), (Json{{"wrote", "a"}}));
    EXPECT_EQ(context.result_of("c"), Json());
    EXPECT_EQ(context.repeated(), attempt == 1);
    if (attempt++ == 1) return context.saved();
    EXPECT_EQ(context.saved(), Json());
    context.save(Json{{"statement", 17}, {"file", "\xC1\xF7"}});
    throw Error(Code::migration_failed, "statement 18");
  };
  steps[1].undo = [](StepContext& context) { EXPECT_EQ(context.own_result().at("statement"), 17); };
  EXPECT_EQ(code_of([&] { runner(steps).start(identity()); }), Code::migration_failed);
  const auto state = runner(steps).resume("run-1", plan, "operator");
  EXPECT_EQ(state.find("b")->result, (Json{{"statement", 17}, {"file", "\\301\\367"}}));
  runner(steps).roll_back("run-1", "operator");
}

// Runs it in a process of its own that is killed at the given hit. False: it came to its end.
bool killed_at(CrashPoint point, int hit, const std::function<void()>& work) {
  const auto wish = std::string(name_of(point)) + ":" + std::to_string(hit);
  const auto child = ::fork();
  if (child == 0) {
    ::setenv("FERRY_CRASH", wish.c_str(), 1);
    try {
      work();
    } catch (const std::exception&) {
      ::_exit(1);
    }
    ::_exit(0);
  }
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status) || WEXITSTATUS(status) == 0) << wish;
  return WIFSIGNALED(status);
}

// The child takes the lock itself: it belongs to the process that works.
void start_in(const World& world) {
  const InstallationLock lock(world.staging(), "child");
  Runner(world.staging(), world.steps(), lock).start(identity());
}
void roll_back_in(const World& world) {
  const InstallationLock lock(world.staging(), "child");
  Runner(world.staging(), world.steps(), lock).roll_back("run-1", "operator");
}
void resume_in(const World& world) {
  const InstallationLock lock(world.staging(), "child");
  Runner(world.staging(), world.steps(), lock).resume("run-1", plan, "operator");
}

class KilledRun : public ::testing::TestWithParam<CrashPoint> {};
INSTANTIATE_TEST_SUITE_P(Records, KilledRun,
                         ::testing::Values(CrashPoint::run_before_record, CrashPoint::run_after_record));

TEST_P(KilledRun, AtEveryRecordResumesToTheSameEnd) {
  int hit = 1;
  for (;; ++hit) {
    const World world;
    if (!killed_at(GetParam(), hit, [&] { start_in(world); })) break;
    const auto runs = list_runs(world.staging());
    if (runs.empty()) {
      start_in(world);  // nothing had begun
    } else if (runs[0].state->can_resume) {
      resume_in(world);
    }
    ASSERT_EQ(world.text(), "abc") << hit;
    ASSERT_EQ(show_run(world.staging(), "run-1").phase, RunPhase::complete);
  }
  EXPECT_GT(hit, 9);
}

TEST_P(KilledRun, AtEveryRecordRollsBackAlsoWhenThatIsKilled) {
  int hit = 1;
  for (;; ++hit) {
    const World world;
    const bool killed = killed_at(GetParam(), hit, [&] { start_in(world); });
    if (list_runs(world.staging()).empty()) continue;
    killed_at(GetParam(), 1 + hit % 6, [&] { roll_back_in(world); });
    roll_back_in(world);
    ASSERT_EQ(world.text(), "") << hit;
    ASSERT_EQ(show_run(world.staging(), "run-1").phase, RunPhase::rolled_back);
    ASSERT_EQ(show_run(world.staging(), "run-1").find("c")->title.zh, "步骤c");
    if (!killed) break;
  }
  EXPECT_GT(hit, 9);
}

// Steps a, b, c, of which b is a stop: a run of two jumps.
TEST_F(Run, IsTakenBackToAStepInTheMiddleAndGoesOnFromThere) {
  runner().start(identity());
  EXPECT_EQ(code_of([&] { runner().back_to("run-1", "x", "operator"); }), Code::cannot_roll_back);
  auto state = runner().back_to("run-1", "a", "operator");
  EXPECT_EQ(world.text(), "a");
  EXPECT_EQ(state.phase, RunPhase::under_way);
  EXPECT_EQ(state.next, "b");
  EXPECT_TRUE(state.can_resume);
  state = runner().resume("run-1", plan, "operator");
  EXPECT_EQ(world.text(), "abc");
  EXPECT_EQ(state.find("b")->attempts, 2);
  state = runner().back_to("run-1", "b", "operator");
  EXPECT_EQ(world.text(), "ab");
  state = runner().roll_back("run-1", "operator");
  EXPECT_EQ(state.phase, RunPhase::rolled_back);
  EXPECT_EQ(world.text(), "");
}

TEST_F(Run, FromTheWayToAStepOneMayGoAllTheWayButNotTheOtherWayRound) {
  const auto broken = [&](std::size_t index) {
    auto out = world.steps();
    out[index].undo = [](StepContext&) { throw Error(Code::disk_full, "/data"); };
    return out;
  };
  runner().start(identity());
  EXPECT_EQ(code_of([&] { runner(broken(1)).back_to("run-1", "a", "operator"); }), Code::disk_full);
  auto state = show_run(world.staging(), "run-1");
  EXPECT_EQ(state.turned_to, "a");
  EXPECT_FALSE(state.can_resume);
  EXPECT_EQ(code_of([&] { runner(broken(0)).roll_back("run-1", "operator"); }), Code::disk_full);
  state = show_run(world.staging(), "run-1");
  EXPECT_TRUE(state.goes_all_the_way_back());
  EXPECT_EQ(code_of([&] { runner().back_to("run-1", "a", "operator"); }), Code::cannot_roll_back);
  EXPECT_EQ(runner().roll_back("run-1", "operator").phase, RunPhase::rolled_back);
  EXPECT_EQ(world.text(), "");
}

TEST_F(Run, OfSeveralJumpsSaysInWhichItIsAndWhereItStopped) {
  std::vector<Step> steps;
  for (const char* id : {"a", "check@2", "point@2", "c"}) {
    steps.push_back(world.step(id));
    steps.back().to = std::string(id) == "a" ? "" : std::string(id) == "c" ? "3" : "2";
  }
  auto failing_end = steps;
  failing_end[3] = failing(failing_end[3]);
  EXPECT_EQ(code_of([&] { runner(failing_end).start(identity()); }), Code::disk_full);
  const auto state = show_run(world.staging(), "run-1");
  const auto jump = jump_of(state);
  ASSERT_TRUE(jump);
  EXPECT_EQ(jump->number, 2U);
  EXPECT_EQ(jump->of, 2U);
  EXPECT_EQ(jump->to, "3");
  EXPECT_EQ(reached_stops(state), std::vector<std::string>{"2"});
  EXPECT_EQ(Json(state).at("jump").at("stops"), Json::array({"2"}));
}

}  // namespace
}  // namespace ferry
