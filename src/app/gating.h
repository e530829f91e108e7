// The gate over everything that the project has gathered, approvals and acceptances; the whole's status.
#pragma once
#include <string>
#include <vector>

#include "app/workspace.h"
#include "project/gate.h"
#include "project/schedule.h"
#include "project/stage.h"
#include "project/traceability.h"

namespace ferry {

GateInput gate_input(Workspace& workspace);
GateResult compute_gate(Workspace& workspace);

Approval approve_plan(Workspace& workspace, const std::string& environment, const std::string& person,
                      const std::string& comment);
Acceptance sign_acceptance(Workspace& workspace, const std::string& department, bool accepted,
                           const std::string& person, const std::string& comment);
// Counts when two persons stand under it. On the command line each acts from his own account: without `confirmed_by` it
// waits for confirm_waiver_as. Error(not_found) for an unknown condition, Error(not_allowed).
Waiver waive(Workspace& workspace, const std::string& condition, const std::string& reason, const std::string& person,
             const std::string& confirmed_by, Milliseconds valid);
// Completes condition or difference, reason and digest to a waiver and stores it.
Waiver request_waiver(Workspace& workspace, Waiver waiver, const std::string& person, const std::string& confirmed_by,
                      Milliseconds valid);
// The second person's yes. Error(not_found), Error(not_allowed): no approver, the same person, the same account.
Waiver confirm_waiver_as(Workspace& workspace, const std::string& id, const std::string& person);
struct ListedWaiver {
  Waiver waiver;
  Text problem;  // why it does not count; empty: it does
};
std::vector<ListedWaiver> list_waivers(Workspace& workspace);

Schedule schedule_of(Workspace& workspace);
Prediction prediction_of(Workspace& workspace, const Plan& plan);
StageStatus status_of(Workspace& workspace);
std::vector<TraceRow> trace(Workspace& workspace);

}  // namespace ferry
