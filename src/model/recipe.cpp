#include "model/recipe.h"

#include <algorithm>

#include "model/fields.h"

namespace ferry {
namespace {

constexpr int known_format = 1;

constexpr std::pair<Choice, std::string_view> choice_names[] = {
    {Choice::keep, "keep"}, {Choice::take, "take"}, {Choice::merge, "merge"}, {Choice::retire, "retire"}};

// What of a decision changes the outcome; who decided it and why does not.
template <class Visitor, class Value>
void effective_members(Visitor& visit, Value& value) {
  visit("path", value.path);
  visit("base", value.base);
  visit("mine", value.mine);
  visit("theirs", value.theirs);
  visit.choice("choice", value.choice, choice_of);
  visit("merged", value.merged);
}

template <class Visitor, class Value>
void decision_members(Visitor visit, Value& value) {
  effective_members(visit, value);
  visit("reason", value.reason);
  visit("person", value.person);
  visit("at", value.at);
}

template <class Visitor, class Value>
void package_members(Visitor visit, Value& value) {
  visit("id", value.id);
  visit("digest", value.digest);
}

template <class Visitor, class Value>
void hop_members(Visitor visit, Value& value) {
  visit("to", value.to);
  visit("packages", value.packages);
}

template <class Visitor, class Value>
void members(Visitor visit, Value& value) {
  visit("format", value.format);
  visit("product", value.product);
  visit("from", value.from);
  visit("to", value.to);
  visit("packages", value.packages);
  visit("decisions", value.decisions);
  visit("settings", value.settings);
  visit("profile", value.profile);
}

}  // namespace

std::string_view name_of(Choice choice) {
  return fields::to_name(choice_names, choice);
}
Choice choice_of(std::string_view name) {
  return fields::from_name(choice_names, name);
}

Digest Decision::key() const {
  return digest_of(Json{{"base", base}, {"mine", mine}, {"theirs", theirs}});
}

Digest Recipe::digest() const {
  Json json = *this;
  auto sorted = decisions;
  // A path may have one decision for each jump.
  std::sort(sorted.begin(), sorted.end(), [](const Decision& a, const Decision& b) {
    return a.path != b.path ? a.path < b.path : a.key() < b.key();
  });
  Json effective = Json::array();
  for (const auto& decision : sorted) {
    Json one;
    fields::Writer write(one);
    effective_members(write, decision);
    effective.push_back(std::move(one));
  }
  json["decisions"] = std::move(effective);
  return digest_of(json);
}

Recipe Recipe::hop(std::size_t index) const {
  if (hops.empty()) return *this;
  Recipe out = *this;
  out.hops.clear();
  out.packages.clear();
  if (index > 0) out.from = hops.at(index - 1).to;
  out.to = hops.at(index).to;
  const auto& ids = hops.at(index).packages;
  for (const auto& package : packages)
    if (std::find(ids.begin(), ids.end(), package.id) != ids.end()) out.packages.push_back(package);
  return out;
}

void to_json(Json& json, const RecipeHop& value) {
  hop_members(fields::Writer(json), value);
}
void from_json(const Json& json, RecipeHop& value) {
  value = RecipeHop{};
  hop_members(fields::Reader(json), value);
}
void to_json(Json& json, const RecipePackage& value) {
  package_members(fields::Writer(json), value);
}
void from_json(const Json& json, RecipePackage& value) {
  value = RecipePackage{};
  package_members(fields::Reader(json), value);
}
void to_json(Json& json, const Decision& value) {
  decision_members(fields::Writer(json), value);
}
void from_json(const Json& json, Decision& value) {
  value = Decision{};
  decision_members(fields::Reader(json), value);
}
void to_json(Json& json, const Recipe& value) {
  members(fields::Writer(json), value);
  // The recipe of a single jump reads, and is hashed, as before there were several.
  if (!value.hops.empty()) json["hops"] = value.hops;
}
void from_json(const Json& json, Recipe& value) {
  fields::require_format(json, known_format, "recipe");
  value = Recipe{};
  members(fields::Reader(json), value);
  fields::Reader read(json);
  read("hops", value.hops);
}

}  // namespace ferry
