// Recipe + what is installed in one environment = the exact operations there (D1, promise 2). Pure: all content is
// named by digest; who stages it is the caller.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "impact/three_way.h"
#include "model/environment.h"
#include "model/plan.h"

namespace ferry {

// Content that replaces whatever the comparison says for a path: the licence, a clone's rewritten configuration. Laid
// over last, never compared.
struct ContentOverlay {
  Digest digest;
  std::uint64_t size = 0;
  std::string source;  // "licence", "profile"
  Text reason;
};

struct PlanRequest {
  const Inventory& inventory;  // of the environment
  const Manifest& installed;   // its files, as they are now: the `before` of every change
  const Recipe& recipe;
  const std::vector<Package>& packages;  // the recipe's, in its order
  const Profile& profile;
  const Environment& environment;

  const Manifest* base = nullptr;            // the vendor's manifest of the installed version, if there is one
  const Manifest* compared = nullptr;        // clone: production's files before rewriting; default `installed`
  std::map<Digest, std::uint64_t> merged{};  // decisions with merge: content -> its size in bytes
  std::map<RelativePath, ContentOverlay> overlays{};
  std::map<Digest, std::uint64_t> statements{};  // script digest -> number of statements; missing: 0
  std::optional<std::pair<std::uint32_t, std::uint32_t>> root_owner{};  // uid, gid of the root folder; default 0, 0
  Moment made{};
  bool base_partial = false;  // as compare_three_ways
};

// Throws
// - Error(unsigned_package) for a package without origin, Error(package_missing) / Error(package_conflict) when the
//   packages are not exactly the recipe's, Error(wrong_product), Error(wrong_version), Error(stale_plan) when the
//   recipe was made with another profile;
// - Error(package_content) for a package that brings or removes anything under data, generated or ignored paths or
//   outside the program paths, or a file where a folder (or a link to one) stands;
// - Error(undecided) listing every conflict without a decision for exactly these contents;
// - Error(not_found) for a merge decision whose content is not in `merged`, and for taking back the old vendor's file
//   where no package brings it;
// - Error(package_conflict) for two scripts of one name with different content.
//
// Rules of the `after` entries: mode and owner of the file replaced (made executable for those who may read it where
// the package's is executable and the old was not); new files: mode of the package, owner of the nearest existing
// parent. Time: the package's, but at least one second after that of the file replaced, because HTTP caches and
// Tomcat's ETag know a file by size and time only. Identical content is no change. New folders are changes of their
// own.
Plan make_plan(const PlanRequest& request);

// Several jumps as one plan; `parts` were made one after the other, each of the state that the one before it leaves.
Plan join_jumps(const Recipe& recipe, const Profile& profile, std::vector<Plan> parts);
// The files after a plan's changes.
Manifest after_changes(const Manifest& files, const std::vector<PlannedChange>& changes);

// For people: counts first; with `details` also every change, script, dropped folder and customised file. Plain lines.
std::vector<Text> show_plan(const Plan& plan, bool details = false);

// Which package content has to be staged for which path: what the caller feeds to the deploy room.
struct StagedContent {
  RelativePath path;
  Digest digest;
  std::string source;  // as PlannedChange::source
};
std::vector<StagedContent> content_to_stage(const Plan& plan);  // sorted by source, then path

}  // namespace ferry
