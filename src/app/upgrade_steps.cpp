#include "app/upgrade_steps.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <thread>

#include "app/backups.h"
#include "app/doors.h"
#include "app/drift.h"
#include "app/host_program.h"
#include "app/losses.h"
#include "app/services.h"
#include "app/upgrade_database.h"
#include "backup/actions.h"
#include "base/error.h"
#include "database/dialect.h"
#include "database/point.h"
#include "database/script_run.h"
#include "deploy/deployment.h"
#include "host/busy.h"
#include "host/files.h"
#include "package/open.h"
#include "project/gate.h"
#include "verify/http_check.h"

namespace ferry {
namespace {

using RunPointer = std::shared_ptr<UpgradeRun>;

// ---- prepare
// ---------------------------------------------------------------------------------------------------------

std::uint64_t database_bytes(const Target& target) {
  std::uint64_t bytes = 0;
  for (const auto& database : target.profile.databases) {
    std::error_code ignored;
    const auto size = std::filesystem::file_size(database_file(database, target.variables), ignored);
    if (!ignored) bytes += size;
  }
  return bytes;
}

DeployOptions deploy_options(const UpgradeRun& run, StepContext& context) {
  DeployOptions options;
  // Way back of the database: the recovery point, the copy taken at the opening, and the failed side kept aside.
  options.reserve_bytes = 3 * database_bytes(run.target);
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
  write_file_atomic(run.folder() + "/plan.json", Json(run.plan).dump(1));
  write_file_atomic(run.folder() + "/profile.json", canonical(run.target.profile.resolved));
  keep_host_program(run.target.staging());
  write_file_atomic(run.folder() + "/environment.json", Json(run.target.environment).dump(1));
}

Json prepare(const UpgradeRun& run, StepContext& context) {
  keep_documents(run);
  Json outside = report_outside_changes(run.workspace, run.target, run.plan, run.reporter);
  const auto input = deploy_input(run.plan, run.target.profile);
  const auto content = content_source(run.workspace, run.target, run.packages);
  const auto report = stage(run.place(), input, content, deploy_options(run, context));
  return {{"files", report.files},       {"kept", report.kept},       {"bytes", report.bytes},
          {"write_ms", report.write_ms}, {"sync_ms", report.sync_ms}, {"outside", std::move(outside)}};
}

// After a power cut the fence is gone with everything in it. A clone never starts outside one (promise 6).
void start_target(const UpgradeRun& run) {
  end_stand_in(run.target);
  if (run.target.is_clone() && !service_place(run.target).fenced)
    start_clone(run.workspace, run.target, run.reporter);
  else
    start_services(run.target, run.reporter);
}

// For steps that find the services as an earlier one left them, unless something has ended them since.
void require_running(const UpgradeRun& run) {
  const auto services = services_of(run.target);
  if (std::all_of(services.begin(), services.end(), [](const ServiceLine& line) { return line.state.running; })) return;
  start_target(run);
}

// ---- observe
// ---------------------------------------------------------------------------------------------------------

Json ids_of(const std::vector<Evidence>& evidence) {
  Json out = Json::array();
  for (const auto& item : evidence) out.push_back(item.id);
  return out;
}

Json observe(const UpgradeRun& run, StepContext&) {
  // What does not run can't be observed, and the new version would be compared with nothing.
  require_running(run);
  CheckRequest request;
  request.phase = CheckPhase::before;
  request.run = run.id;
  request.recipe = run.recipe();
  request.trial = run.kind == RunKind::chaos;
  const auto outcome = run_environment_checks(run.workspace, run.target, request, run.reporter);
  // What was not remembered can't be compared afterwards: better to stop here, where users still work.
  require_carried_out(outcome);
  for (const auto& evidence : outcome.evidence)
    if (evidence.outcome == Outcome::failed || evidence.outcome == Outcome::error)
      run.reporter.warning({"already before the upgrade: " + evidence.check, "升级前即存在：" + evidence.check});
  return {{"evidence", ids_of(outcome.evidence)}};
}

// Invariants are taken again when nothing moves any more: between observing and stopping users still work.
Json observe_invariants(const UpgradeRun& run) {
  CheckRequest request;
  request.phase = CheckPhase::before;
  request.run = run.id;
  request.recipe = run.recipe();
  request.trial = run.kind == RunKind::chaos;
  for (const auto& invariant : run.target.profile.invariants) request.only.insert(invariant.id);
  if (request.only.empty()) return Json::array();
  const auto outcome = run_environment_checks(run.workspace, run.target, request, run.reporter);
  require_carried_out(outcome);
  return ids_of(outcome.evidence);
}

// ---- users out, users in
// ----------------------------------------------------------------------------------------------

Json close(const UpgradeRun& run, StepContext&) {
  Text why_not;
  if (const auto door = keep_users_out(run.workspace, run.target, why_not))
    return {{"closed", true}, {"ports", door->options.ports}};
  run.reporter.warning({"users can't be kept out while the new version is verified: " + why_not.en,
                        "验证新版本期间无法阻止用户访问：" + why_not.zh});
  return {{"closed", false}, {"why", why_not}};
}

// What the new version said before it was taken back: the old one writes into the same files next (LESSONS, traps).
void keep_failed_logs(const UpgradeRun& run) {
  constexpr int lines = 5000;
  for (const auto& service : run.target.profile.services) {
    if (service.log.empty()) continue;
    const auto text = last_lines(run.target.root() + "/" + service.log, lines);
    if (text.empty()) continue;
    make_folders(run.folder() + "/failed");
    write_file_atomic(run.folder() + "/failed/" + service.id + ".log", text);
  }
}

// Where nothing can be closed, the page stands in while the application is down.
void stop(const UpgradeRun& run) {
  stop_services(run.target, run.reporter);
  try {
    stand_in(run.workspace, run.target);
  } catch (const Error& error) {
    run.reporter.warning({"no maintenance page: " + error.describe(Language::english),
                          "无法显示维护页：" + error.describe(Language::chinese)});
  }
}

// ---- hold and release
// ------------------------------------------------------------------------------------------------

ActionContext action_context(const UpgradeRun& run) {
  ActionContext context;
  context.root = run.target.root();
  context.variables = run.target.variables;
  context.secret = run.target.secret;
  context.sql = sql_runner(run.target.profile, run.target.root(), run.target.variables);
  return context;
}

bool effects_matter(const UpgradeRun& run) {
  return !run.on_clone() && !run.target.profile.effects.empty();
}

Json hold(const UpgradeRun& run, StepContext&) {
  if (!effects_matter(run)) return {{"held", 0}};
  const auto context = action_context(run);
  for (const auto& effect : run.target.profile.effects) apply_actions(effect.hold, context);
  return {{"held", run.target.profile.effects.size()}};
}

void release(const UpgradeRun& run) {
  if (!effects_matter(run)) return;
  const auto context = action_context(run);
  for (const auto& effect : run.target.profile.effects) apply_actions(effect.release, context);
}

// ---- start
// ------------------------------------------------------------------------------------------------------------

Json start(const UpgradeRun& run, StepContext& context) {
  // A migration by the application itself can't be continued by anybody else: repeat it from the recovery point.
  if (context.repeated() && !migration_missing(run).empty()) {
    stop(run);
    restore_points(run);
    migrate(run, context);
  }
  start_target(run);
  wait_for_migration(run, context);
  return {{"started", to_string(run.workspace.clock())}};
}

// ---- licence, checks, open
// -------------------------------------------------------------------------------------------

Json licence(const UpgradeRun& run, StepContext& step) {
  if (!run.target.profile.licence || !run.target.profile.licence->read_back) return Json::object();
  // What was interrupted here may have lost its services.
  if (step.repeated()) require_running(run);
  CheckContext context;
  context.environment = &run.target.environment;
  const auto way = way_in(run.target);
  context.base_url = way.url;
  context.reach = way.reach;
  context.version = present_version(run.target);
  context.secret = run.target.secret;
  const auto result = run_steps({*run.target.profile.licence->read_back}, context);
  LicenceFact fact;
  fact.valid = result.outcome == Outcome::passed;
  fact.customer = run.target.environment.customer;
  fact.checked = run.workspace.clock();
  if (!fact.valid) fact.problem = result.summary.en;
  if (run.kind != RunKind::chaos) run.workspace.store().append(collection::licences, Json(fact));
  if (!fact.valid) throw Error(Code::licence_invalid, run.target.name(), result.summary);
  return {{"customer", fact.customer}};
}

Json check(const UpgradeRun& run, StepContext& context) {
  if (context.repeated()) require_running(run);
  CheckRequest request;
  request.run = run.id;
  request.recipe = run.recipe();
  request.trial = run.kind == RunKind::chaos;
  if (const auto* stopped = context.state().find("stop"); stopped != nullptr && !stopped->began.empty())
    request.started_after = parse_moment(stopped->began);
  std::set<std::string> ids;
  for (const Json& list : {context.result_of("observe"), context.result_of("point")})
    if (list.is_object() && list.contains("evidence"))
      for (const auto& id : list.at("evidence")) ids.insert(id.get<std::string>());
  std::vector<Evidence> before;
  for (auto& evidence : run.workspace.store().read_as<Evidence>(collection::evidence))
    if (ids.contains(evidence.id)) before.push_back(std::move(evidence));
  request.remembered = remembered_values(before);
  const auto outcome = run_environment_checks(run.workspace, run.target, request, run.reporter);
  auto open = outcome.totals.required_open;
  // What people have to look at is asked for by the gate, not by the run.
  std::erase_if(open, [&](const std::string& id) {
    const auto* check = find_check(run.target.profile, id);
    return check != nullptr && check->kind == Check::Kind::manual;
  });
  require_passed(run.target, outcome, open);
  return {{"passed", outcome.totals.passed}, {"not_run", outcome.totals.not_run}};
}

Json open(const UpgradeRun& run, StepContext& context) {
  if (run.on_clone()) {
    let_users_in(run.target);
    return {{"opened", false}};
  }
  // A run that waited here may have outlived its services.
  require_running(run);
  release(run);
  // What is entered from now on would be lost by going back; this copy is what it is measured against. Taken after the
  // release, so that Ferry's own changes are not among the losses, and recorded before the door opens: whoever can
  // enter something is known to have been let in.
  take_points(run, "opened");
  context.opened(context.state().run.person);
  let_users_in(run.target);
  return {{"opened", true}, {"at", to_string(run.workspace.clock())}};
}

Step make_step(std::string id, Text title, std::function<Json(StepContext&)> apply,
               std::function<void(StepContext&)> undo = nullptr) {
  Step step;
  step.id = std::move(id);
  step.title = std::move(title);
  step.apply = std::move(apply);
  step.undo = std::move(undo);
  return step;
}

Step& find_step(std::vector<Step>& steps, const std::string& id) {
  return *std::find_if(steps.begin(), steps.end(), [&](const Step& step) { return step.id == id; });
}

}  // namespace

std::vector<Step> upgrade_steps(const RunPointer& run) {
  std::vector<Step> steps;
  const auto with = [&](auto function) {
    return [run, function](StepContext& context) { return function(*run, context); };
  };
  steps.push_back(make_step("prepare", {"stage and verify the new files", "暂存并校验新文件"}, with(prepare)));
  steps.push_back(make_step("observe", {"remember what must stay the same", "记录须保持不变的内容"}, with(observe)));
  steps.push_back(make_step("close", {"keep users out: maintenance page", "阻止用户访问，显示维护页"}, with(close),
                            [run](StepContext&) { let_users_in(run->target); }));
  steps.push_back(make_step("hold", {"hold effects to the outside", "暂停外部动作"}, with(hold),
                            [run](StepContext&) { release(*run); }));
  steps.push_back(make_step(
      "stop", {"stop the services, prove that nothing uses the files", "停止服务，并确认无进程占用文件"},
      [run](StepContext&) {
        stop(*run);
        return Json::object();
      },
      [run](StepContext&) { start_target(*run); }));
  steps.push_back(make_step(
      "point", {"recovery point of the databases", "建立数据库恢复点"},
      [run](StepContext&) {
        Json result = take_points(*run, "point");
        result["evidence"] = observe_invariants(*run);
        return result;
      },
      [run](StepContext&) { restore_points(*run); }));
  steps.push_back(make_step(
      "switch", {"switch the files", "切换文件"},
      [run](StepContext& context) {
        Json json;
        to_json(json,
                switch_tree(run->place(), deploy_input(run->plan, run->target.profile), deploy_options(*run, context)));
        return json;
      },
      [run](StepContext& context) { take_back(run->place(), deploy_options(*run, context)); }));
  steps.push_back(
      make_step("migrate", {"run the packages' database scripts", "执行升级包的数据库脚本"}, with(migrate)));
  steps.push_back(make_step("start", {"start the new version", "启动新版本"}, with(start), [run](StepContext&) {
    stop(*run);
    keep_failed_logs(*run);
  }));
  steps.push_back(make_step("licence", {"read the licence back", "读回许可证"}, with(licence)));
  steps.push_back(make_step("check", {"verify", "验证"}, with(check)));
  steps.push_back(make_step("open", {"open to users and release held effects", "开放使用并恢复外部动作"}, with(open),
                            [run](StepContext&) {
                              Text why_not;
                              keep_users_out(run->workspace, run->target, why_not);
                            }));
  if (!run->on_clone()) {
    steps.back().parks = true;
    find_step(steps, "observe").parks = true;
  }
  return steps;
}

}  // namespace ferry
