#include "model/definition.h"

#include "model/fields.h"

namespace ferry {
namespace {

constexpr int known_format = 1;

template <class Visitor, class Value>
void row_members(Visitor visit, Value& value) {
  visit("key", value.key);
  visit("name", value.name);
  visit("digest", value.digest);
  visit("cells", value.cells);
}

template <class Visitor, class Value>
void table_members(Visitor visit, Value& value) {
  visit("id", value.id);
  visit("rows", value.rows);
  visit("problem", value.problem);
}

template <class Visitor, class Value>
void snapshot_members(Visitor visit, Value& value) {
  visit("format", value.format);
  visit("tables", value.tables);
}

}  // namespace

const DefinitionTable* DefinitionSnapshot::find(const std::string& id) const {
  for (const auto& table : tables)
    if (table.id == id) return &table;
  return nullptr;
}

void to_json(Json& json, const DefinitionRow& value) {
  row_members(fields::Writer(json), value);
}
void from_json(const Json& json, DefinitionRow& value) {
  value = DefinitionRow{};
  row_members(fields::Reader(json), value);
}
void to_json(Json& json, const DefinitionTable& value) {
  table_members(fields::Writer(json), value);
}
void from_json(const Json& json, DefinitionTable& value) {
  value = DefinitionTable{};
  table_members(fields::Reader(json), value);
}
void to_json(Json& json, const DefinitionSnapshot& value) {
  snapshot_members(fields::Writer(json), value);
}
void from_json(const Json& json, DefinitionSnapshot& value) {
  fields::require_format(json, known_format, "definitions");
  value = DefinitionSnapshot{};
  snapshot_members(fields::Reader(json), value);
}

}  // namespace ferry
