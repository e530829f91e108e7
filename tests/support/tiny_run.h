// A clone of the tiny product with a run that has just begun, so that a case costs the run and not the way there: every
// case puts the clone back to this moment by copying.
#pragma once
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>

#include "support/tiny_world.h"

namespace ferry::test {

class TinyRun {
 public:
  explicit TinyRun(const std::string& variant = {});  // as TinyWorld

  const TinyWorld& world() const { return world_; }
  std::string root() const { return world_.path("clone/installed"); }
  std::string staging() const { return world_.path("clone/.ferry-installed"); }
  const std::string& id() const { return id_; }

  // Services down, files, database and log as they were right after the run began.
  void reset() const;
  // Ends whatever runs in the clone.
  void stop() const;
  void lift_door() const;
  Ended resume(const std::map<std::string, std::string>& more = {}) const;
  Ended rollback(const std::map<std::string, std::string>& more = {}) const;
  Ended back_to_stop(const std::string& stop, const std::map<std::string, std::string>& more = {}) const;
  Json state() const;         // `ferry run show`
  std::string phase() const;  // its phase

  // Everything of the installation that an upgrade may change: kind, mode, owner, times, content, link of every file
  // but the service's log, and a dump of the database.
  std::string snapshot() const;
  const std::string& old_snapshot() const { return old_; }
  // After a run that went through; `snapshot` of it is made once.
  const std::string& new_snapshot();

 private:
  TinyWorld world_;
  std::string id_;
  std::string old_;
  std::string new_;
};

// Cases that share one such clone: it is made for the first of them and removed with the test program.
class TinyRunTest : public testing::Test {
 protected:
  // `variant`: as TinyWorld; one in each test program.
  explicit TinyRunTest(const std::string& variant = {}) : run(shared(variant)) {}
  void SetUp() override;
  // After a case that went wrong nothing of it may be left for the next one.
  void TearDown() override { run.stop(); }
  static TinyRun& shared(const std::string& variant);
  TinyRun& run;
};

}  // namespace ferry::test
