// The life of an upgrade project, and what is missing to go on (REQUIREMENTS B1, A4, C6).
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "model/package.h"
#include "project/gate.h"
#include "project/project.h"

namespace ferry {

enum class ProjectStage { preparation, test, acceptance, production, watch, closed };
std::string_view name_of(ProjectStage stage);
ProjectStage project_stage(std::string_view name);
Text title_of(ProjectStage stage);

// What has been reached; the application fills it from the store.
struct StageFacts {
  std::vector<ProjectProblem> problems;
  bool surveyed = false;  // production's inventory exists
  std::size_t undecided = 0;
  bool recipe = false;  // composed, complete
  bool backup_verified = false;
  bool clone = false;
  bool fence_proved = false;
  bool rehearsed = false;  // an unbroken rehearsal of the present recipe
  std::size_t open_issues = 0;
  bool accepted = false;  // every department, present recipe, after the agreed days
  bool gate_open = false;
  bool production_done = false;      // the production run has ended and was opened to the users
  bool production_verified = false;  // the checks after it passed
  int watch_days = 0;                // working days since
  int watch_days_agreed = 5;
};

struct MissingStep {
  std::string id;
  Text message;
};

struct StageStatus {
  ProjectStage stage = ProjectStage::preparation;  // the furthest whose entry conditions all hold
  std::optional<ProjectStage> next;
  std::vector<MissingStep> missing;  // for the next one
};
// What is missing to enter `stage`, coming from the one before.
std::vector<MissingStep> missing_for(ProjectStage stage, const StageFacts& facts);
StageStatus stage_status(const StageFacts& facts);
void to_json(Json& json, const StageStatus& value);

// A release is not a patch to be handed to configuration staff (A4). Throws Error(not_allowed) when one of the packages
// is an upgrade.
void require_hot_patch_route(const std::vector<PackageMeta>& packages);

}  // namespace ferry
