#include "window/gated.h"

#include <unistd.h>

namespace ferry::test {

void GatedTest::SetUp() {
  if (geteuid() != 0) GTEST_SKIP() << "a fence needs root";
  if (!shared_) {
    shared_ = std::make_unique<TinyWorld>(TinyWorld::Stage::composed);
    open_gate(*shared_);
    testing::AddGlobalTestEnvironment(new End);
  }
  before_ = tree();
  EXPECT_EQ(page(), "page of 1.0\n");
}

void GatedTest::TearDown() {
  if (!shared_) return;
  const auto shown = state();
  if (!shown.is_null() && shown.at("phase") != "rolled_back")
    world().done({"run", "rollback", "production", "--yes", "--as", "engineer"});
  EXPECT_EQ(tree(), before_);
  EXPECT_EQ(page(), "page of 1.0\n");
  // Each way back keeps aside what it has replaced, and the gate sees how data grows: a person has cleared it away.
  world().shell("rm -rf installed/data/*.ferry-aside-*");
}

std::string GatedTest::tree() {
  return world().shell(
      "cd installed && find bin webapp -type f -exec sha256sum {} + | sort; sqlite3 data/tiny.db .dump | grep -v "
      "ferry_migration");
}

std::string GatedTest::page() {
  return world().shell(
      "status=$(curl -sS -o page -w '%{http_code}' http://127.0.0.1:" + std::to_string(world().port()) +
      "/page.html); if [ $status = 200 ]; then cat page; else printf $status; fi");
}

Json GatedTest::state() {
  const auto shown = world().ferry({"run", "show", "production", "--json"});
  return shown.error() == "not_found" ? Json() : shown.json();
}

std::string GatedTest::run_id() {
  const auto shown = state();
  return shown.is_null() ? std::string() : shown.at("run").at("id").get<std::string>();
}

Json GatedTest::step(const std::string& id) {
  const Json shown = state();
  for (const auto& one : shown.at("steps"))
    if (one.at("id") == id) return one;
  return {};
}

}  // namespace ferry::test
