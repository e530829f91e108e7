#include "rescue/recovery.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>

#include "base/error.h"
#include "host/busy.h"
#include "host/door.h"
#include "host/failed_logs.h"
#include "host/files.h"
#include "host/job.h"
#include "host/reserve.h"
#include "host/service.h"
#include "model/stops.h"
#include "rescue/truth.h"
#include "run/runner.h"
#include "run/way_back_room.h"

namespace ferry::rescue {
namespace {

using Direction = RecoverOptions::Direction;

// What ferry's run steps do to be taken back, and those that have nothing to take back (src/app/upgrade_steps.cpp).
constexpr std::array undone_here{"start", "switch", "point", "stop", "hold", "close"};
constexpr std::array nothing_to_undo{"prepare", "observe", "migrate", "settle", "licence", "check", "open"};

bool contains(const auto& list, const std::string& id) {
  return std::find(list.begin(), list.end(), id) != list.end();
}

void require_known_steps(const RunState& state) {
  for (const auto& step : state.steps)
    if (const auto name = step_name(step.id).step;
        step.attempts > 0 && !contains(undone_here, name) && !contains(nothing_to_undo, name))
      throw Error(Code::unsupported_format, state.run.id,
                  Text{"the step '" + step.id +
                           "' is not known to this ferry-host; use the one that came with the "
                           "Ferry of this run",
                       "本 ferry-host 不认识步骤“" + step.id + "”；请使用与该次执行所用 Ferry 同版本的 ferry-host"});
}

std::string quoted(const std::string& word) {
  static constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=:,+@%";
  if (!word.empty() && word.find_first_not_of(plain) == std::string::npos) return word;
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

SecretLookup secrets_of(const Environment& environment) {
  return [references = environment.secrets](const std::string& name) -> std::string {
    const auto it = references.find(name);
    if (it == references.end()) throw Error(Code::missing_secret, name);
    const char* value = std::getenv(it->second.environment_variable.c_str());
    if (value != nullptr) return value;
    const auto text = read_file_if_there(it->second.file, 1U << 16U);
    if (!text) throw Error(Code::missing_secret, name);
    return text->substr(0, text->find_first_of("\r\n"));
  };
}

// The version whose services are started: the new one only where everything has been switched to it.
const Version& started_version(const RunRecord& record) {
  const auto* switched = record.state.find("switch");
  const bool forward =
      record.state.phase == RunPhase::committed || (switched != nullptr && switched->status == StepStatus::done);
  return forward && record.state.phase != RunPhase::rolling_back && record.state.phase != RunPhase::rolled_back
             ? record.to
             : record.from;
}

// What a killed Ferry may have left of the product's own migration.
void end_migration(const RunRecord& record) {
  if (record.environment) end_job(migration_job, *record.environment);
}

// One recovery: what the steps of the Runner share.
class Recovery {
 public:
  Recovery(const RunRecord& record, const RecoverOptions& options) : record_(record), options_(options) {}

  Recovered& result() { return out_; }

  std::vector<Step> back_steps() {
    auto steps = recorded_steps();
    for (auto& step : steps) {
      const auto name = step_name(step.id);
      if (name.step == "start")
        step.undo = [this, stop = name.stop](StepContext& context) {
          require_stopped(record_);
          keep_service_logs(stop, context);
        };
      if (name.step == "migrate")
        step.undo = [this, stop = name.stop](StepContext& context) {
          end_migration(record_);
          keep_migration_log(stop, context);
        };
      if (name.step == "switch")
        step.undo = [this, stop = name.stop](StepContext& context) { files_back(stop, context); };
      // Of a stop between two jumps nothing is put back that the beginning would not throw away.
      if (step.id == "point") step.undo = [this](StepContext&) { databases_back(); };
      if (step.id == "stop") step.undo = [this](StepContext& context) { services_back(context); };
      if (step.id == "close") step.undo = [this](StepContext&) { lift_door(record_.staging); };
      if (step.id == "hold") step.undo = [this](StepContext& context) { effects_back(context); };
    }
    return steps;
  }

  // A door stands in front of everything that needs more than what lies here.
  std::vector<Step> forward_steps() {
    auto steps = recorded_steps();
    for (auto& step : steps) {
      step.parks = true;
      const auto name = step_name(step.id);
      if (name.step == "switch") open(step, [this, stop = name.stop] { return files_forward(stop); });
      if (name.step == "migrate" && !record_.has_scripts)
        open(step, [] { return Json{{"statements", 0}, {"scripts", 0}}; });
      if (step.id == "start" && options_.start)
        open(step, [this] {
          start_services();
          return Json{{"started", to_string(system_now())}};
        });
    }
    return steps;
  }

  // The commit was recorded: what it had still to clear away.
  void finish_commit() {
    out_.files = recover(record_.folder, ferry::Direction::forward);
    out_.nothing_to_do = out_.files.moved == 0;
    if (record_.environment) {
      const auto& run = record_.state.run.id;
      for (const auto& stop : record_.stops)
        discard({record_.environment->root, record_.staging, place_of_stop(run, stop)});
      discard({record_.environment->root, record_.staging, run});
    }
    for (const auto& folder : record_.switch_folders())
      for (const char* part : {"/point", "/opened"}) remove_tree(folder + part);
  }

 private:
  std::vector<Step> recorded_steps() const {
    std::vector<Step> out;
    for (const auto& recorded : record_.state.steps) {
      Step step;
      step.id = recorded.id;
      step.title = recorded.title;
      out.push_back(std::move(step));
    }
    return out;
  }

  static void open(Step& step, std::function<Json()> apply) {
    step.parks = false;
    step.apply = [apply = std::move(apply)](StepContext&) { return apply(); };
  }

  void files_back(const std::string& stop, StepContext& context) {
    require_stopped(record_);
    const auto report = recover(place_of_stop(record_.folder, stop), ferry::Direction::backward);
    add(report);
    for (const auto& third : report.third)
      context.note({printable(third.path.bytes()) + ": " + third.what.en + " " + third.kept_at,
                    printable(third.path.bytes()) + "：" + third.what.zh + " " + third.kept_at});
  }

  Json files_forward(const std::string& stop) {
    require_stopped(record_);
    const auto report = recover(place_of_stop(record_.folder, stop), ferry::Direction::forward);
    add(report);
    return report;
  }

  // What is told is the sum of all jumps.
  void add(const SwitchReport& report) {
    out_.files.position = report.position;
    out_.files.operations += report.operations;
    out_.files.moved += report.moved;
    out_.files.operations_ms += report.operations_ms;
    out_.files.sync_ms += report.sync_ms;
    out_.files.third.insert(out_.files.third.end(), report.third.begin(), report.third.end());
  }

  void keep_service_logs(const std::string& stop, StepContext& context) {
    if (!record_.environment || !record_.profile) return;
    keep_logs(service_logs(*record_.profile, *record_.environment, version_at(stop)), stop, context);
  }

  void keep_migration_log(const std::string& stop, StepContext& context) {
    if (!record_.environment || !record_.profile) return;
    const auto folder = place_of_stop(record_.folder, stop);
    keep_logs(migration_logs(*record_.profile, *record_.environment, version_at(stop), folder), stop, context);
  }

  Version version_at(const std::string& stop) const { return stop.empty() ? record_.to : Version(stop); }

  // Best effort, and what came of it in the run log.
  void keep_logs(const std::vector<LogSource>& logs, const std::string& stop, StepContext& context) {
    std::uint64_t needed = room_beside_logs;
    for (const auto& point : record_.points) needed += 2 * point.record.bytes;
    const auto text = keep_failed_logs(logs, place_of_stop(record_.folder, stop), needed);
    if (!text.empty()) context.note(text);
  }

  void databases_back() {
    for (const auto& point : record_.points) {
      RestoreOptions options;
      options.in_use = [](const std::vector<std::string>& paths) {
        std::vector<std::string> users;
        for (const auto& process : busy_processes(paths).processes)
          users.push_back("pid " + std::to_string(process.pid) + " " + printable(process.command));
        return users;
      };
      const auto restored = restore_point(point.folder, point.record, point.record.source, options);
      out_.databases.push_back({point.record.database, restored.changed, restored.aside});
    }
  }

  void services_back(StepContext& context) {
    if (options_.start) return start_services();
    context.note(
        {"ferry-host did not start the services: that is left to people", "ferry-host 未启动服务：由人工启动"});
  }

  // Their statements need the product's database and Ferry's knowledge of the profile.
  void effects_back(StepContext& context) {
    if (!record_.holds_effects()) return;
    if (options_.effects_released) {
      context.note({"outside effects were released by hand", "外部动作已由人工恢复"});
      return;
    }
    Text names;
    if (record_.profile)
      for (const auto& effect : record_.profile->effects) {
        names.en += (names.en.empty() ? "" : ", ") + effect.title.in(Language::english);
        names.zh += (names.zh.empty() ? "" : "、") + effect.title.in(Language::chinese);
      }
    throw Error(Code::run_unfinished, record_.state.run.id,
                Text{"files and databases are the old ones; still held are the effects to the outside: " + names.en +
                         ". 'ferry run rollback' releases them; or release them by hand and say --effects-released",
                     "文件与数据库已恢复为旧版本；以下外部动作仍处于暂停：" + names.zh +
                         "。请用 “ferry run rollback” 恢复；或人工恢复后加 --effects-released 重新执行"});
  }

  void start_services() {
    if (!record_.environment || !record_.profile) return;
    // A page that listens on the service's own port must go; a door in the kernel stays until its step is taken back.
    if (const auto door = closed_door(record_.staging); door && door->options.mode == DoorMode::listen)
      lift_door(record_.staging);
    for (const auto& service : services_of_version(*record_.profile, started_version(record_))) {
      StartOptions options;
      options.secret = secrets_of(*record_.environment);
      start_service(service, *record_.environment, options);
      out_.started.push_back(service.id);
    }
  }

  const RunRecord& record_;
  const RecoverOptions& options_;
  Recovered out_;
};

bool waits_for_a_person(const RunState& state) {
  const bool at_door = state.phase == RunPhase::under_way && state.next == std::optional<std::string>("open");
  const auto* open = state.find("open");
  return state.phase == RunPhase::complete || state.opened || (at_door && open != nullptr && open->attempts == 0);
}

Direction direction_of(const RunState& state, Direction wanted) {
  if (wanted != Direction::automatic) return wanted;
  if (state.phase == RunPhase::committed) return Direction::forward;
  if (state.phase == RunPhase::rolled_back || state.phase == RunPhase::rolling_back) return Direction::back;
  if (waits_for_a_person(state))
    throw Error(Code::usage, state.run.id,
                Text{"nothing was interrupted: the new version is in place. Say --back if it shall go back to the old",
                     "没有中断：新版本已就位。若要回到旧版本，请加 --back"});
  return Direction::back;
}

// Every switch that has begun was followed by its migration.
bool migrated_so_far(const RunRecord& record) {
  bool switched = false;
  for (const auto& step : record.state.steps) {
    const auto name = step_name(step.id).step;
    if (name == "switch") switched = step.attempts > 0;
    if (name == "migrate" && switched && step.status != StepStatus::done) return false;
  }
  return true;
}

void require_forward(const RunRecord& record) {
  const auto refuse = [&](Text why) { throw Error(Code::run_unfinished, record.state.run.id, std::move(why)); };
  if (record.state.phase == RunPhase::rolling_back || record.state.phase == RunPhase::rolled_back)
    refuse({"taking back has begun: only --back leads to an end", "回退已开始：只能用 --back 完成"});
  const auto folders = record.switch_folders();
  if (std::all_of(folders.begin(), folders.end(),
                  [](const std::string& folder) { return switch_state(folder).position == SwitchPosition::nothing; }))
    refuse({"no file was switched yet: there is nothing to complete; --back ends the run",
            "尚未切换任何文件，没有可完成的内容；用 --back 结束该执行"});
  if (record.has_scripts && !migrated_so_far(record))
    refuse(
        {"the database scripts that are still to be run lie in packages that only Ferry has: 'ferry run resume' goes "
         "on, --back takes back",
         "尚待执行的数据库脚本在升级包中，只有 Ferry 能执行：用 “ferry run resume” 继续，或用 --back 回退"});
}

void require_back(const RunRecord& record, const RecoverOptions& options) {
  if (record.state.opened && record.state.unfinished() && !options.accept_loss)
    throw Error(Code::cannot_roll_back, record.state.run.id,
                Text{"it was opened to users: what they have entered since would leave the system (it is kept aside). "
                     "'ferry run losses' lists it; without Ferry only --accept-loss goes on",
                     "系统已开放使用：回退后，此后录入的内容将不在系统中（旧文件另行保留）。“ferry run losses” "
                     "可列出；没有 Ferry 时须加 --accept-loss 才能继续"});
  require_known_steps(record.state);
  end_migration(record);
  const auto& steps = record.state.steps;
  if (std::any_of(steps.begin(), steps.end(), [&](const StepState& step) {
        const auto name = step_name(step.id).step;
        return (name == "start" || name == "switch") && record.begun(step.id);
      }))
    require_stopped(record);
}

void require_startable(const RunRecord& record) {
  if (record.environment && record.environment->kind == Environment::Kind::clone)
    throw Error(
        Code::usage, "--start",
        Text{"a clone is started behind its fence, and only Ferry can close that: 'ferry clone start " +
                 record.environment->name + "'",
             "克隆须在出网隔离中启动，只有 Ferry 能建立隔离：“ferry clone start " + record.environment->name + "”"});
}

}  // namespace

void to_json(Json& json, const Recovered& value) {
  Json databases = Json::array();
  for (const auto& database : value.databases)
    databases.push_back({{"id", database.id}, {"changed", database.changed}, {"aside", escape(database.aside)}});
  json = {{"direction", value.direction == Direction::forward ? "forward" : "back"},
          {"nothing_to_do", value.nothing_to_do},
          {"files", value.files},
          {"databases", databases},
          {"started", value.started},
          {"state", value.state}};
}

Recovered recover_run(const RunRecord& record, const InstallationLock& lock, const RecoverOptions& options,
                      RunEvents events) {
  if (options.start) require_startable(record);
  const auto direction = direction_of(record.state, options.direction);
  Recovery recovery(record, options);
  auto& out = recovery.result();
  out.direction = direction;
  if (direction == Direction::forward && record.state.phase == RunPhase::committed) {
    recovery.finish_commit();
    give_up_room(way_back_reserve(record.staging + "/runs/" + record.state.run.id));
    out.state = record.state;
    return out;
  }
  if (direction == Direction::forward) {
    require_forward(record);
    Runner runner(record.staging, recovery.forward_steps(), lock, std::move(events));
    out.state = runner.resume(record.state.run.id, record.state.run.plan, options.person);
    return out;
  }
  out.nothing_to_do = record.state.phase == RunPhase::rolled_back;
  if (!out.nothing_to_do) require_back(record, options);
  give_up_room(way_back_reserve(record.staging + "/runs/" + record.state.run.id));
  Runner runner(record.staging, recovery.back_steps(), lock, std::move(events));
  out.state = runner.roll_back(record.state.run.id, options.person, options.accept_loss);
  return out;
}

std::vector<std::string> start_commands(const RunRecord& record) {
  std::vector<std::string> out;
  if (!record.environment || !record.profile) return out;
  const auto variables = record.environment->as_variables();
  for (const auto& service : services_of_version(*record.profile, started_version(record))) {
    std::string line =
        "cd " + quoted(service.directory.empty() ? record.environment->root : expand(service.directory, variables)) +
        " &&";
    if (!service.environment_file.empty())
      line += " set -a && . " + quoted(record.environment->root + "/" + expand(service.environment_file, variables)) +
              " && set +a &&";
    for (const auto& word : service.run) line += " " + quoted(expand(word, variables));
    if (!record.environment->user.empty()) line += "   # user: " + record.environment->user;
    out.push_back(line);
  }
  return out;
}

}  // namespace ferry::rescue
