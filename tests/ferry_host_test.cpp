// ferry-host: an interrupted upgrade is taken back where nothing is left but the installation and the folder beside it.
// The program stands in an empty root folder with /proc and the installation and nothing else: no library, no home of
// Ferry, no shell.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "host/descriptor.h"
#include "host/door.h"
#include "support/tiny_run.h"

namespace ferry::test {
namespace {

namespace fs = std::filesystem;

class FerryHost : public TinyRunTest {
 protected:
  // ferry-host alone in an empty root folder.
  Ended alone(const Words& words, const std::string& crash = "run_before_record:1000000") const {
    const auto& place = run.world().place();
    std::string line;
    for (const auto& word : words) line += " '" + word + "'";
    const std::string script = "mount -t tmpfs tmpfs /mnt && mkdir -p /mnt/proc /mnt" + place +
                               "/clone && cp " FERRY_BUILD_DIR
                               "/ferry-host /mnt/ && mount --bind /proc /mnt/proc && mount --bind " +
                               place + "/clone /mnt" + place + "/clone && exec env -i FERRY_CRASH=" + crash +
                               " $(command -v chroot) /mnt /ferry-host" + line;
    Program program({"/usr/bin/unshare", "--mount", "/bin/bash", "-euc", script},
                    {{"PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"}}, run.world().path("logs"), place);
    return program.wait();
  }

  // Everything of Ferry's that is not beside the installation is gone.
  void lose_home() const { run.world().shell("mv home home.gone"); }
  void find_home() const { run.world().shell("rm -rf home; mv home.gone home"); }

