// The whole upgrade on one page: for people who were not there, on screen and on paper (REQUIREMENTS D3).
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "app/hotpatch.h"
#include "app/package_audit.h"
#include "app/workspace.h"
#include "backup/clone.h"
#include "impact/three_way.h"
#include "model/plan.h"
#include "project/gate.h"
#include "project/schedule.h"
#include "project/stage.h"
#include "project/traceability.h"
#include "run/run_state.h"

namespace ferry {

// Everything the report shows, gathered once so that it is of one moment.
struct ReportData {
  Moment at{};
  Project project;
  StageStatus stage;
  std::optional<Inventory> inventory;  // production, last survey
  std::optional<PackageAudit> audit;   // of production, the newest
  std::optional<Recipe> recipe;
  std::vector<PackageMeta> packages;
  std::optional<Plan> plan;  // production
  std::optional<Prediction> prediction;
  std::vector<Decision> decisions;
  std::optional<Schedule> schedule;
  std::vector<CloneRecord> clones;
  std::vector<BackupFact> backups;
  std::vector<RunState> rehearsals;
  std::vector<RunState> cutovers;
  std::vector<RunState> hotpatches;
  std::vector<HotPatchFact> hotpatch_facts;
  std::optional<CloneComparison> since_clone;  // production beside the clone of the rehearsal that counts
  std::vector<Check> checks;                   // of the profile: titles and what they cover
  std::vector<Invariant> invariants;
  std::vector<Evidence> evidence;
  std::vector<Issue> issues;
  std::vector<Approval> approvals;
  std::vector<Acceptance> acceptances;
  std::vector<Waiver> waivers;
  GateResult gate;
  std::vector<TraceRow> trace;
  Digest audit_head;
};

ReportData gather_report(Workspace& workspace);
// One HTML 5 file without anything from outside; styles for screen (phone to wide) and paper. Pure.
std::string render_report(const ReportData& data, Language language);

}  // namespace ferry
