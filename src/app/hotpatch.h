// The short route of a patch between releases (REQUIREMENTS C6, A4): planned by itself, tried on a clone, then on
// production, with a way back that loses nothing. A release, a version change, a database script, too many files or a
// collision with the customer's changes go the long way and are refused here with the reason.
#pragma once
#include <string>
#include <vector>

#include "app/reporter.h"
#include "app/upgrade.h"
#include "app/workspace.h"
#include "model/plan.h"

namespace ferry {

struct HotPatchPlan {
  Plan plan;
  bool restart = true;              // false: everything it touches is served as it lies there (profile: hotpatch)
  std::vector<std::string> checks;  // that are run before and after it
};

// Surveys and plans. `packages`: ids in the library. Throws Error(not_allowed) with the way to go instead,
// Error(not_found), what the composition of the set throws, Error(undecided) with the files in which customer and patch
// meet.
HotPatchPlan plan_hotpatch(Workspace& workspace, const Target& target, const std::vector<std::string>& packages,
                           const std::string& person, Reporter& reporter);

struct HotPatchRequest {
  std::vector<std::string> packages;
  std::string issue;  // whose check is run too; may be empty
  std::string person;
};
// On a clone: the trial. On production: Error(not_approved) unless the same recipe passed on a clone or the owner's
// waiver stands, Error(no_backup) without a verified backup that is recent and of the present version.
RunOutcome start_hotpatch(Workspace& workspace, const Target& target, const HotPatchRequest& request,
                          Reporter& reporter);

// The owner asks to go without a trial on a clone; counts when an approver confirms it from his own account ('ferry
// gate confirm'). Error(not_allowed) for anybody else.
Waiver waive_trial(Workspace& workspace, const Target& production, const std::vector<std::string>& packages,
                   const std::string& reason, const std::string& person, Reporter& reporter);

// What became of hot patches, in the order of their runs (collection "hotpatches").
struct HotPatchFact {
  std::string run;
  std::string environment;
  bool clone = false;
  Digest recipe;
  std::vector<std::string> packages;
  std::string issue;
  bool passed = false;
  bool restart = true;
  std::string person;
  std::string waiver;  // of the missing trial
  std::string at;      // RFC 3339
};
void to_json(Json& json, const HotPatchFact& value);
void from_json(const Json& json, HotPatchFact& value);
std::vector<HotPatchFact> hotpatches(const Workspace& workspace);

}  // namespace ferry
