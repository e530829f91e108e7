// What an SQLite database of an unknown product says about itself.
#include <algorithm>
#include <cctype>
#include <chrono>
#include <set>

#include "base/secret_name.h"
#include "database/catalogue.h"
#include "database/connection.h"
#include "host/files.h"
#include "model/yaml_text.h"
#include "survey/facts_reader.h"
#include "survey/look.h"
#include "survey/settings_file.h"

namespace ferry {
namespace {

constexpr std::int64_t most_counted = 1'000'000;  // rows of one table
constexpr std::int64_t most_setting_rows = 5000;  // more is no table of settings
constexpr std::int64_t most_sampled = 5000;       // values of one column
constexpr std::size_t longest_value = 1000;

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return std::tolower(c); });
  return out;
}

std::string first_of(const CatalogueTable& table, const std::vector<std::string>& names) {
  for (const auto& name : names)
    for (const auto& column : table.columns)
      if (lower(column.name) == name) return column.name;
  return {};
}

bool holds_text(const SchemaColumn& column) {
  const auto type = lower(column.type);
  for (const char* word : {"int", "real", "floa", "doub", "blob", "num", "date", "time", "bool"})
    if (type.find(word) != std::string::npos) return false;
  return true;
}

// Like 1.0, v2.3.1, 8.0P1: something that could be a product's version.
bool looks_like_version(std::string_view text) {
  if (text.starts_with('v')) text.remove_prefix(1);
  return !text.empty() && text.size() <= 40 && std::isdigit(static_cast<unsigned char>(text.front())) != 0 &&
         text.find('.') != std::string_view::npos && text.find_first_of(" :/") == std::string_view::npos;
}

std::string sql_text(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? "''" : std::string(1, c);
  return out + "'";
}

class DatabaseLook {
 public:
  DatabaseLook(Connection& connection, std::string root, Milliseconds longest, SeenDatabase& out)
      : connection_(connection),
        root_(std::move(root)),
        until_(std::chrono::steady_clock::now() + longest),
        out_(out) {}

  void all() {
    const auto catalogue = read_catalogue(connection_);
    for (const auto& table : catalogue.tables) {
      if (std::chrono::steady_clock::now() > until_) {
        out_.problem = {"not looked at to its end: it takes too long", "耗时过长，未查看完"};
        return;
      }
      look(table);
    }
  }

 private:
  std::string quoted(const std::string& name) const { return connection_.dialect().quoted(name); }

  void look(const CatalogueTable& table) {
    const auto& name = table.object.name;
    SeenTable seen{name, 0};
    const auto limit = std::to_string(most_counted);
    seen.rows = connection_.number("SELECT count(*) FROM (SELECT 1 FROM " + quoted(name) + " LIMIT " + limit + ")");
    if (seen.rows > 0 && seen.rows <= most_setting_rows) settings(table);
    if (seen.rows > 0) {
      version(table);
      for (const auto& column : table.columns)
        if (holds_text(column)) sample(name, column.name);
    }
    out_.tables.push_back(std::move(seen));
  }

  void settings(const CatalogueTable& table) {
    const auto key = first_of(table, {"name", "key", "code", "option_name", "setting_key", "setting", "param", "id"});
    const auto value = first_of(table, {"value", "val", "option_value", "setting_value", "content", "data"});
    if (key.empty() || value.empty() || table.columns.size() > 12) return;
    const auto rows =
        connection_.query("SELECT " + quoted(key) + ", " + quoted(value) + " FROM " + quoted(table.object.name));
    for (const auto& row : rows.rows) {
      if (!row[0] || !row[1] || row[1]->empty() || row[1]->size() > longest_value || !is_utf8(*row[0]) ||
          !is_utf8(*row[1]))
        continue;
      SettingRow found{table.object.name, key, value, *row[0], *row[1], names_a_secret(*row[0])};
      const auto lower_key = lower(*row[0]);
      if (!found.secret && lower_key.ends_with("version") && looks_like_version(*row[1]))
        add_version("select " + quoted_if_odd(value) + " from " + quoted_if_odd(table.object.name) + " where " +
                        quoted_if_odd(key) + " = " + sql_text(*row[0]),
                    *row[1]);
      found.value = found.secret ? "***" : without_password(found.value);
      out_.settings.push_back(std::move(found));
    }
  }

  // A table with a column "version": its newest row, by what was inserted last.
  void version(const CatalogueTable& table) {
    const auto column = first_of(table, {"version", "app_version", "product_version"});
    if (column.empty()) return;
    const auto sql = "select " + quoted_if_odd(column) + " from " + quoted_if_odd(table.object.name) +
                     " order by rowid desc limit 1";
    try {
      const auto value = connection_.scalar(sql);
      if (value && looks_like_version(*value)) add_version(sql, *value);
    } catch (const Error&) {
      // A table WITHOUT ROWID has no order that could be trusted.
    }
  }

  std::string quoted_if_odd(const std::string& name) const {
    const bool plain =
        std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
    return plain ? name : quoted(name);
  }

  void add_version(const std::string& sql, const std::string& value) {
    SeenVersion seen;
    seen.source = "{sql: " + yaml_quoted(sql) + "}";
    seen.value = value;
    seen.where = {"database " + out_.file + ": " + sql, "数据库 " + out_.file + "：" + sql};
    seen.in_database = true;
    out_.versions.push_back(std::move(seen));
  }

  void sample(const std::string& table, const std::string& column) {
    const auto values =
        "(SELECT " + quoted(column) + " AS v FROM " + quoted(table) + " LIMIT " + std::to_string(most_sampled) + ")";
    const auto prefix = root_ + "/";
    // Bytes are compared, not characters: a path is bytes.
    const auto inside = connection_.scalar(
        "SELECT 1 FROM " + values + " WHERE substr(CAST(v AS TEXT), 1, length(:root)) = :root LIMIT 1",
        {{"root", prefix}});
    if (inside) out_.paths.push_back({table, column});
    static const std::set<std::string> addresses = {"url",      "uri",          "endpoint", "webhook",   "webhook_url",
                                                    "callback", "callback_url", "target",   "target_url"};
    if (!addresses.contains(lower(column))) return;
    const auto example =
        connection_.scalar("SELECT v FROM " + values + " WHERE v LIKE 'http://%' OR v LIKE 'https://%' LIMIT 1");
    if (example && is_utf8(*example)) out_.addresses.push_back({table, column, without_password(*example)});
  }

  Connection& connection_;
  std::string root_;
  std::chrono::steady_clock::time_point until_;
  SeenDatabase& out_;
};

}  // namespace

SeenDatabase look_into_database(const std::string& file, const std::string& root, Milliseconds longest) {
  SeenDatabase out;
  out.file = file;
  try {
    Database database;
    database.id = "main";
    database.kind = "sqlite";
    database.file = file;
    auto connection = open_for_survey(database, {}, root);
    DatabaseLook(connection, root, longest, out).all();
  } catch (const Error& error) {
    out.problem = {error.describe(Language::english), error.describe(Language::chinese)};
  }
  return out;
}

}  // namespace ferry
