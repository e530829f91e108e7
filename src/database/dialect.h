// What differs between kinds of databases. One class per kind that is built and tried; today SQLite. PostgreSQL, MySQL
// and ODBC follow here, one file each, behind the same interface.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "database/script.h"

namespace ferry {

class Connection;

// What a statement of a script means for the transaction in which its progress is recorded.
enum class StatementEffect {
  normal,     // one transaction with its progress record
  begin,      // opens a transaction of the script's own
  commit,     // ends it
  rollback,   // refused in scripts: what was recorded would be undone
  savepoint,  // allowed only inside a transaction of the script's own
  session,    // changes the session only or can be repeated: outside a transaction, repeated on resume (PRAGMA, ATTACH)
  standalone,  // can't run inside a transaction but can be repeated (VACUUM)
};

// A table, view, trigger or index as the database describes it.
struct SchemaObject {
  std::string type;  // table, view, trigger, index
  std::string name;
  std::string table;  // that it belongs to; itself for tables and views
  std::string sql;    // as stored
};

struct SchemaColumn {
  std::string name;
  std::string type;  // as declared
  bool not_null = false;
  std::string default_value;  // as declared; empty: none
  int key = 0;                // position in the primary key, 1-based; 0: not part of it
};

class Dialect {
 public:
  virtual ~Dialect() = default;

  virtual std::string_view name() const = 0;     // as in `kind` of the profile and sql/<dialect>/ of packages
  virtual std::string_view product() const = 0;  // for people

  // Whether CREATE, ALTER and DROP can be rolled back together with the progress record. SQLite, PostgreSQL and SQL
  // Server: yes. MySQL and Oracle commit before and after every such statement by themselves: there a script stopped by
  // a crash can have run one statement more than recorded, and the dialect has to answer by looking whether the object
  // is there, or the run has to go back to the recovery point. run_script refuses a dialect that says no.
  virtual bool transactional_ddl() const = 0;
  virtual Separator separator() const = 0;
  virtual StatementEffect effect(std::string_view statement) const = 0;

  // Whether several statements do the same in one transaction as each in its own, in the present session. Not so where
  // constraints are checked at the commit.
  virtual bool may_share_commit(Connection& connection) const = 0;

  virtual void begin(Connection& connection) const = 0;
  virtual std::string quoted(std::string_view identifier) const = 0;

  virtual std::string server_version(Connection& connection) const = 0;
  virtual std::string encoding(Connection& connection) const = 0;
  virtual std::uint64_t bytes(Connection& connection) const = 0;
  // Of this database, not of one session: what makes it behave otherwise than another one with the same content.
  virtual std::map<std::string, std::string> settings(Connection& connection) const = 0;
  // Without the database's own objects; by type and name.
  virtual std::vector<SchemaObject> objects(Connection& connection) const = 0;
  virtual std::vector<SchemaColumn> columns(Connection& connection, const std::string& table) const = 0;
  // What the database itself finds wrong with its content; empty = sound. `thorough`: also contents of indexes and
  // foreign keys (reads everything).
  virtual std::vector<std::string> integrity_problems(Connection& connection, bool thorough) const = 0;
};

// Throws Error(unsupported_format) for a kind that this program can't speak to.
const Dialect& dialect_of(std::string_view kind);

}  // namespace ferry
