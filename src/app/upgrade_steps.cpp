#include "app/upgrade_steps.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <thread>

#include "app/backups.h"
#include "app/doors.h"
#include "app/drift.h"
#include "app/host_program.h"
#include "app/jumps.h"
#include "app/licences.h"
#include "app/losses.h"
#include "app/runtimes.h"
#include "app/services.h"
#include "app/upgrade_database.h"
#include "app/way_back_room.h"
#include "backup/actions.h"
#include "base/error.h"
#include "database/dialect.h"
#include "database/point.h"
#include "database/script_run.h"
#include "deploy/deployment.h"
#include "host/busy.h"
#include "host/files.h"
#include "host/job.h"
#include "model/plan_text.h"
#include "package/open.h"
#include "project/gate.h"
#include "verify/http_check.h"

namespace ferry {
namespace {

using RunPointer = std::shared_ptr<UpgradeRun>;

// ---- prepare
// ---------------------------------------------------------------------------------------------------------

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

std::vector<Package> packages_of_jump(const UpgradeRun& run, const Jump& jump) {
  return packages_of_jump(run.plan.recipe, jump.index, run.packages);
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

// ---- switch
// ---------------------------------------------------------------------------------------------------------

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

// ---- observe
// ---------------------------------------------------------------------------------------------------------

Json ids_of(const std::vector<Evidence>& evidence) {
  Json out = Json::array();
  for (const auto& item : evidence) out.push_back(item.id);
  return out;
}

Json observe(const UpgradeRun& run, StepContext&) {
  // Days may have gone by since it was prepared: the databases have grown, and users still work.
  hold_way_back(run);
  // What does not run can't be observed, and the new version would be compared with nothing.
  require_running(run, run.plan.recipe.from);
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
void keep_failed_logs(const UpgradeRun& run, const Jump& jump) {
  constexpr int lines = 5000;
  for (const auto& service : services_of_version(run.target.profile, jump.to)) {
    if (service.log.empty()) continue;
    const auto text = last_lines(run.target.root() + "/" + service.log, lines);
    if (text.empty()) continue;
    const auto folder = run.folder(jump.stop) + "/failed";
    make_folders(folder);
    write_file_atomic(folder + "/" + service.id + ".log", text);
  }
}

// Where nothing can be closed, the page stands in while the application is down.
void stop(const UpgradeRun& run, const Version& version) {
  stop_services(run.target, run.reporter, version);
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

Json start(const UpgradeRun& run, const Jump& jump, StepContext& context) {
  // A migration by the application itself can't be continued by anybody else: repeat it from the recovery point.
  if (context.repeated() && !migration_missing(run, jump, context).empty()) {
    stop(run, jump.to);
    migrate_anew(run, jump, context);
  }
  // What the switch has brought could not be asked before.
  require_runtimes_now(run.target, jump.to, packages_of_jump(run, jump));
  start_target(run, jump.to);
  wait_for_migration(run, jump, context);
  return {{"started", to_string(run.workspace.clock())}};
}

// ---- licence, checks, open
// -------------------------------------------------------------------------------------------

Json licence(const UpgradeRun& run, const Jump& jump, StepContext& step) {
  const auto& rule = run.target.profile.licence;
  if (!rule || !rule->read_back || !rule->version.contains(jump.to)) return Json::object();
  // What was interrupted here may have lost its services.
  if (step.repeated()) require_running(run, jump.to);
  CheckContext context;
  context.environment = &run.target.environment;
  const auto way = way_in(run.target);
  context.base_url = way.url;
  context.reach = way.reach;
  context.version = present_version(run.target);
  context.secret = run.target.secret;
  const auto result = run_steps({licence_question(*rule)}, context);
  const auto [fact, problem] = licence_said(*rule, result, run.target, run.workspace.clock());
  if (run.kind != RunKind::chaos) run.workspace.store().append(collection::licences, Json(fact));
  if (!fact.valid) throw Error(Code::licence_invalid, run.target.name(), problem);
  if (run.kind != RunKind::chaos) remember_installed(run.workspace, run.target.name());
  return {{"customer", fact.customer}};
}

// At a stop between: an invariant that is asked by two queries is left to the end, since nobody says which of them fits
// a version between.
std::set<std::string> checks_at_stop(const Profile& profile) {
  std::set<std::string> out;
  for (const auto& one : profile.checks) out.insert(one.id);
  for (const auto& one : profile.invariants)
    if (one.before == one.after) out.insert(one.id);
  return out;
}

Json check(const UpgradeRun& run, const Jump& jump, StepContext& context) {
  if (context.repeated()) require_running(run, jump.to);
  CheckRequest request;
  if (!jump.stop.empty()) {
    request.only = checks_at_stop(run.target.profile);
    if (request.only.empty()) return {{"passed", 0}, {"not_run", 0}};
  }
  request.run = run.id;
  request.recipe = run.recipe();
  request.trial = run.kind == RunKind::chaos;
  if (const auto* stopped = context.state().find(at_stop("stop", jump.before));
      stopped != nullptr && !stopped->began.empty())
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
  require_running(run, run.plan.recipe.to);
  release(run);
  // What is entered from now on would be lost by going back; this copy is what it is measured against. Taken after the
  // release, so that Ferry's own changes are not among the losses, and recorded before the door opens: whoever can
  // enter something is known to have been let in.
  take_points(run, run.folder() + "/opened");
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

// Every step that a run of this plan can have.
class StepList {
 public:
  explicit StepList(RunPointer run) : run_(std::move(run)) {}

  std::vector<Step> all() {
    add_begin();
    const auto jumps = run_->jumps();
    for (const auto& one : jumps) {
      add_jump(one, jumps.size() > 1);
      if (!one.stop.empty()) add_leave(one);
    }
    add(
        "open", {"open to users and release held effects", "开放使用并恢复外部动作"},
        [run = run_](StepContext& context) { return open(*run, context); },
        [run = run_](StepContext&) {
          Text why_not;
          keep_users_out(run->workspace, run->target, why_not);
        });
    return std::move(steps_);
  }

 private:
  template <class Apply>
  Step& add(const std::string& id, Text title, Apply apply, std::function<void(StepContext&)> undo = nullptr) {
    steps_.push_back(make_step(id, std::move(title), std::move(apply), std::move(undo)));
    return steps_.back();
  }

  // A step of a jump: its name and title say which one where there are several.
  template <class Apply>
  void add(const Jump& jump, bool several, const char* id, Text title, Apply apply,
           std::function<void(StepContext&)> undo = nullptr) {
    if (several) title = {title.en + " (" + jump.to.text() + ")", title.zh + "（" + jump.to.text() + "）"};
    auto& step = add(
        at_stop(id, jump.stop), std::move(title),
        [run = run_, jump, apply](StepContext& context) { return apply(*run, jump, context); }, std::move(undo));
    if (several) step.to = jump.to.text();
  }

  void add_begin();
  void add_jump(const Jump& jump, bool several);
  void add_leave(const Jump& jump);

  RunPointer run_;
  std::vector<Step> steps_;
};

void StepList::add_begin() {
  const auto with = [this](auto function) {
    return [run = run_, function](StepContext& context) { return function(*run, context); };
  };
  const auto run = run_;
  add("prepare", {"stage and verify the new files", "暂存并校验新文件"}, with(prepare));
  add("observe", {"remember what must stay the same", "记录须保持不变的内容"}, with(observe));
  add("close", {"keep users out: maintenance page", "阻止用户访问，显示维护页"}, with(close),
      [run](StepContext&) { let_users_in(run->target); });
  add("hold", {"hold effects to the outside", "暂停外部动作"}, with(hold), [run](StepContext&) { release(*run); });
  add(
      "stop", {"stop the services, prove that nothing uses the files", "停止服务，并确认无进程占用文件"},
      [run](StepContext&) {
        stop(*run, run->plan.recipe.from);
        return Json::object();
      },
      [run](StepContext&) { start_target(*run, run->plan.recipe.from); });
  add(
      "point", {"recovery point of the databases", "建立数据库恢复点"},
      [run](StepContext&) {
        Json result = take_points(*run, run->folder() + "/point");
        result["evidence"] = observe_invariants(*run);
        return result;
      },
      [run](StepContext&) { restore_points(*run, run->folder() + "/point"); });
}

void StepList::add_jump(const Jump& jump, bool several) {
  const auto run = run_;
  add(jump, several, "switch", {"switch the files", "切换文件"}, switch_files,
      [run, jump](StepContext& context) { take_back(run->place(jump.stop), deploy_options(*run, context)); });
  const bool command = migration_to(run->target.profile, jump.to).by_command();
  add(jump, several, "migrate",
      command ? Text{"run the packages' database scripts and the product's migration", "执行数据库脚本与产品迁移命令"}
              : Text{"run the packages' database scripts", "执行升级包的数据库脚本"},
      migrate, [run](StepContext&) { end_job(migration_job, run->target.environment); });
  add(jump, several, "start", {"start the new version", "启动新版本"}, start, [run, jump](StepContext&) {
    stop(*run, jump.to);
    keep_failed_logs(*run, jump);
  });
  add(jump, several, "settle", {"wait for the product's work in the background", "等待产品后台处理完成"}, settle);
  add(jump, several, "licence", {"read the licence back", "读回许可证"}, licence);
  add(jump, several, "check", {"verify", "验证"}, check);
}

// Undone on the way to this very stop they bring it back; on the way further back there is nothing that the next undo
// would not throw away.
void StepList::add_leave(const Jump& jump) {
  const auto run = run_;
  const auto is_wanted = [jump](const StepContext& context) {
    const auto& state = context.state();
    return !state.goes_all_the_way_back() && step_name(*state.turned_to).stop == jump.stop;
  };
  const auto& stop_id = jump.stop;
  auto& down = add(
      at_stop("stop", stop_id), {"stop the services of " + stop_id, "停止 " + stop_id + " 的服务"},
      [run, jump](StepContext&) {
        stop(*run, jump.to);
        return Json::object();
      },
      [run, jump, is_wanted](StepContext& context) {
        if (!is_wanted(context)) return;
        // From now on the stop's services write again: its recovery point is taken anew when it is left once more.
        remove_tree(run->folder(jump.stop) + "/point");
        start_target(*run, jump.to);
      });
  down.to = stop_id;
  auto& point = add(
      at_stop("point", stop_id),
      {"recovery point of the databases at " + stop_id, "建立 " + stop_id + " 的数据库恢复点"},
      [run, jump](StepContext&) { return take_points(*run, run->folder(jump.stop) + "/point"); },
      [run, jump, is_wanted](StepContext& context) {
        if (is_wanted(context)) restore_points(*run, run->folder(jump.stop) + "/point");
      });
  point.to = stop_id;
}

}  // namespace

std::vector<Jump> UpgradeRun::jumps() const {
  std::vector<Jump> out;
  for (std::size_t i = 0; i < plan.jumps(); ++i) {
    const auto view = plan.jump(i);
    const bool last = i + 1 == plan.jumps();
    out.push_back(
        {i, view.from, view.to, last ? std::string() : view.to.text(), i == 0 ? std::string() : view.from.text()});
  }
  return out;
}

std::vector<Step> upgrade_steps(const RunPointer& run, const std::vector<std::string>& recorded) {
  auto steps = StepList(run).all();
  // A run keeps the steps with which it began.
  std::erase_if(steps, [&](const Step& step) {
    if (!recorded.empty()) return std::find(recorded.begin(), recorded.end(), step.id) == recorded.end();
    return step_name(step.id).step == "settle" &&
           settled_rule(run->target.profile, Version(step.to.empty() ? run->plan.recipe.to.text() : step.to)) ==
               nullptr;
  });
  if (!run->on_clone()) {
    steps.back().parks = true;
    find_step(steps, "observe").parks = true;
  }
  return steps;
}

}  // namespace ferry
