// The same with real means: full disks, locked databases, services that misbehave, a clock that is set back, a home
// folder that is gone. What must hold each time: an error that says what and where, nothing lost, and a way on or back.
#include <cerrno>
#include <csignal>
#include <filesystem>

#include "support/tiny_run.h"

namespace ferry::test {
namespace {

namespace fs = std::filesystem;

// Holds a lock on a database as long as it lives.
class DatabaseLock {
 public:
  DatabaseLock(const TinyWorld& world, const std::string& file)
      : program_({"/usr/bin/python3", "-c",
                  "import sqlite3, time; c = sqlite3.connect('" + file + "'); c.execute('begin exclusive'); open('" +
                      world.path("locked") + "', 'w').close(); time.sleep(100)"},
                 {}, world.path("logs"), world.place()) {
    while (!fs::exists(world.path("locked"))) EXPECT_TRUE(program_.running());
    fs::remove(world.path("locked"));
  }

 private:
  Program program_;  // killed with it: the kernel gives the lock up
};

class RealFaults : public TinyRunTest {
 protected:
  void TearDown() override {
    TinyRunTest::TearDown();
    run.lift_door();
    world.shell("if mountpoint -q clone; then umount clone; fi");
  }

  // The clone stands on a file system of its own.
  void on_small_disk() const {
    run.stop();
    world.shell("rm -rf clone && mkdir clone && mount -t tmpfs -o size=32m tmpfs clone && cp -a clone.stash/. clone/");
  }
  void fill_disk(const std::string& left) const {
    world.shell("left=" + left +
                "; free=$(df --output=avail -B1 clone | tail -1); [ $free -gt $left ] && fallocate -l $((free - left)) "
                "clone/filler");
    ASSERT_TRUE(fs::exists(world.path("clone/filler")));
  }
  void free_disk() const { fs::remove(world.path("clone/filler")); }

  void killed_at(const std::string& point) const {
    const auto died = run.resume({{"FERRY_CRASH", point}});
    EXPECT_EQ(died.signal, SIGKILL) << died.all();
  }
  void goes_on() const {
    const auto ended = run.resume();
    EXPECT_EQ(ended.status, 0) << ended.all();
    EXPECT_EQ(run.phase(), "complete");
    EXPECT_EQ(run.snapshot(), run.new_snapshot());
  }
  void goes_back() const {
    const auto ended = run.rollback();
    EXPECT_EQ(ended.status, 0) << ended.all();
    EXPECT_EQ(run.phase(), "rolled_back");
    EXPECT_EQ(run.snapshot(), run.old_snapshot());
  }
  std::string status_of(const std::string& step) const {
    const Json state = run.state();
    for (const auto& found : state.at("steps"))
      if (found.at("id") == step) return found.at("status").get<std::string>();
    return "no such step";
  }

