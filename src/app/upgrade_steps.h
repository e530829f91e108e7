// The steps of a run on one environment, in their order, each with its undo (DESIGN, Run; REQUIREMENTS C3).
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "app/checking.h"
#include "app/planning.h"
#include "app/reporter.h"
#include "app/workspace.h"
#include "model/stops.h"
#include "run/runner.h"

namespace ferry {

// One of the run's jumps; a run of one jump has one, with empty stops.
struct Jump {
  std::size_t index = 0;
  Version from, to;
  std::string stop;    // that it leads to; empty for the last one
  std::string before;  // from which it starts; empty for the first one
};

// What the steps of one run work on. Lives as long as the run's process.
struct UpgradeRun {
  Workspace& workspace;
  Target target;
  Plan plan;
  std::vector<Package> packages;
  std::string id;
  RunKind kind = RunKind::rehearsal;
  Reporter& reporter;

  std::vector<Jump> jumps() const;
  // Where the slots, journal and recovery point of a stop lie; of the last jump and of the beginning without one.
  DeployPlace place(const std::string& stop = {}) const {
    return {target.root(), target.staging(), place_of_stop(id, stop)};
  }
  // On a clone: effects stay silenced, there is nobody to let in.
  bool on_clone() const { return kind == RunKind::rehearsal || kind == RunKind::chaos; }
  // Evidence of a chaos run belongs to no recipe.
  Digest recipe() const { return kind == RunKind::chaos ? Digest() : plan.recipe_digest; }
  std::string folder(const std::string& stop = {}) const { return place(stop).run_folder(); }
};

// prepare | observe, close, hold, stop, point, switch, migrate, start, settle, licence, check | open. With required
// stops between, the steps from switch to check once for each jump, and stop and point at each stop
// (docs/decisions/0004-several-jumps.md). settle is there where the profile wants to wait for the product.
//
// - prepare and observe happen while users work; downtime begins with close, from where people get the maintenance
// page.
// - A cutover parks twice: after prepare, until its window (`ferry cutover start`), and before open, until somebody
//   opens (`ferry run open`). A rehearsal has nothing to open: a clone stays silent.
// `recorded`: the ids with which the run began, whatever the profile says by now; empty: it begins.
std::vector<Step> upgrade_steps(const std::shared_ptr<UpgradeRun>& run, const std::vector<std::string>& recorded = {});

}  // namespace ferry
