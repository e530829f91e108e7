#include "model/plan.h"

#include <algorithm>

#include "model/fields.h"
#include "model/plan_text.h"

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

// Leaves the changes out: their lists are empty.
class HeadWriter {
 public:
  explicit HeadWriter(Json& json) : json_(json), write_(json) {}
  template <class T>
  void operator()(const char* key, const T& value) {
    write_(key, value);
  }
  void operator()(const char* key, const std::vector<PlannedChange>&) { json_[key] = Json::array(); }

 private:
  Json& json_;
  fields::Writer write_;
};

Json head_of(const Plan& plan) {
  Json out;
  members(HeadWriter(out), plan);
  // A plan of a single jump without runtimes reads, and is hashed, as before there were these.
  if (!plan.runtimes.empty()) out["runtimes"] = plan.runtimes;
  for (const auto& hop : plan.hops) {
    Json json;
    hop_members(HeadWriter(json), hop);
    out["hops"].push_back(std::move(json));
  }
  return out;
}

// RFC 8785: the keys of these objects are ASCII, so that the library's order is the one asked for. The lists of changes
// are empty in `head`.
class PlanWriter {
 public:
  PlanWriter(std::string_view before_change, std::function<void(std::string_view)> sink)
      : before_change_(before_change), sink_(std::move(sink)) {}

  void write(const Json& head, const Plan& plan) {
    object(head, plan.changes, [&](const Json& hops) {
      for (std::size_t i = 0; i < hops.size(); ++i) {
        sink_(i == 0 ? "[" : ",");
        object(hops[i], plan.hops[i].changes, {});
      }
      sink_("]");
    });
  }

 private:
  void object(const Json& head, const std::vector<PlannedChange>& changes,
              const std::function<void(const Json&)>& write_hops) {
    const char* before = "{";
    for (const auto& [key, value] : head.items()) {
      sink_(before);
      sink_(canonical(Json(key)) + ":");
      if (key == "changes")
        list(changes);
      else if (key == "hops" && write_hops)
        write_hops(value);
      else
        sink_(canonical(value));
      before = ",";
    }
    sink_("}");
  }

  void list(const std::vector<PlannedChange>& changes) {
    sink_("[");
    for (std::size_t i = 0; i < changes.size(); ++i) {
      if (i > 0) sink_(",");
      sink_(before_change_);
      sink_(canonical(Json(changes[i])));
    }
    sink_("]");
  }

  std::string_view before_change_;
  std::function<void(std::string_view)> sink_;
};

template <class Which>
std::uint64_t count(const Plan& plan, Which which) {
  return static_cast<std::uint64_t>(std::count_if(plan.changes.begin(), plan.changes.end(), which));
}

}  // namespace

Digest Plan::digest() const {
  Json head = head_of(*this);
  head.erase("made");
  for (auto& step : head["steps"]) step.erase("estimate_ms");
  Hasher hasher;
  PlanWriter({}, [&](std::string_view text) { hasher.update(text); }).write(head, *this);
  return hasher.finish();
}

std::string plan_text(const Plan& plan, bool lines) {
  std::string out;
  PlanWriter(lines ? "\n" : "", [&](std::string_view text) { out += text; }).write(head_of(plan), plan);
  return out;
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
  json = head_of(value);
  json["changes"] = value.changes;
  for (std::size_t i = 0; i < value.hops.size(); ++i) json["hops"][i]["changes"] = value.hops[i].changes;
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
