// Executes the actions of a profile (clone: rewrite, silence, mark; effects: hold, release) on an installation.
// What is not part of the change keeps its bytes: comments, order, line ends, encoding. Every file change is atomic
// (temporary file, fsync, rename; mode and owner kept). Applying twice gives the same result as once.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/text.h"
#include "model/profile.h"
#include "model/value.h"

namespace ferry {

// Runs statements (separated by ';') in one transaction on a database of the profile; returns the rows each of them
// changed, in order (0 for one that is no INSERT, UPDATE or DELETE).
using SqlRunner = std::function<std::vector<std::int64_t>(const std::string& database, const std::string& statements)>;

struct ActionContext {
  std::filesystem::path root;
  Variables variables;   // environment.*, fence.* ...
  SecretLookup secret;   // values looked up are masked in every report
  SqlRunner sql;         // sql_runner() below; needed only for sql actions
  bool dry_run = false;  // reports what would be changed (sql: not run, changed = -1)
};

// For databases of the profile as they stand below the root.
SqlRunner sql_runner(const Profile& profile, const std::filesystem::path& root, const Variables& variables);

struct ActionChange {
  std::string where;   // key, text or statement (printable, shortened)
  std::string before;  // printable; "***" for secrets
  std::string after;
  std::int64_t count = 1;  // occurrences or rows
};

struct ActionReport {
  std::string id;
  Text why;
  std::string kind;    // properties, env, sql, replace, write, remove
  std::string target;  // file or database
  std::int64_t matched = 0;
  std::int64_t changed = 0;
  std::vector<ActionChange> changes;
  std::vector<Text> notes;  // key added because absent; 0 rows; was done already
  bool nothing = false;     // nothing was changed (already so, or 0 rows)
};

// Errors: not_found (file missing; text of `replace` neither there nor already replaced), out_of_bounds_path (path
// or a link on it leads out of the root), invalid_document (unknown variable, unreadable value), database_* and io
// codes; the action's id is in the context.
ActionReport apply_action(const Action& action, const ActionContext& context);
std::vector<ActionReport> apply_actions(const std::vector<Action>& actions, const ActionContext& context);

void to_json(Json& json, const ActionChange& value);
void from_json(const Json& json, ActionChange& value);
void to_json(Json& json, const ActionReport& value);
void from_json(const Json& json, ActionReport& value);

// The pure parts, on bytes.
struct TextEdit {
  std::string text;    // whole new content
  std::string before;  // old value(s), decoded; empty when absent
  std::int64_t matched = 0;
  std::int64_t changed = 0;
  bool added = false;  // the key was absent and was appended
};
// Java .properties (java.util.Properties.load): escapes, continuation lines, '=' ':' or blank. Every line of the key
// is changed (the last would win). Non-ASCII characters of `value` (UTF-8) are written as \uXXXX, which every reader
// understands whatever the file's encoding.
TextEdit set_property(std::string_view text, const std::string& key, const std::string& value);
// KEY=VALUE lines as a shell and systemd read them (also `export KEY=`). Throws Error(invalid_document) on a value with
// a line break.
TextEdit set_env(std::string_view text, const std::string& key, const std::string& value);
// Every occurrence, except those that already stand inside an occurrence of `after`.
TextEdit replace_text(std::string_view text, const std::string& before, const std::string& after);

}  // namespace ferry
