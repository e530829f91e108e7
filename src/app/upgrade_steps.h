// The steps of a run on one environment, in their order, each with its undo (DESIGN, Run; REQUIREMENTS C3).
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "app/checking.h"
#include "app/planning.h"
#include "app/reporter.h"
#include "app/workspace.h"
#include "run/runner.h"

namespace ferry {

// What the steps of one run work on. Lives as long as the run's process.
struct UpgradeRun {
  Workspace& workspace;
  Target target;
  Plan plan;
  std::vector<Package> packages;
  std::string id;
  RunKind kind = RunKind::rehearsal;
  Reporter& reporter;

  DeployPlace place() const { return {target.root(), target.staging(), id}; }
  // On a clone: effects stay silenced, there is nobody to let in.
  bool on_clone() const { return kind == RunKind::rehearsal || kind == RunKind::chaos; }
  // Evidence of a chaos run belongs to no recipe.
  Digest recipe() const { return kind == RunKind::chaos ? Digest() : plan.recipe_digest; }
  std::string folder() const { return place().run_folder(); }
};

// prepare | observe, close, hold, stop, point, switch, migrate, start, licence, check | open.
//
// - prepare and observe happen while users work; downtime begins with close, from where people get the maintenance
// page.
// - A cutover parks twice: after prepare, until its window (`ferry cutover start`), and before open, until somebody
//   opens (`ferry run open`). A rehearsal has nothing to open: a clone stays silent.
std::vector<Step> upgrade_steps(const std::shared_ptr<UpgradeRun>& run);

}  // namespace ferry