  const TinyWorld& world = run.world();
};

TEST_F(RealFaults, AFullDiskWhileStagingChangesNothing) {
  on_small_disk();
  const auto host = std::to_string(fs::file_size(FERRY_BUILD_DIR "/ferry-host"));
  // No room at all; for the documents only; for everything but the way back of the database.
  for (const std::string& left : {std::string("0"), std::string("100000"), "$((" + host + " + 60000))"}) {
    SCOPED_TRACE(left);
    fill_disk(left);
    const auto ended = run.resume();
    EXPECT_EQ(ended.error(), "disk_full") << ended.all();
    EXPECT_EQ(ended.status, 3);
    EXPECT_NE(ended.out.find(world.path("clone")), std::string::npos) << "where? " << ended.out;
    EXPECT_EQ(run.snapshot(), run.old_snapshot());
    free_disk();
  }
  goes_on();
  goes_back();
}

TEST_F(RealFaults, ADiskThatFillsUpInTheMiddleStopsTheRunAndNeverTheWayBack) {
  for (const std::string point :
       {"journal_in_place:1", "switch_operation:2", "switch_marked:1", "script_statement:1"}) {
    SCOPED_TRACE(point);
    if (fs::exists(world.path("clone/installed"))) run.lift_door();
    world.shell("if mountpoint -q clone; then umount clone; fi");
    on_small_disk();
    killed_at(point);
    fill_disk("8192");
    const auto stopped = run.resume();
    EXPECT_EQ(stopped.error(), "disk_full") << stopped.all();
    // The room for the way back was taken before anything changed: it needs nobody to tidy up first.
    goes_back();
    free_disk();
    run.stop();
  }
}

TEST_F(RealFaults, AFullDiskBarsTheWayBackOfFerryHostNeither) {
  on_small_disk();
  killed_at("script_statement:1");
  fill_disk("0");
  run.stop();
  const std::string host = world.path("clone/.ferry-installed/ferry-host");
  world.shell(host + " recover " + run.root() + " --yes >/dev/null");
  EXPECT_EQ(run.phase(), "rolled_back");
  EXPECT_EQ(run.snapshot(), run.old_snapshot());
  free_disk();
}

// Nothing that is only late is called failed, by no time-out and by no other command that looks on meanwhile.
TEST_F(RealFaults, ASlowDiskIsWaitedFor) {
  const bool full = std::getenv("FERRY_FULL") != nullptr;
  const std::map<std::string, std::string> delays{{"all", full ? "100000" : "10000"},
                                                  {"sync", full ? "3000000" : "200000"}};
  for (const auto& [kind, delay] : delays) {
    SCOPED_TRACE(kind);
    const std::map<std::string, std::string> slow{{"LD_PRELOAD", FERRY_FAULT_LIBRARY},
                                                  {"FAULT_BELOW", world.path("clone")},
                                                  {"FAULT_KIND", kind},
                                                  {"FAULT_DELAY_US", delay}};
    run.reset();
    const auto forward = world.begin({"run", "resume", "test"}, slow);
    while (forward->running()) {
      const auto shown = world.ferry({"run", "show", "test", "--json"});
      EXPECT_EQ(shown.status, 0) << shown.all();
      const Json state = shown.json();
      for (const auto& step : state.at("steps")) EXPECT_NE(step.at("status"), "failed") << shown.all();
    }
    const auto ended = forward->wait();
    EXPECT_EQ(ended.status, 0) << ended.all();
    EXPECT_NE(ended.err.find("switch the files"), std::string::npos)
        << "tells nothing while it takes long: " << ended.all();
    EXPECT_EQ(run.phase(), "complete");
    EXPECT_EQ(run.snapshot(), run.new_snapshot());
    const auto back = run.rollback(slow);
    EXPECT_EQ(back.status, 0) << back.all();
    EXPECT_EQ(run.snapshot(), run.old_snapshot());
  }
}

TEST_F(RealFaults, ALockedDatabaseIsWaitedForAndThenNamed) {
  world.done({"service", "stop", "production"});
  {
    const DatabaseLock lock(world, world.path("installed/data/tiny.db"));
    const auto ended = world.ferry({"survey", "run", "production", "--language", "zh"});
    EXPECT_EQ(ended.status, 0) << ended.all();
    EXPECT_NE(ended.out.find("tiny.db"), std::string::npos) << ended.all();
    EXPECT_NE(ended.out.find("锁定"), std::string::npos) << "does not say that it is locked: " << ended.all();
    EXPECT_EQ(english_in(ended.out), "") << ended.out;
  }
  // In the middle of a script: some of its statements are done.
  killed_at("script_statement:1");
  {
    const DatabaseLock lock(world, run.root() + "/data/tiny.db");
    const auto ended = run.resume();
    EXPECT_EQ(ended.error(), "database_locked") << ended.all();
    EXPECT_EQ(ended.status, 6);
    EXPECT_NE(ended.out.find("tiny.db"), std::string::npos) << ended.out;
    EXPECT_EQ(status_of("migrate"), "failed");
  }
  goes_on();
  goes_back();
}

TEST_F(RealFaults, AServiceThatDoesNotStopKeepsTheOldVersionUntouched) {
  world.shell("cp -a clone/installed/data/tiny.env kept.env");
  world.write("clone/installed/data/tiny.env", "TINY_MISBEHAVE=ignore-term\n");
  world.done({"clone", "start", "test"});
  const auto before = run.snapshot();
  const auto ended = run.resume();
  EXPECT_EQ(ended.error(), "service_not_stopping") << ended.all();
  EXPECT_EQ(status_of("stop"), "failed");
  EXPECT_EQ(run.snapshot(), before);
  const Json services = world.ferry({"service", "list", "test", "--json"}).json();
  for (const auto& pid : services.at(0).at("pids")) ::kill(pid.get<pid_t>(), SIGKILL);
  world.shell("cp -a kept.env clone/installed/data/tiny.env");
  goes_on();
}

TEST_F(RealFaults, AServiceThatDiesOnTheNewVersionIsQuotedAndTheWayBackIsOpen) {
  world.write("clone/installed/data/tiny.env", "TINY_MISBEHAVE=die-new\n");
  const auto before = run.snapshot();
  const auto ended = run.resume();
  EXPECT_EQ(ended.error(), "service_not_ready") << ended.all();
  EXPECT_NE(ended.out.find("no licence for 2.0"), std::string::npos) << ended.out;
  EXPECT_EQ(status_of("start"), "failed");
  const auto back = run.rollback();
  EXPECT_EQ(back.status, 0) << back.all();
  EXPECT_EQ(run.snapshot(), before);
}

TEST_F(RealFaults, WhatIsNotVerifiedIsNotOpened) {
  world.write("clone/installed/data/tiny.env", "TINY_MISBEHAVE=wrong-page\n");
  const auto before = run.snapshot();
  const auto ended = run.resume();
  EXPECT_EQ(ended.error(), "check_failed") << ended.all();
  EXPECT_EQ(ended.status, 9);
  world.refused({"run", "open", "test"}, Code::check_failed, {"page"});
  EXPECT_EQ(status_of("open"), "pending");
  const auto back = run.rollback();
  EXPECT_EQ(back.status, 0) << back.all();
  EXPECT_EQ(run.snapshot(), before);
}

TEST_F(RealFaults, AClockThatIsSetBackOrForthChangesNoOrder) {
  for (const char* seconds : {"-90000", "400000000"}) {
    SCOPED_TRACE(seconds);
    run.reset();
    killed_at("switch_operation:2");
    const auto ended = run.resume({{"LD_PRELOAD", FERRY_FAULT_LIBRARY}, {"FAULT_CLOCK", seconds}});
    EXPECT_EQ(ended.status, 0) << ended.all();
    EXPECT_NE(ended.json().at("ended").get<std::string>().substr(0, 4), "") << ended.all();
    EXPECT_EQ(run.phase(), "complete");
    goes_back();
  }
  // A run that begins before the last one by the clock is still the one that is meant.
  run.reset();
  goes_on();
  goes_back();
  const auto begun = world.ferry(
      {"rehearsal", "start", "test"},
      {{"LD_PRELOAD", FERRY_FAULT_LIBRARY}, {"FAULT_CLOCK", "-90000"}, {"FERRY_CRASH", "switch_operation:2"}});
  EXPECT_EQ(begun.signal, SIGKILL) << begun.all();
  const Json state = run.state();
  EXPECT_NE(state.at("run").at("id"), run.id());
  EXPECT_EQ(state.at("phase"), "under_way");
  const auto back = run.rollback();
  EXPECT_EQ(back.status, 0) << back.all();
  EXPECT_NE(back.json().at("run").at("id"), run.id());
}

TEST_F(RealFaults, AHomeThatIsMovedOrLostInTheMiddleCostsNoWayBack) {
  const auto new_project = [&](const std::string& home) {
    for (const Words& words : {Words{"project", "create", "project.yaml"},
                               {"environment", "add", "production.yaml"},
                               {"environment", "add", "test.yaml"}}) {
      const auto made = world.ferry(words, {{"FERRY_HOME", home}});
      EXPECT_EQ(made.status, 0) << made.all();
    }
  };
  // Moved: everything is known at its new place.
  killed_at("switch_operation:2");
  world.shell("mv home home.moved");
  const auto lost = run.resume();
  EXPECT_EQ(lost.error(), "not_found") << lost.all();
  const auto moved = run.resume({{"FERRY_HOME", world.path("home.moved")}});
  EXPECT_EQ(moved.status, 0) << moved.all();
  world.shell("mv home.moved home");
  EXPECT_EQ(run.phase(), "complete");

  // Lost: going on needs the packages and says so, going back needs nothing but the installation.
  run.reset();
  killed_at("script_statement:1");
  const auto home = world.path("home.new");
  new_project(home);
  const auto forward = run.resume({{"FERRY_HOME", home}});
  EXPECT_NE(forward.status, 0) << forward.all();
  EXPECT_TRUE(forward.error() == "package_missing" || forward.error() == "not_found") << forward.all();
  const auto back = run.rollback({{"FERRY_HOME", home}});
  EXPECT_EQ(back.status, 0) << back.all();
  EXPECT_EQ(run.snapshot(), run.old_snapshot());
  EXPECT_EQ(run.phase(), "rolled_back") << "the old home reads the same log";
}

TEST_F(RealFaults, AFileThatChangesWhileItIsReadIsAFinding) {
  world.shell("truncate -s 64M installed/webapp/moving.log");
  Program writer({"/usr/bin/perl", "-e",
                  "open(F, '+<', 'installed/webapp/moving.log'); while (1) { sysseek(F, 0, 0); syswrite(F, 'x') }"},
                 {}, world.path("logs"), world.place());
  const auto ended = world.ferry({"survey", "run", "production", "--findings", "--language", "zh", "--quiet"});
  EXPECT_EQ(ended.status, 0) << ended.all();
  EXPECT_NE(ended.out.find("webapp/moving.log"), std::string::npos) << ended.out;
  EXPECT_NE(ended.out.find("文件在读取时发生变化"), std::string::npos) << ended.out;
  writer.signal(SIGKILL);
  writer.wait();
  world.shell("rm installed/webapp/moving.log");
}

}  // namespace
}  // namespace ferry::test
