#include "impact/plan_steps.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/clock.h"
#include "base/error.h"

namespace ferry {

std::vector<PlannedScript> plan_scripts(const PlanRequest& request) {
  std::vector<PlannedScript> out;
  const auto* database = find_database(request.profile, request.profile.migration.database);
  const auto& applied = request.inventory.scripts;
  std::map<std::string, const PackageScript*> names;
  for (const auto& package : request.packages) {
    if (package.scripts.empty()) continue;
    if (database == nullptr)
      throw Error(Code::package_content, package.meta.id, "has scripts, but the profile names no database");
    std::vector<const PackageScript*> scripts;
    for (const auto& script : package.scripts)
      if (script.dialect == database->kind) scripts.push_back(&script);
    if (scripts.empty())
      throw Error(Code::package_content, package.meta.id, "has scripts, but none for " + database->kind);
    std::sort(scripts.begin(), scripts.end(), [](const auto* a, const auto* b) { return a->name < b->name; });
    for (const auto* script : scripts) {
      // The product knows its applied scripts by name only.
      const auto [known, fresh] = names.emplace(script->name, script);
      if (!fresh && known->second->digest != script->digest)
        throw Error(Code::package_conflict, script->name, "two packages bring different scripts of this name");
      if (!fresh || std::find(applied.begin(), applied.end(), script->name) != applied.end()) continue;
      const auto count = request.statements.find(script->digest);
      out.push_back({package.meta.id, database->id, script->name, script->digest,
                     count == request.statements.end() ? 0 : count->second});
    }
  }
  return out;
}

std::vector<PlannedStep> plan_steps(const Profile& profile, const Plan& plan) {
  const Text always{"at any time", "随时"};
  const Text until_open{"until the system is opened to its users", "系统开放给用户之前"};
  std::vector<PlannedStep> out;
  const auto add = [&](const char* id, Text title, Text undo, const Text& open_until, bool downtime) {
    out.push_back({id, std::move(title), std::move(undo), open_until, downtime, std::nullopt});
  };
  add("prepare",
      {fmt::format("stage and verify the new files beside the installation ({})", human_bytes(plan.bytes_to_stage)),
       fmt::format("在安装实例旁暂存并校验新文件（{}）", human_bytes(plan.bytes_to_stage))},
      {"the staged files are given up", "放弃已暂存的文件"}, always, false);
  add("observe", {"remember what must stay the same", "记录须保持不变的内容"}, {"nothing to take back", "无需回退"},
      always, false);
  add("close", {"keep users out: maintenance page", "阻止用户访问，显示维护页"},
      {"users are let in again", "重新允许用户访问"}, always, true);
  if (!profile.effects.empty())
    add("hold",
        {fmt::format("hold {} outside effects", profile.effects.size()),
         fmt::format("暂停 {} 项对外动作", profile.effects.size())},
        {"released again", "恢复对外动作"}, always, true);
  add("stop", {"stop the services", "停止服务"}, {"the old version is started again", "重新启动旧版本"}, always, true);
  if (!profile.databases.empty())
    add("point", {"recovery point of the database", "建立数据库恢复点"}, {"nothing to take back", "无需回退"}, always,
        true);
  add("switch",
      {fmt::format("switch {} files and folders ({} new, {} replaced, {} removed)", plan.changes.size(), plan.added(),
                   plan.replaced(), plan.removed()),
       fmt::format("切换 {} 个文件和文件夹（新增 {}、替换 {}、删除 {}）", plan.changes.size(), plan.added(),
                   plan.replaced(), plan.removed())},
      {"the old files are exchanged back", "换回旧文件"}, until_open, true);
  if (!plan.scripts.empty()) {
    std::uint64_t statements = 0;
    for (const auto& script : plan.scripts) statements += script.statements;
    add("migrate",
        {fmt::format("run {} scripts with {} statements", plan.scripts.size(), statements),
         fmt::format("执行 {} 个脚本，共 {} 条语句", plan.scripts.size(), statements)},
        {"the database goes back to the recovery point", "数据库恢复到恢复点"}, until_open, true);
  }
  add("start", {"start the services on the new version", "启动新版本服务"},
      {"stopped; files and database go back", "停止服务，文件和数据库回退"}, until_open, true);
  if (profile.licence)
    add("licence", {"read the licence back from the running system", "从运行系统读回许可证"},
        {"comes back with the old files", "随旧文件一同回退"}, until_open, true);
  add("check", {"run the checks", "执行验证"}, {"nothing to take back", "无需回退"}, until_open, true);
  add("open", {"open the system to its users", "向用户开放系统"},
      {"only by an approved list of what would be lost", "须批准将丢失内容的清单"},
      {"not without loss", "开放后无法无损回退"}, false);
  return out;
}

}  // namespace ferry
