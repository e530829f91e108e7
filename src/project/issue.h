// Problems found by checks, tracked until a passing re-run closes them (REQUIREMENTS B9, C1.1). Stored as events; the
// issue is what the events add up to.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "model/evidence.h"
#include "model/package.h"
#include "model/profile.h"
#include "project/project.h"

namespace ferry {

struct IssueEvent {
  // reopened: the check failed after the issue was closed. claimed: a package says that it solves it.
  enum class Kind { opened, failed_again, reopened, note, claimed, promised, closed };
  std::string issue;
  Kind kind = Kind::note;
  Moment at;
  std::string person;    // empty: by the program
  std::string text;      // what was seen or said
  std::string evidence;  // id
  std::string package;   // claimed
  std::optional<Date> promised;
  // opened:
  std::string check;
  Text title;
  std::vector<std::string> covers;
};
std::string_view name_of(IssueEvent::Kind kind);

struct Issue {
  std::string id;
  Text title;
  std::string check;
  std::vector<std::string> covers;
  bool open = true;
  std::vector<std::string> evidence;    // ids, oldest first
  std::vector<std::string> claimed_by;  // packages that say they solve it
  std::optional<Date> promised;
  Moment opened_at;
  Moment last_failure;
  std::optional<Moment> closed_at;
  std::vector<IssueEvent> history;
};

// In the order of their first event. Throws Error(invalid_document) on an event of an issue that was never opened.
std::vector<Issue> issues_of(const std::vector<IssueEvent>& events);
const Issue* find_issue(const std::vector<Issue>& issues, std::string_view id);

// The event that this evidence causes: opened, failed_again or reopened for a failed or broken check (one issue per
// check), nothing for a passed one: closing is a person's act. `title` and `covers` are the check's.
std::optional<IssueEvent> event_of_evidence(const std::vector<Issue>& issues, const Evidence& evidence,
                                            const Text& title, Moment now);

// What the system tested must be, so that a result speaks about the present state. An empty program digest: not asked.
struct PresentState {
  Digest recipe;
  Digest profile;
  Digest program;
};

// Closes an issue. Throws Error(not_allowed) for a deployer or somebody outside the project, Error(check_failed) when
// the evidence is of another check, did not pass, is stale or older than the last failure.
IssueEvent close_issue(const Issue& issue, const Evidence& evidence, const Project& project, const std::string& person,
                       const PresentState& present, Moment now);
// Packages of the set that say they fix the issue or its check, as events that are not there yet.
std::vector<IssueEvent> claims(const std::vector<Issue>& issues, const std::vector<PackageMeta>& packages, Moment now);

void to_json(Json& json, const IssueEvent& value);
void from_json(const Json& json, IssueEvent& value);
void to_json(Json& json, const Issue& value);
// For the vendor's tracker: {"format":1,"project":...,"exported":...,"issues":[...]} with the evidence inside.
Json export_issues(const Project& project, const std::vector<Issue>& issues, const std::vector<Evidence>& evidence,
                   Moment now);

}  // namespace ferry
