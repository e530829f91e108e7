#include "package/compose.h"

#include <fmt/format.h>

#include <algorithm>

#include "package/composer.h"

namespace ferry {

ComposeRequest compose_request(const Inventory& inventory, std::vector<Package> available, Version target) {
  ComposeRequest out;
  out.product = inventory.product;
  out.installed = inventory.version;
  out.target = std::move(target);
  out.installed_packages = inventory.packages;
  for (const auto& module : inventory.modules)
    if (module.installed) out.modules.push_back({module.id, module.title, module.separate});
  out.available = std::move(available);
  return out;
}

Composition explore(const ComposeRequest& request) {
  return Composer(request).run();
}

void require_sound(const Composition& composition) {
  if (composition.problems.empty()) return;
  Text lines;
  for (const auto& problem : composition.problems) {
    const std::string begin = lines.empty() ? "" : "\n";
    lines.en += begin + problem.text.in(Language::english);
    lines.zh += begin + problem.text.in(Language::chinese);
    if (problem.request.empty()) continue;
    lines.en += "\n  request from the vendor: " + problem.request.in(Language::english);
    lines.zh += "\n  请向厂商申请：" + problem.request.in(Language::chinese);
  }
  const auto& first = composition.problems.front();
  throw Error(first.code, first.about, lines);
}

Composition compose(const ComposeRequest& request) {
  auto out = explore(request);
  require_sound(out);
  return out;
}

std::vector<Text> vendor_request(const Composition& composition) {
  std::vector<Text> out;
  for (const auto& problem : composition.problems)
    if (!problem.request.empty() && std::find(out.begin(), out.end(), problem.request) == out.end())
      out.push_back(problem.request);
  return out;
}

// Each upgrade ends a jump; what comes behind the last one belongs to the version that it reaches.
std::vector<RecipeHop> jumps_of(const Composition& composition) {
  if (composition.stops.empty()) return {};
  std::vector<RecipeHop> out(1);
  for (const auto& package : composition.packages) {
    if (!out.back().to.empty() && out.size() <= composition.stops.size()) out.emplace_back();
    out.back().packages.push_back(package.meta.id);
    if (package.meta.kind == PackageKind::upgrade) out.back().to = package.meta.to;
  }
  return out;
}

Recipe make_recipe(const Composition& composition, const Digest& profile, std::vector<Decision> decisions,
                   std::map<std::string, std::string> settings) {
  require_sound(composition);
  Recipe out;
  out.product = composition.product;
  out.from = composition.from;
  out.to = composition.to;
  for (const auto& package : composition.packages) out.packages.push_back({package.meta.id, package.digest});
  out.hops = jumps_of(composition);
  out.decisions = std::move(decisions);
  std::sort(out.decisions.begin(), out.decisions.end(), [](const Decision& a, const Decision& b) {
    return a.path != b.path ? a.path < b.path : a.key() < b.key();
  });
  out.settings = std::move(settings);
  out.profile = profile;
  return out;
}

}  // namespace ferry
