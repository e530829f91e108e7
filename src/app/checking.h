// Running a profile's checks on an environment, keeping the evidence, opening and closing issues by it.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "app/reporter.h"
#include "app/workspace.h"
#include "base/error.h"
#include "project/issue.h"
#include "verify/runner.h"
#include "verify/standing.h"

namespace ferry {

struct CheckRequest {
  CheckPhase phase = CheckPhase::after;
  std::string run;
  Digest recipe;
  Remembered remembered;
  std::set<std::string> only;
  std::optional<Moment> started_after;
  bool trial = false;  // nothing is made of a failure: no issue
};

struct CheckOutcome {
  std::vector<Evidence> evidence;
  CheckTotals totals;
  std::vector<IssueEvent> issue_events;  // opened, failed again, reopened
  // By check: the fault of the machine that kept it from being carried out. It says nothing about the system: no issue.
  std::map<std::string, Error> obstacles;
};

// Runs everything that applies and stores the evidence. In phase `after` failed checks open issues (B9); nothing is
// thrown for a failed check.
CheckOutcome run_environment_checks(Workspace& workspace, const Target& target, const CheckRequest& request,
                                    Reporter& reporter);
// Throws the first obstacle, which has the check as its context.
void require_carried_out(const CheckOutcome& outcome);
// Throws Error(check_failed) with a line for each of these checks that did not pass; when a fault of the machine kept
// all of them from being carried out, that fault instead, since its code and advice are what helps.
void require_passed(const Target& target, const CheckOutcome& outcome, const std::vector<std::string>& checks);

// The version that the system says it is now, by the profile's source.
Version present_version(const Target& target);

// A person's word on a manual check.
Evidence record_manual(Workspace& workspace, const Target& target, const std::string& check, bool passed,
                       const std::string& person, const std::string& note);

std::vector<CheckStanding> check_standings(Workspace& workspace, const Target& target);

std::vector<Issue> issues(Workspace& workspace);
// Closes it by the newest passing evidence of its check. Throws as close_issue.
Issue close_issue_by_evidence(Workspace& workspace, const std::string& id, const std::string& person);

}  // namespace ferry
