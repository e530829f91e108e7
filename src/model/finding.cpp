#include "model/finding.h"

#include "model/fields.h"

namespace ferry {
namespace {

constexpr std::pair<Severity, std::string_view> severity_names[] = {
    {Severity::info, "info"}, {Severity::low, "low"}, {Severity::medium, "medium"}, {Severity::high, "high"}};

template <class Visitor, class Value>
void members(Visitor visit, Value& value) {
  visit("key", value.key);
  visit("rule", value.rule);
  visit.choice("severity", value.severity, severity_of);
  visit("blocking", value.blocking);
  visit("title", value.title);
  visit("detail", value.detail);
  visit("remedy", value.remedy);
  visit("audience", value.audience);
  visit("covers", value.covers);
}

}  // namespace

std::string_view name_of(Severity severity) {
  return fields::to_name(severity_names, severity);
}
Severity severity_of(std::string_view name) {
  return fields::from_name(severity_names, name);
}

void to_json(Json& json, const Finding& value) {
  members(fields::Writer(json), value);
}
void from_json(const Json& json, Finding& value) {
  value = Finding{};
  members(fields::Reader(json), value);
}

}  // namespace ferry
