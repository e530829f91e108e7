// What in a copy would still point at production or reach the outside, and the two environments.
#include <algorithm>
#include <set>

#include "survey/draft.h"
#include "survey/settings_file.h"

namespace ferry {
namespace {

bool is_this_host(const std::string& host) {
  return host == "localhost" || host.starts_with("127.") || host == "::1" || host == "0.0.0.0";
}

// Names of standards and of what package managers fetch: they are no addresses that anybody calls.
bool is_a_name(const Address& address, const std::string& key) {
  static const std::set<std::string> hosts = {"www.w3.org",          "java.sun.com",      "xmlns.jcp.org",
                                              "jakarta.ee",          "json-schema.org",   "json.schemastore.org",
                                              "schemas.xmlsoap.org", "tomcat.apache.org", "www.springframework.org",
                                              "maven.apache.org",    "xmlns.oracle.com"};
  const auto lower = lower_case(key);
  static const std::set<std::string> keys = {"homepage", "repository", "bugs",           "license", "$schema",
                                             "schema",   "xsi",        "schemalocation", "docs",    "documentation"};
  return hosts.contains(address.host) || keys.contains(lower) || lower.starts_with("xmlns");
}

bool names_own_address(const std::string& key) {
  const auto lower = lower_case(key);
  for (const char* word : {"base_url", "baseurl", "base.url", "site_url", "siteurl", "public_url", "publicurl",
                           "app_url", "root_url", "external_url", "server_url", "self_url"})
    if (lower.find(word) != std::string::npos) return true;
  return false;
}

bool names_mail(const std::string& key) {
  const auto lower = lower_case(key);
  return lower.find("smtp") != std::string::npos || lower.find("mail") != std::string::npos;
}

bool ends_with_one(const std::string& key, std::initializer_list<const char*> ends) {
  const auto lower = lower_case(key);
  return std::any_of(ends.begin(), ends.end(), [&](const char* end) { return lower.ends_with(end); });
}

enum class Meaning { nothing, own_address, own_path, own_port, web, mail_host, mail_port, other };

struct Judged {
  Meaning meaning = Meaning::nothing;
  std::string becomes;  // template
};

Judged judge(const Draft& draft, const std::string& key, const std::string& value, bool text_form) {
  if (value.empty() || value == "***") return {};
  if (draft.is_inside(value)) return {Meaning::own_path, draft.templated(value)};
  const auto& port = draft.out.port;
  if (!port.empty() && value == port && lower_case(key).find("port") != std::string::npos)
    return {Meaning::own_port, "${environment.port}"};
  if (names_mail(key) && value.find("://") == std::string::npos) {
    // "host" alone as text in a file could stand anywhere: then only a value with a dot is taken.
    const bool host =
        value.find_first_of(" @/") == std::string::npos && (!text_form || value.find('.') != std::string::npos);
    if (ends_with_one(key, {"host", "server"}) && host) return {Meaning::mail_host, "${fence.smtp}"};
    if (ends_with_one(key, {"port"}) && !text_form) return {Meaning::mail_port, "${fence.smtp_port}"};
  }
  const auto address = parse_address(value);
  if (!address || is_a_name(*address, key)) return {};
  if (!database_product(*address).empty()) return {};  // told as not supported
  const bool web = address->scheme == "http" || address->scheme == "https";
  const bool own = web && ((is_this_host(address->host) && !port.empty() && std::to_string(address->port) == port) ||
                           names_own_address(key));
  if (own)
    return {Meaning::own_address, "${environment.url}" + (address->path == "/" ? "" : draft.templated(address->path))};
  if (web) return {Meaning::web, "${fence.http}" + draft.templated(address->path)};
  return {Meaning::other, ""};
}

Text why_rewrite() {
  return {"the copy would use production's address, port or files", "副本会使用正式环境的地址、端口或文件"};
}

Text why_silence(Meaning meaning, const std::string& value) {
  if (meaning == Meaning::web) return {"the copy would call " + value, "副本会调用 " + value};
  return {"the copy would send mail by " + value, "副本会通过 " + value + " 发送邮件"};
}

std::string sql_text(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? "''" : std::string(1, c);
  return out + "'";
}

std::string sql_name(const std::string& name) {
  const bool plain = !name.empty() && std::all_of(name.begin(), name.end(),
                                                  [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
  if (plain) return name;
  std::string out = "\"";
  for (const char c : name) out += c == '"' ? "\"\"" : std::string(1, c);
  return out + "\"";
}

class Outside {
 public:
  explicit Outside(Draft& draft) : draft_(draft) {}

  void all() {
    for (const auto& file : draft_.sight.settings)
      if (may_be_changed(file.path)) settings(file);
    for (std::size_t i = 0; i < draft_.sight.databases.size(); ++i)
      database(draft_.sight.databases[i], draft_.out.databases[i].id);
    ask();
  }

 private:
  // Ignored and generated files are no part of a copy; a name that is no UTF-8 can't stand in a template.
  bool may_be_changed(const RelativePath& path) {
    if (!is_utf8(path.bytes())) return false;
    for (const char* list : {"ignored", "generated"})
      for (const auto& other : draft_.out.paths[list])
        if (path.is_under(RelativePath(unescape(other.value)))) return false;
    return true;
  }

  std::string new_id(const std::string& wanted) {
    const auto base = wanted.empty() ? std::string("place") : wanted;
    auto id = base;
    for (int i = 2; !ids_.insert(id).second; ++i) id = base + "-" + std::to_string(i);
    return id;
  }

  static Text at(const RelativePath& path, int line) {
    const auto text = path.bytes() + ":" + std::to_string(line);
    return {text, text};
  }

  void settings(const SettingsFile& file) {
    ProposedAction rewrite;
    rewrite.kind = file.form == SettingsForm::env          ? "env"
                   : file.form == SettingsForm::properties ? "properties"
                                                           : "replace";
    rewrite.file = draft_.templated(file.path.bytes());
    rewrite.why = why_rewrite();
    for (const auto& setting : file.settings) {
      if (!is_utf8(setting.value) || setting.secret) continue;
      const bool text = file.form == SettingsForm::text;
      const auto judged = judge(draft_, setting.key, setting.value, text);
      // In free text only the whole value is sure to be what is meant; a bare port would be replaced anywhere.
      if (text && judged.meaning == Meaning::own_port) {
        draft_.note({file.path.bytes() + ":" + std::to_string(setting.line) + " holds the port " + setting.value +
                         ": rewrite it for the clone by hand.",
                     file.path.bytes() + ":" + std::to_string(setting.line) + " 含有端口 " + setting.value +
                         "：请手工为克隆改写。"});
        continue;
      }
      const Noted pair{pair_of(text ? draft_.templated_literal(setting.value) : setting.key, judged.becomes),
                       at(file.path, setting.line), false};
      if (judged.meaning == Meaning::own_address || judged.meaning == Meaning::own_path ||
          judged.meaning == Meaning::own_port) {
        add(rewrite, pair);
      } else if (judged.meaning == Meaning::other) {
        tell_other(setting.value, file.path.bytes() + ":" + std::to_string(setting.line));
      } else if (judged.meaning != Meaning::nothing) {
        silence_setting(file, setting, judged, rewrite.kind, pair);
      }
    }
    if (rewrite.set.empty()) return;
    rewrite.id = new_id(id_of(std::string(file.path.name())));
    draft_.out.rewrite.push_back(std::move(rewrite));
  }

  static void add(ProposedAction& action, const Noted& pair) {
    const bool known = std::any_of(action.set.begin(), action.set.end(),
                                   [&](const Noted& other) { return key_of(other) == key_of(pair); });
    if (!known) action.set.push_back(pair);
  }

  void silence_setting(const SettingsFile& file, const Setting& setting, const Judged& judged, const std::string& kind,
                       const Noted& pair) {
    // Host and port of one mail server are one matter.
    for (auto& action : draft_.out.silence)
      if (judged.meaning == Meaning::mail_port && action.file == file.path.bytes()) return add(action, pair);
    ProposedAction action;
    action.id = new_id(id_of(setting.key));
    action.kind = kind;
    action.file = draft_.templated(file.path.bytes());
    action.why = why_silence(judged.meaning, setting.value);
    action.set.push_back(pair);
    draft_.out.silence.push_back(std::move(action));
  }

  void tell_other(const std::string& value, const std::string& where) {
    draft_.note({where + " leads to " + value +
                     ": what the copy does there stays inside the fence only; decide what the clone shall use.",
                 where + " 指向 " + value + "：副本对其的访问仅由隔离阻挡；请决定克隆应使用什么。"});
  }

  std::string own_root_to_new(const std::string& table, const std::string& column) {
    draft_.out.needs_production_root = true;
    const std::string length = "length('${environment.production_root}') + 1";
    return "UPDATE " + sql_name(table) + " SET " + sql_name(column) + " = '${environment.root}' || substr(" +
           sql_name(column) + ", " + length + ")\n" + " WHERE substr(" + sql_name(column) + ", 1, " + length +
           ") = '${environment.production_root}/';";
  }

  void database(const SeenDatabase& seen, const std::string& id) {
    ProposedAction rewrite;
    rewrite.kind = "sql";
    rewrite.database = id;
    rewrite.why = why_rewrite();
    std::set<std::string> columns;
    for (const auto& row : seen.settings) setting_row(seen, row, id, rewrite, columns);
    for (const auto& column : seen.paths)
      if (columns.insert(column.table + "." + column.column).second) {
        add_line(rewrite, own_root_to_new(column.table, column.column));
        rewrite.set.push_back({"", {column.table + "." + column.column, column.table + "." + column.column}, false});
      }
    for (const auto& column : seen.addresses) {
      ProposedAction action;
      action.id = new_id(id_of(column.table + "-" + column.column));
      action.kind = "sql";
      action.database = id;
      action.why = why_silence(Meaning::web, column.example);
      action.sql = "UPDATE " + sql_name(column.table) + " SET " + sql_name(column.column) +
                   " = '${fence.http}/' WHERE " + sql_name(column.column) + " LIKE 'http%';";
      action.set.push_back({"",
                            {seen.file + ": " + column.table + "." + column.column,
                             seen.file + "：" + column.table + "." + column.column},
                            false});
      draft_.out.silence.push_back(std::move(action));
    }
    if (rewrite.sql.empty()) return;
    rewrite.id = new_id("database-" + id);
    draft_.out.rewrite.push_back(std::move(rewrite));
  }

  static void add_line(ProposedAction& action, const std::string& statement) {
    action.sql += (action.sql.empty() ? "" : "\n") + statement;
  }

  void setting_row(const SeenDatabase& seen, const SettingRow& row, const std::string& id, ProposedAction& rewrite,
                   std::set<std::string>& columns) {
    if (row.secret) return;
    const auto judged = judge(draft_, row.key, row.value, false);
    if (judged.meaning == Meaning::nothing) return;
    const auto place = seen.file + ", " + row.table + ": " + row.key;
    const auto condition =
        " WHERE " + sql_name(row.key_column) + " = " + sql_text(draft_.templated_literal(row.key)) + ";";
    if (judged.meaning == Meaning::other) return tell_other(row.value, place);
    if (judged.meaning == Meaning::own_path) {
      // All of the column at once, whichever settings hold one.
      if (!columns.insert(row.table + "." + row.value_column).second) return;
      add_line(rewrite, own_root_to_new(row.table, row.value_column));
      rewrite.set.push_back({"", {place + " = " + row.value, place + " = " + row.value}, false});
      return;
    }
    const auto update = "UPDATE " + sql_name(row.table) + " SET " + sql_name(row.value_column) + " = " +
                        sql_text(judged.becomes) + condition;
    if (judged.meaning == Meaning::own_address || judged.meaning == Meaning::own_port) {
      add_line(rewrite, update);
      rewrite.set.push_back({"", {place + " = " + row.value, place + " = " + row.value}, false});
      return;
    }
    ProposedAction action;
    action.id = new_id(id_of(row.key));
    action.kind = "sql";
    action.database = id;
    action.why = why_silence(judged.meaning, row.value);
    action.sql = update;
    action.set.push_back({"", {place, place}, false});
    draft_.out.silence.push_back(std::move(action));
  }

  void ask() {
    if (draft_.out.silence.empty()) return;
    Text places;
    for (const auto& action : draft_.out.silence) {
      places.en += (places.en.empty() ? "" : "; ") + action.id + " (" + action.set.front().why.en + ")";
      places.zh += (places.zh.empty() ? "" : "；") + action.id + "（" + action.set.front().why.zh + "）";
    }
    const auto number = std::to_string(draft_.out.silence.size());
    const auto answer = draft_.ask({"silence",
                                    {number + " places would reach the outside: silence all of them in the clone?",
                                     number + " 处会触及外部：在克隆中全部静默？"},
                                    "yes",
                                    places,
                                    {"yes", "no"},
                                    Question::Kind::yes_no});
    if (answer == "no") draft_.out.silence.clear();
  }

  Draft& draft_;
  std::set<std::string> ids_;
};

// The address that people use, where a setting tells it.
std::string public_address(const Draft& draft) {
  for (const auto& file : draft.sight.settings)
    for (const auto& setting : file.settings) {
      const auto address = parse_address(setting.value);
      if (!names_own_address(setting.key) || !address || (address->scheme != "http" && address->scheme != "https"))
        continue;
      auto url = setting.value;
      while (url.ends_with('/')) url.pop_back();
      if (url.find_first_of(" \t*${") == std::string::npos && !is_this_host(address->host)) return url;
    }
  return {};
}

std::string free_port_after(const Sighting& sight, int port) {
  for (int next = port + 1; next < 65536; ++next)
    if (std::find(sight.taken_ports.begin(), sight.taken_ports.end(), next) == sight.taken_ports.end())
      return std::to_string(next);
  return std::to_string(port);
}

}  // namespace

void propose_outside(Draft& draft) {
  Outside(draft).all();
}

void propose_environments(Draft& draft) {
  auto& out = draft.out;
  out.test_root = draft.ask({"test_root",
                             {"Folder for the test clone", "测试克隆的目录"},
                             out.root + "-test",
                             {"beside production, on the same file system", "与正式环境并列，同一文件系统"},
                             {},
                             Question::Kind::path});
  if (out.test_root == out.root || out.test_root.starts_with(out.root + "/") ||
      out.root.starts_with(out.test_root + "/"))
    throw Error(Code::usage, Text{"answer 'test_root': " + out.test_root, "答案“test_root”：" + out.test_root},
                Text{"the clone must lie beside production, not inside it or around it",
                     "克隆必须与正式环境并列，不能互相包含"});
  if (out.port.empty()) return;
  out.direct = "http://127.0.0.1:" + out.port;
  const auto shown = public_address(draft);
  out.url = shown.empty() ? out.direct : shown;
  if (shown.empty()) out.direct.clear();
  out.test_port = draft.ask({"test_port",
                             {"Port of the test clone", "测试克隆的端口"},
                             free_port_after(draft.sight, std::stoi(out.port)),
                             {"free on this machine", "本机空闲"},
                             {},
                             Question::Kind::port});
  if (out.test_port == out.port || out.test_port.empty())
    throw Error(Code::usage, Text{"answer 'test_port': " + out.test_port, "答案“test_port”：" + out.test_port},
                Text{"expected: a port other than production's", "应为：与正式环境不同的端口"});
}

}  // namespace ferry
