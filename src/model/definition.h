// The customer's definitions (workflows, nodes, forms, roles ...) at one moment, row by row, as a survey read them by
// the profile's `definitions` (REQUIREMENTS E7). Format: docs/formats/definitions.md.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/error.h"
#include "base/json.h"

namespace ferry {

struct DefinitionRow {
  std::string key;   // values of the key columns, "12" or "4/leave"
  std::string name;  // values of the name columns, for people
  Digest digest;     // over all columns but the ignored ones
  // Column -> value, readable; NULL is left out. Not here: ignored columns, secret columns, the rest of long values.
  std::map<std::string, std::string> cells;
};

struct DefinitionTable {
  std::string id;                   // of the profile's definition
  std::vector<DefinitionRow> rows;  // sorted by key
  Text problem;                     // not read, and why; then `rows` says nothing
};

struct DefinitionSnapshot {
  int format = 1;
  std::vector<DefinitionTable> tables;
  const DefinitionTable* find(const std::string& id) const;
};

void to_json(Json& json, const DefinitionRow& value);
void from_json(const Json& json, DefinitionRow& value);
void to_json(Json& json, const DefinitionTable& value);
void from_json(const Json& json, DefinitionTable& value);
void to_json(Json& json, const DefinitionSnapshot& value);
void from_json(const Json& json, DefinitionSnapshot& value);

}  // namespace ferry
