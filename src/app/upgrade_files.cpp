#include "app/upgrade_files.h"

#include "app/drift.h"
#include "app/host_program.h"
#include "app/jumps.h"
#include "app/runtimes.h"
#include "app/way_back_room.h"
#include "deploy/deployment.h"
#include "host/files.h"
#include "model/plan_text.h"

namespace ferry {
namespace {

DeployOptions deploy_options(const UpgradeRun& run, StepContext& context) {
  DeployOptions options;
  options.reserve_bytes = way_back_not_held(run);
  options.threads = 1;  // a package is a stream
  options.cancelled = [&context] { return context.cancelled(); };
  options.progress = [&run](const DeployProgress& progress) {
    if (progress.bytes_total > 0)
      run.reporter.progress(progress.bytes_done, progress.bytes_total, Unit::bytes);
    else
      run.reporter.progress(progress.done, progress.total, Unit::files);
  };
  return options;
}

// Plan, profile and environment lie beside the log, and ferry-host beside the runs, so that the installation can be
// taken back when Ferry's home is gone.
void keep_documents(const UpgradeRun& run) {
  write_file_atomic(run.folder() + "/plan.json", plan_text(run.plan, true));
  write_file_atomic(run.folder() + "/profile.json", canonical(run.target.profile.resolved));
  keep_host_program(run.target.staging());
  write_file_atomic(run.folder() + "/environment.json", Json(run.target.environment).dump(1));
}

void add_report(StageReport& sum, const StageReport& one) {
  sum.files += one.files;
  sum.kept += one.kept;
  sum.bytes += one.bytes;
  sum.write_ms += one.write_ms;
  sum.sync_ms += one.sync_ms;
}

DeployInput input_of(const UpgradeRun& run, const Jump& jump) {
  return deploy_input(run.plan, jump.index, run.target.profile);
}

// All jumps: a later one of the state that the ones before it will leave.
StageReport stage_all(const UpgradeRun& run, StepContext& context) {
  const auto content = content_source(run.workspace, run.target, run.packages);
  StageReport out;
  std::vector<const std::vector<PlannedChange>*> earlier;
  for (const auto& jump : run.jumps()) {
    const auto place = run.place(jump.stop);
    const auto input = input_of(run, jump);
    const auto options = deploy_options(run, context);
    add_report(out, earlier.empty() ? stage(place, input, content, options)
                                    : stage_ahead(place, input, earlier, content, options));
    earlier.push_back(&run.plan.jump(jump.index).changes);
  }
  return out;
}

}  // namespace

std::vector<Package> packages_of_jump(const UpgradeRun& run, const Jump& jump) {
  return packages_of_jump(run.plan.recipe, jump.index, run.packages);
}

Json prepare(const UpgradeRun& run, StepContext& context) {
  keep_documents(run);
  Json outside = report_outside_changes(run.workspace, run.target, run.plan, run.reporter);
  ComingChanges coming;
  for (const auto& jump : run.jumps()) {
    coming.push_back(&run.plan.jump(jump.index).changes);
    require_runtimes(run.target, jump.to, packages_of_jump(run, jump), coming);
  }
  const auto report = stage_all(run, context);
  hold_way_back(run);
  return {{"files", report.files},       {"kept", report.kept},       {"bytes", report.bytes},
          {"write_ms", report.write_ms}, {"sync_ms", report.sync_ms}, {"outside", std::move(outside)}};
}

Json switch_files(const UpgradeRun& run, const Jump& jump, StepContext& context) {
  const auto place = run.place(jump.stop);
  const auto input = input_of(run, jump);
  const auto options = deploy_options(run, context);
  // Staged before the installation was what this jump starts from: compared with it now, and completed by what only the
  // version in between has made (generated folders). What is there costs a look.
  if (jump.index > 0) stage(place, input, content_source(run.workspace, run.target, run.packages), options);
  Json json;
  to_json(json, switch_tree(place, input, options));
  return json;
}

void switch_back(const UpgradeRun& run, const Jump& jump, StepContext& context) {
  take_back(run.place(jump.stop), deploy_options(run, context));
}

}  // namespace ferry
