// Two jumps on production, through the gate to the opening: with a look back from the end to the stop between them, and
// home again after the opening.
#include <gtest/gtest.h>
#include <unistd.h>

#include "support/tiny_gate.h"

namespace ferry::test {
namespace {

std::string phase(const TinyWorld& world) {
  return world.ferry({"run", "show", "production", "--json"}).json().at("phase");
}

std::string version(const TinyWorld& world) {
  return world.ferry({"survey", "run", "production", "--json"}).json().at("version");
}

TEST(JumpsOnProduction, GoThroughGateAndDoorAndBackToTheStopAndHome) {
  if (geteuid() != 0) GTEST_SKIP() << "a fence needs root";
  const TinyWorld world(TinyWorld::Stage::composed, "jumps");
  open_gate(world);
  const auto before = world.shell("cat installed/webapp/*.html installed/bin/* | sha256sum");

  world.done({"cutover", "start", "production", "--yes", "--as", "engineer"});
  const auto parked = world.ferry({"run", "show", "production"});
  EXPECT_NE(parked.out.find("jump 2 of 2, to 3.0"), std::string::npos) << parked.all();

  world.done({"run", "rollback", "production", "--to-stop", "2.0", "--yes", "--as", "engineer"});
  const auto stopped = world.ferry({"run", "show", "production"});
  EXPECT_NE(stopped.out.find("taken back to the verified stop 2.0"), std::string::npos) << stopped.all();

  world.done({"run", "resume", "production", "--yes", "--as", "engineer"});
  world.done({"run", "open", "production", "--yes", "--as", "pm"});
  EXPECT_EQ(version(world), "3.0");

  EXPECT_EQ(world.ferry({"run", "rollback", "production", "--yes", "--as", "engineer"}).status, 4);
  const Json losses = world.ferry({"run", "losses", "production", "--json"}).json();
  world.done({"run", "rollback", "production", "--accept-loss", losses.at("digest").get<std::string>(), "--yes", "--as",
              "approver"});
  EXPECT_EQ(phase(world), "rolled_back");
  EXPECT_EQ(version(world), "1.0");
  EXPECT_EQ(world.shell("cat installed/webapp/*.html installed/bin/* | sha256sum"), before);
}

}  // namespace
}  // namespace ferry::test
