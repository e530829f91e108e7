// Reads single facts that a profile names (FactSource) from an installation. Files and databases are opened for reading
// only. One reader keeps its connections, so it must not outlive the stop of what it looks at.
#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "database/connection.h"
#include "model/environment.h"
#include "model/profile.h"

namespace ferry {

class FactsReader {
 public:
  // Both must live as long as the reader. `extra`: more names for templates beside those of the environment.
  FactsReader(const Profile& profile, const Environment& environment, Variables extra = {}, SecretLookup secret = {});
  ~FactsReader();
  FactsReader(FactsReader&&) noexcept;

  // None when it is not there: no such file, no such key, no match, no row, NULL. path_exists gives "true" or "false".
  // Throws Error(permission, io, invalid_document: file that is no JSON, malformed pointer or regular expression;
  // database_unreachable, database_locked, database_query).
  std::optional<std::string> read(const FactSource& source, const SqlParameters& parameters = {});
  // The same as a whole number; none also when it is none.
  std::optional<std::int64_t> read_number(const FactSource& source, const SqlParameters& parameters = {});
  // There and neither empty, 0, false, no nor off.
  bool is_true(const FactSource& source, const SqlParameters& parameters = {});
  // All rows of an sql source; Error(invalid_document) for other kinds.
  SqlTable rows(const FactSource& source, const SqlParameters& parameters = {});

  // Read-only connection to a database of the profile; empty id: the first one. Throws like Connection::open,
  // Error(not_found) when the profile has no such database.
  Connection& connection(const std::string& database_id);
  const Variables& variables() const { return variables_; }

 private:
  std::optional<std::string> from_file(const FactSource& source);

  const Profile& profile_;
  const Environment& environment_;
  Variables variables_;
  SecretLookup secret_;
  std::map<std::string, std::unique_ptr<Connection>> connections_;
};

// A database for looking only. Where nobody has an SQLite database in WAL mode open, it is read without making the
// -shm file that SQLite would put beside it.
Connection open_for_survey(const Database& database, const Variables& variables, const std::string& root);

// Value of a key in a Java .properties file (java.util.Properties.load): '=', ':' or blank as separator, '#' and '!'
// comments, continuation lines, \uXXXX. The last one wins. Bytes that are no escapes stay as they are.
std::optional<std::string> property(std::string_view text, std::string_view key);

}  // namespace ferry
