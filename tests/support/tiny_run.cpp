#include "support/tiny_run.h"

#include <unistd.h>

#include "host/door.h"

namespace ferry::test {
namespace {

std::unique_ptr<TinyRun> shared_run;

class EndSharedRun : public testing::Environment {
 public:
  void TearDown() override { shared_run.reset(); }
};

}  // namespace

void TinyRunTest::SetUp() {
  if (geteuid() != 0) GTEST_SKIP() << "a fence needs root";
  run.reset();
}

TinyRun& TinyRunTest::shared(const std::string& variant) {
  if (!shared_run) {
    shared_run = std::make_unique<TinyRun>(variant);
    shared_run->new_snapshot();
    testing::AddGlobalTestEnvironment(new EndSharedRun);
  }
  return *shared_run;
}

TinyRun::TinyRun(const std::string& variant) : world_(TinyWorld::Stage::composed, variant) {
  world_.done({"backup", "create", "production"});
  world_.done({"clone", "create", "test"});
  // Killed when it has begun and done nothing: the first record of the log is there.
  const auto begun = world_.ferry({"rehearsal", "start", "test"}, {{"FERRY_CRASH", "run_after_record:1"}});
  EXPECT_EQ(begun.signal, SIGKILL) << begun.all();
  stop();
  id_ = state().at("run").at("id").get<std::string>();
  old_ = snapshot();
  world_.shell("cp -a clone clone.stash");
}

void TinyRun::reset() const {
  stop();
  lift_door();
  world_.shell("rm -rf clone && cp -a clone.stash clone");
}

void TinyRun::stop() const {
  // Its grace time is short, for the case that waits for its end: on a busy machine once is not always enough.
  auto ended = world_.ferry({"clone", "stop", "test"});
  for (int attempt = 0; ended.status != 0 && attempt < 10; ++attempt) ended = world_.ferry({"clone", "stop", "test"});
}

// A door that a killed run has left stands in the kernel, wherever the folder is that says so.
void TinyRun::lift_door() const {
  ferry::lift_door(staging());
}

Ended TinyRun::resume(const std::map<std::string, std::string>& more) const {
  return world_.ferry({"run", "resume", "test", "--json"}, more);
}

Ended TinyRun::rollback(const std::map<std::string, std::string>& more) const {
  return world_.ferry({"run", "rollback", "test", "--yes", "--json"}, more);
}

Ended TinyRun::back_to_stop(const std::string& stop, const std::map<std::string, std::string>& more) const {
  return world_.ferry({"run", "rollback", "test", "--to-stop", stop, "--yes", "--json"}, more);
}

Json TinyRun::state() const {
  const auto shown = world_.ferry({"run", "show", "test", "--json"});
  EXPECT_EQ(shown.error(), "") << shown.all();
  return shown.json();
}

std::string TinyRun::phase() const {
  return state().at("phase").get<std::string>();
}

std::string TinyRun::snapshot() const {
  // The folder data gets and loses the database's journal: its own time says nothing.
  return world_.shell(
      "cd clone/installed; find . ! -name web.log ! -name migrate.log ! -name tiny.env ! -name 'tiny.db*' ! -path "
      "./data -printf '%y %m "
      "%U:%G %T@ %p %l\\n' "
      "| "
      "sort; find . -type f ! -name web.log ! -name migrate.log ! -name tiny.env ! -name 'tiny.db*' -print0 | sort -z "
      "| xargs -0 "
      "sha256sum; stat -c '%a %u "
      "%g' "
      "data/tiny.db; sqlite3 data/tiny.db .dump | grep -v ferry_migration");
}

const std::string& TinyRun::new_snapshot() {
  if (new_.empty()) {
    reset();
    const auto ended = resume();
    EXPECT_EQ(ended.status, 0) << ended.all();
    EXPECT_EQ(phase(), "complete");
    new_ = snapshot();
    EXPECT_NE(new_, old_);
  }
  return new_;
}

}  // namespace ferry::test
