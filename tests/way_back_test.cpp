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
  void misbehave(const std::string& how) const {
    run.world().write("clone/installed/data/tiny.env", "TINY_MISBEHAVE=" + how + "\n");
  }
  std::string folder() const { return run.staging() + "/runs/" + run.id(); }
  std::string notes() const { return run.state().at("notes").dump(); }
  Json step(const std::string& id) const {
    for (const auto& one : run.state().at("steps"))
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
