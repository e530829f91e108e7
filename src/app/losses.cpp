#include "app/losses.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/error.h"
#include "base/secret_name.h"
#include "database/catalogue.h"
#include "database/point.h"

namespace ferry {
namespace {

constexpr std::size_t shown_rows = 200;

std::string row_key(const SqlRow& row) {
  Json cells = Json::array();
  for (const auto& cell : row) cells.push_back(cell ? Json(escape(*cell)) : Json(nullptr));
  return cells.dump();
}

// Digest of each row -> how often it is there. Digests, so that a table of any width costs 32 bytes a row.
std::map<Digest, std::int64_t> rows_of(Connection& connection, const std::string& table) {
  std::map<Digest, std::int64_t> out;
  connection.each_row("select * from " + connection.dialect().quoted(table), {}, [&](const auto&, const SqlRow& row) {
    ++out[Digest::of(row_key(row))];
    return true;
  });
  return out;
}

// Whoever reads the list must not learn what opens other people's accounts.
std::vector<std::string> shown_cells(const std::vector<std::string>& columns, const SqlRow& row) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < row.size(); ++i)
    out.push_back(!row[i] ? std::string() : names_a_secret(columns[i]) ? "***" : printable(*row[i]));
  return out;
}

// The order in which a database gives rows is its own business.
Digest content_of(std::vector<std::string>& lines) {
  std::sort(lines.begin(), lines.end());
  std::string all;
  for (const auto& line : lines) all += line + "\n";
  return Digest::of(all);
}

// `was_there`: false for a table made since then, all of whose rows are new.
TableLoss compare_table(Connection& then, Connection& now, const std::string& database, const std::string& table,
                        bool was_there) {
  TableLoss loss;
  loss.database = database;
  loss.table = table;
  std::vector<std::string> content;
  auto left = was_there ? rows_of(then, table) : std::map<Digest, std::int64_t>();
  now.each_row("select * from " + now.dialect().quoted(table), {},
               [&](const std::vector<std::string>& columns, const SqlRow& row) {
                 loss.columns = columns;
                 const auto digest = Digest::of(row_key(row));
                 const auto it = left.find(digest);
                 if (it != left.end() && it->second > 0) {
                   --it->second;
                   return true;
                 }
                 ++loss.added;
                 content.push_back("+" + digest.hex());
                 if (loss.rows.size() < shown_rows) loss.rows.push_back(shown_cells(columns, row));
                 return true;
               });
  for (const auto& [digest, count] : left) {
    loss.removed += count;
    if (count > 0) content.push_back("-" + digest.hex() + " " + std::to_string(count));
  }
  loss.content = content_of(content);
  return loss;
}

}  // namespace

Digest Losses::digest() const {
  Json json;
  to_json(json, *this);
  return digest_of(json);
}

void to_json(Json& json, const Losses& value) {
  Json tables = Json::array();
  for (const auto& table : value.tables)
    tables.push_back({{"database", table.database},
                      {"table", table.table},
                      {"added", table.added},
                      {"removed", table.removed},
                      {"columns", table.columns},
                      {"rows", table.rows},
                      {"content", table.content}});
  json = {{"run", value.run}, {"since", value.since}, {"tables", tables}};
}

namespace {

// What the database has that the copy has not, and the other way round, without what the product itself keeps writing.
void compare_database(const Database& database, const Target& target, const std::string& copy,
                      const RecoveryPoint& point, Losses& out) {
  out.since = point.taken;
  auto then = Connection::open_file(copy + "/" + point.file);
  auto now = Connection::open(database, target.variables);
  const auto was = read_catalogue(then);
  const Transaction one_moment(now);
  for (const auto& table : read_catalogue(now).tables) {
    const auto& name = table.object.name;
    if (std::any_of(database.own_tables.begin(), database.own_tables.end(),
                    [&](const std::string& pattern) { return like(name, pattern); }))
      continue;
    auto loss = compare_table(then, now, database.id, name, was.find_table(name) != nullptr);
    if (loss.added > 0 || loss.removed > 0) out.tables.push_back(std::move(loss));
  }
}

}  // namespace

Losses losses_since_open(const Target& target, const std::string& run_folder, const std::string& run) {
  Losses out;
  out.run = run;
  for (const auto& database : target.profile.databases) {
    const std::string folder = run_folder + "/opened/" + database.id;
    const auto point = read_point(folder, database.id);
    if (!point)
      throw Error(Code::not_found, Text{"losses of " + run, run + " 的损失"},
                  Text{"it was not opened: going back loses nothing", "尚未开放，回退不丢失任何数据"});
    compare_database(database, target, folder, *point, out);
  }
  return out;
}

Losses changes_since_point(const Target& target, const std::string& run_folder, const std::string& run) {
  Losses out;
  out.run = run;
  for (const auto& database : target.profile.databases) {
    const std::string folder = run_folder + "/point/" + database.id;
    if (const auto point = read_point(folder, database.id)) compare_database(database, target, folder, *point, out);
  }
  return out;
}

}  // namespace ferry
