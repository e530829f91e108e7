// An upgrade project: who, when, under which rules (REQUIREMENTS A4, A5.3, A5.4, B1). Written in YAML or JSON by
// people, format in docs/formats/project.md.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "model/profile.h"

namespace ferry {

// The first six are the roles of TaskTemplate::role. A deployer (configuration staff) carries out what others decided:
// never the owner, never the one who approves or closes issues (A4).
enum class Role { project_manager, vendor_engineer, administrator, tester, approver, developer, deployer };
std::string_view name_of(Role role);
Role role_of(std::string_view name);  // throws Error(invalid_document) with the allowed names

struct Person {
  std::string id;
  std::string name;
  std::vector<Role> roles;
  std::string contact;
  std::string user;          // account of the operating system, for `asserted` acts; may be empty
  std::string organisation;  // customer, partner, vendor

  bool has(Role role) const;
};

// The downtime window. Everything inside is UTC.
struct DowntimeWindow {
  Moment start;
  Moment end;
  Milliseconds reserve{0};  // for repairs (A5.3)

  Milliseconds length() const { return end - start; }
};

// A technician who confirmed to be there in the window and whose remote access was tried (A5.4).
struct Standby {
  std::string person;
  std::optional<Moment> confirmed_at;
  std::optional<Moment> remote_access_tested_at;
  std::optional<Moment> expires;  // of the remote access
};

struct Department {
  std::string id;
  Text title;
  std::string signer;  // person id
};

// How old a measurement may be before the gate calls it stale.
struct AgeLimits {
  Milliseconds backup{std::chrono::hours(72)};
  Milliseconds survey{std::chrono::hours(24)};
  Milliseconds fence{std::chrono::hours(24 * 14)};
  Milliseconds remote_access{std::chrono::hours(24 * 14)};
  Milliseconds approval{std::chrono::hours(24 * 7)};
  Milliseconds licence{std::chrono::hours(24 * 30)};  // not an age: how long it must last after the window at least
};

// What the contract gives (B6.2).
struct LicenceTerms {
  std::optional<std::int64_t> users;
  std::vector<std::string> modules;
  std::optional<Date> until;  // none: without end
};
void to_json(Json& json, const LicenceTerms& value);
void from_json(const Json& json, LicenceTerms& value);

enum class AtLastSafeMoment { hold, rollback };
std::string_view name_of(AtLastSafeMoment value);

// Calls one person when a run on production stands still; started once for each of those who have to be called.
struct NotifyRule {
  std::vector<std::string> run;  // program and arguments, templates with `notify_words`; empty: nobody is called
  Milliseconds within{std::chrono::minutes(1)};  // then it is ended
  Language language = Language::chinese;         // of ${message}
};
// What the templates may use.
inline constexpr std::string_view notify_words[] = {"person", "contact",     "message", "event",
                                                    "run",    "environment", "project"};

struct Project {
  int format = 1;
  std::string id;  // letters, digits, '-', '_', '.': it names a folder
  Text title;
  std::string customer;
  std::string contract_name;  // customer name exactly as in the contract (B6.2)
  LicenceTerms licence;
  std::string product;
  std::string owner;  // person id: answers for the whole from beginning to end
  std::vector<Person> people;
  std::map<std::string, std::string> tasks;  // task id -> person id: exactly one is responsible
  std::optional<Date> start;
  std::optional<Date> go_live;  // wished or agreed
  std::optional<DowntimeWindow> window;
  std::vector<Standby> standby;
  std::vector<std::string> approvers;  // person ids
  int approvals_needed = 1;
  WorkingCalendar calendar;
  int test_days = 5;  // working days of customer test that were agreed (B8)
  std::vector<Department> departments;
  AtLastSafeMoment on_last_safe_moment = AtLastSafeMoment::hold;
  bool require_chaos = false;  // the gate wants a passed chaos rehearsal of this recipe
  AgeLimits limits;
  int hotpatch_files = 20;  // a hot patch that touches more goes the long way (A4)
  NotifyRule notify;

  const Person* find_person(std::string_view person_id) const;  // nullptr: not in the project
  const Person* person_of_user(std::string_view os_user) const;
};

struct ProjectResult {
  std::optional<Project> project;
  std::vector<DocumentProblem> problems;
};
// All problems are found, not only the first: syntax, unknown keys, wrong values, references to nobody. What is merely
// missing is no problem of the document but one of `problems` below.
ProjectResult parse_project(std::string_view text, const std::string& file);
// Throws one Error that lists every problem as file:line:column: text (see throw_problems).
Project require_project(std::string_view text, const std::string& file);

void to_json(Json& json, const Project& value);

// What keeps a project from leaving preparation (A4, B1, B8).
struct ProjectProblem {
  std::string id;  // stable: no-owner, owner-is-deployer, task-without-person:ID, ...
  std::vector<std::string> covers;
  Text message;
  Text remedy;
};
// `tasks` are the profile's. Empty result: the project is complete.
std::vector<ProjectProblem> problems(const Project& project, const std::vector<TaskTemplate>& tasks);

void to_json(Json& json, const ProjectProblem& value);

// "90s", "45m", "2h", "3d", "1h30m"; throws Error(invalid_document).
Milliseconds parse_duration(std::string_view text);

}  // namespace ferry
