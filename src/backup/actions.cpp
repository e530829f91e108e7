#include "backup/actions.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/secret_name.h"
#include "database/connection.h"
#include "database/script.h"
#include "host/files.h"

namespace ferry {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t shown = 160;  // bytes of a value that a report shows

std::string_view name_of(Action::Kind kind) {
  switch (kind) {
    case Action::Kind::properties:
      return "properties";
    case Action::Kind::env:
      return "env";
    case Action::Kind::sql:
      return "sql";
    case Action::Kind::replace:
      return "replace";
    case Action::Kind::write:
      return "write";
    case Action::Kind::remove:
      return "remove";
  }
  return "";
}

std::string replaced_all(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

// Carries what all kinds need: expansion that remembers the secrets it used, so that no report shows one.
class Worker {
 public:
  Worker(const Action& action, const ActionContext& context) : action_(action), context_(context) {
    report_.id = action.id;
    report_.why = action.why;
    report_.kind = name_of(action.kind);
  }

  ActionReport run() {
    if (action_.kind == Action::Kind::sql) {
      run_sql();
    } else {
      run_file();
    }
    report_.nothing = report_.changed == 0;
    return std::move(report_);
  }

 private:
  std::string expanded(std::string_view text) {
    const SecretLookup lookup = [this](const std::string& name) {
      if (!context_.secret) throw Error(Code::missing_secret, name);
      std::string value = context_.secret(name);
      if (!value.empty()) secrets_.insert(value);
      return value;
    };
    return expand(text, context_.variables, lookup);
  }

  std::string masked(const std::string& key, std::string value) const {
    if (names_a_secret(key) && !value.empty()) return "***";
    for (const auto& secret : secrets_) value = replaced_all(std::move(value), secret, "***");
    value = printable(value);
    if (value.size() > shown) {
      std::size_t cut = shown;
      while (cut > 0 && (static_cast<unsigned char>(value[cut]) & 0xc0U) == 0x80U) --cut;
      value = value.substr(0, cut) + "...";
    }
    return value;
  }

  // Links inside the installation are followed as the product follows them; what ends outside is refused.
  fs::path resolved(const RelativePath& relative) const {
    const fs::path root = fs::canonical(context_.root);
    fs::path full = fs::weakly_canonical(root / relative.bytes());
    const auto [root_end, ignored] = std::mismatch(root.begin(), root.end(), full.begin(), full.end());
    if (root_end != root.end() || full == root) {
      throw Error(Code::out_of_bounds_path, printable(relative.bytes()),
                  Text{"leads to " + printable(full.string()), "指向 " + printable(full.string())});
    }
    return full;
  }

  void run_file() {
    if (action_.file.empty()) throw Error(Code::invalid_document, action_.id, Text{"names no file", "未指定文件"});
    const RelativePath relative(expanded(action_.file));
    report_.target = printable(relative.bytes());
    const fs::path file = resolved(relative);
    switch (action_.kind) {
      case Action::Kind::write:
        return run_write(file);
      case Action::Kind::remove:
        return run_remove(file);
      default:
        return run_edit(file);
    }
  }

  void run_edit(const fs::path& file) {
    const std::string original = read_file(file.string());
    std::string text = original;
    for (const auto& [raw_key, raw_value] : action_.set) {
      const std::string key = expanded(raw_key);
      const std::string value = expanded(raw_value);
      TextEdit edit = action_.kind == Action::Kind::properties ? set_property(text, key, value)
                      : action_.kind == Action::Kind::env      ? set_env(text, key, value)
                                                               : replace_text(text, key, value);
      if (action_.kind == Action::Kind::replace && edit.matched == 0) note_unmatched(text, key, value);
      if (edit.added) {
        report_.notes.push_back({"The key " + printable(key) + " was not there and has been added.",
                                 "原文件没有键 " + printable(key) + "，已添加。"});
      }
      report_.matched += edit.matched;
      report_.changed += edit.changed;
      if (edit.changed > 0) {
        const std::string before = action_.kind == Action::Kind::replace ? key : edit.before;
        report_.changes.push_back({masked({}, key), masked(key, before), masked(key, value), edit.changed});
      }
      text = std::move(edit.text);
    }
    if (text != original && !context_.dry_run) write_file_atomic(file.string(), text);
  }

  void note_unmatched(const std::string& text, const std::string& before, const std::string& after) {
    if (after.empty() || text.find(after) == std::string::npos) {
      throw Error(Code::not_found, report_.target,
                  Text{"no text " + masked({}, before), "没有文本 " + masked({}, before)});
    }
    report_.notes.push_back({"The text was replaced already.", "该文本此前已替换。"});
  }

  void run_write(const fs::path& file) {
    const std::string content = expanded(action_.text);
    const auto before = read_file_if_there(file.string());
    report_.matched = before ? 1 : 0;
    if (before == content) return report_.notes.push_back({"The file was already so.", "文件内容已符合要求。"});
    report_.changed = 1;
    report_.changes.push_back({report_.target, before ? human_bytes(before->size()) : "", masked({}, content), 1});
    if (context_.dry_run) return;
    make_folders(file.parent_path().string());
    write_file_atomic(file.string(), content);
    struct stat parent {};
    // A new file belongs to whom the folder belongs, or the product could not replace it later.
    if (!before && ::geteuid() == 0 && ::stat(file.parent_path().c_str(), &parent) == 0 &&
        ::lchown(file.c_str(), parent.st_uid, parent.st_gid) != 0) {
      throw system_error(report_.target, errno);
    }
  }

  void run_remove(const fs::path& file) {
    if (!path_exists(file.string())) {
      return report_.notes.push_back({"It was not there.", "该文件不存在，无需删除。"});
    }
    report_.matched = report_.changed = 1;
    report_.changes.push_back({report_.target, "", "", 1});
    if (!context_.dry_run) remove_tree(file.string());
  }

  void run_sql() {
    report_.target = action_.database;
    ActionContext quoted = context_;
    // Values stand inside '...' in the statement: a quote in one of them must not end it.
    for (auto& [name, value] : quoted.variables) value = replaced_all(value, "'", "''");
    const SecretLookup lookup = [&](const std::string& name) {
      if (!context_.secret) throw Error(Code::missing_secret, name);
      const std::string value = context_.secret(name);
      if (!value.empty()) secrets_.insert(value);
      return replaced_all(value, "'", "''");
    };
    const std::string text = expand(action_.text, quoted.variables, lookup);
    const auto statements = split_statements(text, Separator::semicolon, action_.id);
    if (statements.empty()) throw Error(Code::invalid_document, action_.id, Text{"holds no statement", "不含任何语句"});
    if (context_.dry_run) {
      for (const auto& statement : statements) report_.changes.push_back({masked({}, statement.text), "", "", -1});
      report_.changed = -1;
      return;
    }
    if (!context_.sql) throw Error(Code::internal, action_.id, "no database was given to an SQL action");
    const auto rows = context_.sql(action_.database, text);
    for (std::size_t i = 0; i < rows.size() && i < statements.size(); ++i) {
      report_.matched += rows[i];
      report_.changed += rows[i];
      report_.changes.push_back({masked({}, statements[i].text), "", "", rows[i]});
      if (rows[i] == 0) {
        report_.notes.push_back(
            {"0 rows: " + masked({}, statements[i].text), "影响 0 行：" + masked({}, statements[i].text)});
      }
    }
  }

  const Action& action_;
  const ActionContext& context_;
  ActionReport report_;
  std::set<std::string> secrets_;
};

}  // namespace

SqlRunner sql_runner(const Profile& profile, const fs::path& root, const Variables& variables) {
  return [profile, root, variables](const std::string& id, const std::string& text) {
    const Database* database = find_database(profile, id);
    if (database == nullptr)
      throw Error(Code::not_found, id, Text{"no such database in the profile", "产品档案中没有该数据库"});
    OpenOptions options;
    options.mode = OpenMode::read_write;
    options.root = root.string();
    Connection connection = Connection::open(*database, variables, options);
    std::vector<std::int64_t> rows;
    Transaction transaction(connection);
    for (const auto& statement : split_statements(text, Separator::semicolon)) {
      const auto before = connection.number("select total_changes()");
      connection.execute(statement.text);
      rows.push_back(connection.number("select total_changes()") - before);
    }
    transaction.commit();
    return rows;
  };
}

ActionReport apply_action(const Action& action, const ActionContext& context) {
  try {
    return Worker(action, context).run();
  } catch (Error& error) {
    throw std::move(error).within(Text{"action " + action.id, "操作 " + action.id});
  } catch (const fs::filesystem_error& error) {
    throw system_error(printable(error.path1().string()), error.code().value())
        .within(Text{"action " + action.id, "操作 " + action.id});
  }
}

std::vector<ActionReport> apply_actions(const std::vector<Action>& actions, const ActionContext& context) {
  std::vector<ActionReport> reports;
  for (const auto& action : actions) reports.push_back(apply_action(action, context));
  return reports;
}

void to_json(Json& json, const ActionChange& value) {
  json = {{"where", value.where}, {"before", value.before}, {"after", value.after}, {"count", value.count}};
}
void from_json(const Json& json, ActionChange& value) {
  json.at("where").get_to(value.where);
  json.at("before").get_to(value.before);
  json.at("after").get_to(value.after);
  json.at("count").get_to(value.count);
}
void to_json(Json& json, const ActionReport& value) {
  json = {{"id", value.id},           {"why", value.why},         {"kind", value.kind},
          {"target", value.target},   {"matched", value.matched}, {"changed", value.changed},
          {"changes", value.changes}, {"notes", value.notes},     {"nothing", value.nothing}};
}
void from_json(const Json& json, ActionReport& value) {
  json.at("id").get_to(value.id);
  json.at("why").get_to(value.why);
  json.at("kind").get_to(value.kind);
  json.at("target").get_to(value.target);
  json.at("matched").get_to(value.matched);
  json.at("changed").get_to(value.changed);
  json.at("changes").get_to(value.changes);
  json.at("notes").get_to(value.notes);
  json.at("nothing").get_to(value.nothing);
}

}  // namespace ferry
