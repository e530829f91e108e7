// A complete project for the tests of this room. No real persons.
#pragma once
#include <string>

#include "project/project.h"

namespace ferry::testing_project {

inline const std::string yaml = R"(# the sample project
format: 1
id: sample-8
title: {en: OA upgrade to 8.0, zh: OA 升级到 8.0}
customer: Sample Company
contract_name: Sample Company Ltd.
product: sample-oa
owner: pm
people:
  - {id: pm, name: P. Manager, roles: [project_manager], contact: "100", user: pm, organisation: partner}
  - {id: eng, name: V. Engineer, roles: [vendor_engineer, developer], contact: "101", user: eng}
  - {id: adm, name: S. Admin, roles: [administrator, deployer], contact: "102", user: adm}
  - {id: boss, name: A. Approver, roles: [approver], contact: "103", user: boss}
  - {id: boss2, name: B. Approver, roles: [approver], contact: "104", user: boss2}
  - {id: fin, name: F. Tester, roles: [tester], contact: "105"}
tasks: {talk: pm, packages: eng, clone: adm, rehearse: eng, accept: fin, upgrade: adm, verify: fin, watch: adm}
start: 2026-03-02
go_live: 2026-04-04
window: {start: 2026-04-04T00:00:00Z, end: 2026-04-04T10:00:00Z, reserve: 2h}
standby:
  - {person: eng, confirmed_at: 2026-04-01T08:00:00Z, remote_access_tested_at: 2026-04-01T08:00:00Z, expires: 2026-04-10T00:00:00Z}
approvers: [boss, boss2]
approvals_needed: 2
calendar: {holidays: [2026-03-06], extra_days: [2026-03-08]}
test_days: 10
departments:
  - {id: finance, title: {en: Finance, zh: 财务部}, signer: fin}
)";

inline Project project() {
  return require_project(yaml, "project.yaml");
}

inline std::vector<TaskTemplate> tasks() {
  const auto task = [](std::string id, std::string stage, std::string role, int half_days, int customised,
                       std::vector<std::string> after) {
    TaskTemplate out;
    out.title = {"Task " + id, "任务 " + id};
    out.id = std::move(id);
    out.stage = std::move(stage);
    out.role = std::move(role);
    out.half_days = half_days;
    out.half_days_if_customised = customised;
    out.after = std::move(after);
    return out;
  };
  return {task("talk", "prepare", "project_manager", 1, 0, {}),
          task("packages", "prepare", "vendor_engineer", 4, 10, {"talk"}),
          task("clone", "test", "administrator", 1, 0, {}),
          task("rehearse", "test", "vendor_engineer", 2, 0, {"packages", "clone"}),
          task("accept", "accept", "tester", 4, 0, {"rehearse"}),
          task("upgrade", "production", "administrator", 1, 0, {}),
          task("verify", "production", "tester", 2, 0, {"upgrade"}),
          task("watch", "watch", "administrator", 10, 0, {"verify"})};
}

// The text with its first `from` replaced; the test fails when there is none.
inline std::string with(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  if (at == std::string::npos) throw std::logic_error("the fixture has no '" + from + "'");
  return text.replace(at, from.size(), to);
}

inline Date day(const char* text) {
  return parse_date(text);
}
inline Moment at(const char* text) {
  return parse_moment(text);
}

// The code of the error that `work` throws.
template <class Work>
Code code_of(Work work) {
  try {
    work();
  } catch (const Error& e) {
    return e.code();
  }
  throw std::logic_error("no error was thrown");
}

}  // namespace ferry::testing_project
