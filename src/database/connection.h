// A connection to one of an installation's databases, through SOCI. Statements, parameters and values look the same for
// every kind; what differs between kinds is behind Dialect (dialect.h).
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "model/profile.h"

namespace ferry {

class Dialect;

enum class OpenMode { read_only, read_write };

struct OpenOptions {
  OpenMode mode = OpenMode::read_only;
  Milliseconds busy_timeout{5000};  // how long a statement waits for another process's lock
  // Folder against which a relative Database::file is resolved; empty: variables["environment.root"].
  std::string root;
  bool immutable = false;  // nobody writes to it, for sure: no locks, no -shm beside it (copies, recovery points)
};

// A value for a named parameter; monostate is NULL. Numbers are bound as numbers, so that they compare as such.
using SqlValue = std::variant<std::monostate, std::int64_t, std::string>;
using SqlParameters = std::map<std::string, SqlValue>;  // without the colon

using SqlRow = std::vector<std::optional<std::string>>;  // bytes as stored; none = NULL

struct SqlTable {
  std::vector<std::string> columns;
  std::vector<SqlRow> rows;
  bool truncated = false;  // there were more rows than the limit

  // Position of a column by name, any case.
  std::optional<std::size_t> column(std::string_view name) const;
  // Value of a column in a row; none when NULL. Throws Error(database_query) when there is no such column.
  const std::optional<std::string>& at(std::size_t row, std::string_view column) const;
};

// Absolute path of the file of an SQLite database of the profile. Throws Error(invalid_document) on unknown variables.
std::string database_file(const Database& database, const Variables& variables, const std::string& root = {});

class Connection {
 public:
  // Throws Error(database_unreachable) when the file is missing (it is never created), is no database or can't be read,
  // Error(unsupported_format) for a kind this program can't speak to.
  //
  // read_only: SQLite is opened with mode=ro. A database in WAL mode is read beside the running application: readers
  // and the writer do not wait for each other. Where the application is not running and Ferry may not write into the
  // folder (so that SQLite can't make the -shm file), the file is read as immutable, but only while no -wal with
  // content lies beside it. A hot journal (application killed inside a transaction) can't be rolled back read-only:
  // Error(database_unreachable) that says so.
  static Connection open(const Database& database, const Variables& variables, const OpenOptions& options = {});
  // The same for a database file outside a profile (copies, recovery points). SQLite.
  static Connection open_file(const std::string& file, const OpenOptions& options = {});

  ~Connection();
  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;

  // All three: exactly one statement; parameters as :name (those that the statement does not use are ignored, one that
  // is not given is an error). Throws Error(database_query) with the statement and the database's message,
  // Error(database_locked) when another process held a lock for longer than the busy timeout.
  //
  // row_limit 0 = all rows.
  SqlTable query(std::string_view sql, const SqlParameters& parameters = {}, std::size_t row_limit = 0);
  // Rows one by one without keeping them; `visit` returns false to stop. The row is valid during the call only.
  void each_row(std::string_view sql, const SqlParameters& parameters,
                const std::function<bool(const std::vector<std::string>& columns, const SqlRow& row)>& visit);
  // A statement whose rows, if any, do not matter. Outside a Transaction it commits by itself.
  void execute(std::string_view sql, const SqlParameters& parameters = {});

  // First column of the first row; none when there is no row or it is NULL.
  std::optional<std::string> scalar(std::string_view sql, const SqlParameters& parameters = {});
  // The same as a whole number (decimal part dropped); throws Error(database_query) when it is none.
  std::int64_t number(std::string_view sql, const SqlParameters& parameters = {});

  const Dialect& dialect() const;
  const std::string& id() const;    // Database::id; the file's name for open_file
  const std::string& file() const;  // SQLite: absolute path
  OpenMode mode() const;
  void* native();  // for this room only: sqlite3*

 private:
  struct State;
  explicit Connection(std::unique_ptr<State> state);
  void run(std::string_view sql, const SqlParameters& parameters, std::vector<std::string>& names,
           const std::function<bool(const SqlRow&)>& visit);
  std::unique_ptr<State> state_;
};

// Begins; rolls back at the end of its life unless committed. On SQLite it takes the write lock at once (BEGIN
// IMMEDIATE) on a read-write connection, so that it can't fail half-way for a lock; on a read-only one it pins one
// consistent state for all queries inside. Throws like execute().
class Transaction {
 public:
  explicit Transaction(Connection& connection);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();

 private:
  Connection* connection_;
};

}  // namespace ferry
