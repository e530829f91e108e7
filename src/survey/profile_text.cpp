#include "survey/profile_text.h"

#include <algorithm>
#include <cctype>
#include <set>

#include "base/error.h"
#include "model/yaml_text.h"
#include "survey/draft.h"

namespace ferry {
namespace {

constexpr std::size_t comment_column = 64;

class Page {
 public:
  explicit Page(Language language) : language_(language) {}

  std::string say(const Text& text) const { return text.in(language_); }

  void line(const std::string& text = {}) { out_ += text + "\n"; }
  void comment(const Text& text, const std::string& indent = {}) { line(indent + "# " + one_line(say(text))); }

  // The text, and behind it why; what is only assumed says so.
  void value(const std::string& text, const Text& why, bool assumed = false) {
    if (why.empty() && !assumed) return line(text);
    const auto width = display_width(text);
    const auto mark = assumed ? say({"assumed: ", "假定："}) : "";
    line(text + std::string(width < comment_column ? comment_column - width : 1, ' ') + "# " + mark +
         one_line(say(why)));
  }
  void noted(const std::string& text, const Noted& what) { value(text, what.why, what.assumed); }

  std::string text() && { return std::move(out_); }

 private:
  // A comment ends with its line.
  static std::string one_line(std::string text) {
    for (auto& c : text)
      if (static_cast<unsigned char>(c) < 0x20) c = ' ';
    return text;
  }

