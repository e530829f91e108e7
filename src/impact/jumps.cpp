// Several jumps as one plan.
#include <algorithm>
#include <map>

#include "impact/plan_steps.h"
#include "impact/planner.h"

namespace ferry {
namespace {

// What becomes of the files of today in the end. What comes and goes on the way keeps its line, so that whoever asks
// which paths are touched gets all of them.
std::vector<PlannedChange> in_the_end(const std::vector<PlannedHop>& hops) {
  std::map<RelativePath, PlannedChange> net;
  for (const auto& hop : hops)
    for (const auto& change : hop.changes) {
      const auto [known, first] = net.emplace(change.path, change);
      if (first) continue;
      auto before = std::move(known->second.before);
      known->second = change;
      known->second.before = std::move(before);
    }
  std::vector<PlannedChange> out;
  for (auto& [path, change] : net) out.push_back(std::move(change));
  return out;
}

// Customised, and no jump touches it.
std::vector<RelativePath> never_touched(const std::vector<PlannedHop>& hops) {
  auto out = hops.front().untouched;
  for (const auto& hop : hops)
    std::erase_if(out, [&](const RelativePath& path) {
      return std::find(hop.untouched.begin(), hop.untouched.end(), path) == hop.untouched.end();
    });
  return out;
}

}  // namespace

Manifest after_changes(const Manifest& files, const std::vector<PlannedChange>& changes) {
  std::map<RelativePath, const PlannedChange*> touched;
  for (const auto& change : changes) touched.emplace(change.path, &change);
  std::vector<Manifest::Item> items;
  for (const auto& item : files.items())
    if (!touched.contains(item.first)) items.push_back(item);
  for (const auto& [path, change] : touched)
    if (change->after) items.emplace_back(path, *change->after);
  return Manifest(std::move(items));
}

Plan join_jumps(const Recipe& recipe, const Profile& profile, std::vector<Plan> parts) {
  Plan out = std::move(parts.front());
  out.hops.push_back({out.recipe.from, out.recipe.to, std::move(out.changes), std::move(out.untouched),
                      std::move(out.scripts), out.bytes_to_stage});
  for (std::size_t i = 1; i < parts.size(); ++i) {
    auto& part = parts[i];
    out.hops.push_back({part.recipe.from, part.recipe.to, std::move(part.changes), std::move(part.untouched),
                        std::move(part.scripts), part.bytes_to_stage});
  }
  out.recipe = recipe;
  out.recipe_digest = recipe.digest();
  out.changes = in_the_end(out.hops);
  out.untouched = never_touched(out.hops);
  out.scripts.clear();
  out.bytes_to_stage = 0;
  for (const auto& hop : out.hops) {
    out.scripts.insert(out.scripts.end(), hop.scripts.begin(), hop.scripts.end());
    out.bytes_to_stage += hop.bytes_to_stage;
  }
  out.steps = plan_steps(profile, out);
  return out;
}

}  // namespace ferry
