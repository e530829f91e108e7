#include "app/upgrade_services.h"

#include <algorithm>

#include "app/backups.h"
#include "app/doors.h"
#include "app/queued.h"
#include "app/runtimes.h"
#include "app/services.h"
#include "app/upgrade_database.h"
#include "app/upgrade_files.h"
#include "app/way_back_room.h"
#include "backup/actions.h"
#include "base/error.h"
#include "host/failed_logs.h"

namespace ferry {
namespace {

ActionContext action_context(const UpgradeRun& run) {
  ActionContext context;
  context.root = run.target.root();
  context.variables = run.target.variables;
  context.secret = run.target.secret;
  context.sql = sql_runner(run.target.profile, run.target.root(), run.target.variables);
  return context;
}

// Best effort, and what came of it in the run log.
void keep_logs(const UpgradeRun& run, const Jump& jump, const std::vector<LogSource>& logs, StepContext& context) {
  const auto text = keep_failed_logs(logs, run.folder(jump.stop), 2 * database_bytes(run.target) + room_beside_logs);
  if (!text.empty()) context.note(text);
}

}  // namespace

bool effects_matter(const UpgradeRun& run) {
  return !run.on_clone() && !run.target.profile.effects.empty();
}

// After a power cut the fence is gone with everything in it. A clone never starts outside one (promise 6).
void start_target(const UpgradeRun& run, const Version& version) {
  end_stand_in(run.target);
  if (run.target.is_clone() && !service_place(run.target).fenced)
    start_clone(run.workspace, run.target, run.reporter, version);
  else
    start_services(run.target, run.reporter, version);
}

// For steps that find the services as an earlier one left them, unless something has ended them since.
void require_running(const UpgradeRun& run, const Version& version) {
  const auto services = services_of_version(run.target.profile, version);
  if (std::all_of(services.begin(), services.end(),
                  [&](const Service& service) { return service_state(service, run.target.environment).running; }))
    return;
  start_target(run, version);
}

Json close_to_users(const UpgradeRun& run, StepContext&) {
  Text why_not;
  if (const auto door = keep_users_out(run.workspace, run.target, why_not))
    return {{"closed", true}, {"ports", door->options.ports}};
  run.reporter.warning({"users can't be kept out while the new version is verified: " + why_not.en,
                        "验证新版本期间无法阻止用户访问：" + why_not.zh});
  return {{"closed", false}, {"why", why_not}};
}

// Where nothing can be closed, the page stands in while the application is down.
void stop_target(const UpgradeRun& run, const Version& version) {
  stop_services(run.target, run.reporter, version);
  try {
    stand_in(run.workspace, run.target);
  } catch (const Error& error) {
    run.reporter.warning({"no maintenance page: " + error.describe(Language::english),
                          "无法显示维护页：" + error.describe(Language::chinese)});
  }
}

Json hold_effects(const UpgradeRun& run, StepContext&) {
  if (!effects_matter(run)) return {{"held", 0}};
  const auto context = action_context(run);
  for (const auto& effect : run.target.profile.effects) apply_actions(effect.hold, context);
  return {{"held", run.target.profile.effects.size()}};
}

void release_effects(const UpgradeRun& run) {
  if (!effects_matter(run)) return;
  const auto context = action_context(run);
  for (const auto& effect : run.target.profile.effects) apply_actions(effect.release, context);
}

Json start_version(const UpgradeRun& run, const Jump& jump, StepContext& context) {
  // A migration by the application itself can't be continued by anybody else: repeat it from the recovery point.
  if (context.repeated() && !migration_missing(run, jump, context).empty()) {
    stop_target(run, jump.to);
    migrate_anew(run, jump, context);
  }
  // What the switch has brought could not be asked before.
  require_runtimes_now(run.target, jump.to, packages_of_jump(run, jump));
  start_target(run, jump.to);
  wait_for_migration(run, jump, context);
  Json result{{"started", to_string(run.workspace.clock())}};
  if (effects_matter(run)) result["queued"] = count_queued(run.target, run.reporter);
  return result;
}

Json open_to_users(const UpgradeRun& run, StepContext& context) {
  // A run that waited here may have outlived its services.
  require_running(run, run.plan.recipe.to);
  if (run.on_clone()) {
    let_users_in(run.target);
    return {{"opened", false}};
  }
  release_effects(run);
  // What is entered from now on would be lost by going back; this copy is what it is measured against. Taken after the
  // release, so that Ferry's own changes are not among the losses, and recorded before the door opens: whoever can
  // enter something is known to have been let in.
  take_points(run, run.folder() + "/opened");
  context.opened(context.state().run.person);
  let_users_in(run.target);
  return {{"opened", true}, {"at", to_string(run.workspace.clock())}};
}

void keep_service_logs(const UpgradeRun& run, const Jump& jump, StepContext& context) {
  keep_logs(run, jump, service_logs(run.target.profile, run.target.environment, jump.to), context);
}

void keep_migration_log(const UpgradeRun& run, const Jump& jump, StepContext& context) {
  keep_logs(run, jump, migration_logs(run.target.profile, run.target.environment, jump.to, run.folder(jump.stop)),
            context);
}

}  // namespace ferry
