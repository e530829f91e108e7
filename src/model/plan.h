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

// A runtime that a version needs, and what there is.
struct PlannedRuntime {
  std::string id;
  std::string wanted;   // range
  std::string by;       // "service web", "package upgrade-2.0"
  std::string version;  // found at planning; empty: the plan itself brings it
  std::string file;
};

// One jump of several. In a plan of one jump the plan itself says all this.
struct PlannedHop {
  Version from;
  Version to;
  std::vector<PlannedChange> changes;  // `before` is the planned state after the hop before
  std::vector<RelativePath> untouched;
  std::vector<PlannedScript> scripts;
  std::uint64_t bytes_to_stage = 0;
};

// The same without a copy, of a plan of one jump too.
struct JumpView {
  const Version& from;
  const Version& to;
  const std::vector<PlannedChange>& changes;
  const std::vector<PlannedScript>& scripts;
};

struct PlannedStep {
  // prepare, observe, close, hold, stop, point, switch, migrate, start, settle, licence, check, open; what belongs to a
  // stop between two jumps has its version behind it: switch@2.0
  std::string id;
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
  Digest inventory_program;  // Inventory::program at planning
  // Sorted by path. With several jumps: what becomes of the present files in the end; a path that comes and goes on the
  // way has neither before nor after.
  std::vector<PlannedChange> changes;
  std::vector<RelativePath> dropped;     // generated folders to be emptied
  std::vector<RelativePath> untouched;   // customised, but this upgrade does not touch them
  std::vector<PlannedScript> scripts;    // of all jumps, in order
  std::vector<PlannedRuntime> runtimes;  // of all jumps
  std::vector<PlannedHop> hops;          // all jumps where there are several; else none
  std::vector<PlannedStep> steps;
  std::uint64_t bytes_to_stage = 0;
  std::string made;  // not hashed

  // RFC 8785 without estimates and time of making: what an approval names.
  Digest digest() const;
  std::uint64_t added() const;
  std::uint64_t replaced() const;
  std::uint64_t removed() const;

  std::size_t jumps() const { return hops.empty() ? 1 : hops.size(); }
  JumpView jump(std::size_t index) const;
};

void to_json(Json& json, const PlannedChange& value);
void from_json(const Json& json, PlannedChange& value);
void to_json(Json& json, const PlannedScript& value);
void from_json(const Json& json, PlannedScript& value);
void to_json(Json& json, const PlannedRuntime& value);
void from_json(const Json& json, PlannedRuntime& value);
void to_json(Json& json, const PlannedHop& value);
void from_json(const Json& json, PlannedHop& value);
void to_json(Json& json, const PlannedStep& value);
void from_json(const Json& json, PlannedStep& value);
void to_json(Json& json, const Plan& value);
void from_json(const Json& json, Plan& value);

}  // namespace ferry
