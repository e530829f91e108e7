#include "impact/plan_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>

#include "base/error.h"
#include "model/entry_words.h"
#include "package/run_comparison.h"
#include "survey/survey.h"

namespace ferry {
namespace {

[[noreturn]] void refuse(const Package& package, const RelativePath& path, const Text& why) {
  throw Error(Code::package_content, package.meta.id + ": " + printable(path.bytes()), why);
}

void check_place(const PlanRequest& request, const Package& package, const RelativePath& path) {
  const auto& paths = request.profile.paths;
  const auto under = [&](const std::vector<RelativePath>& folders, const Text& what) {
    for (const auto& folder : folders) {
      if (path.is_under(folder))
        refuse(package, path,
               {fmt::format("lies under '{}': {}", folder.bytes(), what.en),
                fmt::format("位于“{}”之下：{}", folder.bytes(), what.zh)});
    }
  };
  under(paths.data, {"data are never touched by an upgrade", "升级从不触及数据"});
  under(paths.generated, {"generated files are dropped at every switch", "生成的文件在每次切换时都会清除"});
  under(paths.ignored,
        {"the survey does not look there, so nobody knows what is replaced", "调研不查看此处，无从得知会替换什么"});
  if (!paths.program.empty() && !is_under_any(path, paths.program))
    refuse(package, path, {"lies outside the program paths of the profile", "位于产品档案的程序路径之外"});
}

// A file can't take the place of a folder, nor lie below something that is none.
void check_kind(const PlanRequest& request, const Package& package, const RelativePath& path, const Entry& entry) {
  const auto* there = request.installed.find(path);
  if (there != nullptr && (there->type == EntryType::folder) != (entry.type == EntryType::folder))
    refuse(package, path,
           {fmt::format("is a {}, installed is a {}", name_of(entry.type), name_of(there->type)),
            fmt::format("包内为{}，已安装的为{}", chinese_name_of(entry.type), chinese_name_of(there->type))});
  for (auto parent = path.parent(); !parent.empty(); parent = parent.parent()) {
    const auto* above = request.installed.find(parent);
    if (above == nullptr) continue;
    if (above->type != EntryType::folder)
      refuse(package, path,
             {fmt::format("installed '{}' is a {}, no folder", printable(parent.bytes()), name_of(above->type)),
              fmt::format("已安装的“{}”是{}，不是文件夹", printable(parent.bytes()), chinese_name_of(above->type))});
    return;
  }
}

}  // namespace

void check_recipe(const PlanRequest& request) {
  const auto& recipe = request.recipe;
  if (recipe.product != request.inventory.product || recipe.product != request.profile.product)
    throw Error(
        Code::wrong_product, recipe.product,
        Text{fmt::format("installed is {}, the profile is for {}", request.inventory.product, request.profile.product),
             fmt::format("已安装的是 {}，产品档案针对 {}", request.inventory.product, request.profile.product)});
  if (recipe.from != request.inventory.version)
    throw Error(Code::wrong_version, recipe.from.text(),
                Text{fmt::format("the recipe starts there, installed is {}", request.inventory.version.text()),
                     fmt::format("升级配方以此版本为起点，已安装的是 {}", request.inventory.version.text())});
  if (recipe.profile != request.profile.digest)
    throw Error(
        Code::stale_plan, Text{"recipe", "升级配方"},
        Text{fmt::format("made with profile {}, not {}", recipe.profile.brief(), request.profile.digest.brief()),
             fmt::format("制定时的产品档案为 {}，现为 {}", recipe.profile.brief(), request.profile.digest.brief())});
  for (std::size_t i = 0; i < recipe.packages.size(); ++i) {
    const auto& wanted = recipe.packages[i];
    if (i >= request.packages.size())
      throw Error(Code::package_missing, wanted.id, Text{"the recipe names it", "升级配方中列有该包"});
    if (request.packages[i].digest != wanted.digest)
      throw Error(Code::package_conflict, wanted.id,
                  Text{fmt::format("the recipe names {}, given is {} {}", wanted.digest.brief(),
                                   request.packages[i].meta.id, request.packages[i].digest.brief()),
                       fmt::format("升级配方指定 {}，给出的是 {} {}", wanted.digest.brief(),
                                   request.packages[i].meta.id, request.packages[i].digest.brief())});
  }
  if (request.packages.size() > recipe.packages.size())
    throw Error(Code::package_conflict, request.packages[recipe.packages.size()].meta.id,
                Text{"the recipe does not name it", "升级配方中没有该包"});
  for (const auto& package : request.packages) {
    if (package.origin.key_id.empty() && package.origin.person.empty())
      throw Error(Code::unsigned_package, package.meta.id, Text{"nobody vouches for it", "没有人为其担保"});
    if (package.meta.product != recipe.product) throw Error(Code::wrong_product, package.meta.id, package.meta.product);
  }
}

void check_captures(const PlanRequest& request) {
  const bool any = std::any_of(request.packages.begin(), request.packages.end(),
                               [](const Package& package) { return package.meta.capture.has_value(); });
  if (!any) return;
  const auto& installed = request.compared == nullptr ? request.installed : *request.compared;
  std::set<std::string> sources{source_digest(program_files(request.profile, installed)).hex()};
  if (request.base != nullptr) {
    sources.insert(source_digest(*request.base).hex());
    sources.insert(source_digest(program_files(request.profile, *request.base)).hex());
  }
  for (const auto& package : request.packages) {
    if (!package.meta.capture || sources.contains(package.meta.capture->source)) continue;
    const auto installed_brief = source_digest(program_files(request.profile, installed)).brief();
    const auto captured = package.meta.capture->source.substr(0, 12);
    throw Error(
        Code::wrong_source, package.meta.id,
        Text{fmt::format("captured on program {}, installed is {}{}", captured, installed_brief,
                         request.base == nullptr ? ", and there is no baseline" : ", and the baseline is another"),
             fmt::format("采集时的程序为 {}，已安装的为 {}{}", captured, installed_brief,
                         request.base == nullptr ? "，且没有基准清单" : "，基准清单也不同")});
  }
}

void check_left_data(const PlanRequest& request) {
  const auto overlay = overlay_of(request.packages, request.profile.paths.whole);
  for (const auto& [folder, package] : left_folders(overlay, request.installed))
    for (const auto& data : request.profile.paths.data)
      if (data.is_under(folder))
        throw Error(
            Code::protected_path, package + ": " + printable(data.bytes()),
            Text{"these data lie in a release folder that the new version does not look into: keep them outside "
                 "and link to them",
                 "这些数据位于新版本不再使用的旧版本文件夹中：请将其放到外面并用链接指向"});
}

void check_package_paths(const PlanRequest& request) {
  for (const auto& package : request.packages) {
    for (const auto& [path, entry] : package.files.items()) {
      check_place(request, package, path);
      check_kind(request, package, path, entry);
    }
    for (const auto& path : package.meta.removes) {
      check_place(request, package, path);
      for (const auto& data : request.profile.paths.data)
        if (data.is_under(path))
          refuse(package, path,
                 {fmt::format("removing it would remove the data '{}'", data.bytes()),
                  fmt::format("删除它会删掉数据“{}”", data.bytes())});
    }
  }
}

}  // namespace ferry
