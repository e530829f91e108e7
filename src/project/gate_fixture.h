// A gate input in which everything is as it should be the day before the window.
#pragma once
#include <stdexcept>

#include "project/gate.h"
#include "project/project_fixture.h"

namespace ferry::testing_gate {

using std::chrono::hours;
using std::chrono::minutes;
using testing_project::at;
using testing_project::code_of;
using testing_project::day;

inline const Digest recipe = Digest::of("recipe");
inline const Digest profile = Digest::of("profile");
inline const Digest production = Digest::of("production");
inline const Digest other = Digest::of("something else");
inline const Digest inventory_then = Digest::of("inventory of production when the clone was made");
inline const Moment now = at("2026-04-03T08:00:00Z");

inline Actor login(const std::string& person) {
  return {person, "account-" + person, Actor::Proof::login};
}

inline Evidence passed(const std::string& check, const std::string& run, const char* when) {
  Evidence out;
  out.id = "evidence-" + check;
  out.check = check;
  out.run = run;
  out.recipe = recipe;
  out.profile = profile;
  out.program = Digest::of("upgraded");
  out.version = Version("8.0");
  out.outcome = Outcome::passed;
  out.started = to_string(at(when));
  return out;
}

inline Plan plan() {
  Plan out;
  out.environment = "production";
  out.recipe_digest = recipe;
  out.inventory_program = production;
  return out;
}

inline void add_rehearsal(GateInput& in) {
  RehearsalFact fact;
  fact.run = "run-1";
  fact.environment = "clone";
  fact.recipe = recipe;
  fact.profile = profile;
  fact.clone_source = production;
  fact.inventory = inventory_then;
  fact.unbroken = fact.finished = true;
  fact.rollback_took = minutes(6);
  fact.started = at("2026-03-18T08:00:00Z");
  fact.ended = at("2026-03-18T10:00:00Z");
  in.rehearsals = {fact};
  in.checks = {{"login", {"Log in", "登录"}, {"B8.1"}, false}, {"layout", {"Layout", "布局"}, {"B7"}, true}};
  in.evidence = {passed("login", "run-1", "2026-03-18T09:50:00Z"), passed("layout", "", "2026-03-20T09:00:00Z")};
}

inline void add_people(GateInput& in) {
  in.acceptances = {make_acceptance(in.project, login("fin"), "finance", recipe, true, "", at("2026-04-02T08:00:00Z"))};
  in.test_began = at("2026-03-19T01:00:00Z");
  for (const char* who : {"boss", "boss2"})
    in.approvals.push_back(
        make_approval(in.project, login(who), "eng", recipe, in.plan->digest(), "", at("2026-04-02T09:00:00Z")));
}

inline void add_schedule(GateInput& in) {
  ScheduleInput schedule;
  schedule.project = in.project;
  schedule.tasks = in.tasks;
  schedule.today = day("2026-04-03");
  for (const auto& task : in.tasks)
    if (task.stage != "production" && task.stage != "watch")
      schedule.actuals.push_back({task.id, {}, day("2026-04-02"), {}, ""});
  in.schedule = make_schedule(schedule);
}

// Everything as it should be the day before the window.
inline GateInput ready() {
  GateInput in;
  in.now = now;
  in.project = testing_project::project();
  in.tasks = testing_project::tasks();
  in.recipe = recipe;
  in.profile = profile;
  in.target = Version("8.0");
  in.plan = plan();
  in.plan_author = "eng";
  in.production_program = production;
  in.production_surveyed = at("2026-04-03T06:00:00Z");
  in.backups = {{"backup-1", at("2026-04-02T00:00:00Z"), true, true, at("2026-04-02T04:00:00Z"), false, ""}};
  in.fences = {{"clone", true, 7, 0, "", at("2026-04-01T00:00:00Z")}};
  in.licence = LicenceFact{true, "Sample Company Ltd.", day("2027-01-01"), "", at("2026-04-01T00:00:00Z"), "clone",
                           500,  std::nullopt};
  PlannedStep step;
  step.id = "switch";
  step.downtime = true;
  in.prediction = predict({step}, {{"run-1", "switch", hours(1), 0}, {"run-1", "rollback", minutes(6), 0}});
  in.since_clone = CloneComparison{"clone", "backup-0", "2026-03-17T00:00:00.000Z", "2026-04-03T06:00:00.000Z", {}};
  in.definitions_since[inventory_then] = {};
  add_rehearsal(in);
  add_people(in);
  add_schedule(in);
  return in;
}

// Everything in order with the licence of production that is on its way.
inline LicenceApplication& applied(GateInput& in) {
  LicenceApplication out;
  out.environment = "production";
  out.contract_name = in.project.contract_name;
  out.applied = at("2026-03-10T00:00:00Z");
  out.received = at("2026-03-12T00:00:00Z");
  out.file = Digest::of("licence");
  in.licence_file = out.file;
  return in.application.emplace(std::move(out));
}

// One change that was handed to the vendor and came back.
inline CustomisationReturn& handed_over(GateInput& in) {
  CustomisationReturn out;
  out.bundle = Digest::of("bundle");
  out.handed = at("2026-03-05T00:00:00Z");
  out.looked = at("2026-03-15T00:00:00Z");
  HandedChange change;
  change.path = RelativePath("webapp/page.jsp");
  out.changes = {change};
  ReturnedChange back;
  back.path = change.path;
  back.state = Containment::merged;
  out.returned = {back};
  for (const auto& package : in.plan->recipe.packages) out.packages.push_back(package.digest.hex());
  return in.customisation.emplace(std::move(out));
}

inline Issue closed_issue() {
  Issue issue;
  issue.id = "issue-1";
  issue.check = "extra";
  issue.open = false;
  issue.last_failure = at("2026-03-17T00:00:00Z");
  return issue;
}

inline Difference difference(const std::string& key, Demand demand = Demand::waiver) {
  Difference out;
  out.key = key;
  out.demand = demand;
  out.title = {"About " + key, "关于 " + key};
  out.detail = {"a → b", "甲 → 乙"};
  out.state = Digest::of(key);
  return out;
}

inline FileDifference file_difference(const std::string& path) {
  return {RelativePath(path), FileDifference::How::added, std::nullopt, Entry{}};
}

inline Condition condition(const GateInput& in, const std::string& id) {
  const auto result = gate(in);
  const auto* found = result.find(id);
  if (found == nullptr) throw std::logic_error("no condition " + id);
  return *found;
}

inline Waiver waiver(const std::string& id) {
  return {"waiver-1", id, recipe, "agreed with the customer", login("pm"), login("boss"), now, now + hours(24), {}};
}

}  // namespace ferry::testing_gate
