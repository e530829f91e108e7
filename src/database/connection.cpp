#include "database/connection.h"

#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <utility>

#include "base/error.h"
#include "database/dialect.h"
#include "database/script.h"
#include "database/sqlite_fault.h"

namespace ferry {
namespace {

namespace fs = std::filesystem;

bool same_word(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

// SQLite's URI form (https://www.sqlite.org/uri.html), so that the mode is part of the open call itself: with mode=rw
// and mode=ro a missing file is never created, not even between two calls.
std::string sqlite_uri(const std::string& file, std::string_view parameters) {
  static constexpr char digits[] = "0123456789ABCDEF";
  std::string out = "file:";
  for (const char c : file) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '/' || c == '.' || c == '-' || c == '_') {
      out += c;
    } else {
      out += '%';
      out += digits[byte >> 4U];
      out += digits[byte & 15U];
    }
  }
  return out + "?" + std::string(parameters);
}

// The library does not export the type information that dynamic_cast needs; only this room opens sessions.
sqlite_api::sqlite3* handle_of(soci::session& session) {
  return static_cast<soci::sqlite3_session_backend*>(session.get_backend())->conn_;
}

// Where SQLite keeps the result code that a message of SOCI belongs to.
int result_of(const soci::soci_error& error, sqlite_api::sqlite3* handle) {
  if (const auto* native = dynamic_cast<const soci::sqlite3_soci_error*>(&error)) return native->result() & 0xFF;
  return handle == nullptr ? SQLITE_ERROR : sqlite_api::sqlite3_errcode(handle) & 0xFF;
}

bool is_busy(int code) {
  return code == SQLITE_BUSY || code == SQLITE_LOCKED;
}

std::string shortened(std::string_view sql) {
  constexpr std::size_t most = 2000;
  return sql.size() <= most ? std::string(sql) : std::string(sql.substr(0, most)) + " ...";
}

bool wal_has_content(const std::string& file) {
  std::error_code none;
  const auto size = fs::file_size(file + "-wal", none);
  return !none && size > 0;
}

}  // namespace

struct Connection::State {
  std::string id;
  std::string file;
  OpenMode mode = OpenMode::read_only;
  const Dialect* dialect = nullptr;
  std::unique_ptr<soci::session> session;

  sqlite_api::sqlite3* handle() { return handle_of(*session); }

  [[noreturn]] void fail(const soci::soci_error& error, std::string_view sql) {
    const int code = result_of(error, handle());
    const std::string message = sqlite_api::sqlite3_errmsg(handle());
    if (is_busy(code)) throw Error(Code::database_locked, file, message + "\n" + shortened(sql));
    if (auto fault = sqlite_fault(code, sqlite_api::sqlite3_system_errno(handle()), file, message))
      throw std::move(*fault);
    if (sqlite_api::sqlite3_extended_errcode(handle()) == SQLITE_READONLY_DBMOVED)
      throw Error(Code::database_unreachable, file, Text{"the file was moved away", "数据库文件已被移走"});
    // It was opened for writing: the file, its folder or the disk does not allow it (SQLite opened it all the same).
    if (code == SQLITE_READONLY && mode == OpenMode::read_write) throw Error(Code::immutable_file, file, message);
    // The database itself is open: it was its journal or a temporary file, and SQLite does not keep the reason.
    if (code == SQLITE_CANTOPEN)
      throw Error(Code::io, file,
                  Text{message + ": its journal or a temporary file", message + "：其日志或临时文件无法打开"});
    throw Error(Code::database_query, id, message + ": " + shortened(sql));
  }
};

