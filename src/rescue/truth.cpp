#include "rescue/truth.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include "base/error.h"
#include "host/files.h"
#include "host/service.h"
#include "host/tree.h"
#include "model/stops.h"

namespace ferry::rescue {
namespace {

DatabaseStanding standing_of(const RunRecord& record, const Point& point) {
  const auto& file = point.record.source;
  if (restore_unfinished(file)) return DatabaseStanding::half_restored;
  const auto ever = [&](const char* wanted) {
    return std::any_of(record.state.steps.begin(), record.state.steps.end(),
                       [&](const StepState& step) { return step_name(step.id).step == wanted && step.attempts > 0; });
  };
  // Ever, and not whether it counts as taken back: what a script did goes back with the recovery point only.
  if (!ever("migrate") && !ever("start")) return DatabaseStanding::untouched;
  for (const char* suffix : {"-wal", "-journal"})
    if (path_exists(file + suffix) && std::filesystem::file_size(file + suffix) > 0) return DatabaseStanding::changed;
  const bool same = path_exists(file) && std::filesystem::file_size(file) == point.record.bytes &&
                    digest_of_file(file) == point.record.digest;
  return same ? DatabaseStanding::at_point : DatabaseStanding::changed;
}

Standing conclude(const RunRecord& record, const Truth& truth) {
  const auto& state = record.state;
  const auto is = [&](DatabaseStanding wanted) {
    return [wanted](const DatabaseTruth& database) { return database.standing == wanted; };
  };
  const auto& all = truth.databases;
  const bool half = std::any_of(all.begin(), all.end(), is(DatabaseStanding::half_restored)) ||
                    truth.files.position == SwitchPosition::partly_done ||
                    truth.files.position == SwitchPosition::partly_back;
  if (truth.problem || half) return Standing::between;
  if (state.phase == RunPhase::rolled_back) return Standing::old_version;
  const bool waits_at_door = state.phase == RunPhase::under_way && state.next == std::optional<std::string>("open");
  const bool switched = truth.files.position == SwitchPosition::done;
  if (state.phase == RunPhase::committed || (switched && (state.phase == RunPhase::complete || waits_at_door)))
    return Standing::new_version;
  const auto* point = state.find("point");
  const bool taken_back = point != nullptr && point->status == StepStatus::undone;
  if (!switched && (taken_back || std::none_of(all.begin(), all.end(), is(DatabaseStanding::changed))))
    return Standing::old_version;
  return Standing::between;
}

// Of several jumps the topmost one that was switched tells the truth: the objects below it lie in its slots. Between
// two jumps the tree is neither the old nor the new one.
SwitchState files_of(const RunRecord& record) {
  const auto folders = record.switch_folders();
  for (auto folder = folders.rbegin(); folder != folders.rend(); ++folder) {
    auto state = switch_state(*folder);
    if (state.position == SwitchPosition::nothing || state.position == SwitchPosition::back) continue;
    if (folder != folders.rbegin() && state.position == SwitchPosition::done)
      state.position = SwitchPosition::partly_done;
    return state;
  }
  return switch_state(folders.front());
}

}  // namespace

std::string_view name_of(Standing standing) {
  static constexpr std::array<std::string_view, 3> names{"old", "new", "between"};
  return names.at(static_cast<std::size_t>(standing));
}

std::string_view name_of(DatabaseStanding standing) {
  static constexpr std::array<std::string_view, 4> names{"untouched", "at_point", "changed", "half_restored"};
  return names.at(static_cast<std::size_t>(standing));
}

void to_json(Json& json, const Truth& value) {
  Json databases = Json::array();
  for (const auto& database : value.databases)
    databases.push_back(
        {{"id", database.id}, {"file", escape(database.file)}, {"standing", name_of(database.standing)}});
  Json busy = Json::array();
  for (const auto& process : value.busy.processes)
    busy.push_back({{"pid", process.pid},
                    {"command", printable(process.command)},
                    {"path", escape(process.path)},
                    {"how", process.how}});
  json = {{"standing", name_of(value.standing)},
          {"files", value.files},
          {"databases", databases},
          {"busy", busy},
          {"held_by", value.held_by ? Json(*value.held_by) : Json()},
          {"problem", value.problem ? Json(*value.problem) : Json()}};
}

Truth look(const RunRecord& record) {
  Truth out;
  LockHolder holder;
  if (InstallationLock::is_held(record.staging, &holder)) out.held_by = holder;
  try {
    out.files = files_of(record);
  } catch (const Error& error) {
    out.problem = Text{error.describe(Language::english), error.describe(Language::chinese)};
  }
  for (const auto& point : record.points)
    out.databases.push_back({point.record.database, point.record.source, standing_of(record, point)});
  const auto paths = guarded_paths(record);
  if (!paths.empty()) out.busy = busy_processes(paths);
  out.standing = conclude(record, out);
  return out;
}

std::vector<std::string> guarded_paths(const RunRecord& record) {
  std::vector<std::string> out;
  if (!record.environment) return out;
  const auto& root = record.environment->root;
  const auto add = [&](const std::vector<RelativePath>& list) {
    for (const auto& path : list) out.push_back(path.empty() ? root : root + "/" + path.bytes());
  };
  if (record.profile) {
    add(record.profile->paths.program);
    add(record.profile->paths.config);
    add(record.profile->paths.data);
  }
  if (out.empty()) out.push_back(root);
  return out;
}

void require_stopped(const RunRecord& record) {
  if (!record.environment) return;
  std::string list;
  for (const auto& process : busy_processes(guarded_paths(record)).processes)
    list += "\n  pid " + std::to_string(process.pid) + " " + printable(process.command) + ": " +
            printable(process.path) + " (" + process.how + ")";
  if (record.profile)
    for (const auto& service : record.profile->services)
      if (const auto state = service_state(service, *record.environment); state.running)
        list += "\n  pid " + std::to_string(state.process.pid) + " " + printable(state.command) + ": " + service.id;
  if (!list.empty()) throw Error(Code::busy_files, record.environment->root, list);
}

}  // namespace ferry::rescue
