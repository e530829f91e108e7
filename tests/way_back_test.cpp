// What comes of an upgrade that fails by itself: found out, taken back, and what the new version had to say is kept.
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>

#include "host/files.h"
#include "support/tiny_run.h"

namespace ferry::test {
namespace {

class WayBack : public TinyRunTest {
 protected:
  WayBack() : TinyRunTest("build") {}
  void misbehave(const std::string& how) const {
    run.world().write("clone/installed/data/tiny.env", "TINY_MISBEHAVE=" + how + "\n");
  }
  std::string folder() const { return run.staging() + "/runs/" + run.id(); }
  std::string notes() const { return run.state().at("notes").dump(); }
  Json step(const std::string& id) const {
    const Json state = run.state();
    for (const auto& one : state.at("steps"))
      if (one.at("id") == id) return one;
    return {};
  }
  // The old version as it was, and it serves.
  void expect_taken_back() const {
    const auto ended = run.rollback();
    EXPECT_EQ(ended.status, 0) << ended.all();
    EXPECT_EQ(run.phase(), "rolled_back");
    EXPECT_EQ(run.snapshot(), run.old_snapshot());
  }
};

TEST_F(WayBack, KeepsTheWholeStackTraceOfAServiceThatDies) {
  misbehave("die-new-loudly");
  const auto failed = run.resume();
  EXPECT_EQ(failed.error(), "service_not_ready") << failed.all();
  EXPECT_EQ(step("start").at("status"), "failed");
  EXPECT_NE(failed.all().find("no licence for 2.0"), std::string::npos) << failed.all();
  expect_taken_back();
  const auto kept = read_file(folder() + "/failed/web.log");
  EXPECT_NE(kept.find("at tiny.start(line 1)\n"), std::string::npos) << "its beginning is lost";
  EXPECT_NE(kept.find("at tiny.start(line 20000)\n"), std::string::npos);
  EXPECT_NE(kept.find("no licence for 2.0"), std::string::npos);
  EXPECT_NE(notes().find("failed: web.log"), std::string::npos) << notes();
  const auto shown = run.world().done({"run", "show", "test"});
  EXPECT_NE(shown.find("logs of the version that is taken back, in " + folder() + "/failed: web.log"),
            std::string::npos)
      << shown;
}

TEST_F(WayBack, IsTakenWhenTheNewServiceAnswersWithTheOldVersion) {
  misbehave("old-answer");
  const auto failed = run.resume();
  EXPECT_EQ(failed.error(), "check_failed") << failed.all();
  EXPECT_EQ(failed.status, 9);
  EXPECT_NE(failed.out.find("another build than that of 1.0, tiny-1.0, found tiny-1.0"), std::string::npos)
      << failed.all();
  // Files and database are the new ones: nothing but the service's own word tells.
  EXPECT_EQ(step("switch").at("status"), "done");
  EXPECT_EQ(run.world().shell("sqlite3 clone/installed/data/tiny.db 'select version from sys'"), "2.0\n");
  EXPECT_EQ(step("start").at("status"), "done");
  EXPECT_EQ(step("check").at("status"), "failed");
  run.world().refused({"run", "open", "test"}, Code::check_failed, {"service", "tiny-1.0"});
  expect_taken_back();
}

TEST_F(WayBack, IsNotNeededWhenItAnswersWithTheNewOne) {
  const auto ended = run.resume();
  EXPECT_EQ(ended.status, 0) << ended.all();
  EXPECT_EQ(run.snapshot(), run.new_snapshot());
  expect_taken_back();
}

// It is up when the step that starts it ends, and dies at the first page that is asked for.
TEST_F(WayBack, IsTakenWhenTheNewServiceStartsAndDies) {
  misbehave("die-used-new");
  const auto failed = run.resume();
  EXPECT_EQ(failed.error(), "check_failed") << failed.all();
  EXPECT_EQ(step("start").at("status"), "done");
  EXPECT_EQ(step("check").at("status"), "failed");
  EXPECT_NE(failed.out.find("page"), std::string::npos) << failed.all();
  expect_taken_back();
  EXPECT_NE(read_file(folder() + "/failed/web.log").find("out of memory"), std::string::npos);
}

TEST_F(WayBack, IsNotStoppedByLogsThatCanNotBeKept) {
  misbehave("die-new");
  EXPECT_EQ(run.resume().error(), "service_not_ready");
  write_file_atomic(folder() + "/failed", "in the way\n");
  expect_taken_back();
  EXPECT_NE(notes().find("not kept: " + run.root() + "/data/web.log"), std::string::npos) << notes();
}

}  // namespace
}  // namespace ferry::test
