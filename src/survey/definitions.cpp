#include "survey/definitions.h"

#include <algorithm>

#include "base/error.h"
#include "base/secret_name.h"
#include "database/dialect.h"

namespace ferry {
namespace {

constexpr std::size_t most_rows = 100'000;
// A stored statement is readable; a picture in a column is not worth its room.
constexpr std::size_t longest_cell = 2000;

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

bool among(const std::vector<std::string>& list, const std::string& column) {
  return std::any_of(list.begin(), list.end(), [&](const std::string& one) { return same_name(one, column); });
}

std::string readable(const std::string& value) {
  const std::string text = printable(value);
  if (text.size() <= longest_cell) return text;
  std::size_t end = longest_cell;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end) + "… (sha256 " + Digest::of(value).brief() + ")";
}

class TableReader {
 public:
  TableReader(const Definition& definition, const SqlTable& table) : definition_(definition), table_(table) {
    for (const auto& column : definition.key) key_.push_back(position(column));
    for (const auto& column : definition.name) name_.push_back(position(column));
    // A column that is gone or misspelt would silently be compared, or kept readable.
    for (const auto* list : {&definition.ignored, &definition.secret})
      for (const auto& column : *list) position(column);
  }

  std::vector<DefinitionRow> rows() const {
    std::vector<DefinitionRow> out;
    std::map<std::string, int> times;
    for (const auto& values : table_.rows) {
      DefinitionRow row;
      row.key = joined(values, key_, "/");
      if (const int time = ++times[row.key]; time > 1) row.key += "#" + std::to_string(time);
      row.name = joined(values, name_, " / ");
      fill(values, row);
      out.push_back(std::move(row));
    }
    std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
    return out;
  }

 private:
  std::size_t position(const std::string& column) const {
    if (const auto at = table_.column(column)) return *at;
    throw Error(Code::invalid_document, Text{"definition " + definition_.id, "定义 " + definition_.id},
                Text{"its rows have no column '" + column + "'", "其数据行没有字段“" + column + "”"});
  }

  static std::string joined(const SqlRow& values, const std::vector<std::size_t>& columns, const char* between) {
    std::string out;
    for (const auto at : columns) out += (out.empty() ? "" : between) + printable(values[at].value_or(""));
    return out;
  }

  void fill(const SqlRow& values, DefinitionRow& row) const {
    Json hashed = Json::array();
    for (std::size_t i = 0; i < table_.columns.size() && i < values.size(); ++i) {
      const auto& column = table_.columns[i];
      if (among(definition_.ignored, column)) continue;
      hashed.push_back(column);
      hashed.push_back(values[i] ? Json(escape(*values[i])) : Json(nullptr));
      if (values[i] && !among(definition_.secret, column) && !names_a_secret(column))
        row.cells[column] = readable(*values[i]);
    }
    row.digest = digest_of(hashed);
  }

  const Definition& definition_;
  const SqlTable& table_;
  std::vector<std::size_t> key_, name_;
};

std::vector<DefinitionRow> rows_of(Surveyor& surveyor, const Definition& definition) {
  Connection& connection = surveyor.facts.connection(definition.database);
  const std::string query = definition.table.empty()
                                ? expand(definition.sql, surveyor.facts.variables(), surveyor.options.secret)
                                : "select * from " + connection.dialect().quoted(definition.table);
  const auto table = connection.query(query, {}, most_rows + 1);
  if (table.rows.size() > most_rows)
    throw Error(Code::invalid_document, Text{"definition " + definition.id, "定义 " + definition.id},
                Text{"more than " + std::to_string(most_rows) + " rows: these are data, not definitions",
                     "超过 " + std::to_string(most_rows) + " 行：这是业务数据而不是定义"});
  return TableReader(definition, table).rows();
}

}  // namespace

DefinitionSnapshot read_definitions(Surveyor& surveyor) {
  DefinitionSnapshot out;
  for (const auto& definition : surveyor.profile.definitions) {
    if (!definition.version.contains(surveyor.inventory.version)) continue;
    DefinitionTable table;
    table.id = definition.id;
    try {
      table.rows = rows_of(surveyor, definition);
    } catch (const Error& error) {
      table.problem = {error.describe(Language::english), error.describe(Language::chinese)};
      surveyor.findings.add_error("definition " + definition.id, error, false, {"E7"});
    }
    out.tables.push_back(std::move(table));
  }
  return out;
}

}  // namespace ferry
