// What a run does to the databases: recovery points, the packages' scripts, waiting for the application's own
// migration.
#include "app/upgrade_database.h"

#include <fmt/format.h>

#include <thread>

#include "app/services.h"
#include "base/error.h"
#include "database/dialect.h"
#include "database/point.h"
#include "database/script_run.h"
#include "host/busy.h"
#include "package/open.h"

namespace ferry {
namespace {

std::string point_folder(const UpgradeRun& run, const Database& database) {
  return run.folder() + "/point/" + database.id;
}

std::vector<std::string> users_of(const std::vector<std::string>& paths) {
  std::vector<std::string> out;
  for (const auto& process : busy_processes(paths).processes)
    out.push_back(fmt::format("pid {} {}", process.pid, process.command));
  return out;
}

}  // namespace

Json take_points(const UpgradeRun& run, const std::string& kind) {
  Json out = Json::object();
  for (const auto& database : run.target.profile.databases) {
    const std::string folder = run.folder() + "/" + kind + "/" + database.id;
    auto point = read_point(folder, database.id);
    if (!point) {
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

// Back to the moment before the switch. A database that was never touched is left alone (restore_point compares).
void restore_points(const UpgradeRun& run) {
  for (const auto& database : run.target.profile.databases) {
    const auto point = read_point(point_folder(run, database), database.id);
    if (!point) continue;  // stopped before it was complete: nothing after it has begun either
    RestoreOptions options;
    options.in_use = users_of;
    options.now = run.workspace.clock;
    restore_point(point_folder(run, database), *point, database_file(database, run.target.variables), options);
  }
}

Json migrate(const UpgradeRun& run, StepContext& context) {
  const auto* database = find_database(run.target.profile, run.target.profile.migration.database);
  std::size_t executed = 0;
  if (database != nullptr && !run.plan.scripts.empty()) {
    OpenOptions options;
    options.mode = OpenMode::read_write;
    auto connection = Connection::open(*database, run.target.variables, options);
    std::uint64_t total = 0;
    std::uint64_t done = 0;
    for (const auto& script : run.plan.scripts) total += script.statements;
    for (const auto& planned : run.plan.scripts) {
      const Package* package = nullptr;
      for (const auto& candidate : run.packages)
        if (candidate.meta.id == planned.package) package = &candidate;
      if (package == nullptr) throw Error(Code::package_missing, planned.package);
      for (const auto& script : package->scripts) {
        if (script.digest != planned.digest || script.name != planned.name) continue;
        ScriptEvents events;
        events.before = [&](const Script&, std::size_t) { context.check_cancelled(); };
        events.committed = [&](const Script&, std::size_t count) {
          run.reporter.progress(done + count, total, Unit::none);
        };
        const auto text = read_script(planned.package + "/" + planned.name, read_package_script(*package, script),
                                      connection.dialect().separator(), database->encoding);
        executed += run_script(connection, run.id, text, events, run.workspace.clock).executed;
        done += text.statements.size();
        break;
      }
    }
  }
  return {{"statements", executed}, {"scripts", run.plan.scripts.size()}};
}

// Empty: the application does not migrate at its start, or it has finished.
std::string migration_missing(const UpgradeRun& run) {
  const auto& migration = run.target.profile.migration;
  if (migration.done_sql.empty()) return {};
  const auto* database = find_database(run.target.profile, migration.database);
  try {
    auto connection = Connection::open(*database, run.target.variables);
    Variables variables = run.target.variables;
    variables["recipe.from"] = run.plan.recipe.from.text();
    variables["recipe.to"] = run.plan.recipe.to.text();
    const std::string wanted = expand(migration.done_equals, variables, run.target.secret);
    const auto found = connection.scalar(migration.done_sql);
    if (found == wanted) return {};
    return fmt::format("'{}' gives '{}' instead of '{}'", migration.done_sql, found.value_or("NULL"), wanted);
  } catch (const Error& error) {
    return error.what();
  }
}

void wait_for_migration(const UpgradeRun& run, StepContext& context) {
  const auto until = std::chrono::steady_clock::now() + run.target.profile.migration.within;
  for (;;) {
    const std::string missing = migration_missing(run);
    if (missing.empty()) return;
    context.check_cancelled();
    if (std::chrono::steady_clock::now() > until) throw Error(Code::migration_failed, run.target.name(), missing);
    if (!any_running(run.target))
      throw Error(Code::migration_failed, run.target.name(),
                  Text{"the service ended: " + missing, "服务已结束：" + missing});
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
}

}  // namespace ferry
