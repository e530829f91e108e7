#include "database/catalogue.h"

#include <algorithm>
#include <cctype>

#include "base/error.h"
#include "database/sqlite_fault.h"

namespace ferry {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) { return lower(c); });
  return out;
}

bool is_record(const SchemaObject& object) {
  return lower(object.table) == "ferry_migration";
}

std::string line_of(const SchemaObject& object) {
  return lower(object.type) + '\t' + lower(object.name) + '\t' + lower(object.table) + '\t' +
         normalised_sql(object.sql) + '\n';
}

}  // namespace

Digest Catalogue::digest() const {
  std::vector<std::string> lines;
  for (const auto& table : tables) lines.push_back(line_of(table.object));
  for (const auto* list : {&views, &triggers, &indexes})
    for (const auto& object : *list) lines.push_back(line_of(object));
  std::sort(lines.begin(), lines.end());
  Hasher hasher;
  for (const auto& line : lines) hasher.update(line);
  return hasher.finish();
}

const CatalogueTable* Catalogue::find_table(std::string_view name) const {
  for (const auto& table : tables)
    if (lower(table.object.name) == lower(name)) return &table;
  return nullptr;
}

Catalogue read_catalogue(Connection& connection) {
  Catalogue catalogue;
  for (auto& object : connection.dialect().objects(connection)) {
    if (is_record(object)) continue;
    if (object.type == "table") {
      auto columns = connection.dialect().columns(connection, object.name);
      catalogue.tables.push_back({std::move(object), std::move(columns)});
    } else if (object.type == "view") {
      catalogue.views.push_back(std::move(object));
    } else if (object.type == "trigger") {
      catalogue.triggers.push_back(std::move(object));
    } else {
      catalogue.indexes.push_back(std::move(object));
    }
  }
  return catalogue;
}

bool like(std::string_view text, std::string_view pattern) {
  // Greedy with one point to come back to: the last '%'.
  std::size_t t = 0, p = 0, after_percent = std::string_view::npos, tried = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '%') {
      after_percent = ++p;
      tried = t;
    } else if (p < pattern.size() && (pattern[p] == '_' || lower(pattern[p]) == lower(text[t]))) {
      ++p;
      ++t;
    } else if (after_percent != std::string_view::npos) {
      p = after_percent;
      t = ++tried;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '%') ++p;
  return p == pattern.size();
}

std::vector<std::string> custom_objects(const Catalogue& catalogue, const std::vector<std::string>& vendor_patterns) {
  std::vector<std::string> out;
  if (vendor_patterns.empty()) return out;
  const auto note = [&](const SchemaObject& object) {
    for (const auto& pattern : vendor_patterns)
      if (like(object.name, pattern)) return;
    out.push_back(object.type + " " + object.name);
  };
  for (const auto& table : catalogue.tables) note(table.object);
  for (const auto& view : catalogue.views) note(view);
  for (const auto& trigger : catalogue.triggers) note(trigger);
  return out;
}

DatabaseFacts read_facts(Connection& connection, const FactOptions& options) {
  const Transaction one_moment(connection);
  const auto& dialect = connection.dialect();
  const auto catalogue = read_catalogue(connection);
  DatabaseFacts facts;
  facts.id = connection.id();
  facts.product = dialect.product();
  facts.version = dialect.server_version(connection);
  facts.bytes = dialect.bytes(connection);
  facts.encoding = dialect.encoding(connection);
  facts.settings = dialect.settings(connection);
  facts.schema = catalogue.digest();
  facts.custom_objects = custom_objects(catalogue, options.vendor_objects);
  if (options.count_rows)
    for (const auto& table : catalogue.tables)
      facts.rows[table.object.name] = connection.number("SELECT count(*) FROM " + dialect.quoted(table.object.name));
  return facts;
}

bool is_damage(const Error& error) {
  return error.detail().find(damaged_words().en) != std::string::npos;
}

Text damage_remedy() {
  return {
      "Nothing can be upgraded like this. Stop the application, keep a copy of the files, and restore the database "
      "from a recovery point or a verified backup ('ferry backup list'); 'PRAGMA integrity_check' of sqlite3 tells "
      "how much is damaged.",
      "在此状态下无法升级。请停止应用、留存文件副本，再从恢复点或已验证的备份（“ferry backup list”）还原数据库；"
      "sqlite3 的 PRAGMA integrity_check 可查看损坏程度。"};
}

std::vector<std::string> integrity_problems(Connection& connection, bool thorough) {
  try {
    return connection.dialect().integrity_problems(connection, thorough);
  } catch (const Error& error) {
    // Damage of a kind that stops the check itself; SQLite tells it and an unreadable disk by the same word.
    if (error.code() != Code::database_query && error.code() != Code::database_unreachable && error.code() != Code::io)
      throw;
    if (error.detail().empty()) return {error.about()};
    // Its own words only: what they mean and what helps is said with the list.
    return {is_damage(error) ? error.detail().substr(0, error.detail().find(": ")) : error.detail()};
  }
}

}  // namespace ferry
