#include "impact/plan_check.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"

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
