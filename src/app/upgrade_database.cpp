// What a run does to the databases: recovery points, the packages' scripts, the product's own migration.
#include "app/upgrade_database.h"

#include <fmt/format.h>

#include <thread>

#include "app/backups.h"
#include "app/doors.h"
#include "app/services.h"
#include "app/upgrade_services.h"
#include "app/way_back_room.h"
#include "base/error.h"
#include "database/dialect.h"
#include "database/point.h"
#include "database/script_run.h"
#include "host/busy.h"
#include "host/failed_logs.h"
#include "host/job.h"
#include "package/open.h"
#include "verify/http.h"

namespace ferry {
namespace {

constexpr Milliseconds between_questions{200};

std::vector<std::string> users_of(const std::vector<std::string>& paths) {
  std::vector<std::string> out;
  for (const auto& process : busy_processes(paths).processes)
    out.push_back(fmt::format("pid {} {}", process.pid, process.command));
  return out;
}

JumpView view_of(const UpgradeRun& run, const Jump& jump) {
  return run.plan.jump(jump.index);
}

const PackageScript& script_of(const Package& package, const PlannedScript& planned) {
  for (const auto& script : package.scripts)
    if (script.digest == planned.digest && script.name == planned.name) return script;
  throw Error(Code::package_missing, planned.package + "/" + planned.name);
}

const Package& package_of(const UpgradeRun& run, const PlannedScript& planned) {
  for (const auto& package : run.packages)
    if (package.meta.id == planned.package) return package;
  throw Error(Code::package_missing, planned.package);
}

std::size_t run_scripts(const UpgradeRun& run, const Jump& jump, StepContext& context) {
  const auto& scripts = view_of(run, jump).scripts;
  const auto* database = find_database(run.target.profile, run.target.profile.migration.database);
  if (database == nullptr || scripts.empty()) return 0;
  OpenOptions options;
  options.mode = OpenMode::read_write;
  auto connection = Connection::open(*database, run.target.variables, options);
  std::uint64_t total = 0;
  std::uint64_t done = 0;
  std::size_t executed = 0;
  for (const auto& script : scripts) total += script.statements;
  for (const auto& planned : scripts) {
    const auto& package = package_of(run, planned);
    ScriptEvents events;
    events.before = [&](const Script&, std::size_t) { context.check_cancelled(); };
    events.committed = [&](const Script&, std::size_t count) {
      run.reporter.progress(done + count, total, Unit::none);
    };
    const auto text =
        read_script(planned.package + "/" + planned.name, read_package_script(package, script_of(package, planned)),
                    connection.dialect().separator(), database->encoding);
    executed += run_script(connection, run.id, text, events, run.workspace.clock).executed;
    done += text.statements.size();
  }
  return executed;
}

// ---- the product's own command
// ------------------------------------------------------------------------------------------

Variables jump_variables(const UpgradeRun& run, const Jump& jump) {
  Variables out = run.target.variables;
  out["recipe.from"] = jump.from.text();
  out["recipe.to"] = jump.to.text();
  return out;
}

std::optional<std::string> ask_done(const UpgradeRun& run, const Migration& way, Text& problem) {
  const auto* database = find_database(run.target.profile, way.database);
  try {
    if (database == nullptr) throw Error(Code::not_found, Text{"database " + way.database, "数据库 " + way.database});
    auto connection = Connection::open(*database, run.target.variables);
    return connection.scalar(way.done_sql);
  } catch (const Error& error) {
    // No such table yet, say: that is an answer before the migration, and told when it stays so.
    problem = {error.describe(Language::english), error.describe(Language::chinese)};
    return std::nullopt;
  }
}

// What `done` wants to see grow, as it was before. Asked again when everything is done anew.
Json remembered_before(const UpgradeRun& run, const Migration& way) {
  if (!way.done_grows) return nullptr;
  Text problem;
  const auto found = ask_done(run, way, problem);
  return found ? Json(*found) : Json(nullptr);
}

Text not_done(const UpgradeRun& run, const Jump& jump, const Migration& way, const Json& before) {
  if (way.done_sql.empty()) return {};
  Text problem;
  const auto found = ask_done(run, way, problem);
  if (!problem.empty()) return problem;
  if (way.done_grows) {
    const bool grown = found && (before.is_null() || Version(*found) > Version(before.get<std::string>()));
    if (grown) return {};
    const auto was = before.is_null() ? std::string("NULL") : before.get<std::string>();
    return {fmt::format("'{}' gives '{}', no more than before ('{}')", way.done_sql, found.value_or("NULL"), was),
            fmt::format("“{}” 的结果为“{}”，没有大于迁移前的“{}”", way.done_sql, found.value_or("NULL"), was)};
  }
  const std::string wanted = expand(way.done_equals, jump_variables(run, jump), run.target.secret);
  if (found == wanted) return {};
  return {fmt::format("'{}' gives '{}' instead of '{}'", way.done_sql, found.value_or("NULL"), wanted),
          fmt::format("“{}” 的结果为“{}”，应为“{}”", way.done_sql, found.value_or("NULL"), wanted)};
}

// As the service would run it: account, environment file, variables.
Service job_of(const UpgradeRun& run, const Jump& jump, const Migration& way) {
  Service job;
  const auto services = services_of_version(run.target.profile, jump.to);
  const auto* like = !way.service.empty() ? find_service(run.target.profile, way.service, jump.to)
                     : services.empty()   ? nullptr
                                          : &services.front();
  if (like != nullptr) {
    job.environment_file = like->environment_file;
    job.variables = like->variables;
  }
  job.id = migration_job;
  job.run = way.command;
  job.directory = way.directory;
  if (!way.environment_file.empty()) job.environment_file = way.environment_file;
  for (const auto& [name, value] : way.variables) job.variables[name] = value;
  return job;
}

std::string log_of(const UpgradeRun& run, const Jump& jump, const Migration& way) {
  return migration_log(way, run.target.environment, run.folder(jump.stop));
}

JobResult run_command(const UpgradeRun& run, const Jump& jump, const Migration& way, StepContext& context) {
  if (run.target.is_clone() && !service_place(run.target).fenced)
    require_fence(run.workspace, run.target, run.reporter);
  JobOptions options;
  options.secret = run.target.secret;
  options.variables = jump_variables(run, jump);
  options.prefix = service_place(run.target).prefix;
  options.log_file = log_of(run, jump, way);
  options.waiting = [&](Milliseconds waited, const std::string& line) {
    context.check_cancelled();
    context.progress(static_cast<std::uint64_t>(waited.count() / 1000),
                     static_cast<std::uint64_t>(way.within.count() / 1000), {line, line});
    run.reporter.progress(static_cast<std::uint64_t>(waited.count() / 1000),
                          static_cast<std::uint64_t>(way.within.count() / 1000), Unit::none);
  };
  return run_job(job_of(run, jump, way), run.target.environment, way.within, options);
}

[[noreturn]] void command_failed(const UpgradeRun& run, const Jump& jump, const Migration& way, const JobResult& result,
                                 const Text& why) {
  std::string command;
  for (const auto& word : way.command) command += (command.empty() ? "" : " ") + word;
  const auto log = log_of(run, jump, way);
  const auto lines = result.last_lines.empty() ? std::string() : "\n" + result.last_lines;
  throw Error(Code::migration_failed, command,
              Text{why.en + "; its output: " + log + lines, why.zh + "；输出见 " + log + lines});
}

Json command_step(const UpgradeRun& run, const Jump& jump, const Migration& way, StepContext& context) {
  const auto before = remembered_before(run, way);
  // From here on nobody knows what it has done: what comes after a crash begins at the recovery point.
  context.save({{"command", true}, {"before", before}});
  const auto result = run_command(run, jump, way, context);
  if (!result.ok()) command_failed(run, jump, way, result, result.describe(way.within));
  const auto missing = not_done(run, jump, way, before);
  if (!missing.empty())
    command_failed(run, jump, way, result, {"it ended well, but " + missing.en, "命令已正常结束，但" + missing.zh});
  return {{"command_ms", result.took.count()}, {"log", log_of(run, jump, way)}};
}

bool command_had_begun(const StepContext& context) {
  const auto saved = context.saved();
  return saved.is_object() && saved.value("command", false);
}

Json migrate_from_here(const UpgradeRun& run, const Jump& jump, StepContext& context) {
  const auto way = migration_to(run.target.profile, jump.to);
  Json out{{"scripts", view_of(run, jump).scripts.size()}};
  out["statements"] = run_scripts(run, jump, context);
  if (way.by_command()) out.update(command_step(run, jump, way, context));
  if (way.at_start()) out["before"] = remembered_before(run, way);
  return out;
}

// ---- waiting
// ------------------------------------------------------------------------------------------------------------

// Asks until nothing is missing any more. Ends early when the services do.
template <class Missing>
void wait_until_done(const UpgradeRun& run, StepContext& context, Milliseconds within, Missing missing) {
  const auto begin = std::chrono::steady_clock::now();
  for (;;) {
    const Text text = missing();
    if (text.empty()) return;
    context.check_cancelled();
    const auto waited = std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - begin);
    if (waited > within) {
      const auto time = human_duration(within);
      throw Error(Code::migration_failed, run.target.name(),
                  Text{"not finished after " + time + ": " + text.en, time + " 后仍未完成：" + text.zh});
    }
    if (!any_running(run.target))
      throw Error(Code::migration_failed, run.target.name(),
                  Text{"the service ended: " + text.en, "服务已结束：" + text.zh});
    run.reporter.progress(static_cast<std::uint64_t>(waited.count() / 1000),
                          static_cast<std::uint64_t>(within.count() / 1000), Unit::none);
    std::this_thread::sleep_for(between_questions);
  }
}

Text background_missing(const UpgradeRun& run, const SettledRule& rule) {
  if (rule.http) return http_missing(run.target, *rule.http);
  Migration query;
  query.database = rule.database;
  query.done_sql = rule.sql;
  Text problem;
  const auto found = ask_done(run, query, problem);
  if (!problem.empty()) return problem;
  const auto wanted = expand(rule.equals, run.target.variables, run.target.secret);
  if (found == wanted) return {};
  return {fmt::format("'{}' gives '{}' instead of '{}'", rule.sql, found.value_or("NULL"), wanted),
          fmt::format("“{}” 的结果为“{}”，应为“{}”", rule.sql, found.value_or("NULL"), wanted)};
}

}  // namespace

