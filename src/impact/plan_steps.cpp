#include "impact/plan_steps.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/clock.h"
#include "base/counted.h"
#include "base/error.h"
#include "model/stops.h"

namespace ferry {

std::vector<PlannedScript> plan_scripts(const PlanRequest& request) {
  std::vector<PlannedScript> out;
  const auto* database = find_database(request.profile, request.profile.migration.database);
  const auto& applied = request.inventory.scripts;
  std::map<std::string, const PackageScript*> names;
  for (const auto& package : request.packages) {
    if (package.scripts.empty()) continue;
    if (database == nullptr)
      throw Error(Code::package_content, package.meta.id,
                  Text{"has scripts, but the profile names no database", "带有脚本，但产品档案未列出数据库"});
    std::vector<const PackageScript*> scripts;
    for (const auto& script : package.scripts)
      if (script.dialect == database->kind) scripts.push_back(&script);
    if (scripts.empty())
      throw Error(
          Code::package_content, package.meta.id,
          Text{"has scripts, but none for " + database->kind, "带有脚本，但没有针对 " + database->kind + " 的"});
    std::sort(scripts.begin(), scripts.end(), [](const auto* a, const auto* b) { return a->name < b->name; });
    for (const auto* script : scripts) {
      // The product knows its applied scripts by name only.
      const auto [known, fresh] = names.emplace(script->name, script);
      if (!fresh && known->second->digest != script->digest)
        throw Error(Code::package_conflict, script->name,
                    Text{"two packages bring different scripts of this name", "两个包带有同名但内容不同的脚本"});
      if (!fresh || std::find(applied.begin(), applied.end(), script->name) != applied.end()) continue;
      const auto count = request.statements.find(script->digest);
      out.push_back({package.meta.id, database->id, script->name, script->digest,
                     count == request.statements.end() ? 0 : count->second});
    }
  }
  return out;
}

namespace {

// Puts the steps together: once what happens once, the rest for each jump.
class StepList {
 public:
  StepList(const Profile& profile, const Plan& plan) : profile_(profile), plan_(plan) {}

  std::vector<PlannedStep> all() {
    begin();
    const auto count = plan_.jumps();
    for (std::size_t i = 0; i < count; ++i) {
      const bool last = i + 1 == count;
      const auto hop = plan_.jump(i);
      stop_ = last ? std::string() : hop.to.text();
      where_ = count == 1 ? Text{} : Text{" (" + hop.to.text() + ")", "（" + hop.to.text() + "）"};
      jump(hop);
      where_ = {};
      if (!last) leave(hop.to.text());
    }
    stop_.clear();
    add("open", {"open the system to its users", "向用户开放系统"},
        {"only by an approved list of what would be lost", "须批准将丢失内容的清单"},
        {"not without loss", "开放后无法无损回退"}, false);
    return std::move(out_);
  }

 private:
  void add(const char* id, Text title, Text undo, const Text& open_until, bool downtime) {
    title = {title.en + where_.en, title.zh + where_.zh};
    out_.push_back({at_stop(id, stop_), std::move(title), std::move(undo), open_until, downtime, std::nullopt});
  }

  void begin();
  void jump(const JumpView& hop);
  void migrate(const JumpView& hop);
  void leave(const std::string& stop);