namespace {

struct OpenProblem {
  int code = 0;
  int error_number = 0;
  std::string message;
};

// Opens and reads the schema, because SQLite looks at the file only when it is asked something.
std::unique_ptr<soci::session> try_open(const std::string& uri, Milliseconds busy_timeout, OpenProblem& problem) {
  std::unique_ptr<soci::session> session;
  sqlite_api::sqlite3* handle = nullptr;
  try {
    session = std::make_unique<soci::session>(soci::sqlite3, "db=\"" + uri + "\"");
    handle = handle_of(*session);
    sqlite_api::sqlite3_busy_timeout(handle, static_cast<int>(busy_timeout.count()));
    long long objects = 0;
    *session << "SELECT count(*) FROM sqlite_master", soci::into(objects);
    return session;
  } catch (const soci::soci_error& error) {
    problem.code = result_of(error, handle);
    // The extended code tells a hot journal from a write-protected file.
    if (handle != nullptr && problem.code == SQLITE_READONLY)
      problem.code = sqlite_api::sqlite3_extended_errcode(handle);
    if (handle != nullptr) problem.error_number = sqlite_api::sqlite3_system_errno(handle);
    problem.message = handle == nullptr ? error.what() : sqlite_api::sqlite3_errmsg(handle);
    return nullptr;
  }
}

[[noreturn]] void refuse(const std::string& file, const OpenProblem& problem) {
  if (is_busy(problem.code)) throw Error(Code::database_locked, file, problem.message);
  if (auto fault = sqlite_fault(problem.code, problem.error_number, file, problem.message)) throw std::move(*fault);
  if (problem.code == SQLITE_READONLY_ROLLBACK)
    throw Error(
        Code::database_unreachable, file,
        Text{"its application was killed inside a transaction; the journal beside it must be rolled back, which a "
             "read-only look can't do: start and stop the application, or let a recovery point be taken",
             "应用在事务进行中被强行终止，须先回滚旁边的日志文件，而只读访问无法回滚："
             "请启动再停止该应用，或先取一个恢复点"});
  throw Error(Code::database_unreachable, file, problem.message);
}

}  // namespace

std::optional<std::size_t> SqlTable::column(std::string_view name) const {
  for (std::size_t i = 0; i < columns.size(); ++i)
    if (same_word(columns[i], name)) return i;
  return std::nullopt;
}

const std::optional<std::string>& SqlTable::at(std::size_t row, std::string_view name) const {
  const auto position = column(name);
  if (!position)
    throw Error(Code::database_query, Text{"column " + std::string(name), "列 " + std::string(name)},
                Text{"the query has no such column", "查询结果中没有该列"});
  return rows.at(row).at(*position);
}

std::string database_file(const Database& database, const Variables& variables, const std::string& root) {
  const fs::path file = expand(database.file, variables);
  if (file.is_absolute()) return file.lexically_normal().string();
  auto base = root;
  if (base.empty())
    if (const auto found = variables.find("environment.root"); found != variables.end()) base = found->second;
  if (base.empty())
    throw Error(Code::invalid_document, database.id,
                Text{"relative file and no ${environment.root}", "文件为相对路径，但没有 ${environment.root}"});
  return (fs::path(base) / file).lexically_normal().string();
}

Connection Connection::open(const Database& database, const Variables& variables, const OpenOptions& options) {
  if (database.kind != "sqlite")
    throw Error(Code::unsupported_format, Text{"database " + database.id, "数据库 " + database.id},
                Text{"kind '" + database.kind + "'; known: sqlite", "类型为“" + database.kind + "”；目前支持：sqlite"});
  auto connection = open_file(database_file(database, variables, options.root), options);
  connection.state_->id = database.id;
  return connection;
}

