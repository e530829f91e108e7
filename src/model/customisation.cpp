#include "model/customisation.h"

#include <algorithm>

#include "model/fields.h"

namespace ferry {
namespace {

constexpr std::pair<ChangeKind, std::string_view> kind_names[] = {
    {ChangeKind::modified, "modified"}, {ChangeKind::added, "added"}, {ChangeKind::deleted, "deleted"}};
constexpr std::pair<Containment, std::string_view> containment_names[] = {
    {Containment::unchanged, "unchanged"}, {Containment::merged, "merged"},     {Containment::kept, "kept"},
    {Containment::given_up, "given_up"},   {Containment::accepted, "accepted"}, {Containment::unproved, "unproved"},
    {Containment::partial, "partial"},     {Containment::missing, "missing"}};

template <class Visitor, class Value>
void handed_members(Visitor visit, Value& value) {
  visit("path", value.path);
  visit.choice("kind", value.kind, change_kind);
  visit("mine", value.mine);
  visit("base", value.base);
  visit("config", value.config);
  visit("withheld", value.withheld);
  visit("masked", value.masked);
  visit("choice", value.choice);
  visit("reason", value.reason);
  visit("merged", value.merged);
}

template <class Visitor, class Value>
void returned_members(Visitor visit, Value& value) {
  visit("path", value.path);
  visit.choice("state", value.state, containment_of);
  visit("package", value.package);
  visit("content", value.content);
  visit("why", value.why);
  visit("person", value.person);
  visit("reason", value.reason);
}

}  // namespace

std::string_view name_of(ChangeKind kind) {
  return fields::to_name(kind_names, kind);
}
ChangeKind change_kind(std::string_view name) {
  return fields::from_name(kind_names, name);
}
std::string_view name_of(Containment value) {
  return fields::to_name(containment_names, value);
}
Containment containment_of(std::string_view name) {
  return fields::from_name(containment_names, name);
}

Text title_of(Containment value) {
  switch (value) {
    case Containment::unchanged:
      return {"contained unchanged", "原样包含"};
    case Containment::merged:
      return {"contained, merged", "已合并包含"};
    case Containment::kept:
      return {"stays as it is", "不受影响，保留"};
    case Containment::given_up:
      return {"given up by decision", "按处置决定放弃"};
    case Containment::accepted:
      return {"accepted by a person", "人工确认"};
    case Containment::unproved:
      return {"not proved", "无法证明"};
    case Containment::partial:
      return {"only in part", "仅部分包含"};
    case Containment::missing:
      break;
  }
  return {"missing", "缺失"};
}

bool is_open(Containment value) {
  return value == Containment::unproved || value == Containment::partial || value == Containment::missing;
}

std::size_t CustomisationReturn::count(Containment state) const {
  return static_cast<std::size_t>(
      std::count_if(returned.begin(), returned.end(), [&](const ReturnedChange& one) { return one.state == state; }));
}

void to_json(Json& json, const HandedChange& value) {
  handed_members(fields::Writer(json), value);
}
void from_json(const Json& json, HandedChange& value) {
  value = HandedChange{};
  handed_members(fields::Reader(json), value);
}
void to_json(Json& json, const ReturnedChange& value) {
  returned_members(fields::Writer(json), value);
}
void from_json(const Json& json, ReturnedChange& value) {
  value = ReturnedChange{};
  returned_members(fields::Reader(json), value);
}

void to_json(Json& json, const CustomisationReturn& value) {
  json = Json{{"format", 1},
              {"bundle", value.bundle},
              {"handed", to_string(value.handed)},
              {"changes", value.changes},
              {"packages", value.packages},
              {"returned", value.returned}};
  if (value.looked) json["looked"] = to_string(*value.looked);
}
void from_json(const Json& json, CustomisationReturn& value) {
  value = CustomisationReturn{};
  fields::require_format(json, 1, "customisation");
  json.at("bundle").get_to(value.bundle);
  value.handed = parse_moment(json.at("handed").get<std::string>());
  json.at("changes").get_to(value.changes);
  json.at("packages").get_to(value.packages);
  json.at("returned").get_to(value.returned);
  if (json.contains("looked")) value.looked = parse_moment(json.at("looked").get<std::string>());
}

}  // namespace ferry
