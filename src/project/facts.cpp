// File forms of the facts that the gate is told.
#include "project/fields.h"
#include "project/gate.h"

namespace ferry {
namespace {

template <class Visitor, class Value>
void rehearsal_members(Visitor visit, Value& value) {
  visit("run", value.run);
  visit("environment", value.environment);
  visit("recipe", value.recipe);
  visit("profile", value.profile);
  visit("clone_source", value.clone_source);
  visit("inventory", value.inventory);
  visit("unbroken", value.unbroken);
  visit("finished", value.finished);
  visit("full", value.full);
  visit("rollback_took_ms", value.rollback_took);
  visit("started", value.started);
  visit("ended", value.ended);
}

template <class Visitor, class Value>
void chaos_members(Visitor visit, Value& value) {
  visit("environment", value.environment);
  visit("recipe", value.recipe);
  visit("profile", value.profile);
  visit("complete", value.complete);
  visit("cases", value.cases);
  visit("failures", value.failures);
  visit("at", value.at);
}

template <class Visitor, class Value>
void backup_members(Visitor visit, Value& value) {
  visit("id", value.id);
  visit("taken", value.taken);
  visit("files", value.files);
  visit("databases", value.databases);
  visit("verified", value.verified);
  visit("attested", value.attested);
  visit("person", value.person);
}

template <class Visitor, class Value>
void fence_members(Visitor visit, Value& value) {
  visit("environment", value.environment);
  visit("proved", value.proved);
  visit("attempts", value.attempts);
  visit("escapes", value.escapes);
  visit("limits", value.limits);
  visit("at", value.at);
}

template <class Visitor, class Value>
void licence_members(Visitor visit, Value& value) {
  visit("valid", value.valid);
  visit("customer", value.customer);
  visit("expires", value.expires);
  visit("problem", value.problem);
  visit("checked", value.checked);
  visit("environment", value.environment);
  visit("users", value.users);
  visit("modules", value.modules);
}

}  // namespace

void to_json(Json& json, const RehearsalFact& value) {
  rehearsal_members(project_fields::Writer(json), value);
}
void from_json(const Json& json, RehearsalFact& value) {
  value = RehearsalFact{};
  rehearsal_members(project_fields::Reader(json), value);
}
void to_json(Json& json, const ChaosFact& value) {
  chaos_members(project_fields::Writer(json), value);
}
void from_json(const Json& json, ChaosFact& value) {
  value = ChaosFact{};
  chaos_members(project_fields::Reader(json), value);
}

void to_json(Json& json, const BackupFact& value) {
  backup_members(project_fields::Writer(json), value);
}
void from_json(const Json& json, BackupFact& value) {
  value = BackupFact{};
  backup_members(project_fields::Reader(json), value);
}
void to_json(Json& json, const FenceFact& value) {
  fence_members(project_fields::Writer(json), value);
}
void from_json(const Json& json, FenceFact& value) {
  value = FenceFact{};
  fence_members(project_fields::Reader(json), value);
}
void to_json(Json& json, const LicenceFact& value) {
  licence_members(project_fields::Writer(json), value);
}
void from_json(const Json& json, LicenceFact& value) {
  value = LicenceFact{};
  licence_members(project_fields::Reader(json), value);
}

}  // namespace ferry