Connection Connection::open_file(const std::string& file, const OpenOptions& options) {
  auto state = std::make_unique<State>();
  state->id = fs::path(file).filename().string();
  state->file = fs::absolute(file).lexically_normal().string();
  state->mode = options.mode;
  state->dialect = &dialect_of("sqlite");
  const bool reading = options.mode == OpenMode::read_only;
  if (std::error_code none; !fs::is_regular_file(state->file, none))
    throw Error(Code::database_unreachable, state->file, Text{"there is no such file", "没有这个文件"});

  OpenProblem problem;
  const std::string mode = reading ? (options.immutable ? "mode=ro&immutable=1" : "mode=ro") : "mode=rw";
  state->session = try_open(sqlite_uri(state->file, mode), options.busy_timeout, problem);
  // WAL needs a -shm file, which this account may not be allowed to make. Without a -wal there is nothing that the
  // shared memory could tell, so the file alone is the database.
  const bool cannot_share = problem.code == SQLITE_CANTOPEN || (problem.code & 0xFF) == SQLITE_READONLY;
  if (!state->session && reading && cannot_share && problem.code != SQLITE_READONLY_ROLLBACK &&
      !wal_has_content(state->file))
    state->session = try_open(sqlite_uri(state->file, "mode=ro&immutable=1"), options.busy_timeout, problem);
  if (!state->session) refuse(state->file, problem);
  return Connection(std::move(state));
}

Connection::Connection(std::unique_ptr<State> state) : state_(std::move(state)) {}
Connection::~Connection() = default;
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;

namespace {

// The values bound to a statement. SOCI keeps their addresses, so they live here and never move.
class Binding {
 public:
  Binding(std::string_view sql, const SqlParameters& parameters) : names_(parameter_names(sql)) {
    texts_.resize(names_.size());
    numbers_.resize(names_.size());
    indicators_.assign(names_.size(), soci::i_ok);
    for (std::size_t i = 0; i < names_.size(); ++i) {
      const auto found = parameters.find(names_[i]);
      if (found == parameters.end())
        throw Error(Code::database_query, Text{"parameter :" + names_[i], "参数 :" + names_[i]},
                    Text{"no value is given: " + shortened(sql), "未给出值：" + shortened(sql)});
      values_.push_back(&found->second);
    }
  }

  void use_in(soci::statement& statement) {
    for (std::size_t i = 0; i < names_.size(); ++i) {
      if (const auto* number = std::get_if<std::int64_t>(values_[i])) {
        numbers_[i] = *number;
        statement.exchange(soci::use(numbers_[i], indicators_[i], names_[i]));
        continue;
      }
      if (const auto* text = std::get_if<std::string>(values_[i]))
        texts_[i] = *text;
      else
        indicators_[i] = soci::i_null;
      statement.exchange(soci::use(texts_[i], indicators_[i], names_[i]));
    }
  }

 private:
  std::vector<std::string> names_;
  std::vector<const SqlValue*> values_;
  std::vector<std::string> texts_;
  std::vector<long long> numbers_;
  std::vector<soci::indicator> indicators_;
};

// Every column as a string, whatever its declared type: SOCI's own dynamic rows would parse dates and fail on what
// customers keep in such columns.
class Columns {
 public:
  explicit Columns(soci::statement& statement) {
    const int count = statement.get_backend()->prepare_for_describe();
    for (int i = 1; i <= count; ++i) {
      soci::data_type type{};
      std::string name;
      statement.get_backend()->describe_column(i, type, name);
      names.push_back(name);
    }
    texts_.resize(names.size());
    indicators_.resize(names.size());
    for (std::size_t i = 0; i < names.size(); ++i) statement.exchange(soci::into(texts_[i], indicators_[i]));
  }

  void take(SqlRow& row) const {
    row.resize(names.size());
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (indicators_[i] == soci::i_null)
        row[i].reset();
      else
        row[i] = texts_[i];
    }
  }

  std::vector<std::string> names;

 private:
  std::vector<std::string> texts_;
  std::vector<soci::indicator> indicators_;
};

// A second statement would be ignored silently by the database's client.
std::string single_statement(std::string_view sql, Separator separator) {
  auto statements = split_statements(sql, separator);
  if (statements.size() != 1)
    throw Error(Code::database_query,
                Text{std::to_string(statements.size()) + " statements where one is expected",
                     "此处应为 1 条语句，实有 " + std::to_string(statements.size()) + " 条"},
                Text{shortened(sql), shortened(sql)});
  return statements.front().text;
}

}  // namespace

