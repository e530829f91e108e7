#include "base/error.h"
#include "database/connection.h"
#include "database/dialect.h"
#include "database/sql_lexer.h"
#include "host/files.h"

namespace ferry {
namespace {

std::vector<std::string> first_words(std::string_view statement, std::size_t count) {
  SqlLexer lexer(statement, "SQL");
  SqlToken token;
  std::vector<std::string> words;
  while (words.size() < count && lexer.next(token)) {
    if (token.kind == SqlToken::Kind::comment) continue;
    std::string word;
    for (const char c : token.text) word += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    words.push_back(std::move(word));
  }
  return words;
}

// The database's own word for it: version of the format for writing, byte 18 of the file.
bool writes_wal(const std::string& file) {
  constexpr std::size_t at = 18;
  const auto head = read_head(file, at + 1);
  return head.size() > at && head[at] == 2;
}

class SqliteDialect final : public Dialect {
 public:
  std::string_view name() const override { return "sqlite"; }
  std::string_view product() const override { return "SQLite"; }
  bool transactional_ddl() const override { return true; }
  Separator separator() const override { return Separator::semicolon; }

  StatementEffect effect(std::string_view statement) const override {
    const auto words = first_words(statement, 3);
    if (words.empty()) return StatementEffect::normal;
    const auto& first = words.front();
    if (first == "BEGIN") return StatementEffect::begin;
    if (first == "COMMIT" || first == "END") return StatementEffect::commit;
    if (first == "ROLLBACK") {
      // ROLLBACK [TRANSACTION] TO name: back to a savepoint only.
      for (const auto& word : words)
        if (word == "TO") return StatementEffect::savepoint;
      return StatementEffect::rollback;
    }
    if (first == "SAVEPOINT" || first == "RELEASE") return StatementEffect::savepoint;
    if (first == "PRAGMA" || first == "ATTACH" || first == "DETACH") return StatementEffect::session;
    if (first == "VACUUM") return StatementEffect::standalone;
    return StatementEffect::normal;
  }

  bool may_share_commit(Connection& connection) const override {
    return connection.number("PRAGMA foreign_keys") == 0;  // deferred ones
  }

  void begin(Connection& connection) const override {
    if (connection.mode() == OpenMode::read_write) return connection.execute("BEGIN IMMEDIATE");
    connection.execute("BEGIN");
    connection.execute("SELECT 1 FROM sqlite_master LIMIT 1");  // only a read pins the state
  }

  std::string quoted(std::string_view identifier) const override {
    std::string out = "\"";
    for (const char c : identifier) out += c == '"' ? std::string("\"\"") : std::string(1, c);
    return out + "\"";
  }

  std::string server_version(Connection& connection) const override {
    return connection.scalar("SELECT sqlite_version()").value_or("");
  }
  std::string encoding(Connection& connection) const override {
    return connection.scalar("PRAGMA encoding").value_or("");
  }
  std::uint64_t bytes(Connection& connection) const override {
    return static_cast<std::uint64_t>(connection.number("PRAGMA page_count") * connection.number("PRAGMA page_size"));
  }

  std::map<std::string, std::string> settings(Connection& connection) const override {
    std::map<std::string, std::string> out;
    for (const char* name : {"auto_vacuum", "journal_mode", "page_size"})
      out[name] = connection.scalar(std::string("PRAGMA ") + name).value_or("");
    // A database that nobody has open is read as unchangeable, and SQLite then says "delete" whatever it is.
    if (writes_wal(connection.file())) out["journal_mode"] = "wal";
    return out;
  }

  std::vector<SchemaObject> objects(Connection& connection) const override {
    std::vector<SchemaObject> out;
    // sqlite_ is reserved for the database; an index without SQL belongs to a UNIQUE or PRIMARY KEY of its table.
    const auto table = connection.query(
        "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' "
        "AND sql IS NOT NULL ORDER BY type, name");
    for (const auto& row : table.rows)
      out.push_back({row[0].value_or(""), row[1].value_or(""), row[2].value_or(""), row[3].value_or("")});
    return out;
  }

  std::vector<SchemaColumn> columns(Connection& connection, const std::string& table) const override {
    std::vector<SchemaColumn> out;
    const auto found = connection.query(
        "SELECT name, type, \"notnull\", dflt_value, pk FROM pragma_table_xinfo(:name) WHERE hidden <> 1 ORDER BY cid",
        {{"name", table}});
    for (const auto& row : found.rows) {
      SchemaColumn column;
      column.name = row[0].value_or("");
      column.type = row[1].value_or("");
      column.not_null = row[2] == "1";
      column.default_value = row[3].value_or("");
      column.key = std::stoi(row[4].value_or("0"));
      out.push_back(std::move(column));
    }
    return out;
  }

  std::vector<std::string> integrity_problems(Connection& connection, bool thorough) const override {
    std::vector<std::string> out;
    const auto check = connection.query(thorough ? "PRAGMA integrity_check" : "PRAGMA quick_check");
    for (const auto& row : check.rows)
      if (row[0].value_or("") != "ok") out.push_back(row[0].value_or("NULL"));
    if (!thorough) return out;
    const auto keys = connection.query("PRAGMA foreign_key_check", {}, 100);
    for (const auto& row : keys.rows)
      out.push_back("table " + row[0].value_or("?") + ", row " + row[1].value_or("?") +
                    ": refers to a row that is not in " + row[2].value_or("?"));
    return out;
  }
};

}  // namespace

const Dialect& dialect_of(std::string_view kind) {
  static const SqliteDialect sqlite;
  if (kind == sqlite.name()) return sqlite;
  throw Error(Code::unsupported_format,
              Text{"database kind '" + std::string(kind) + "'", "数据库类型“" + std::string(kind) + "”"},
              Text{"known: sqlite", "目前支持：sqlite"});
}

}  // namespace ferry
