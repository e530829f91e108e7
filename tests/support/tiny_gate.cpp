#include "support/tiny_gate.h"

#include <gtest/gtest.h>

#include "base/clock.h"

namespace ferry::test {

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

void accept_small_tree(const TinyWorld& world) {
  world.done({"gate", "waive", "findings", "--reason", "a tree of six files", "--as", "pm"});
  const Json waivers = world.ferry({"gate", "waivers", "--json"}).json();
  const auto id = waivers.at(0).at("id").get<std::string>();
  const auto confirmed = world.ferry({"gate", "confirm", id, "--as", "approver"}, {{"SUDO_USER", "second"}});
  ASSERT_EQ(confirmed.status, 0) << confirmed.all();
}

void open_gate(const TinyWorld& world) {
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
}

}  // namespace ferry::test