  Language language_;
  std::string out_;
};

std::string flow_list(const std::vector<std::string>& items) {
  std::string out = "[";
  for (const auto& item : items) out += (out.size() > 1 ? ", " : "") + yaml_scalar(item);
  return out + "]";
}

// Statements as a block, which keeps quotes as they are.
void sql_block(Page& page, const std::string& sql, const std::string& indent) {
  page.line(indent + "sql: |");
  for (std::size_t begin = 0; begin < sql.size();) {
    const auto end = std::min(sql.find('\n', begin), sql.size());
    page.line(indent + "  " + sql.substr(begin, end - begin));
    begin = end + 1;
  }
}

void write_head(Page& page, const Proposal& proposal) {
  page.comment({"A first profile, made by 'ferry profile new' from what was found in " + proposal.root + ".",
                "由 “ferry profile new” 根据 " + proposal.root + " 中的发现生成的初始产品档案。"});
  page.comment(
      {"Behind each value stands what it was derived from; 'assumed' asks for your eye. All keys: "
       "docs/reference/profile.md",
       "每个值后面注明依据；“假定”之处请您核对。全部键：docs/reference/profile.zh.md"});
  for (const auto& note : proposal.notes) page.comment({"! " + note.en, "! " + note.zh});
  page.line("format: 1");
  page.line("product: " + yaml_scalar(proposal.product));
  if (!proposal.base.empty())
    page.value("extends: " + proposal.base, {"what applications of this make have in common", "此类应用的共同部分"});
  page.line();
  page.noted("version: " + proposal.version.value, proposal.version);
  const bool tells = !proposal.services.empty() && !proposal.services.front().build_pointer.empty();
  if (tells)
    page.value("build: " + proposal.version.value,
               {"its build; what the running program says is remembered, and must change with the version",
                "构建号；运行中程序的自报值会被记录，升级后必须变化"});
}

void write_paths(Page& page, const Proposal& proposal) {
  page.line();
  page.line("paths:");
  for (const char* name : {"program", "data", "config", "generated", "ignored"}) {
    const auto found = proposal.paths.find(name);
    const bool none = found == proposal.paths.end() || found->second.empty();
    // A base may have paths of its own, which need not be those of this product.
    if (none && proposal.base.empty()) continue;
    if (none) {
      page.line("  " + std::string(name) + ": []");
      continue;
    }
    page.line("  " + std::string(name) + ":");
    for (const auto& path : found->second) page.noted("    - " + yaml_scalar(path.value), path);
  }
}

void write_databases(Page& page, const Proposal& proposal) {
  if (proposal.databases.empty()) return;
  page.line();
  page.line("databases:");
  for (const auto& database : proposal.databases) {
    page.line("  - id: " + database.id);
    page.value("    sqlite: " + yaml_quoted(database.file), database.why);
    if (!database.version.empty()) page.line("    version: " + database.version);
    if (!database.own_tables.empty())
      page.value("    own_tables: " + flow_list(database.own_tables),
                 {"by their names: written by the product itself", "依据表名：由产品自身写入"}, true);
  }
}

bool has_variable(const ProposedService& service, const std::string& name) {
  return std::any_of(service.variables.begin(), service.variables.end(),
                     [&](const Noted& variable) { return key_of(variable) == name; });
}

// The base for Node.js has a file and NODE_ENV of its own; an empty value takes them away again.
void write_environment(Page& page, const Proposal& proposal, const ProposedService& service) {
  const bool other_node = proposal.base == "nodejs" && !has_variable(service, "NODE_ENV");
  if (!service.environment.empty())
    page.value("    environment: " + yaml_scalar(service.environment),
               {"the process was started with what stands there", "进程启动时带有其中的变量"});
  else if (proposal.base == "nodejs")
    page.value("    environment:", {"none was found: the base's is taken away", "未发现：去除基础档案中的设置"});
  if (service.variables.empty() && !other_node) return;
  page.line("    variables:");
  if (other_node)
    page.value("      NODE_ENV:",
               {"it was not started with one: the base's is taken away", "启动时未设置：去除基础档案中的设置"});
  for (const auto& variable : service.variables)
    page.noted("      " + yaml_scalar(key_of(variable)) + ": " + yaml_quoted(new_of(variable)), variable);
}

void write_service(Page& page, const Proposal& proposal) {
  if (proposal.services.empty()) return;
  const auto& service = proposal.services.front();
  page.line();
  page.line("services:");
  page.line("  - id: web");
  page.value("    run: " + flow_list(service.run), service.why_run, service.assumed);
  if (!service.directory.empty()) page.line("    directory: " + yaml_quoted(service.directory));
  write_environment(page, proposal, service);
  if (!service.log.empty()) page.line("    log: " + yaml_scalar(service.log));
  if (!service.port.empty()) page.line("    port: " + yaml_quoted(service.port));
  if (!service.ready.empty()) {
    std::string ready = "{http: " + yaml_quoted(service.ready);
    if (service.ready_status != 200) ready += ", status: " + std::to_string(service.ready_status);
    if (!service.ready_pointer.empty())
      ready += ", json: {" + yaml_scalar(service.ready_pointer) + ": " + yaml_scalar(service.ready_value) + "}";
    page.value("    ready: " + ready + ", within: 60s}", service.why_ready);
  }
  page.value("    stop: {signal: TERM, grace: 30s}",
             {"never killed: a killed writer leaves a database half-written", "不强制结束：被强杀的写入会损坏数据库"},
             true);
  if (!service.build_pointer.empty())
    page.value("    build: " + service.build_pointer, {"the program's own word on its version", "程序自报的版本"});
}

void write_migration(Page& page, const Proposal& proposal) {
  if (proposal.migrated.empty()) return;
  page.line();
  page.line("migrate:");
  // {sql: "..."} becomes {sql: "...", equals: ...}.
  page.value("  done: " + proposal.migrated.substr(0, proposal.migrated.size() - 1) + ", equals: \"${recipe.to}\"}",
             proposal.why_migrated, true);
}

void write_action(Page& page, const ProposedAction& action) {
  page.line("    - id: " + action.id);
  page.line("      why: " + yaml_quoted(page.say(action.why)));
  if (action.kind == "sql") {
    for (const auto& place : action.set) page.comment(place.why, "      ");
    sql_block(page, action.sql, "      ");
    if (!action.database.empty() && action.database != "main") page.line("      database: " + action.database);
    return;
  }
  page.line("      " + action.kind + ": " + yaml_quoted(action.file));
  page.line("      set:");
  for (const auto& pair : action.set)
    page.noted("        " + yaml_scalar(key_of(pair)) + ": " + yaml_quoted(new_of(pair)), pair);
}

void write_clone(Page& page, const Proposal& proposal) {
  page.line();
  page.line("clone:");
  if (!proposal.rewrite.empty()) page.line("  rewrite:");
  for (const auto& action : proposal.rewrite) write_action(page, action);
  if (!proposal.silence.empty()) page.line("  silence:");
  for (const auto& action : proposal.silence) write_action(page, action);
  const auto ready = proposal.services.empty() ? std::string() : proposal.services.front().ready;
  if (!ready.empty()) {
    page.line("  prove:");
    page.comment({"Add requests that make the application send something: only then the proof proves much.",
                  "请加入会促使应用向外发送内容的请求：这样的证明才有分量。"},
                 "    ");
    page.line("    - {get: " + yaml_quoted(ready) +
              (proposal.services.front().ready_status != 200
                   ? ", expect: " + std::to_string(proposal.services.front().ready_status)
                   : "") +
              "}");
  }
  page.value("  wait: 5s", {"longer than the slowest of its timers", "应长于最慢的定时任务"}, true);
}

void write_checks(Page& page, const Proposal& proposal) {
  if (proposal.services.empty()) return;
  const auto& service = proposal.services.front();
  page.line();
  page.line("checks:");
  page.line("  - id: process");
  page.line("    title: {en: The service runs and listens, zh: 服务在运行并监听}");
  page.line("    process: web");
  if (!service.ready.empty()) {
    page.line("  - id: health");
    page.line("    title: {en: It says that it is well, zh: 自报状态正常}");
    std::string step = "{get: " + yaml_quoted(service.ready);
    if (service.ready_status != 200) step += ", expect: " + std::to_string(service.ready_status);
    if (!service.ready_pointer.empty())
      step += ", equals: {" + yaml_scalar(service.ready_pointer) + ": " + yaml_scalar(service.ready_value) + "}";
    page.line("    steps: [" + step + "}]");
  }
  if (!proposal.pages.empty()) {
    page.line("  - id: pages");
    page.line("    title: {en: Pages that answered before, zh: 此前能应答的页面}");
    page.line("    steps:");
    for (const auto& path : proposal.pages) page.noted("      - {get: " + yaml_quoted(path.value) + "}", path);
  }
  page.comment({"What is worth most is still missing: log in, and look at something that only real data show.",
                "最有价值的尚缺：登录，并查看只有真实数据才会显示的内容。"},
               "  ");
}

std::string plain_name(const std::string& name) {
  std::string out = "\"";
  bool plain = !name.empty();
  for (const char c : name) {
    plain = plain && (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_');
    out += c == '"' ? "\"\"" : std::string(1, c);
  }
  return plain ? name : out + "\"";
}

// Ids of checks and invariants share one space; two tables can become the same id.
std::string new_id(std::set<std::string>& ids, const std::string& wanted) {
  auto id = wanted;
  for (int i = 2; !ids.insert(id).second; ++i) id = wanted + "-" + std::to_string(i);
  return id;
}

std::string other_database(const ProposedDatabase& database) {
  return database.id == "main" ? "" : "database: " + database.id + ", ";
}

void write_invariants(Page& page, const Proposal& proposal) {
  bool first = true;
  std::set<std::string> ids{"process", "health", "pages"};
  for (const auto& database : proposal.databases)
    for (const auto& table : database.invariants) {
      if (first) page.line();
      if (first) page.line("invariants:");
      first = false;
      const auto id = new_id(ids, id_of("rows-" + table.value));
      page.noted("  - {id: " + id + ", title: " + yaml_quoted(table.value) + ", " + other_database(database) +
                     "sql: " + yaml_quoted("select count(*) from " + plain_name(table.value)) + ", relation: not_less}",
                 table);
    }
}

void write_definitions(Page& page, const Proposal& proposal) {
  bool first = true;
  std::set<std::string> ids;
  for (const auto& database : proposal.databases)
    for (const auto& [table, key, value] : database.settings) {
      if (first) page.line();
      if (first) page.line("definitions:");
      first = false;
      page.value("  - {id: " + new_id(ids, id_of(table)) + ", " + other_database(database) + "table: " +
                     yaml_quoted(table) + ", key: " + yaml_quoted(key) + ", secret: [" + yaml_quoted(value) + "]}",
                 {"settings that people change while the upgrade is tested; values may hold secrets",
                  "测试期间可能被修改的设置；其值可能含有机密"},
                 true);
    }
}

void write_variables(Page& page, const Proposal& proposal, const std::string& port) {
  if (port.empty() && !proposal.needs_production_root) return;
  page.line("variables:");
  if (!port.empty()) page.line("  port: " + yaml_quoted(port));
  if (proposal.needs_production_root) page.line("  production_root: " + yaml_quoted(proposal.root));
}

void write_secrets(Page& page, const Proposal& proposal) {
  if (proposal.secrets.empty()) return;
  page.comment({"Values never stand here: Ferry takes them from its own environment, or from a file.",
                "此处绝不写值：Ferry 从自身环境变量或文件读取。"});
  page.line("secrets:");
  for (const auto& name : proposal.secrets)
    page.line("  " + yaml_scalar(name) + ": {environment_variable: " + yaml_scalar(name) + "}");
}

}  // namespace

std::string profile_text(const Proposal& proposal, Language language) {
  Page page(language);
  write_head(page, proposal);
  write_paths(page, proposal);
  write_databases(page, proposal);
  write_service(page, proposal);
  write_migration(page, proposal);
  write_clone(page, proposal);
  write_checks(page, proposal);
  write_invariants(page, proposal);
  write_definitions(page, proposal);
  return std::move(page).text();
}

std::string production_text(const Proposal& proposal, const std::string& profile_file, Language language) {
  Page page(language);
  page.line("format: 1");
  page.line("name: production");
  page.line("kind: production");
  page.line("profile: " + yaml_quoted(profile_file));
  page.line("root: " + yaml_quoted(proposal.root));
  if (!proposal.url.empty()) page.line("url: " + yaml_quoted(proposal.url));
  if (!proposal.direct.empty()) page.line("direct: " + yaml_quoted(proposal.direct));
  write_variables(page, proposal, proposal.port);
  write_secrets(page, proposal);
  if (!proposal.user.empty())
    page.value("user: " + yaml_scalar(proposal.user), {"the account of the running process", "运行中进程的账号"});
  page.comment(
      {"baseline: vendor/1.0.mtree     (made by: ferry baseline make FOLDER-AS-SHIPPED --output vendor/1.0.mtree)",
       "baseline: vendor/1.0.mtree     （生成方法：ferry baseline make 厂商原版目录 --output vendor/1.0.mtree）"});
  return std::move(page).text();
}

std::string clone_text(const Proposal& proposal, const std::string& profile_file, Language language) {
  Page page(language);
  page.line("format: 1");
  page.line("name: test");
  page.line("kind: clone");
  page.line("profile: " + yaml_quoted(profile_file));
  page.line("root: " + yaml_quoted(proposal.test_root));
  if (!proposal.test_port.empty()) page.line("url: " + yaml_quoted("http://127.0.0.1:" + proposal.test_port));
  write_variables(page, proposal, proposal.test_port);
  write_secrets(page, proposal);
  if (!proposal.user.empty()) page.line("user: " + yaml_scalar(proposal.user));
  return std::move(page).text();
}

}  // namespace ferry
