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
Waiver waive(Workspace& workspace, const std::string& condition, const std::string& reason, const std::string& person,
             const std::string& confirmed_by, Milliseconds valid);

Schedule schedule_of(Workspace& workspace);
Prediction prediction_of(Workspace& workspace, const Plan& plan);
StageStatus status_of(Workspace& workspace);
std::vector<TraceRow> trace(Workspace& workspace);

}  // namespace ferry
