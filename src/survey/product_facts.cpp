#include "survey/product_facts.h"

#include <set>

#include "base/counted.h"
#include "database/catalogue.h"
#include "host/service.h"

namespace ferry {
namespace {

// What a source says; an error becomes a finding, because a survey that stops at the first obstacle helps nobody.
template <class Read>
auto attempt(Surveyor& surveyor, const std::string& about, bool blocking, std::vector<std::string> covers, Read read)
    -> decltype(read()) {
  try {
    return read();
  } catch (const Error& error) {
    surveyor.findings.add_error(about, error, blocking, std::move(covers));
    return {};
  }
}

SqlParameters since(const Inventory& inventory) {
  return {{"since", inventory.used_since}};
}

// Column "id" or "name", else the first one, of every row.
std::vector<std::string> first_column(const SqlTable& table) {
  std::size_t column = 0;
  for (const char* name : {"id", "name"})
    if (const auto at = table.column(name)) {
      column = *at;
      break;
    }
  std::vector<std::string> out;
  for (const auto& row : table.rows)
    if (column < row.size() && row[column]) out.push_back(printable(*row[column]));
  return out;
}

Text uses_text(const std::optional<std::int64_t>& uses, const std::string& since) {
  if (!uses) return {"how often it is used is not known", "使用情况未知"};
  return {"used " + counted(static_cast<std::uint64_t>(*uses), "time") + " since " + since,
          "自 " + since + " 以来使用 " + std::to_string(*uses) + " 次"};
}

void find_unknown_version(Surveyor& surveyor) {
  surveyor.findings
      .add("version-unknown", "", Severity::high, {"The version can't be told", "无法确定版本"},
           {"The profile's source for it gave nothing.", "产品档案中的版本来源没有结果。"},
           {"Check profile and root of the environment.", "请检查产品档案和环境的安装目录。"}, {"A1"})
      .blocking = true;
}

}  // namespace

void read_versions(Surveyor& surveyor) {
  const Profile& profile = surveyor.profile;
  Inventory& inventory = surveyor.inventory;
  const auto version = attempt(surveyor, "version", true, {"A1"}, [&] { return surveyor.facts.read(profile.version); });
  if (version && !version->empty())
    inventory.version = Version(printable(*version));
  else
    find_unknown_version(surveyor);
  if (profile.build)
    inventory.build = printable(
        attempt(surveyor, "build", false, {"A1"}, [&] { return surveyor.facts.read(*profile.build); }).value_or(""));
  if (profile.packages_applied)
    inventory.packages = attempt(surveyor, "packages", false, {"B3"},
                                 [&] { return first_column(surveyor.facts.rows(*profile.packages_applied)); });
  if (profile.migration.applied_scripts_sql.empty()) return;
  inventory.scripts = attempt(surveyor, "scripts", false, {"B3"}, [&] {
    return first_column(
        surveyor.facts.connection(profile.migration.database).query(profile.migration.applied_scripts_sql));
  });
}

void read_modules(Surveyor& surveyor) {
  const auto parameters = since(surveyor.inventory);
  for (const auto& module : surveyor.profile.modules) {
    ModuleState state;
    state.id = module.id;
    state.title = module.title;
    state.care = module.care;
    state.separate = module.separate;
    const std::string about = "module " + module.id;
    state.installed = !module.installed || attempt(surveyor, about, false, {"A1"}, [&] {
      return surveyor.facts.is_true(*module.installed, parameters);
    });
    if (state.installed && module.used)
      state.uses = attempt(surveyor, about + " (use)", false, {"A1"},
                           [&] { return surveyor.facts.read_number(*module.used, parameters); });
    if (state.installed && module.version)
      state.version = printable(attempt(surveyor, about + " (version)", false, {"A1"}, [&] {
                                  return surveyor.facts.read(*module.version, parameters);
                                }).value_or(""));
    if (state.installed && state.care) {
      const bool idle = state.uses && *state.uses == 0;
      const std::string& day = surveyor.inventory.used_since;
      surveyor.findings.add("care-module", module.id, idle ? Severity::low : Severity::medium,
                            {"Module beyond the standard ones: " + module.title.in(Language::english),
                             "标准模块之外的模块：" + module.title.in(Language::chinese)},
                            uses_text(state.uses, day),
                            {"Ask for its package for the new version and test it.", "请索取新版本对应的包并测试。"},
                            {"A1", "A1.1", "B3"});
    }
    surveyor.inventory.modules.push_back(std::move(state));
  }
}

namespace {

void find_database_differences(Surveyor& surveyor, const Database& database, const DatabaseFacts& facts) {
  for (const auto& object : facts.custom_objects)
    surveyor.findings.add(
        "custom-object", database.id + ":" + object, Severity::medium,
        {"Database object of the customer", "客户自建数据库对象"}, {object, object},
        {"Check every statement that uses it against the new schema.", "请核对引用它的语句是否适合新结构。"},
        {"A2", "A2.1"});
  if (!database.encoding.empty() && !facts.encoding.empty() && database.encoding != facts.encoding)
    surveyor.findings
        .add("database-encoding", database.id, Severity::high, {"Database has another encoding", "数据库字符集不符"},
             {"expected " + database.encoding + ", found " + facts.encoding,
              "应为 " + database.encoding + "，实际为 " + facts.encoding},
             {"Texts can lose characters in the upgrade: let the vendor decide.", "升级可能丢失字符，请由厂商判断。"},
             {"A3", "A3.1"})
        .blocking = true;
  if (!database.version) return;
  const auto version = attempt(surveyor, "version of database " + database.id, true, {"A1"},
                               [&] { return surveyor.facts.read(*database.version); });
  if (version && Version(*version) == surveyor.inventory.version) return;
  const std::string program = surveyor.inventory.version.empty() ? "?" : surveyor.inventory.version.text();
  const std::string found = version && !version->empty() ? printable(*version) : "?";
  surveyor.findings
      .add(std::string(version_mismatch_rule), database.id, Severity::high,
           {"Program and database are of different versions", "程序与数据库版本不一致"},
           {"program " + program + ", database " + found, "程序 " + program + "，数据库 " + found},
           {"An upgrade was left half-way, or only one of the two was restored: finish it, take it back, or restore "
            "the one that belongs to the other; then survey again.",
            "上次升级可能未完成，或只还原了其中之一：请先完成或回退，或还原配套的一方，然后重新调研。"},
           {"A1", "A2"})
      .blocking = true;
}

void find_damage(Surveyor& surveyor, const Database& database, Connection& connection) {
  const auto problems = integrity_problems(connection, surveyor.options.thorough);
  if (problems.empty()) return;
  surveyor.findings
      .add("database-integrity", database.id, Severity::high, {"The database is damaged", "数据库已损坏"},
           listing(problems), damage_remedy(), {"A3", "A5.2"})
      .blocking = true;
}

}  // namespace

void read_databases(Surveyor& surveyor) {
  FactOptions options;
  options.vendor_objects = surveyor.profile.vendor_objects;
  for (const auto& database : surveyor.profile.databases) {
    try {
      Connection& connection = surveyor.facts.connection(database.id);
      find_damage(surveyor, database, connection);
      DatabaseFacts facts = read_facts(connection, options);
      facts.id = database.id;
      find_database_differences(surveyor, database, facts);
      surveyor.inventory.databases.push_back(std::move(facts));
    } catch (const Error& error) {
      auto& finding = surveyor.findings.add_error("database " + database.id, error, true, {"A3"});
      if (is_damage(error)) finding.remedy = damage_remedy();
    }
  }
}

void read_services(Surveyor& surveyor) {
  for (const auto& service : services_of_version(surveyor.profile, surveyor.inventory.version)) {
    ServiceFacts facts;
    facts.id = service.id;
    try {
      const ServiceState state = service_state(service, surveyor.environment);
      facts.running = state.running;
      facts.pids = state.pids;
      facts.started = state.started;
      facts.account = state.account;
      facts.command = printable(state.command);
      facts.port = state.port;
    } catch (const Error& error) {
      surveyor.findings.add_error("service " + service.id, error, false, {"A3"});
    }
    const auto build = surveyor.options.service_builds.find(service.id);
    if (build != surveyor.options.service_builds.end()) facts.build = build->second;
    const std::string& wanted = surveyor.environment.user;
    if (facts.running && !wanted.empty() && facts.account != wanted)
      surveyor.findings
          .add("service-account", service.id, Severity::medium,
               {"Service runs under another account", "服务运行账号不符"},
               {"environment says " + wanted + ", it runs as " + facts.account,
                "环境配置为 " + wanted + "，实际为 " + facts.account},
               {"Correct 'user' of the environment, or files will belong to the wrong account.",
                "请更正环境的 user，否则文件属主会出错。"},
               {"A3"})
          .audience = "administrator";
    if (!facts.running)
      surveyor.findings.add(
          "service-not-running", service.id, Severity::info, {"Service does not run", "服务未运行"},
          {"no process of service '" + service.id + "' was found", "没有找到服务“" + service.id + "”的进程"},
          {"Nothing is to be done if it is stopped on purpose. Else start it ('ferry service start " +
               surveyor.environment.name +
               "') and survey again: builds and uses are read from the "
               "running system.",
           "若为有意停止，可忽略；否则请启动（“ferry service start " + surveyor.environment.name +
               "”）后重新调研：部分信息只能从运行中的系统读取。"},
          {"A3"});
    surveyor.inventory.services.push_back(std::move(facts));
  }
}

namespace {

std::string joined(const SqlRow& row, std::size_t columns) {
  std::string out;
  for (std::size_t i = 0; i < std::min(columns, row.size()); ++i) out += (i == 0 ? "" : "/") + row[i].value_or("");
  return out;
}

// As many columns, from the left, as are needed to tell the rows apart: later columns (counts, states) change from one
// survey to the next, and with them the key would.
std::size_t key_columns(const SqlTable& table) {
  for (std::size_t columns = 1; columns < table.columns.size(); ++columns) {
    std::set<std::string> seen;
    bool distinct = true;
    for (const auto& row : table.rows) distinct = seen.insert(joined(row, columns)).second && distinct;
    if (distinct) return columns;
  }
  return table.columns.size();
}

Text filled(const Text& text, const Variables& variables) {
  return {expand(text.en, variables), expand(text.zh, variables)};
}

void run_rule(Surveyor& surveyor, const Profile::FindingRule& rule) {
  const auto& facts = surveyor.facts;
  const SqlTable table =
      surveyor.facts.connection(rule.database)
          .query(expand(rule.sql, facts.variables(), surveyor.options.secret), since(surveyor.inventory));
  const std::size_t columns = key_columns(table);
  std::map<std::string, int> times;
  for (const auto& row : table.rows) {
    Variables variables = facts.variables();
    for (std::size_t i = 0; i < table.columns.size(); ++i) variables[table.columns[i]] = printable(row[i].value_or(""));
    std::string about = joined(row, columns);
    if (const int time = ++times[about]; time > 1) about += "#" + std::to_string(time);
    Finding& finding =
        surveyor.findings.add(rule.id, about, severity_of(rule.severity), filled(rule.title, variables),
                              filled(rule.detail, variables), filled(rule.remedy, variables), rule.covers);
    finding.blocking = rule.blocking;
    finding.audience = rule.audience;
  }
}

}  // namespace

void run_finding_rules(Surveyor& surveyor) {
  for (const auto& rule : surveyor.profile.findings) {
    try {
      run_rule(surveyor, rule);
    } catch (const Error& error) {
      surveyor.findings.add_error("rule " + rule.id, error, rule.blocking, rule.covers);
    }
  }
}

}  // namespace ferry