namespace {

using VisitRow = std::function<bool(const SqlRow&)>;

void visit_rows(soci::session& session, const std::string& text, Binding& binding, std::vector<std::string>& names,
                const VisitRow& visit) {
  soci::statement statement(session);
  statement.alloc();
  statement.prepare(text);
  const Columns columns(statement);
  names = columns.names;
  binding.use_in(statement);
  statement.define_and_bind();
  SqlRow row;
  for (bool more = statement.execute(true); more; more = statement.fetch()) {
    columns.take(row);
    if (!visit(row)) return;
  }
}

}  // namespace

void Connection::run(std::string_view sql, const SqlParameters& parameters, std::vector<std::string>& names,
                     const std::function<bool(const SqlRow&)>& visit) {
  const auto text = single_statement(sql, state_->dialect->separator());
  Binding binding(text, parameters);
  try {
    visit_rows(*state_->session, text, binding, names, visit);
  } catch (const soci::soci_error& error) {
    state_->fail(error, text);
  }
}

void Connection::each_row(std::string_view sql, const SqlParameters& parameters,
                          const std::function<bool(const std::vector<std::string>&, const SqlRow&)>& visit) {
  std::vector<std::string> names;
  run(sql, parameters, names, [&](const SqlRow& row) { return visit(names, row); });
}

SqlTable Connection::query(std::string_view sql, const SqlParameters& parameters, std::size_t row_limit) {
  SqlTable table;
  run(sql, parameters, table.columns, [&](const SqlRow& row) {
    table.truncated = row_limit > 0 && table.rows.size() == row_limit;
    if (table.truncated) return false;
    table.rows.push_back(row);
    return true;
  });
  return table;
}

void Connection::execute(std::string_view sql, const SqlParameters& parameters) {
  each_row(sql, parameters, [](const std::vector<std::string>&, const SqlRow&) { return true; });
}

std::optional<std::string> Connection::scalar(std::string_view sql, const SqlParameters& parameters) {
  std::optional<std::string> value;
  each_row(sql, parameters, [&](const std::vector<std::string>&, const SqlRow& row) {
    if (!row.empty()) value = row.front();
    return false;
  });
  return value;
}

std::int64_t Connection::number(std::string_view sql, const SqlParameters& parameters) {
  const auto text = scalar(sql, parameters);
  std::int64_t value = 0;
  const char* end = text ? text->data() + text->size() : nullptr;
  const auto parsed = text ? std::from_chars(text->data(), end, value) : std::from_chars_result{nullptr, std::errc{}};
  if (!text || parsed.ec != std::errc{} || (parsed.ptr != end && *parsed.ptr != '.'))
    throw Error(Code::database_query, id(),
                Text{"not a number: " + text.value_or("NULL") + ": " + shortened(sql),
                     "不是数字：" + text.value_or("NULL") + "：" + shortened(sql)});
  return value;
}

const Dialect& Connection::dialect() const {
  return *state_->dialect;
}
const std::string& Connection::id() const {
  return state_->id;
}
const std::string& Connection::file() const {
  return state_->file;
}
OpenMode Connection::mode() const {
  return state_->mode;
}
void* Connection::native() {
  return state_->handle();
}

Transaction::Transaction(Connection& connection) : connection_(&connection) {
  connection.dialect().begin(connection);
}

Transaction::~Transaction() {
  if (connection_ == nullptr) return;
  try {
    connection_->execute("ROLLBACK");
  } catch (const Error&) {
    // SQLite rolls back by itself on some errors (disk full, I/O): then there is nothing left to roll back.
  }
}

void Transaction::commit() {
  connection_->execute("COMMIT");
  connection_ = nullptr;
}

}  // namespace ferry