Json take_points(const UpgradeRun& run, const std::string& where) {
  Json out = Json::object();
  for (const auto& database : run.target.profile.databases) {
    const std::string folder = where + "/" + database.id;
    auto point = read_point(folder, database.id);
    if (!point) {
      hold_way_back(run, where);
      PointOptions options;
      options.now = run.workspace.clock;
      options.progress = [&](std::uint64_t done, std::uint64_t total) {
        run.reporter.progress(done, total, Unit::bytes);
      };
      point = take_point(database, run.target.variables, folder, options);
    }
    verify_point(folder, *point);
    out[database.id] = {{"bytes", point->bytes}, {"digest", point->digest}};
  }
  return out;
}

void restore_points(const UpgradeRun& run, const std::string& where) {
  for (const auto& database : run.target.profile.databases) {
    const std::string folder = where + "/" + database.id;
    const auto point = read_point(folder, database.id);
    if (!point) continue;  // stopped before it was complete: nothing after it has begun either
    RestoreOptions options;
    options.in_use = users_of;
    options.now = run.workspace.clock;
    restore_point(folder, *point, database_file(database, run.target.variables), options);
  }
}

std::string point_before(const UpgradeRun& run, const Jump& jump) {
  return run.folder(jump.before) + "/point";
}

Json migrate(const UpgradeRun& run, const Jump& jump, StepContext& context) {
  if (command_had_begun(context)) {
    end_job(migration_job, run.target.environment);
    restore_points(run, point_before(run, jump));
  }
  return migrate_from_here(run, jump, context);
}

