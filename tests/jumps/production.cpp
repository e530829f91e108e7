// Two jumps on production, through the gate to the opening: with a look back from the end to the stop between them, and
// home again after the opening.
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/clock.h"
#include "support/tiny_world.h"

namespace ferry::test {
namespace {

// Everything that the gate asks of people, as of now.
void complete_project(const TinyWorld& world) {
  const auto now = system_now();
  const auto day = [&](int days) { return to_string(now + std::chrono::hours(24 * days)); };
  world.edit("project.yaml", "name: pm, roles: [project_manager]",
             "name: pm, contact: pm@example.com, roles: [project_manager, tester]");
  world.edit("project.yaml", "name: engineer, roles: [vendor_engineer, deployer]",
             "name: engineer, contact: engineer@example.com, roles: [vendor_engineer, deployer, developer]");
  world.write("project.yaml", world.read("project.yaml") + "contract_name: Sample Company\nstart: " +
                                  day(-14).substr(0, 10) + "\ntest_days: 1\ncalendar: {extra_days: [" +
                                  day(0).substr(0, 10) + "]}\nwindow: {start: \"" + day(0) + "\", end: \"" + day(1) +
                                  "\", reserve: 1h}\ndepartments:\n  - {id: office, title: Office, signer: pm}\n" +
                                  "standby:\n  - {person: engineer, confirmed_at: \"" + day(0) +
                                  "\", remote_access_tested_at: \"" + day(0) + "\", expires: \"" + day(2) + "\"}\n");
  world.done({"project", "update", "project.yaml"});
}

// In a tree of six files two changed ones look like another version; two persons accept that.
void accept_small_tree(const TinyWorld& world) {
  world.done({"gate", "waive", "findings", "--reason", "a tree of six files", "--as", "pm"});
  const Json waivers = world.ferry({"gate", "waivers", "--json"}).json();
  const auto id = waivers.at(0).at("id").get<std::string>();
  const auto confirmed = world.ferry({"gate", "confirm", id, "--as", "approver"}, {{"SUDO_USER", "second"}});
  ASSERT_EQ(confirmed.status, 0) << confirmed.all();
}

std::string phase(const TinyWorld& world) {
  return world.ferry({"run", "show", "production", "--json"}).json().at("phase");
}

std::string version(const TinyWorld& world) {
  return world.ferry({"survey", "run", "production", "--json"}).json().at("version");
}

TEST(JumpsOnProduction, GoThroughGateAndDoorAndBackToTheStopAndHome) {
  if (geteuid() != 0) GTEST_SKIP() << "a fence needs root";
  const TinyWorld world(TinyWorld::Stage::composed, "jumps");
  complete_project(world);
  world.done({"service", "start", "production"});
  world.done({"backup", "create", "production"});
  world.done({"clone", "create", "test"});
  world.done({"rehearsal", "start", "test", "--drill", "--as", "engineer"});
  world.done({"check", "record", "test", "look", "pass", "--note", "seen", "--as", "engineer"});
  world.done({"acceptance", "sign", "office", "--as", "pm"});
  world.done({"plan", "make", "production"});
  world.done({"plan", "approve", "production", "--yes", "--as", "approver"});
  accept_small_tree(world);
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