  const Profile& profile_;
  const Plan& plan_;
  const Text always_{"at any time", "随时"};
  const Text until_open_{"until the system is opened to its users", "系统开放给用户之前"};
  const Text nothing_{"nothing to take back", "无需回退"};
  std::string stop_;  // of the jump: empty for the last one
  Text where_;        // behind the titles where there are several
  std::vector<PlannedStep> out_;
};

void StepList::begin() {
  add("prepare",
      {fmt::format("stage and verify the new files beside the installation ({})", human_bytes(plan_.bytes_to_stage)),
       fmt::format("在安装实例旁暂存并校验新文件（{}）", human_bytes(plan_.bytes_to_stage))},
      {"the staged files are given up", "放弃已暂存的文件"}, always_, false);
  add("observe", {"remember what must stay the same", "记录须保持不变的内容"}, nothing_, always_, false);
  add("close", {"keep users out: maintenance page", "阻止用户访问，显示维护页"},
      {"users are let in again", "重新允许用户访问"}, always_, true);
  if (!profile_.effects.empty())
    add("hold",
        {fmt::format("hold {} outside effects", profile_.effects.size()),
         fmt::format("暂停 {} 项对外动作", profile_.effects.size())},
        {"released again", "恢复对外动作"}, always_, true);
  add("stop", {"stop the services", "停止服务"}, {"the old version is started again", "重新启动旧版本"}, always_, true);
  if (!profile_.databases.empty())
    add("point", {"recovery point of the database", "建立数据库恢复点"}, nothing_, always_, true);
}

std::uint64_t count_of(const JumpView& hop, bool before, bool after) {
  return static_cast<std::uint64_t>(
      std::count_if(hop.changes.begin(), hop.changes.end(), [&](const PlannedChange& change) {
        return change.before.has_value() == before && change.after.has_value() == after;
      }));
}

void StepList::jump(const JumpView& hop) {
  const auto added = count_of(hop, false, true), replaced = count_of(hop, true, true),
             removed = count_of(hop, true, false);
  add("switch",
      {fmt::format("switch {} ({} new, {} replaced, {} removed)",
                   counted(hop.changes.size(), "file or folder", "files and folders"), added, replaced, removed),
       fmt::format("切换 {} 个文件和文件夹（新增 {}、替换 {}、删除 {}）", hop.changes.size(), added, replaced,
                   removed)},
      {"the old files are exchanged back", "换回旧文件"}, until_open_, true);
  migrate(hop);
  add("start", {"start the services on the new version", "启动新版本服务"},
      {"stopped; files and database go back", "停止服务，文件和数据库回退"}, until_open_, true);
  if (const auto* rule = settled_rule(profile_, hop.to))
    add("settle",
        {fmt::format("wait for the product's work in the background, at most {}", human_duration(rule->within)),
         fmt::format("等待产品后台处理完成，最长 {}", human_duration(rule->within))},
        nothing_, until_open_, true);
  if (profile_.licence && profile_.licence->version.contains(hop.to))
    add("licence", {"read the licence back from the running system", "从运行系统读回许可证"},
        {"comes back with the old files", "随旧文件一同回退"}, until_open_, true);
  add("check", {"run the checks", "执行验证"}, nothing_, until_open_, true);
}

void StepList::migrate(const JumpView& hop) {
  const auto way = migration_to(profile_, hop.to);
  if (hop.scripts.empty() && !way.by_command()) return;
  Text title;
  if (!hop.scripts.empty()) {
    std::uint64_t statements = 0;
    for (const auto& script : hop.scripts) statements += script.statements;
    title = {fmt::format("run {} with {}", counted(hop.scripts.size(), "script"), counted(statements, "statement")),
             fmt::format("执行 {} 个脚本，共 {} 条语句", hop.scripts.size(), statements)};
  }
  if (way.by_command()) {
    std::string command;
    for (const auto& word : way.command) command += (command.empty() ? "" : " ") + word;
    const Text more{fmt::format("run the migration command '{}', at most {}", command, human_duration(way.within)),
                    fmt::format("执行迁移命令“{}”，最长 {}", command, human_duration(way.within))};
    title = title.empty() ? more : Text{title.en + ", then " + more.en, title.zh + "，然后" + more.zh};
  }
  add("migrate", title, {"the database goes back to the recovery point", "数据库恢复到恢复点"}, until_open_, true);
}

// A stop is verified; from here one may come back to it.
void StepList::leave(const std::string& stop) {
  add("stop", {"stop the services of " + stop, "停止 " + stop + " 的服务"},
      {"going back to this stop starts them again", "回到此版本时重新启动"}, until_open_, true);
  if (!profile_.databases.empty())
    add("point", {"recovery point of the database at " + stop, "建立 " + stop + " 的数据库恢复点"},
        {"going back to this stop puts it back", "回到此版本时恢复数据库"}, until_open_, true);
}

}  // namespace

std::vector<PlannedStep> plan_steps(const Profile& profile, const Plan& plan) {
  return StepList(profile, plan).all();
}

}  // namespace ferry
