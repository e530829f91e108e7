// SQL scripts as text: decoding and splitting into statements. Running them: script_run.h.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"

namespace ferry {

class Connection;

enum class Separator {
  semicolon,  // ';' outside quotes and comments; bodies of CREATE TRIGGER are one statement (SQLite, PostgreSQL, MySQL)
  go_line,    // a line that holds only GO (SQL Server); ';' does not separate
  slash_line,  // ';', and for PL/SQL blocks a line that holds only '/' (Oracle)
};

struct Statement {
  std::string text;  // without the separator and without comments around it
  int line = 0;      // 1-based, of its first word
};

struct Script {
  std::string name;  // "upgrade-8.0/010_columns.sql": unique in the run, for the record and for errors
  Digest digest;     // of the bytes as delivered
  std::vector<Statement> statements;
};

// Bytes to UTF-8. `encoding`: empty or "UTF-8" (with or without byte order mark), "GBK", or any name of iconv; a
// UTF-16 byte order mark is obeyed. Throws Error(invalid_document, name:line) when the bytes are not in that encoding;
// the message names the option.
std::string decode_script(std::string_view bytes, std::string_view encoding, const std::string& name);

// Throws Error(invalid_document, name:line) on a quote, comment or trigger that is not closed. Empty statements and
// pure comments are dropped; the last statement needs no separator.
std::vector<Statement> split_statements(std::string_view utf8, Separator separator, const std::string& name = "SQL");

// decode_script and split_statements.
Script read_script(std::string name, std::string_view bytes, Separator separator, std::string_view encoding = {});

// Without comments, blanks collapsed, letters outside quotes in lower case, no ';' at the end: equal texts = same
// meaning.
std::string normalised_sql(std::string_view sql);

// Names of the parameters (":name") in a statement, in order, each once.
std::vector<std::string> parameter_names(std::string_view sql);

// Executes all statements of `sql` in one transaction: all or nothing (actions of a profile: rewrite, silence, hold).
// Throws Error(database_query, "name:line", ...), Error(database_locked).
void execute_all(Connection& connection, std::string_view sql, const std::string& name = "SQL");

}  // namespace ferry
