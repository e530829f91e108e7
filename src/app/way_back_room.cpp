#include "app/way_back_room.h"

#include <filesystem>

#include "base/error.h"
#include "database/connection.h"
#include "host/files.h"
#include "host/lock.h"
#include "host/reserve.h"
#include "run/way_back_room.h"

namespace ferry {
namespace {

// Records, journal lines, logs of the version taken back, the list of losses.
constexpr std::uint64_t for_records = 4ULL << 20U;
constexpr std::uint64_t per_change = 1024;

// Folders of the copies that the run takes on its way.
std::vector<std::string> copies(const UpgradeRun& run) {
  std::vector<std::string> out{run.folder() + "/point", run.folder() + "/opened"};
  for (const auto& jump : run.jumps())
    if (!jump.stop.empty()) out.push_back(run.folder(jump.stop) + "/point");
  return out;
}

std::uint64_t changes_of(const UpgradeRun& run) {
  std::uint64_t out = 0;
  for (const auto& jump : run.jumps()) out += run.plan.jump(jump.index).changes.size();
  return out;
}

std::uint64_t needed(const UpgradeRun& run, const std::string& taking) {
  const auto databases = database_bytes(run.target);
  std::uint64_t out = for_records + per_change * changes_of(run);
  for (const auto& folder : copies(run))
    if (folder != taking && !path_exists(folder)) out += databases;
  // Each recovery point that is put back is a copy beside the database, which is kept aside.
  return out + run.plan.jumps() * databases;
}

}  // namespace

std::uint64_t database_bytes(const Target& target) {
  std::uint64_t bytes = 0;
  for (const auto& database : target.profile.databases) {
    std::error_code ignored;
    const auto size = std::filesystem::file_size(database_file(database, target.variables), ignored);
    if (!ignored) bytes += size;
  }
  return bytes;
}

std::uint64_t way_back_not_held(const UpgradeRun& run) {
  const auto bytes = needed(run, {}), held = held_room(way_back_reserve(run.folder()));
  return bytes > held ? bytes - held : 0;
}

void hold_way_back(const UpgradeRun& run, const std::string& taking) {
  // A hot patch goes back by its files alone: nothing to speak of.
  if (run.kind == RunKind::hotpatch) return;
  const auto bytes = needed(run, taking);
  try {
    hold_room(way_back_reserve(run.folder()), bytes);
  } catch (Error& error) {
    const auto size = human_bytes(bytes);
    throw std::move(error).within(Text{"room for the way back (" + size + ")", "为回退预留空间（" + size + "）"});
  }
}

std::uint64_t free_way_back(const Target& target, const std::string& run) {
  if (InstallationLock::is_held(target.staging())) return 0;
  const auto file = way_back_reserve(target.staging() + "/runs/" + run);
  const auto held = held_room(file);
  give_up_room(file);
  return held;
}

void hold_again(const Target& target, const std::string& run, std::uint64_t bytes) noexcept {
  try {
    if (bytes > 0) hold_room(way_back_reserve(target.staging() + "/runs/" + run), bytes);
  } catch (const std::exception&) {
    // Somebody has taken it meanwhile; the refusal is what has to be told.
  }
}

}  // namespace ferry
