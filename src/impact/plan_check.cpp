#include "impact/plan_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>

#include "base/error.h"
#include "package/run_comparison.h"
#include "survey/survey.h"

namespace ferry {
namespace {

[[noreturn]] void refuse(const Package& package, const RelativePath& path, const std::string& why) {
  throw Error(Code::package_content, package.meta.id + ": " + printable(path.bytes()), why);
}

void check_place(const PlanRequest& request, const Package& package, const RelativePath& path) {
  const auto& paths = request.profile.paths;
  const auto under = [&](const std::vector<RelativePath>& folders, const char* what) {
    for (const auto& folder : folders) {
      if (path.is_under(folder)) refuse(package, path, fmt::format("lies under '{}': {}", folder.bytes(), what));
    }
  };
  under(paths.data, "data are never touched by an upgrade");
  under(paths.generated, "generated files are dropped at every switch");
  under(paths.ignored, "the survey does not look there, so nobody knows what is replaced");
  if (!paths.program.empty() && !is_under_any(path, paths.program))
    refuse(package, path, "lies outside the program paths of the profile");
}

// A file can't take the place of a folder, nor lie below something that is none.
void check_kind(const PlanRequest& request, const Package& package, const RelativePath& path, const Entry& entry) {
  const auto* there = request.installed.find(path);
  if (there != nullptr && (there->type == EntryType::folder) != (entry.type == EntryType::folder))
    refuse(package, path, fmt::format("is a {}, installed is a {}", name_of(entry.type), name_of(there->type)));
  for (auto parent = path.parent(); !parent.empty(); parent = parent.parent()) {
    const auto* above = request.installed.find(parent);
    if (above == nullptr) continue;
    if (above->type != EntryType::folder)
      refuse(package, path,
             fmt::format("installed '{}' is a {}, no folder", printable(parent.bytes()), name_of(above->type)));
    return;
  }
}

}  // namespace

void check_recipe(const PlanRequest& request) {
  const auto& recipe = request.recipe;
  if (recipe.product != request.inventory.product || recipe.product != request.profile.product)
    throw Error(
        Code::wrong_product, recipe.product,
        fmt::format("installed is {}, the profile is for {}", request.inventory.product, request.profile.product));
  if (recipe.from != request.inventory.version)
    throw Error(Code::wrong_version, recipe.from.text(),
                fmt::format("the recipe starts there, installed is {}", request.inventory.version.text()));
  if (recipe.profile != request.profile.digest)
    throw Error(Code::stale_plan, "recipe",
                fmt::format("made with profile {}, not {}", recipe.profile.brief(), request.profile.digest.brief()));
  for (std::size_t i = 0; i < recipe.packages.size(); ++i) {
    const auto& wanted = recipe.packages[i];
    if (i >= request.packages.size()) throw Error(Code::package_missing, wanted.id, "the recipe names it");
    if (request.packages[i].digest != wanted.digest)
      throw Error(Code::package_conflict, wanted.id,
                  fmt::format("the recipe names {}, given is {} {}", wanted.digest.brief(), request.packages[i].meta.id,
                              request.packages[i].digest.brief()));
  }
  if (request.packages.size() > recipe.packages.size())
    throw Error(Code::package_conflict, request.packages[recipe.packages.size()].meta.id,
                "the recipe does not name it");
  for (const auto& package : request.packages) {
    if (package.origin.key_id.empty() && package.origin.person.empty())
      throw Error(Code::unsigned_package, package.meta.id, "nobody vouches for it");
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
          refuse(package, path, fmt::format("removing it would remove the data '{}'", data.bytes()));
    }
  }
}

}  // namespace ferry
