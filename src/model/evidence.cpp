#include "model/evidence.h"

#include "model/fields.h"

namespace ferry {
namespace {

constexpr int known_format = 1;

constexpr std::pair<Outcome, std::string_view> outcome_names[] = {
    {Outcome::passed, "passed"}, {Outcome::failed, "failed"}, {Outcome::error, "error"}, {Outcome::not_run, "not_run"}};

template <class Visitor, class Value>
void step_members(Visitor visit, Value& value) {
  visit("action", value.action);
  visit("expected", value.expected);
  visit("observed", value.observed);
  visit("passed", value.passed);
  visit("ms", value.ms);
}

template <class Visitor, class Value>
void members(Visitor visit, Value& value) {
  visit("format", value.format);
  visit("id", value.id);
  visit("check", value.check);
  visit("covers", value.covers);
  visit("environment", value.environment);
  visit("run", value.run);
  visit("recipe", value.recipe);
  visit("profile", value.profile);
  visit("program", value.program);
  visit("version", value.version);
  visit.choice("outcome", value.outcome, outcome_of);
  visit("person", value.person);
  visit("started", value.started);
  visit("ms", value.ms);
  visit("summary", value.summary);
  visit("steps", value.steps);
  visit("values", value.values);
}

}  // namespace

std::string_view name_of(Outcome outcome) {
  return fields::to_name(outcome_names, outcome);
}
Outcome outcome_of(std::string_view name) {
  return fields::from_name(outcome_names, name);
}

Freshness freshness(const Evidence& evidence, const Digest& recipe, const Digest& profile, const Digest& program) {
  if (evidence.recipe != recipe) return Freshness::stale_recipe;
  if (evidence.profile != profile) return Freshness::stale_profile;
  if (evidence.program != program) return Freshness::stale_program;
  return Freshness::fresh;
}

void to_json(Json& json, const EvidenceStep& value) {
  step_members(fields::Writer(json), value);
}
void from_json(const Json& json, EvidenceStep& value) {
  value = EvidenceStep{};
  step_members(fields::Reader(json), value);
}
void to_json(Json& json, const Evidence& value) {
  members(fields::Writer(json), value);
}
void from_json(const Json& json, Evidence& value) {
  fields::require_format(json, known_format, "evidence");
  value = Evidence{};
  members(fields::Reader(json), value);
}

}  // namespace ferry
