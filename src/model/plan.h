// Recipe + inventory of one environment = the exact operations there. Shown, approved by digest, then done exactly so
// (promise 2, REQUIREMENTS D1).
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "model/inventory.h"
#include "model/recipe.h"

namespace ferry {

struct PlannedChange {
  RelativePath path;
  std::optional<Entry> before;  // none: does not exist
  std::optional<Entry> after;   // none: goes away
  // Where the new content comes from: "package:ID", "decision:DIGEST" (merged text in the store), "licence", "profile".
  std::string source;
  Text reason;
};

struct PlannedScript {
  std::string package;
  std::string database;
  std::string name;
  Digest digest;
  std::uint64_t statements = 0;
};

struct PlannedStep {
  std::string id;  // prepare, observe, close, hold, stop, point, switch, migrate, start, licence, check, open
  Text title;
  Text undo;        // how it is taken back
  Text open_until;  // until when that is possible
  bool downtime = false;
  std::optional<std::int64_t> estimate_ms;  // not hashed
};

struct Plan {
  int format = 1;
  std::string environment;
  std::string root;
  Recipe recipe;
  Digest recipe_digest;
  Digest inventory_program;             // Inventory::program at planning
  std::vector<PlannedChange> changes;   // sorted by path
  std::vector<RelativePath> dropped;    // generated folders to be emptied
  std::vector<RelativePath> untouched;  // customised, but this upgrade does not touch them
  std::vector<PlannedScript> scripts;
  std::vector<PlannedStep> steps;
  std::uint64_t bytes_to_stage = 0;
  std::string made;  // not hashed

  // RFC 8785 without estimates and time of making: what an approval names.
  Digest digest() const;
  std::uint64_t added() const;
  std::uint64_t replaced() const;
  std::uint64_t removed() const;
};

void to_json(Json& json, const PlannedChange& value);
void from_json(const Json& json, PlannedChange& value);
void to_json(Json& json, const PlannedScript& value);
void from_json(const Json& json, PlannedScript& value);
void to_json(Json& json, const PlannedStep& value);
void from_json(const Json& json, PlannedStep& value);
void to_json(Json& json, const Plan& value);
void from_json(const Json& json, Plan& value);

}  // namespace ferry
