#include "rescue/records.h"

#include <algorithm>
#include <filesystem>

#include "base/error.h"
#include "host/files.h"
#include "model/plan_text.h"
#include "model/resolved_profile.h"
#include "model/stops.h"

namespace ferry::rescue {
namespace {

namespace fs = std::filesystem;

bool has_runs(const std::string& folder) {
  return is_folder(folder) && is_folder(folder + "/runs");
}

std::vector<std::string> names_in(const std::string& folder) {
  std::vector<std::string> out;
  std::error_code none;
  for (const auto& item : fs::directory_iterator(folder, none)) out.push_back(item.path().filename().string());
  std::sort(out.begin(), out.end());
  return out;
}

// Whether a run in this folder was made for that root: an environment may name its staging folder as it likes.
bool serves(const std::string& staging, const std::string& root) {
  for (const auto& run : names_in(staging + "/runs")) {
    const auto text = read_file_if_there(staging + "/runs/" + run + "/environment.json");
    if (!text) continue;
    const Json json = Json::parse(*text, nullptr, false);
    if (json.is_object() && json.value("root", std::string()) == root) return true;
  }
  return false;
}

std::optional<Json> document(const std::string& file) {
  const auto text = read_file_if_there(file);
  if (!text) return std::nullopt;
  return parse_json(*text, file);
}

// A command of the product's is as far out of reach as a script in a package.
void load_plan(const Json& json, RunRecord& record) {
  record.has_scripts = !json.at("scripts").empty();
  record.from = json.at("recipe").at("from").get<Version>();
  record.to = json.at("recipe").at("to").get<Version>();
  const auto hops = json.value("hops", Json::array());
  for (std::size_t i = 0; i + 1 < hops.size(); ++i) record.stops.push_back(hops[i].at("to").get<std::string>());
  if (!record.profile) return;
  for (const auto& stop : record.stops)
    record.has_scripts = record.has_scripts || migration_to(*record.profile, Version(stop)).by_command();
  record.has_scripts = record.has_scripts || migration_to(*record.profile, record.to).by_command();
}

void load_documents(RunRecord& record) {
  try {
    if (const auto json = document(record.folder + "/environment.json")) record.environment = json->get<Environment>();
    const auto file = record.folder + "/profile.json";
    if (const auto json = document(file)) record.profile = profile_of_resolved(*json, file);
    const auto plan = record.folder + "/plan.json";
    if (const auto text = read_file_if_there(plan, 4ULL << 30U)) load_plan(parse_plan_head(*text, plan), record);
  } catch (const Json::exception& error) {
    throw Error(Code::invalid_document, record.folder, error.what());
  }
}

void load_points(RunRecord& record) {
  const auto folder = record.folder + "/point";
  for (const auto& id : names_in(folder))
    if (const auto point = read_point(folder + "/" + id, id)) record.points.push_back({folder + "/" + id, *point});
}

Error no_runs(const std::string& folder) {
  return Error(Code::not_found, folder,
               Text{"no run has begun on this installation: Ferry has changed nothing in it. If its staging folder has "
                    "another place, give that folder",
                    "该安装实例上没有开始过任何执行，Ferry 未对其做任何改动。若暂存目录在别处，请直接给出该目录"});
}

}  // namespace

std::vector<std::string> RunRecord::switch_folders() const {
  std::vector<std::string> out;
  for (const auto& stop : stops) out.push_back(place_of_stop(folder, stop));
  out.push_back(folder);
  return out;
}

bool RunRecord::begun(std::string_view step) const {
  const auto* found = state.find(step);
  return found != nullptr && found->attempts > 0 && found->status != StepStatus::undone;
}

bool RunRecord::finished(std::string_view step) const {
  const auto* found = state.find(step);
  return found != nullptr && found->status == StepStatus::done;
}

bool RunRecord::holds_effects() const {
  return state.run.kind != RunKind::rehearsal && begun("hold") && (!profile || !profile->effects.empty());
}

std::string find_staging(const std::string& given) {
  std::error_code none;
  auto folder = fs::canonical(given, none).string();
  if (none) throw system_error(given, none.value());
  if (has_runs(folder)) return folder;
  const fs::path path(folder);
  auto usual = path.parent_path().string() + "/.ferry-" + path.filename().string();
  if (has_runs(usual)) return usual;
  for (const auto& name : names_in(path.parent_path().string())) {
    auto other = path.parent_path().string() + "/" + name;
    if (has_runs(other) && serves(other, folder)) return other;
  }
  throw no_runs(given);
}

RunRecord load_run(const std::string& staging, const std::string& run) {
  std::string id = run;
  if (id.empty()) {
    const auto all = list_runs(staging);
    if (all.empty()) throw no_runs(staging);
    id = all.back().id;
    // One whose log can't be read may be unfinished as well: asked for by its name, so that the problem is told.
    for (const auto& listed : all)
      if (!listed.state || listed.state->unfinished()) id = listed.id;
  }
  RunRecord record;
  record.staging = staging;
  record.folder = staging + "/runs/" + RelativePath(id).bytes();
  record.state = show_run(staging, id);
  load_documents(record);
  load_points(record);
  return record;
}

void require_same_place(const RunRecord& record, const std::string& folder) {
  if (!record.environment) return;
  const auto& root = record.environment->root;
  std::error_code none;
  const bool is_root = fs::equivalent(root, folder, none) && !none;
  if (is_root || fs::equivalent(record.staging, folder, none)) {
    if (is_folder(root)) return;
  }
  throw Error(Code::usage, folder,
              Text{"the run was made at " + root +
                       ", and its records hold absolute paths. If that disk is mounted elsewhere, enter it: chroot "
                       "MOUNT /path/of/ferry-host recover " +
                       root,
                   "该执行的位置是 " + root +
                       "，其记录中的路径均为绝对路径。若磁盘挂载在别处，请先进入：chroot 挂载点 /ferry-host 的路径 "
                       "recover " +
                       root});
}

}  // namespace ferry::rescue
