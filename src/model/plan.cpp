#include "model/plan.h"

#include <algorithm>

#include "model/fields.h"

namespace ferry {
namespace {

constexpr int known_format = 1;

template <class Visitor, class Value>
void change_members(Visitor visit, Value& value) {
  visit("path", value.path);
  visit("before", value.before);
  visit("after", value.after);
  visit("source", value.source);
  visit("reason", value.reason);
}

template <class Visitor, class Value>
void script_members(Visitor visit, Value& value) {
  visit("package", value.package);
  visit("database", value.database);
  visit("name", value.name);
  visit("digest", value.digest);
  visit("statements", value.statements);
}

template <class Visitor, class Value>
void runtime_members(Visitor visit, Value& value) {
  visit("id", value.id);
  visit("wanted", value.wanted);
  visit("by", value.by);
  visit("version", value.version);
  visit("file", value.file);
}

template <class Visitor, class Value>
void hop_members(Visitor visit, Value& value) {
  visit("from", value.from);
  visit("to", value.to);
  visit("changes", value.changes);
  visit("untouched", value.untouched);
  visit("scripts", value.scripts);
  visit("bytes_to_stage", value.bytes_to_stage);
}

template <class Visitor, class Value>
void step_members(Visitor visit, Value& value) {
  visit("id", value.id);
  visit("title", value.title);
  visit("undo", value.undo);
  visit("open_until", value.open_until);
  visit("downtime", value.downtime);
  visit("estimate_ms", value.estimate_ms);
}

template <class Visitor, class Value>
void members(Visitor visit, Value& value) {
  visit("format", value.format);
  visit("environment", value.environment);
  visit("root", value.root);
  visit("recipe", value.recipe);
  visit("recipe_digest", value.recipe_digest);
  visit("inventory_program", value.inventory_program);
  visit("changes", value.changes);
  visit("dropped", value.dropped);
  visit("untouched", value.untouched);
  visit("scripts", value.scripts);
  visit("steps", value.steps);
  visit("bytes_to_stage", value.bytes_to_stage);
  visit("made", value.made);
}

template <class Which>
std::uint64_t count(const Plan& plan, Which which) {
  return static_cast<std::uint64_t>(std::count_if(plan.changes.begin(), plan.changes.end(), which));
}

}  // namespace

Digest Plan::digest() const {
  Json json = *this;
  json.erase("made");
  for (auto& step : json["steps"]) step.erase("estimate_ms");
  return digest_of(json);
}

std::uint64_t Plan::added() const {
  return count(*this, [](const PlannedChange& change) { return !change.before && change.after; });
}
std::uint64_t Plan::replaced() const {
  return count(*this, [](const PlannedChange& change) { return change.before && change.after; });
}
std::uint64_t Plan::removed() const {
  return count(*this, [](const PlannedChange& change) { return change.before && !change.after; });
}

void to_json(Json& json, const PlannedChange& value) {
  change_members(fields::Writer(json), value);
}
void from_json(const Json& json, PlannedChange& value) {
  value = PlannedChange{};
  change_members(fields::Reader(json), value);
}
void to_json(Json& json, const PlannedScript& value) {
  script_members(fields::Writer(json), value);
}
void from_json(const Json& json, PlannedScript& value) {
  value = PlannedScript{};
  script_members(fields::Reader(json), value);
}
JumpView Plan::jump(std::size_t index) const {
  if (hops.empty()) return {recipe.from, recipe.to, changes, scripts};
  const auto& hop = hops.at(index);
  return {hop.from, hop.to, hop.changes, hop.scripts};
}

void to_json(Json& json, const PlannedRuntime& value) {
  runtime_members(fields::Writer(json), value);
}
void from_json(const Json& json, PlannedRuntime& value) {
  value = PlannedRuntime{};
  runtime_members(fields::Reader(json), value);
}
void to_json(Json& json, const PlannedHop& value) {
  hop_members(fields::Writer(json), value);
}
void from_json(const Json& json, PlannedHop& value) {
  value = PlannedHop{};
  hop_members(fields::Reader(json), value);
}
void to_json(Json& json, const PlannedStep& value) {
  step_members(fields::Writer(json), value);
}
void from_json(const Json& json, PlannedStep& value) {
  value = PlannedStep{};
  step_members(fields::Reader(json), value);
}
void to_json(Json& json, const Plan& value) {
  members(fields::Writer(json), value);
  // A plan of a single jump without runtimes reads, and is hashed, as before there were these.
  if (!value.runtimes.empty()) json["runtimes"] = value.runtimes;
  if (!value.hops.empty()) json["hops"] = value.hops;
}
void from_json(const Json& json, Plan& value) {
  fields::require_format(json, known_format, "plan");
  value = Plan{};
  members(fields::Reader(json), value);
  fields::Reader read(json);
  read("runtimes", value.runtimes);
  read("hops", value.hops);
}

}  // namespace ferry