  // What a Ferry says that knows nothing but the files of the project.
  std::string phase_in_new_home() const {
    run.world().done({"project", "create", "project.yaml"});
    run.world().done({"environment", "add", "production.yaml"});
    run.world().done({"environment", "add", "test.yaml"});
    return run.phase();
  }
};

TEST_F(FerryHost, IsStaticAndLiesBesideTheInstallation) {
  EXPECT_NE(
      run.world()
          .shell("file -b " FERRY_BUILD_DIR "/ferry-host || true; ldd " FERRY_BUILD_DIR "/ferry-host 2>&1 || true")
          .find("not a dynamic executable"),
      std::string::npos);
  EXPECT_EQ(run.resume({{"FERRY_CRASH", "journal_in_place:1"}}).signal, SIGKILL);
  EXPECT_EQ(run.world().shell("cmp clone/.ferry-installed/ferry-host " FERRY_BUILD_DIR "/ferry-host && echo same"),
            "same\n");
}

TEST_F(FerryHost, TakesAnUpgradeBackThatWasKilledAnywhere) {
  std::vector<std::string> points{
      "stage_file_done:2", "stage_done:1",         "point_copied:1",  "journal_in_place:1", "switch_operation:3",
      "switch_times:1",    "switch_before_mark:1", "switch_marked:1", "script_statement:2", "script_committed:1"};
  if (std::getenv("FERRY_FULL") != nullptr) {
    for (int record = 2; record <= 19; ++record) points.push_back("run_after_record:" + std::to_string(record));
    for (int operation = 1; operation <= 6; ++operation) {
      points.push_back("switch_operation:" + std::to_string(operation));
      points.push_back("switch_operation_done:" + std::to_string(operation));
    }
  }
  for (const auto& point : points) {
    SCOPED_TRACE(point);
    run.reset();
    EXPECT_EQ(run.resume({{"FERRY_CRASH", point}}).signal, SIGKILL);
    // What runs by then was started by the run: a person stops it.
    run.stop();
    lose_home();
    const auto shown = alone({"show", run.root(), "--json"});
    EXPECT_EQ(shown.status, 0) << shown.all();
    const auto standing = shown.json().at("standing").get<std::string>();
    if (standing == "old") {
      EXPECT_EQ(run.snapshot(), run.old_snapshot());
    }
    EXPECT_EQ(standing == "old", point.starts_with("stage_") || point.starts_with("point_")) << shown.all();
    const auto ended = alone({"recover", run.root(), "--yes", "--json"});
    EXPECT_EQ(ended.status, 0) << ended.all();
    EXPECT_EQ(run.snapshot(), run.old_snapshot());
    EXPECT_FALSE(closed_door(run.staging())) << "users are still kept out";
    EXPECT_EQ(alone({"show", run.root(), "--json"}).json().at("standing"), "old");
    const auto again = alone({"recover", run.staging(), "--yes", "--json"});
    EXPECT_EQ(again.json().value("nothing_to_do", false), true) << again.all();
    EXPECT_EQ(phase_in_new_home(), "rolled_back");
    find_home();
    EXPECT_EQ(run.phase(), "rolled_back");
  }
}

TEST_F(FerryHost, MayBeKilledItselfAndGoesOn) {
  for (const char* crash : {"run_after_record:1", "switch_operation:2", "switch_before_mark:1", "restore_staged:1",
                            "restore_intended:1", "restore_half_placed:1", "restore_verified:1"}) {
    SCOPED_TRACE(crash);
    run.reset();
    EXPECT_EQ(run.resume({{"FERRY_CRASH", "script_committed:1"}}).signal, SIGKILL);
    const auto died = alone({"recover", run.root(), "--yes"}, crash);
    EXPECT_EQ(died.signal, SIGKILL) << died.all();
    // Nobody has to know what happened: the second call finds out.
    const auto ended = alone({"recover", run.root(), "--yes", "--json"});
    EXPECT_EQ(ended.status, 0) << ended.all();
    EXPECT_EQ(run.snapshot(), run.old_snapshot());
    EXPECT_EQ(run.phase(), "rolled_back");
  }
}

TEST_F(FerryHost, KeepsWhatTheFailedVersionHasSaid) {
  run.world().write("clone/installed/data/tiny.env", "TINY_MISBEHAVE=die-new\n");
  EXPECT_EQ(run.resume().error(), "service_not_ready");
  run.stop();
  lose_home();
  const auto ended = alone({"recover", run.root(), "--yes", "--json"});
  EXPECT_EQ(ended.status, 0) << ended.all();
  EXPECT_EQ(run.snapshot(), run.old_snapshot());
  const auto kept = run.staging() + "/runs/" + run.id() + "/failed/web.log";
  EXPECT_NE(read_file(kept).find("no licence for 2.0"), std::string::npos);
  find_home();
  EXPECT_NE(run.state().at("notes").dump().find("failed: web.log"), std::string::npos) << run.state().at("notes");
}

TEST_F(FerryHost, RefusesWhileSomethingUsesTheInstallation) {
  EXPECT_EQ(run.resume({{"FERRY_CRASH", "switch_marked:1"}}).signal, SIGKILL);
  const auto before = run.snapshot();
  {
    Program reader({"/bin/sleep", "60"}, {}, run.world().path("logs"), run.root() + "/webapp");
    run.world().shell("until [ \"$(readlink /proc/" + std::to_string(reader.pid()) + "/cwd)\" = " + run.root() +
                      "/webapp ]; do :; done");
    const auto refused = alone({"recover", run.root(), "--yes", "--language", "zh"});
    TinyWorld::refusal(refused, Code::busy_files, {std::to_string(reader.pid()), "sleep"});
    const auto shown = alone({"show", run.root()});
    EXPECT_NE(shown.out.find("pid " + std::to_string(reader.pid())), std::string::npos) << shown.all();
  }
  {
    const Descriptor lock(::open((run.staging() + "/lock").c_str(), O_RDWR | O_CLOEXEC));
    ASSERT_EQ(::flock(lock.get(), LOCK_EX), 0);
    TinyWorld::refusal(alone({"recover", run.root(), "--yes", "--language", "zh"}), Code::locked, {".ferry-installed"});
    EXPECT_NE(alone({"show", run.root()}).out.find("at work"), std::string::npos);
  }
  EXPECT_EQ(run.snapshot(), before);
}

TEST_F(FerryHost, GoesForwardOnlyWhereItNeedsNoPackages) {
  EXPECT_EQ(run.resume({{"FERRY_CRASH", "switch_operation:3"}}).signal, SIGKILL);
  const auto refused = alone({"recover", run.root(), "--forward", "--yes", "--language", "zh"});
  TinyWorld::refusal(refused, Code::run_unfinished, {"ferry run resume"});
  EXPECT_EQ(alone({"show", run.root(), "--json"}).json().at("standing"), "between");

  run.reset();
  // Everything is migrated, the start was not tried.
  EXPECT_EQ(run.resume({{"FERRY_CRASH", "run_after_record:17"}}).signal, SIGKILL);
  ASSERT_EQ(run.state().at("next"), "start") << "the records of a run are others now: find the one after 'migrate'";
  const auto ended = alone({"recover", run.root(), "--forward", "--yes", "--json"});
  EXPECT_EQ(ended.status, 0) << ended.all();
  EXPECT_EQ(ended.json().at("direction"), "forward");
  EXPECT_EQ(run.phase(), "under_way");
  const auto resumed = run.resume();
  EXPECT_EQ(resumed.status, 0) << resumed.all();
  EXPECT_EQ(run.phase(), "complete");
  EXPECT_EQ(run.snapshot(), run.new_snapshot());
}

TEST_F(FerryHost, StartsServicesOnlyWhenToldTo) {
  EXPECT_EQ(run.resume({{"FERRY_CRASH", "switch_marked:1"}}).signal, SIGKILL);
  run.stop();  // the fence, which keeps the port
  TinyWorld::refusal(alone({"recover", run.root(), "--start", "--yes", "--language", "zh"}), Code::usage,
                     {"ferry clone start test"});
  // As a test system would be that is no clone.
  run.world().shell(
      "sed -i 's/\"kind\": *\"clone\"/\"kind\": \"test\"/' clone/.ferry-installed/runs/*/environment.json");
  const auto shown = alone({"show", run.root(), "--json"});
  const auto command = shown.json().at("start").at(0).get<std::string>();
  EXPECT_NE(command.find(run.root() + "/bin/tiny.pl " + run.root()), std::string::npos) << command;
  const auto port = command.substr(command.rfind(' ') + 1);
  // In the machine itself: the service needs its interpreter. The program has the same records.
  const std::string host = run.staging() + "/ferry-host";
  const auto out = run.world().shell(host + " recover clone/installed --start --yes");
  EXPECT_NE(out.find("started: web"), std::string::npos) << out;
  EXPECT_EQ(run.snapshot(), run.old_snapshot());
  EXPECT_NE(run.world().shell("curl -s http://127.0.0.1:" + port + "/page.html").find("1.0"), std::string::npos);
  const auto service = Json::parse(read_file(run.staging() + "/services/web.json"));
  ::kill(service.at("process").at("pid").get<pid_t>(), SIGKILL);
}

TEST_F(FerryHost, SaysWhatItCanNotDo) {
  const auto refused = [&](Words words, Code code, const Words& parts) {
    SCOPED_TRACE(testing::PrintToString(words));
    auto chinese = words;
    chinese.insert(chinese.end(), {"--language", "zh"});
    TinyWorld::refusal(alone(chinese), code, parts);
    words.emplace_back("--json");
    EXPECT_EQ(alone(words).error(), info(code).name);
  };
  refused({"recover", run.root()}, Code::not_confirmed, {"--yes"});
  refused({"recover"}, Code::usage, {"根目录"});
  refused({"recover", run.root(), "--backwards"}, Code::usage, {"--backwards", "--help"});
  refused({"recover", run.root(), "--back", "--forward"}, Code::usage, {"--forward"});
  refused({"show", "/nowhere"}, Code::not_found, {"/nowhere"});
  refused({"show", "/proc"}, Code::not_found, {"/proc", "暂存目录"});
  refused({"show", run.root(), "--run", "run-1"}, Code::not_found, {"run-1"});
  EXPECT_EQ(alone({"--version"}).out.substr(0, 11), "ferry-host ");
  const auto chinese = alone({"--help", "--language", "zh"});
  EXPECT_EQ(chinese.status, 0);
  EXPECT_EQ(english_in(chinese.out), "") << chinese.out;

  // A run that went through is nothing to recover: going back is said, not guessed.
  EXPECT_EQ(run.resume().status, 0);
  run.stop();
  EXPECT_EQ(alone({"show", run.root(), "--json"}).json().at("standing"), "new");
  refused({"recover", run.root(), "--yes"}, Code::usage, {"--back"});
  // Its records say where it was made: a disk that is mounted elsewhere is entered with chroot.
  run.world().shell("mv clone/installed clone/elsewhere");
  refused({"recover", run.world().path("clone/.ferry-installed"), "--back", "--yes"}, Code::usage, {"chroot"});
  run.world().shell("mv clone/elsewhere clone/installed");
  const auto back = alone({"recover", run.root(), "--back", "--yes"});
  EXPECT_EQ(back.status, 0) << back.all();
  EXPECT_NE(back.out.find("ferry clone start test"), std::string::npos) << back.out;
  EXPECT_EQ(run.snapshot(), run.old_snapshot());

  run.reset();
  EXPECT_EQ(run.resume({{"FERRY_CRASH", "switch_operation:3"}}).signal, SIGKILL);
  run.world().shell("sed -i '2s/kind/kinb/' clone/.ferry-installed/runs/*/log");
  refused({"show", run.root()}, Code::corrupt_log, {"/log:2"});
  refused({"recover", run.root(), "--yes"}, Code::corrupt_log, {"/log:2"});
}

}  // namespace
}  // namespace ferry::test
