#include "model/profile_build.h"

#include <algorithm>

#include "model/profile_check.h"

namespace ferry::document {
namespace {

std::string text(const Json& json, const char* key, const char* otherwise = "") {
  return json.value(key, std::string(otherwise));
}

Text people_text(const Json& json, const char* key, const std::string& otherwise = {}) {
  return json.contains(key) ? json.at(key).get<Text>() : Text{otherwise, otherwise};
}

std::map<std::string, std::string> text_map(const Json& json, const char* key) {
  return json.value(key, std::map<std::string, std::string>{});
}

RelativePath path_of(const std::string& escaped) {
  return RelativePath(unescape(escaped));
}

std::vector<RelativePath> paths(const Json& json, const char* key) {
  std::vector<RelativePath> out;
  for (const auto& one : texts_of(json, key)) out.push_back(path_of(one));
  return out;
}

// A single path that stays text, because it is a template or used as one.
std::string path_text(const Json& json, const char* key) {
  return json.contains(key) ? path_of(text(json, key)).bytes() : std::string();
}

Milliseconds duration(const Json& json, const char* key, Milliseconds otherwise) {
  return json.contains(key) ? duration_of(text(json, key)) : otherwise;
}

VersionRange range(const Json& json) {
  return json.contains("version") ? VersionRange(text(json, "version")) : VersionRange();
}

template <class T, class Build>
std::vector<T> list(const Json& json, const char* key, Build build) {
  std::vector<T> out;
  if (json.contains(key))
    for (const auto& item : json.at(key)) out.push_back(build(item));
  return out;
}

template <class Build>
auto maybe(const Json& json, const char* key, Build build) -> std::optional<decltype(build(json))> {
  if (!json.contains(key)) return std::nullopt;
  return build(json.at(key));
}

FactSource fact(const Json& json) {
  using Kind = FactSource::Kind;
  struct Form {
    Kind kind;
    const char *file, *key;
  };
  constexpr Form file_forms[] = {{Kind::json_file, "json", "at"},
                                 {Kind::properties_file, "properties", "key"},
                                 {Kind::text_match, "match", "regex"},
                                 {Kind::path_exists, "path", ""}};
  FactSource out;
  for (const auto& form : file_forms) {
    if (!json.contains(form.file)) continue;
    out.kind = form.kind;
    out.file = text(json, form.file);
    out.key = text(json, form.key);
    return out;
  }
  out.kind = json.contains("sql") ? Kind::sql : Kind::constant;
  out.text = text(json, out.kind == Kind::sql ? "sql" : "value");
  out.database = text(json, "database");
  return out;
}

Action action(const Json& json) {
  using Kind = Action::Kind;
  constexpr std::pair<const char*, Kind> forms[] = {{"properties", Kind::properties}, {"env", Kind::env},
                                                    {"replace", Kind::replace},       {"write", Kind::write},
                                                    {"remove", Kind::remove},         {"sql", Kind::sql}};
  Action out;
  out.id = text(json, "id");
  out.why = people_text(json, "why");
  for (const auto& [key, kind] : forms) {
    if (!json.contains(key)) continue;
    out.kind = kind;
    (kind == Kind::sql ? out.text : out.file) = text(json, key);
  }
  if (out.kind == Kind::write) out.text = text(json, "text");
  out.set = text_map(json, "set");
  out.database = text(json, "database");
  return out;
}

HttpStep http_step(const Json& json) {
  HttpStep out;
  constexpr std::pair<const char*, const char*> methods[] = {
      {"get", "GET"}, {"post", "POST"}, {"put", "PUT"}, {"delete", "DELETE"}};
  for (const auto& [key, method] : methods) {
    if (!json.contains(key)) continue;
    out.method = method;
    out.path = text(json, key);
  }
  out.version = range(json);
  out.headers = text_map(json, "headers");
  out.form = text_map(json, "form");
  if (json.contains("json")) out.json = json.at("json");
  out.body = text(json, "body");
  out.content_type = text(json, "type");
  if (json.contains("expect"))
    out.expect = json.at("expect").is_array() ? json.at("expect").get<std::vector<int>>()
                                              : std::vector<int>{json.at("expect").get<int>()};
  out.contains = texts_of(json, "contains");
  out.lacks = texts_of(json, "lacks");
  out.called = texts_of(json, "called");
  out.expect_json = json.value("equals", std::map<std::string, Json>{});
  out.keep = text_map(json, "keep");
  out.remember = text_map(json, "remember");
  out.same = text_map(json, "same");
  return out;
}

Module module(const Json& json) {
  Module out;
  out.id = text(json, "id");
  out.title = people_text(json, "title", out.id);
  out.installed = maybe(json, "installed", fact);
  out.used = maybe(json, "used", fact);
  out.version = maybe(json, "version", fact);
  out.care = json.value("care", false);
  out.separate = json.value("separate", false);
  return out;
}

Database database(const Json& json) {
  Database out;
  out.id = text(json, "id");
  out.kind = "sqlite";
  out.file = text(json, "sqlite");
  out.encoding = text(json, "encoding");
  out.version = maybe(json, "version", fact);
  out.files = paths(json, "files");
  out.own_tables = texts_of(json, "own_tables");
  return out;
}

std::vector<std::string> command(const Json& json, const char* key) {
  if (json.at(key).is_array()) return texts_of(json, key);
  std::vector<std::string> out;
  const auto words = text(json, key);
  for (std::size_t at = 0; (at = words.find_first_not_of(' ', at)) != std::string::npos;) {
    const auto end = std::min(words.find(' ', at), words.size());
    out.push_back(words.substr(at, end - at));
    at = end;
  }
  return out;
}

RuntimeDemands runtime_demands(const Json& json) {
  RuntimeDemands out;
  if (json.contains("runtime"))
    for (const auto& [id, wanted] : json.at("runtime").items()) out[id] = VersionRange(wanted.get<std::string>());
  return out;
}

Runtime runtime(const Json& json) {
  Runtime out;
  out.id = text(json, "id");
  out.title = people_text(json, "title", out.id);
  out.version = range(json);
  out.run = command(json, "run");
  out.regex = text(json, "regex");
  return out;
}

HttpReady http_ready(const Json& json) {
  return {text(json, "http"), json.value("status", 200), text_map(json, "json")};
}

Service service(const Json& json) {
  Service out;
  out.id = text(json, "id");
  out.title = people_text(json, "title", out.id);
  out.version = range(json);
  out.runtime = runtime_demands(json);
  out.run = command(json, "run");
  out.directory = text(json, "directory", "${environment.root}");
  out.environment_file = path_text(json, "environment");
  out.variables = text_map(json, "variables");
  out.log = path_text(json, "log");
  out.port = text(json, "port");
  out.build_pointer = text(json, "build");
  if (json.contains("ready")) {
    const auto& ready = json.at("ready");
    out.ready = http_ready(ready);
    out.ready_within = duration(ready, "within", out.ready_within);
  }
  const auto stop = json.value("stop", Json::object());
  out.stop_signal = text(stop, "signal", "TERM");
  out.grace = duration(stop, "grace", out.grace);
  out.kill_after_grace = stop.value("kill", false);
  return out;
}

Effect effect(const Json& json) {
  Effect out;
  out.id = text(json, "id");
  out.title = people_text(json, "title", out.id);
  out.hold = list<Action>(json, "hold", action);
  out.release = list<Action>(json, "release", action);
  out.pending = maybe(json, "pending", fact);
  return out;
}

Invariant invariant(const Json& json) {
  using Relation = Invariant::Relation;
  Invariant out;
  out.id = text(json, "id");
  out.title = people_text(json, "title", out.id);
  out.covers = texts_of(json, "covers");
  out.database = text(json, "database");
  out.before = text(json, json.contains("sql") ? "sql" : "before");
  out.after = text(json, json.contains("sql") ? "sql" : "after");
  const auto relation = text(json, "relation", "equal");
  if (relation == "subset") out.relation = Relation::subset;
  if (relation == "not_less") out.relation = Relation::not_less;
  out.required = json.value("required", true);
  return out;
}

SqlExpectation sql_expectation(const Json& json) {
  SqlExpectation out;
  out.database = text(json, "database");
  out.sql = text(json, "sql");
  if (json.contains("equals")) out.equals = text(json, "equals");
  out.empty = json.value("empty", false);
  if (json.contains("at_least")) out.at_least = json.at("at_least").get<std::int64_t>();
  return out;
}

Check check(const Json& json) {
  Check out;
  out.id = text(json, "id");
  out.title = people_text(json, "title", out.id);
  out.covers = texts_of(json, "covers");
  out.steps = list<HttpStep>(json, "steps", http_step);
  out.cleanup = list<HttpStep>(json, "cleanup", http_step);
  if (json.contains("sql")) {
    out.kind = Check::Kind::sql;
    out.sql = sql_expectation(json);
  } else if (json.contains("process")) {
    out.kind = Check::Kind::process;
    out.service = text(json, "process");
  } else if (json.contains("manual")) {
    out.kind = Check::Kind::manual;
    out.manual = people_text(json, "manual");
  }
  out.version = range(json);
  out.on_clone = json.value("clone", true);
  out.on_production = json.value("production", true);
  out.required = json.value("required", true);
  out.touches = paths(json, "touches");
  return out;
}

TaskTemplate task(const Json& json) {
  TaskTemplate out;
  out.id = text(json, "id");
  out.title = people_text(json, "title", out.id);
  out.stage = text(json, "stage");
  out.role = text(json, "role");
  const auto days = [&](const char* key) {
    const auto& value = json.at(key);
    return half_days_of(value.is_string() ? value.get<std::string>() : value.dump());
  };
  out.half_days = days("days");
  if (json.contains("days_if_customised")) out.half_days_if_customised = days("days_if_customised");
  out.after = texts_of(json, "after");
  out.covers = texts_of(json, "covers");
  return out;
}

Profile::FindingRule finding_rule(const Json& json) {
  Profile::FindingRule out;
  out.id = text(json, "id");
  out.title = people_text(json, "title", out.id);
  out.severity = text(json, "severity", "medium");
  out.blocking = json.value("blocking", false);
  out.database = text(json, "database");
  out.sql = text(json, "sql");
  out.detail = people_text(json, "detail");
  out.remedy = people_text(json, "remedy");
  out.audience = text(json, "audience", "vendor_engineer");
  out.covers = texts_of(json, "covers");
  return out;
}

Definition definition(const Json& json) {
  Definition out;
  out.id = text(json, "id");
  out.title = people_text(json, "title", out.id);
  out.version = range(json);
  out.database = text(json, "database");
  out.table = text(json, "table");
  out.sql = text(json, "sql");
  out.key = texts_of(json, "key");
  out.name = json.contains("name") ? texts_of(json, "name") : out.key;
  out.ignored = texts_of(json, "ignore");
  out.secret = texts_of(json, "secret");
  if (json.contains("labels")) {
    const auto& labels = json.at("labels");
    for (auto it = labels.begin(); it != labels.end(); ++it) out.labels[it.key()] = it.value().get<Text>();
  }
  out.checks = texts_of(json, "checks");
  return out;
}

GrowthRule growth_rule(const Json& json) {
  constexpr std::uint64_t mebibyte = 1ULL << 20U;
  GrowthRule out;
  out.percent = json.value("percent", out.percent);
  out.rows = json.value("rows", out.rows);
  out.bytes = json.value("mebibytes", out.bytes / mebibyte) * mebibyte;
  return out;
}

Migration migration(const Json& json) {
  Migration out;
  out.version = range(json);
  out.database = text(json, "database");
  out.applied_scripts_sql = text(json, "applied");
  if (json.contains("command")) out.command = command(json, "command");
  out.directory = text(json, "directory", "${environment.root}");
  out.service = text(json, "service");
  out.environment_file = path_text(json, "environment");
  out.variables = text_map(json, "variables");
  out.log = path_text(json, "log");
  out.runtime = runtime_demands(json);
  const auto done = json.value("done", Json::object());
  out.done_sql = text(done, "sql");
  out.done_equals = text(done, "equals");
  out.done_grows = done.value("grows", false);
  out.within = duration(json, "within", out.within);
  return out;
}

SettledRule settled_rule(const Json& json) {
  SettledRule out;
  out.version = range(json);
  out.database = text(json, "database");
  out.sql = text(json, "sql");
  out.equals = text(json, "equals");
  if (json.contains("http")) out.http = http_ready(json);
  out.within = duration(json, "within", out.within);
  return out;
}

// One thing, or a list of them.
template <class T, class Build>
std::vector<T> one_or_list(const Json& json, const char* key, Build build) {
  if (!json.contains(key) || json.at(key).is_array()) return list<T>(json, key, build);
  return {build(json.at(key))};
}

CloneRule clone_rule(const Json& json) {
  CloneRule out;
  out.rewrite = list<Action>(json, "rewrite", action);
  out.silence = list<Action>(json, "silence", action);
  out.mark = list<Action>(json, "mark", action);
  out.prove = list<HttpStep>(json, "prove", http_step);
  out.prove_wait = duration(json, "wait", out.prove_wait);
  return out;
}

LicenceFields licence_fields(const Json& json, const char* key) {
  const auto fields = json.value(key, Json::object());
  return {text(fields, "customer"), text(fields, "users"), text(fields, "modules"), text(fields, "expires")};
}

LicenceRule licence_rule(const Json& json) {
  LicenceRule out;
  out.version = range(json);
  out.file = path_text(json, "file");
  out.read_back = maybe(json, "read_back", http_step);
  out.answer = licence_fields(json, "answer");
  out.text = licence_fields(json, "text");
  out.machine_code = maybe(json, "machine_code", fact);
  if (json.contains("machine_code_command")) out.machine_code_command = command(json, "machine_code_command");
  return out;
}

MachineNeeds machine_needs(const Json& json) {
  constexpr std::uint64_t mebibyte = 1ULL << 20U;
  MachineNeeds out;
  out.systems = texts_of(json, "systems");
  out.cores = json.value("cores", 0);
  out.memory_bytes = json.value("memory_mebibytes", std::uint64_t{0}) * mebibyte;
  out.disk_bytes = json.value("disk_mebibytes", std::uint64_t{0}) * mebibyte;
  out.programs = texts_of(json, "programs");
  out.notes = list<Text>(json, "notes", [](const Json& item) { return item.get<Text>(); });
  return out;
}

Paths path_rules(const Json& json) {
  return {paths(json, "program"),   paths(json, "data"),    paths(json, "config"),
          paths(json, "generated"), paths(json, "ignored"), paths(json, "whole")};
}

}  // namespace

Milliseconds duration_of(const std::string& text) {
  const auto unit = text.substr(text.find_first_not_of("0123456789"));
  const std::int64_t number = std::stoll(text);
  if (unit == "ms") return Milliseconds(number);
  return Milliseconds(number * (unit == "h" ? 3'600'000 : unit == "m" ? 60'000 : 1000));
}

int half_days_of(const std::string& days) {
  const auto point = std::min(days.find('.'), days.size());
  int thousandths = std::stoi(days.substr(0, point)) * 1000;
  int weight = 100;
  for (std::size_t i = point + 1; i < days.size(); ++i, weight /= 10) thousandths += (days[i] - '0') * weight;
  return std::max(1, (thousandths + 499) / 500);
}

Profile build_profile(const Json& json) {
  Profile out;
  out.product = text(json, "product");
  out.title = people_text(json, "title", out.product);
  out.version = fact(json.at("version"));
  out.build = maybe(json, "build", fact);
  out.packages_applied = maybe(json, "packages_applied", fact);
  out.modules = list<Module>(json, "modules", module);
  out.used_days = json.value("used_days", out.used_days);
  out.paths = path_rules(json.at("paths"));
  out.databases = list<Database>(json, "databases", database);
  out.runtimes = list<Runtime>(json, "runtimes", runtime);
  out.services = list<Service>(json, "services", service);
  out.migrations = one_or_list<Migration>(json, "migrate", migration);
  if (!out.migrations.empty()) out.migration = out.migrations.front();
  out.settled = one_or_list<SettledRule>(json, "settled", settled_rule);
  out.licence = maybe(json, "licence", licence_rule);
  if (json.contains("machine")) out.machine = machine_needs(json.at("machine"));
  out.effects = list<Effect>(json, "effects", effect);
  if (json.contains("clone")) out.clone = clone_rule(json.at("clone"));
  out.invariants = list<Invariant>(json, "invariants", invariant);
  out.checks = list<Check>(json, "checks", check);
  out.tasks = list<TaskTemplate>(json, "tasks", task);
  out.findings = list<Profile::FindingRule>(json, "findings", finding_rule);
  out.definitions = list<Definition>(json, "definitions", definition);
  if (json.contains("growth")) out.growth = growth_rule(json.at("growth"));
  if (json.contains("hotpatch")) out.hotpatch.no_restart = paths(json.at("hotpatch"), "no_restart");
  const auto names = text(json, "archive_names");
  out.archive_names = names == "UTF-8" ? "" : names;
  out.vendor_objects = texts_of(json, "vendor_objects");
  out.resolved = json;
  out.digest = digest_of(json);
  return out;
}

}  // namespace ferry::document
