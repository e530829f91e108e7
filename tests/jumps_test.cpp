// 1.0 -> 2.0 -> 3.0 with a required stop, each version with its runtime, script, migration by a command and, in 2.0,
// work in the background: one run, one downtime, and from everywhere a way to the new version and to exactly the old
// one.
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "host/door.h"
#include "support/tiny_run.h"

namespace ferry::test {
namespace {

std::unique_ptr<TinyRun> shared_run;

class EndSharedRun : public testing::Environment {
 public:
  void TearDown() override { shared_run.reset(); }
};

class Jumps : public testing::Test {
 protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "a fence needs root";
    if (!shared_run) {
      shared_run = std::make_unique<TinyRun>("jumps");
      shared_run->new_snapshot();
      testing::AddGlobalTestEnvironment(new EndSharedRun);
    }
    run_ = shared_run.get();
    run().reset();
  }
  void TearDown() override {
    if (run_ != nullptr) run().stop();
  }
  TinyRun& run() const { return *run_; }

  void set(const std::string& line) const {
    run().world().write("clone/installed/data/tiny.env", "TINY_MISBEHAVE=\n" + line + "\n");
  }
  std::string sql(const std::string& query) const {
    auto out = run().world().shell("sqlite3 clone/installed/data/tiny.db \"" + query + "\"");
    while (out.ends_with('\n')) out.pop_back();
    return out;
  }
  std::string next() const {
    const auto next = run().state().at("next");
    return next.is_string() ? next.get<std::string>() : std::string();
  }
  void expect_new() const {
    const auto ended = run().resume();
    EXPECT_EQ(ended.status, 0) << ended.all();
    EXPECT_EQ(run().phase(), "complete");
    EXPECT_EQ(run().snapshot(), run().new_snapshot());
  }
  void expect_old() const {
    const auto ended = run().rollback();
    EXPECT_EQ(ended.status, 0) << ended.all();
    EXPECT_EQ(run().phase(), "rolled_back");
    EXPECT_EQ(run().snapshot(), run().old_snapshot());
    EXPECT_FALSE(closed_door(run().staging())) << "users are still kept out";
  }

