// From what is installed and what the vendor delivered to a recipe: package set, three-way comparison, decisions.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "app/reporter.h"
#include "app/workspace.h"
#include "impact/decisions.h"
#include "impact/merge.h"
#include "model/plan.h"
#include "package/compose.h"

namespace ferry {

// The contents that meet in a conflict; no base where the vendor's old content is not known.
struct MergeSides {
  std::optional<std::string> base;
  std::string mine;
  std::string theirs;
};

struct ImpactItem {
  ThreeWayItem item;
  Version to;  // of the jump in which they meet
  std::optional<Decision> decision;
  bool mergeable = false;  // a clean merge can be proposed
  std::string collisions;  // "lines 10-14": where both changed the same lines
  std::vector<Text> notes;
  std::function<std::optional<MergeSides>()> sides;  // none: no texts to merge
};

struct JumpImpact {
  Version from, to;
  ThreeWay comparison;
};

struct RecipeOutcome {
  Composition composition;
  // One for each jump that could be compared: the next one only when all is decided in those before it, since only then
  // it is known what meets what.
  std::vector<JumpImpact> jumps;
  std::vector<ImpactItem> items;  // conflicts, decided ones first by path
  std::vector<ExpiredDecision> expired;
  std::optional<Recipe> recipe;  // when nothing is open
  std::size_t open = 0;
  // Of the comparison: native modules that the new runtime does not load, packages captured on another one.
  std::vector<Finding> findings;
  std::vector<Library::Rejected> rejected;  // packages of the library that may not be used (any more)
};

struct RecipeRequest {
  std::vector<std::string> include;
  std::vector<std::string> exclude;
  Version target;
  std::map<std::string, std::string> settings;
};

// Composes from the project's package library for production as last surveyed, compares three ways, replays remembered
// decisions. Stored as "recipe" when it is complete; a composition with problems throws (see compose()).
RecipeOutcome compose_recipe(Workspace& workspace, const RecipeRequest& request, Reporter& reporter);

// What the last compose found about native modules and runtimes.
std::vector<Finding> recipe_findings(const Workspace& workspace);

// The package set and comparison of the last compose, without storing anything.
RecipeOutcome show_impact(Workspace& workspace);
// The stored recipe; Error(not_found) says how to make one.
Recipe current_recipe(const Workspace& workspace);

// Remembers a choice about a conflict. `merged_file`: the text for `merge`; empty: the clean proposal (Error(undecided)
// when there is none). `jump`: the version to which the jump leads in which they meet; empty: the last one in which the
// path is a conflict.
Decision set_decision(Workspace& workspace, const RelativePath& path, Choice choice, const std::string& merged_file,
                      const std::string& reason, const std::string& person, const std::string& jump = {});
// The merge proposal for people to look at or edit.
MergeProposal merge_proposal(Workspace& workspace, const RelativePath& path, const std::string& jump = {});

// The vendor's old content is not delivered with the manifest; it is there when the environment's baseline has its tree
// beside it (FILE.mtree and folder FILE), as `ferry baseline make` leaves it when asked to.
std::optional<std::string> baseline_content(const Target& target, const RelativePath& path);
// What the vendor delivered for a path by the last composed package set; the content of a merge decision; and so on:
// content by PlannedChange::source.
std::string planned_content(const Workspace& workspace, const PlannedChange& change);
std::string content_of_package_file(const Workspace& workspace, const std::string& package_id,
                                    const RelativePath& path);

}  // namespace ferry