void migrate_anew(const UpgradeRun& run, const Jump& jump, StepContext& context) {
  restore_points(run, point_before(run, jump));
  migrate_from_here(run, jump, context);
}

Text migration_missing(const UpgradeRun& run, const Jump& jump, const StepContext& context) {
  const auto way = migration_to(run.target.profile, jump.to);
  if (!way.at_start()) return {};
  const auto migrated = context.result_of(at_stop("migrate", jump.stop));
  return not_done(run, jump, way, migrated.is_object() ? migrated.value("before", Json()) : Json());
}

void wait_for_migration(const UpgradeRun& run, const Jump& jump, StepContext& context) {
  wait_until_done(run, context, migration_to(run.target.profile, jump.to).within,
                  [&] { return migration_missing(run, jump, context); });
}

Json settle(const UpgradeRun& run, const Jump& jump, StepContext& context) {
  const auto* rule = settled_rule(run.target.profile, jump.to);
  if (rule == nullptr) return Json::object();
  // What was interrupted here may have lost its services, and nobody would ever settle.
  if (context.repeated()) require_running(run, jump.to);
  wait_until_done(run, context, rule->within, [&] { return background_missing(run, *rule); });
  return {{"settled", to_string(run.workspace.clock())}};
}

}  // namespace ferry