 private:
  TinyRun* run_ = nullptr;
};

bool full() {
  return std::getenv("FERRY_FULL") != nullptr;
}

TEST_F(Jumps, ThePlanShowsEachJumpWithItsRuntimeMigrationAndWayBack) {
  const auto shown = run().world().done({"plan", "show", "test", "--details"});
  for (const auto* line :
       {"jump 1.0 -> 2.0", "jump 2.0 -> 3.0", "runtime tiny >=2 (package upgrade-2.0): brought by this upgrade",
        "step switch@2.0", "step migrate@2.0", "step settle@2.0", "step check@2.0", "step point@2.0", "step switch ",
        "run the migration command", "wait for the product's work in the background"})
    EXPECT_NE(shown.find(line), std::string::npos) << line << "\n" << shown;
  const auto recipe = run().world().done({"recipe", "show"});
  EXPECT_NE(recipe.find("jump to 2.0: upgrade-2.0"), std::string::npos) << recipe;
}

TEST_F(Jumps, OneRunGoesThroughTheStopAndBackToExactlyTheOldVersion) {
  expect_new();
  EXPECT_EQ(sql("select version from sys"), "3.0");
  EXPECT_EQ(sql("select group_concat(version) from schema_history"), "2.0,3.0");
  EXPECT_EQ(sql("select state from orders limit 1"), "2.0;3.0;");
  EXPECT_EQ(sql("select count(*) from job where done = 0"), "0");
  // Each migration and each version ran on its own runtime.
  EXPECT_EQ(run().world().read("clone/installed/data/migrate.log"),
            "migrating to 2.0 with runtime 2.1\ndone\nmigrating to 3.0 with runtime 3.2\ndone\n");
  // What the customer kept in the second jump is kept.
  EXPECT_EQ(run().world().read("clone/installed/webapp/extra.html"), "extra\nof the customer\n");
  const auto jump = run().state().at("jump");
  EXPECT_EQ(jump.at("of"), 2);
  EXPECT_EQ(jump.at("stops"), Json::array({"2.0"}));
  expect_old();
  EXPECT_EQ(run().world().shell("clone/installed/bin/runtime --version"), "tiny runtime 1.4\n");
}

TEST_F(Jumps, KilledAnywhereItGoesOnToTheNewVersionAndBackToTheOldOne) {
  std::vector<std::string> points{"stage_done:2",         "journal_in_place:2", "switch_operation_done:9",
                                  "switch_before_mark:1", "script_committed:2", "job_begun:1",
                                  "job_ended:2",          "point_copied:2",     "service_spawned:1",
                                  "service_signalled:2",  "switch_operation:3"};
  if (full()) {
    points.clear();
    for (const char* point :
         {"stage_file_done", "stage_done", "point_copied", "journal_in_place", "switch_operation",
          "switch_operation_done", "switch_times", "switch_before_mark", "switch_marked", "script_statement",
          "script_committed", "job_begun", "job_ended", "service_spawned", "service_signalled", "service_stopped",
          "switch_begun", "durable_written", "durable_in_place"})
      for (const int hit : {1, 2, 3, 5, 9}) points.push_back(std::string(point) + ":" + std::to_string(hit));
    for (int record = 2; record <= 46; ++record) points.push_back("run_after_record:" + std::to_string(record));
  }
  // In full both ways out of each, else in turns.
  std::vector<std::pair<std::string, bool>> kills;
  for (const auto& point : points) {
    if (full()) kills.emplace_back(point, false);
    kills.emplace_back(point, full() || kills.size() % 2 == 0);
  }
  for (const auto& [point, forward] : kills) {
    SCOPED_TRACE(point + (forward ? " forward" : " back"));
    run().reset();
    const auto died = run().resume({{"FERRY_CRASH", point}});
    if (died.status == 0 && full()) continue;  // passed less often
    ASSERT_EQ(died.signal, SIGKILL) << died.all();
    const auto state = run().state();
    EXPECT_TRUE(state.at("can_roll_back").get<bool>());
    if (forward && state.at("can_resume").get<bool>()) expect_new();
    expect_old();
  }
}

TEST_F(Jumps, TheWayBackMayBeKilledToo) {
  for (const char* point : {"switch_operation:2", "switch_before_mark:2", "restore_intended:1", "run_after_record:8"}) {
    SCOPED_TRACE(point);
    run().reset();
    expect_new();
    const auto died = run().rollback({{"FERRY_CRASH", point}});
    ASSERT_EQ(died.signal, SIGKILL) << died.all();
    EXPECT_EQ(run().phase(), "rolling_back");
    EXPECT_EQ(run().back_to_stop("2.0").error(), "cannot_roll_back");
    expect_old();
  }
}

TEST_F(Jumps, GoesBackToTheVerifiedStopAndFromThereOnOrFurtherBack) {
  expect_new();
  EXPECT_EQ(run().back_to_stop("1.5").error(), "cannot_roll_back");
  auto back = run().back_to_stop("2.0");
  EXPECT_EQ(back.status, 0) << back.all();
  EXPECT_EQ(back.json().at("jump").at("stands_at"), "2.0");
  EXPECT_EQ(run().phase(), "under_way");
  EXPECT_EQ(next(), "stop@2.0");
  EXPECT_EQ(sql("select version from sys"), "2.0");
  EXPECT_EQ(sql("select state from orders limit 1"), "2.0;");
  EXPECT_EQ(run().world().shell("clone/installed/bin/runtime --version"), "tiny runtime 2.1\n");
  EXPECT_TRUE(closed_door(run().staging())) << "users were let in at a stop";
  expect_new();
  back = run().back_to_stop("2.0");
  EXPECT_EQ(back.status, 0) << back.all();
  expect_old();
}

TEST_F(Jumps, KilledOnTheWayToAStopItGoesOnThereOrAllTheWay) {
  bool all_the_way = false;
  for (const char* point : {"switch_operation:4", "restore_intended:1", "service_spawned:1"}) {
    SCOPED_TRACE(point);
    run().reset();
    expect_new();
    const auto died = run().back_to_stop("2.0", {{"FERRY_CRASH", point}});
    ASSERT_EQ(died.signal, SIGKILL) << died.all();
    EXPECT_FALSE(run().state().at("can_resume").get<bool>());
    if (!all_the_way) {
      const auto again = run().back_to_stop("2.0");
      EXPECT_EQ(again.status, 0) << again.all();
      EXPECT_EQ(sql("select version from sys"), "2.0");
      expect_new();
    }
    expect_old();
    all_the_way = !all_the_way;
  }
}

TEST_F(Jumps, AFailedCheckAtTheStopEndsThereAndNothingGoesOnBeforeItPasses) {
  set("TINY_MISBEHAVE=wrong-page-of-2");
  const auto failed = run().resume();
  EXPECT_EQ(failed.status, 9) << failed.all();
  EXPECT_EQ(next(), "check@2.0");
  EXPECT_EQ(sql("select version from sys"), "2.0");
  EXPECT_EQ(run().back_to_stop("2.0").error(), "cannot_roll_back");
  const auto shown = run().world().done({"run", "show", "test"});
  EXPECT_NE(shown.find("jump 1 of 2, to 2.0"), std::string::npos) << shown;
  set("");
  run().stop();
  expect_new();
}

TEST_F(Jumps, WorkInTheBackgroundThatNeverEndsIsNotWaitedForForever) {
  set("TINY_MISBEHAVE=never-settled");
  const auto failed = run().resume();
  EXPECT_EQ(failed.error(), "migration_failed") << failed.all();
  EXPECT_NE(failed.out.find("select count(*) from job where done = 0"), std::string::npos) << failed.all();
  EXPECT_EQ(next(), "settle@2.0");
  expect_old();
}

TEST_F(Jumps, AServiceThatEndedWhileItsWorkWasWaitedForIsStartedAgain) {
  set("TINY_MISBEHAVE=never-settled");
  EXPECT_EQ(run().resume().error(), "migration_failed");
  EXPECT_EQ(next(), "settle@2.0");
  set("");
  run().stop();
  expect_new();
  expect_old();
}

// The service that runs next, and the migration after it, write into the same files.
TEST_F(Jumps, TakenBackAfterAFailedMigrationItKeepsWhatTheMigrationSaid) {
  set("TINY_MIGRATE=fail\nTINY_MIGRATE_AT=3.0");
  EXPECT_EQ(run().resume().error(), "migration_failed");
  const auto back = run().rollback();
  EXPECT_EQ(back.status, 0) << back.all();
  EXPECT_EQ(run().snapshot(), run().old_snapshot());
  const auto folder = run().staging() + "/runs/" + run().id();
  EXPECT_NE(read_file(folder + "/failed/_migrate.log").find("migrating to 3.0 with runtime 3.2\nno room for the index"),
            std::string::npos);
  // Of the stop that it came through as well.
  EXPECT_NE(read_file(folder + "/stops/v2.0/failed/_migrate.log").find("migrating to 2.0"), std::string::npos);
  EXPECT_FALSE(path_exists(folder + "/failed/web.log")) << "3.0 never ran";
}

TEST_F(Jumps, AMigrationThatFailsIsToldWithItsLastLinesAndRepeatedFromTheRecoveryPoint) {
  set("TINY_MIGRATE=fail\nTINY_MIGRATE_AT=3.0");
  const auto failed = run().resume();
  EXPECT_EQ(failed.error(), "migration_failed") << failed.all();
  EXPECT_NE(failed.out.find("exit status 1"), std::string::npos) << failed.all();
  EXPECT_NE(failed.out.find("no room for the index"), std::string::npos) << failed.all();
  EXPECT_EQ(next(), "migrate");
  EXPECT_EQ(sql("select state from orders limit 1"), "2.0;3.0;");
  set("");
  expect_new();
  expect_old();
}

TEST_F(Jumps, AMigrationThatHangsIsEnded) {
  set("TINY_MIGRATE=hang");
  const auto failed = run().resume();
  EXPECT_EQ(failed.error(), "migration_failed") << failed.all();
  EXPECT_NE(failed.out.find("not finished after"), std::string::npos) << failed.all();
  EXPECT_EQ(run().world().shell("grep -lsz '^31717$' /proc/[0-9]*/cmdline | wc -l"), "0\n");
  expect_old();
}

TEST_F(Jumps, AMigrationKilledInTheMiddleIsDoneExactlyOnce) {
  set("TINY_MIGRATE=slow\nTINY_MIGRATE_AT=2.0");
  const auto half = run().root() + "/data/half";
  for (const bool forward : {true, false}) {
    run().reset();
    set("TINY_MIGRATE=slow\nTINY_MIGRATE_AT=2.0");
    const auto program = run().world().begin({"run", "resume", "test"});
    while (program->running() && !std::filesystem::exists(half)) {
    }
    ASSERT_TRUE(std::filesystem::exists(half));
    program->signal(SIGKILL);
    EXPECT_EQ(program->wait().signal, SIGKILL);
    EXPECT_EQ(next(), "migrate@2.0");
    EXPECT_EQ(sql("select state from orders limit 1"), "2.0;");
    std::filesystem::remove(half);
    set("");
    if (forward) expect_new();
    expect_old();
  }
}

TEST_F(Jumps, ARuntimeThatDoesNotFitIsRefusedBeforeAnythingIsDoneWithWhatIsThereAndWhatIsWanted) {
  const auto& world = run().world();
  const auto before = world.read("profile.yaml");
  world.edit("profile.yaml", "runtimes:", "runtimes:\n  - {id: sh, run: [echo, \"shell 5.1\"]}");
  world.edit("profile.yaml", "runtime: {tiny: \">=3\"}", "runtime: {tiny: \">=3\", sh: \">=6\"}");
  world.done({"survey", "run", "production"});
  world.done({"recipe", "compose"});
  const auto refused = world.ferry({"plan", "make", "production", "--language", "zh", "--quiet"});
  TinyWorld::refusal(refused, Code::wrong_runtime, {"service web", "sh >=6", "5.1", "/echo"});
  const auto surveyed = world.ferry({"survey", "show", "production", "--json"});
  EXPECT_NE(surveyed.out.find("tiny runtime 1.4"), std::string::npos) << surveyed.all();
  world.write("profile.yaml", before);
  world.done({"survey", "run", "production"});
  world.done({"recipe", "compose"});
}

TEST_F(Jumps, FerryHostAloneTakesItBackFromAnyJump) {
  for (const char* point : {"switch_operation:3", "job_begun:1", "run_after_record:24", "switch_operation:8",
                            "script_committed:2", "job_ended:2"}) {
    SCOPED_TRACE(point);
    run().reset();
    ASSERT_EQ(run().resume({{"FERRY_CRASH", point}}).signal, SIGKILL);
    run().stop();
    const auto& world = run().world();
    const auto ended = world.shell("clone/.ferry-installed/ferry-host recover " + run().root() + " --yes --json");
    EXPECT_EQ(Json::parse(ended).at("state").at("phase"), "rolled_back") << ended;
    EXPECT_EQ(run().snapshot(), run().old_snapshot());
    EXPECT_EQ(run().phase(), "rolled_back");
    const auto shown = world.shell("clone/.ferry-installed/ferry-host show " + run().root() + " --json");
    EXPECT_EQ(Json::parse(shown).at("standing"), "old") << shown;
  }
}

}  // namespace
}  // namespace ferry::test
