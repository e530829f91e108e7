#include "model/profile.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "model/profile_build.h"
#include "model/schemas.h"

namespace ferry {
namespace {

std::string read_testdata(const std::string& name) {
  const auto path = std::string(FERRY_SOURCE_DIR) + "/src/model/testdata/" + name;
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  std::ostringstream out;
  out << file.rdbuf();
  return out.str();
}

const std::string& sample_text() {
  static const std::string text = read_testdata("profile.yaml");
  return text;
}

Profile sample() {
  return require_profile(sample_text(), "profile.yaml");
}

std::string all_of(const std::vector<DocumentProblem>& problems) {
  std::string out;
  for (const auto& problem : problems) out += problem.describe(Language::english) + "\n";
  return out;
}

// Three lines that every profile needs; what a case adds begins in line 4.
const std::string head = "product: x\nversion: {value: 1}\npaths: {program: [bin, conf]}\n";
const std::string with_database = "databases: [{id: main, sqlite: a.db}]\n";  // line 4 where it is used

TEST(Profile, SampleIsValid) {
  const auto result = parse_profile(sample_text(), "profile.yaml");
  EXPECT_TRUE(result.profile.has_value()) << all_of(result.problems);
}

TEST(Profile, SampleUsesEveryKeyOfTheLanguage) {
  using document::Schema;
  const Json schema = Json::parse(read_testdata("../schema/profile.schema.json"));
  std::set<std::string> known;
  const auto collect = [&](const Json& rule, const auto& self) -> void {
    if (!rule.is_structured()) return;
    if (rule.is_object() && rule.contains("properties") && rule.at("properties").is_object() &&
        rule.at("properties").begin()->is_object())
      for (const auto& [key, unused] : rule.at("properties").items()) known.insert(rule.at("properties").dump() + key);
    for (const auto& part : rule) self(part, self);
  };
  collect(schema, collect);
  std::set<std::string> used;
  document::profile_schema().walk(sample().resolved, [&](const Json& value, const Schema::Rules& rules, const auto&) {
    if (!value.is_object()) return;
    for (const auto* rule : rules)
      for (const auto& [key, unused] : value.items())
        if (rule->contains("properties")) used.insert(rule->at("properties").dump() + key);
  });
  EXPECT_GT(known.size(), 120U);
  for (const auto& key : known)
    EXPECT_TRUE(used.contains(key) || key.ends_with("extends")) << key.substr(key.rfind('}') + 1) << " of " << key;
}

TEST(Profile, FactsAreReadFromTheirSources) {
  const auto profile = sample();
  EXPECT_EQ(profile.product, "paperless");
  EXPECT_EQ(profile.title.zh, "无纸化办公");
  EXPECT_EQ(profile.version.kind, FactSource::Kind::properties_file);
  EXPECT_EQ(profile.version.file, "webapp/WEB-INF/version.properties");
  EXPECT_EQ(profile.version.key, "version");
  EXPECT_EQ(profile.build->kind, FactSource::Kind::text_match);
  EXPECT_EQ(profile.build->key, "build=([0-9]+)");
  EXPECT_EQ(profile.packages_applied->kind, FactSource::Kind::sql);
  EXPECT_EQ(profile.packages_applied->database, "main");
  ASSERT_EQ(profile.modules.size(), 3U);
  EXPECT_EQ(profile.modules[0].installed->kind, FactSource::Kind::path_exists);
  EXPECT_EQ(profile.modules[1].version->kind, FactSource::Kind::json_file);
  EXPECT_EQ(profile.modules[1].version->key, "/version");
  EXPECT_TRUE(profile.modules[1].care);
  EXPECT_EQ(profile.modules[2].installed->text, "1");
  EXPECT_EQ(profile.modules[2].title.en, "portal");  // without a title the id serves
  EXPECT_EQ(profile.used_days, 30);
  EXPECT_EQ(profile.archive_names, "GBK");
  EXPECT_EQ(profile.vendor_objects.size(), 3U);
}

TEST(Profile, PathsServicesAndDatabases) {
  const auto profile = sample();
  EXPECT_EQ(profile.paths.data, (std::vector{RelativePath("data"), RelativePath("uploads")}));
  EXPECT_EQ(profile.paths.generated, std::vector{RelativePath("work")});
  ASSERT_EQ(profile.services.size(), 2U);
  EXPECT_EQ(profile.services[0].run[4], "data/search index");
  EXPECT_EQ(profile.services[0].directory, "${environment.root}");
  EXPECT_EQ(profile.services[0].grace, Milliseconds(30000));
  EXPECT_FALSE(profile.services[0].ready.has_value());
  const auto* web = find_service(profile, "web");
  ASSERT_NE(web, nullptr);
  EXPECT_EQ(web->run, (std::vector<std::string>{"bin/catalina.sh", "run"}));
  EXPECT_EQ(web->variables.at("DEBUG"), "false");
  EXPECT_EQ(web->ready->json.at("/database/ready"), "true");
  EXPECT_EQ(web->ready_within, Milliseconds(120000));
  EXPECT_EQ(web->stop_signal, "INT");
  EXPECT_EQ(web->grace, Milliseconds(20000));
  EXPECT_TRUE(web->kill_after_grace);
  EXPECT_EQ(web->build_pointer, "/build");
  EXPECT_EQ(find_database(profile, "")->id, "main");
  EXPECT_EQ(find_database(profile, "main")->files, std::vector<RelativePath>{RelativePath("data/migrated.json")});
  EXPECT_EQ(find_database(profile, "archive")->file, "${environment.root}/data/archive.db");
  EXPECT_EQ(find_database(profile, "none"), nullptr);
  EXPECT_EQ(profile.migration.done_equals, "${recipe.to}");
  EXPECT_EQ(profile.migration.within, Milliseconds(900000));
}

TEST(Profile, DefinitionsGrowthAndHotPatches) {
  const auto profile = sample();
  ASSERT_EQ(profile.definitions.size(), 2U);
  const auto& workflow = profile.definitions[0];
  EXPECT_EQ(workflow.table, "wf_workflow");
  EXPECT_EQ(workflow.key, (std::vector<std::string>{"family_id", "version_no"}));
  EXPECT_EQ(workflow.name, std::vector<std::string>{"name"});
  EXPECT_EQ(workflow.ignored.size(), 2U);
  EXPECT_EQ(workflow.secret, std::vector<std::string>{"interface_key"});
  EXPECT_EQ(workflow.labels.at("state").zh, "状态");
  EXPECT_EQ(workflow.checks.size(), 3U);
  EXPECT_TRUE(workflow.version.contains(Version("7.4")));
  EXPECT_FALSE(workflow.version.contains(Version("8.0")));
  EXPECT_EQ(profile.definitions[1].name, profile.definitions[1].key);
  EXPECT_EQ(profile.growth.percent, 200);
  EXPECT_EQ(profile.growth.bytes, 10U << 20U);
  EXPECT_EQ(profile.hotpatch.no_restart.size(), 2U);
  EXPECT_EQ(Profile().growth.percent, 150);
}

TEST(Profile, ActionsAndEffects) {
  const auto profile = sample();
  EXPECT_EQ(profile.clone.rewrite[0].kind, Action::Kind::properties);
  EXPECT_EQ(profile.clone.rewrite[1].kind, Action::Kind::replace);
  EXPECT_EQ(profile.clone.silence[0].kind, Action::Kind::env);
  EXPECT_EQ(profile.clone.silence[0].set.at("SMTP_PORT"), "25");  // an unquoted number, as text
  EXPECT_EQ(profile.clone.silence[1].kind, Action::Kind::sql);
  EXPECT_EQ(profile.clone.silence[1].why.zh, "calls other systems");
  EXPECT_EQ(profile.clone.silence[2].kind, Action::Kind::remove);
  EXPECT_EQ(profile.clone.silence[2].file, "webapp/WEB-INF/push.json");
  EXPECT_EQ(profile.clone.mark[0].kind, Action::Kind::write);
  EXPECT_EQ(profile.clone.prove_wait, Milliseconds(500));
  EXPECT_EQ(profile.effects[0].hold[0].id, "off");
  EXPECT_EQ(profile.effects[0].pending->kind, FactSource::Kind::sql);
}

TEST(Profile, ChecksAndInvariants) {
  const auto profile = sample();
  EXPECT_EQ(profile.invariants[0].before, profile.invariants[0].after);
  EXPECT_EQ(profile.invariants[1].after, "select org from matrix");
  EXPECT_EQ(profile.invariants[1].relation, Invariant::Relation::subset);
  EXPECT_FALSE(profile.invariants[1].required);
  EXPECT_EQ(profile.invariants[2].relation, Invariant::Relation::not_less);
  const auto* login = find_check(profile, "login");
  EXPECT_EQ(login->steps[0].json.at("remember"), (Json::array({true, 1, nullptr})));
  EXPECT_EQ(login->steps[0].keep.at("token"), "/token");
  EXPECT_EQ(login->steps[1].expect, std::vector<int>{401});
  EXPECT_EQ(login->steps[1].lacks, std::vector<std::string>{"Exception"});
  EXPECT_EQ(login->touches.size(), 2U);
  const auto* request = find_check(profile, "request");
  EXPECT_FALSE(request->on_production);
  EXPECT_TRUE(request->version.contains(Version("8.0")));
  EXPECT_EQ(request->steps[0].content_type, "text/xml");
  EXPECT_EQ(request->steps[0].expect, (std::vector<int>{201, 202}));
  EXPECT_EQ(request->steps[0].called, std::vector<std::string>{"/hook/${environment.name}"});
  EXPECT_EQ(request->steps[1].method, "PUT");
  EXPECT_FALSE(request->steps[1].version.contains(Version("9")));
  EXPECT_EQ(request->steps[3].same.at("count"), "/meta/total");
  EXPECT_EQ(request->cleanup[0].method, "DELETE");
  EXPECT_TRUE(find_check(profile, "orphans")->sql->empty);
  EXPECT_EQ(find_check(profile, "users")->sql->at_least, 1);
  EXPECT_EQ(find_check(profile, "mode")->sql->equals, "1");
  EXPECT_EQ(find_check(profile, "process")->service, "web");
  EXPECT_EQ(find_check(profile, "layout")->kind, Check::Kind::manual);
  EXPECT_EQ(profile.licence->read_back->expect_json.at("/users"), 500);
  EXPECT_EQ(profile.licence->read_back->expect_json.at("/expired"), false);
}

TEST(Profile, DaysAreRoundedUpToHalfDays) {
  const auto profile = sample();
  EXPECT_EQ(profile.tasks[0].half_days, 1);
  EXPECT_EQ(profile.tasks[1].half_days, 4);
  EXPECT_EQ(profile.tasks[1].half_days_if_customised, 10);
  EXPECT_EQ(profile.tasks[2].half_days, 1);  // 0.3
  using document::half_days_of;
  EXPECT_EQ(half_days_of("0"), 1);
  EXPECT_EQ(half_days_of("0.5"), 1);
  EXPECT_EQ(half_days_of("0.501"), 2);
  EXPECT_EQ(half_days_of("1.5"), 3);
  EXPECT_EQ(half_days_of("10"), 20);
}

TEST(Profile, QuotesDecideBetweenTextAndNumberWhereBothArePossible) {
  const auto profile = require_profile(
      head +
          "checks:\n- id: a\n  steps:\n  - {post: /, json: {a: 1, b: '1', c: true, d: \"true\", e: ~, f: 007, g: x}}\n",
      "x");
  EXPECT_EQ(profile.checks[0].steps[0].json,
            Json::parse(R"({"a":1,"b":"1","c":true,"d":"true","e":null,"f":"007","g":"x"})"));
}

TEST(Profile, DigestDependsOnTheContentAndNotOnItsLayout) {
  const auto digest = require_profile(head, "x").digest;
  EXPECT_EQ(require_profile("# note\npaths:\n  program:\n  - bin\n  - 'conf'\nversion: {value: '1'}\nproduct: x\n", "y")
                .digest,
            digest);
  EXPECT_NE(require_profile(head + "used_days: 5\n", "x").digest, digest);
  EXPECT_EQ(digest, Digest::of(R"({"paths":{"program":["bin","conf"]},"product":"x","version":{"value":"1"}})"));
}

// A run keeps the resolved document; reading it back must give the same profile.
TEST(Profile, ResolvedDocumentReadsBackWithTheSameDigest) {
  const auto profile = sample();
  EXPECT_EQ(require_profile(canonical(profile.resolved), "stored").digest, profile.digest);
}

struct Expected {
  const char* name;
  std::string body;
  int line;
  int column;
  const char* english;  // a part of the message
};

void PrintTo(const Expected& expected, std::ostream* out) {
  *out << expected.name;
}

class BadProfile : public testing::TestWithParam<Expected> {};

TEST_P(BadProfile, IsReportedWithItsPlace) {
  const auto& expected = GetParam();
  const auto result = parse_profile(expected.body, "p.yaml");
  EXPECT_FALSE(result.profile.has_value());
  ASSERT_EQ(result.problems.size(), 1U) << all_of(result.problems);
  const auto& problem = result.problems[0];
  EXPECT_EQ(problem.file, "p.yaml");
  EXPECT_EQ(problem.line, expected.line) << all_of(result.problems);
  EXPECT_EQ(problem.column, expected.column) << all_of(result.problems);
  EXPECT_NE(problem.message.en.find(expected.english), std::string::npos) << all_of(result.problems);
  EXPECT_FALSE(problem.message.zh.empty());
  EXPECT_NE(problem.message.zh, problem.message.en);
}

const std::string db = head + with_database;
const std::string step = head + "checks:\n- id: a\n  steps:\n";

const Expected bad_documents[] = {
    // YAML itself
    {"Empty", "", 1, 1, "empty"},
    {"OnlyAComment", "# x\n", 1, 1, "empty"},
    {"NotAMapping", "- a\n", 1, 1, "keys and values"},
    {"Unclosed", head + "title: {en: x\n", 5, 1, "not valid YAML"},
    {"BadIndent", head + "title:\n  en: x\n zh: y\n", 6, 2, "not valid YAML"},
    {"Tab", head + "title:\n\ten: x\n", 5, 1, "tab"},
    {"UnknownAlias", head + "title: *x\n", 4, 8, "not valid YAML"},
    {"TwoDocuments", head + "---\na: 1\n", 5, 1, "second document"},
    {"NotUtf8", head + "title: \xC4\xE3\n", 4, 1, "UTF-8"},
    {"DuplicateKey", head + "product: y\n", 4, 1, "'product' stands twice here; first in line 1"},
    {"DuplicateInside", head + "title: {en: a, zh: b, en: c}\n", 4, 23, "'en' stands twice"},
    {"AliasOfItself", head + "title: &a\n  en: *a\n", 4, 8, "nested too deeply"},
    {"Tag", head + "title: !!float 1\n", 4, 8, "tags"},
    {"KeyIsAList", head + "[a, b]: c\n", 4, 1, "plain word"},
    // the schema
    {"Format", head + "format: 2\n", 4, 9, "format 2 is not known"},
    {"UnknownKey", head + "servises: []\n", 4, 1,
     "unknown key 'servises'; did you mean 'services'? Allowed: archive_names, base, build"},
    {"UnknownKeyInside", db + "services:\n- {id: a, run: x, redy: {http: /}}\n", 6, 19, "did you mean 'ready'?"},
    {"UnknownKeyAfterChinese", head + "title: {zh: 流程, fr: x}\n", 4, 17, "unknown key 'fr'"},
    {"MissingKey", "product: x\nversion: {value: 1}\n", 1, 1, "the key 'paths' is missing"},
    {"MissingId", head + "modules:\n- {id: a}\n- title: b\n", 6, 3, "the key 'id' is missing"},
    {"Enum", head + "tasks: [{id: a, stage: tests, role: tester, days: 1}]\n", 4, 24,
     "'tests' is not allowed here; allowed: prepare, test, accept, production, watch; did you mean 'test'?"},
    {"TypeBoolean", head + "modules: [{id: a, care: 'true'}]\n", 4, 25, "true or false is expected here, not a text"},
    {"TypeInteger", head + "used_days: many\n", 4, 12, "a whole number is expected here, not a text"},
    {"TypeIntegerQuoted", head + "used_days: '5'\n", 4, 12, "a whole number is expected here, not a text"},
    {"TypeList", head + "modules: workflow\n", 4, 10, "a list is expected here, not a text"},
    {"TypeObject", head + "clone: [a]\n", 4, 8, "keys and values is expected here, not a list"},
    {"TypeText", head + "title: [a]\n", 4, 8, "a text or keys and values is expected here, not a list"},
    {"ValueMissing", head + "title:\nused_days: 5\n", 4, 1, "the value is missing"},
    {"EmptyText", head + "title: ''\n", 4, 8, "must not be empty"},
    {"EmptyList", head + "checks: [{id: a, steps: []}]\n", 4, 25, "the list must not be empty"},
    {"Range", head + "used_days: 0\n", 4, 12, "0 is out of range; allowed: 1 - 3660"},
    {"Status", step + "  - {get: /, expect: 99}\n", 7, 22, "99 is out of range; allowed: 100 - 599"},
    {"BadId", head + "modules: [{id: 'a b'}]\n", 4, 16, "'a b' is not allowed here; expected: letters, digits"},
    {"LongId", head + "modules: [{id: " + std::string(65, 'a') + "}]\n", 4, 16, "at most 64"},
    {"VeryLongId", head + "modules: [{id: " + std::string(1'000'000, 'a') + "}]\n", 4, 16, "far too long"},
    {"Duration", head + "clone: {wait: 10 minutes}\n", 4, 15, "expected: a duration"},
    {"DurationWithoutUnit", head + "clone: {wait: 10}\n", 4, 15, "expected: a duration"},
    {"Days", head + "tasks: [{id: a, stage: test, role: tester, days: two}]\n", 4, 50, "expected: working days"},
    {"Covers", step + "  - {get: /}\n  covers: [B8.1, F1]\n", 8, 18,
     "'F1' is not allowed here; expected: a requirement id"},
    {"NoKindOfFact", head + "build: {}\n", 4, 8,
     "one of these keys is needed: json, properties, match, path, sql, value"},
    {"TwoKindsOfFact", head + "build: {path: a, value: b}\n", 4, 18, "only one of these keys is possible: path, value"},
    {"FactLacksItsKey", head + "build: {json: a}\n", 4, 9, "'json' needs 'at' beside it"},
    {"NoKindOfAction", head + "clone: {mark: [{id: a}]}\n", 4, 16,
     "one of these keys is needed: properties, env, sql, replace, write, remove"},
    {"SetWithoutFile", db + "clone: {mark: [{sql: x, set: {a: b}}]}\n", 5, 25,
     "'set' is possible only beside one of: properties, env, replace"},
    {"SilenceWithoutId", db + "clone: {silence: [{sql: x}]}\n", 5, 19, "the key 'id' is missing"},
    {"NoKindOfCheck", head + "checks: [{id: a}]\n", 4, 10, "one of these keys is needed: steps, sql, process, manual"},
    {"SqlWithoutExpectation", db + "checks: [{id: a, sql: select 1}]\n", 5, 10,
     "one of these keys is needed: equals, empty, at_least"},
    {"BeforeWithoutAfter", db + "invariants: [{id: a, before: select 1}]\n", 5, 22, "'before' needs 'after' beside it"},
    {"EmptyFalse", db + "checks: [{id: a, sql: select 1, empty: false}]\n", 5, 40,
     "'false' is not allowed here; allowed: true"},
    {"Fraction", step + "  - {post: /, json: {price: 1.5}}\n", 7, 29, "fractions"},
    // beyond the schema
    {"DuplicateId", head + "modules:\n- id: a\n- id: b\n- id: a\n", 7, 7, "the id 'a' is already used in line 5"},
    {"CheckAndInvariant", db + "invariants: [{id: a, sql: x}]\nchecks: [{id: a, manual: x}]\n", 6, 15,
     "already used in line 5"},
    {"UnknownDatabase", db + "modules: [{id: a, used: {sql: x, database: mian}}]\n", 5, 44,
     "there is no database 'mian'; there are: main; did you mean 'main'?"},
    {"NoDatabase", head + "build: {sql: x}\n", 4, 14, "this needs a database"},
    {"UnknownService", head + "services: [{id: web, run: x}]\nchecks: [{id: a, process: wev}]\n", 5, 27,
     "there is no service 'wev'; there are: web"},
    {"UnknownTask", head + "tasks: [{id: a, stage: test, role: tester, days: 1, after: c}]\n", 4, 60,
     "there is no task 'c'; there are: a"},
    {"NoKindOfDefinition", head + "definitions: [{id: a, key: b}]\n", 4, 15, "one of these keys is needed: table, sql"},
    {"DefinitionWithoutKey", db + "definitions: [{id: a, table: b}]\n", 5, 15, "the key 'key' is missing"},
    {"DefinitionOfNoDatabase", head + "definitions: [{id: a, table: b, key: c}]\n", 4, 15, "this needs a database"},
    {"UnknownCheckOfDefinition",
     db + "checks: [{id: page, manual: x}]\ndefinitions: [{id: a, table: b, key: c, checks: [pge]}]\n", 6, 49,
     "there is no check 'pge'; there are: page; did you mean 'page'?"},
    {"NameThatIsSecret", db + "definitions: [{id: a, table: b, key: c, name: d, secret: [d]}]\n", 5, 58,
     "column 'd' stands under 'name' too"},
    {"GrowthWithoutGrowth", head + "growth: {percent: 100}\n", 4, 19, "100 is out of range"},
    {"TaskCycle",
     head + "tasks:\n- {id: a, stage: test, role: tester, days: 1, after: b}\n- {id: b, stage: test, role: tester, "
            "days: 1, after: [a]}\n",
     5, 54, "wait for each other: a -> b -> a"},
    {"RunsNowhere", head + "checks:\n- {id: a, manual: x, clone: false, production: false}\n", 5, 3,
     "would run nowhere"},
    {"ConfigOutside", "product: x\nversion: {value: 1}\npaths:\n  program: bin\n  config: [bin/a, etc/b]\n", 5, 19,
     "'etc/b' must lie inside 'program'"},
    {"DataInGenerated",
     "product: x\nversion: {value: 1}\npaths:\n  program: bin\n  data: work/data\n  generated: work\n", 5, 9,
     "'work/data' lies inside 'generated'"},
    {"GeneratedInData",
     "product: x\nversion: {value: 1}\npaths:\n  program: bin\n  data: data\n  generated: data/work\n", 6, 14,
     "'data/work' lies inside 'data'"},
    {"PathTwice", "product: x\nversion: {value: 1}\npaths:\n  program: bin\n  data: data\n  ignored: [data]\n", 6, 13,
     "'data' already stands under 'data'"},
    {"DatabaseInGenerated",
     "product: x\nversion: {value: 1}\npaths: {program: bin, generated: work}\ndatabases: [{id: a, sqlite: "
     "work/a.db}]\n",
     4, 29, "lies inside 'generated'"},
    {"StateFileInProgram", head + "databases: [{id: b, sqlite: c, files: [bin/state]}]\n", 4, 40,
     "must lie inside 'data'"},
    {"StatusOfAList", step + "  - {get: /, expect: [200, 600]}\n", 7, 28, "600 is out of range"},
    {"NoStatus", step + "  - {get: /, expect: []}\n", 7, 22, "must not be empty"},
    {"LogInProgram", head + "services: [{id: a, run: x, log: bin/log}]\n", 4, 33,
     "must lie inside 'data' or 'ignored'"},
    {"AbsolutePath", "product: x\nversion: {value: 1}\npaths: {program: /opt}\n", 3, 18,
     "'/opt' is not allowed here; expected: a path below the root"},
    {"PathUp", "product: x\nversion: {value: 1}\npaths: {program: [a, ../b]}\n", 3, 22, "'../b' is not allowed here"},
    {"WindowsPath", "product: x\nversion: {value: 1}\npaths: {program: 'a\\b'}\n", 3, 18, "is not allowed here"},
    {"BadRange", step + "  - {get: /, version: '>7,<8'}\n", 7, 23, "'>7,<8' is no version range"},
    {"BadRegex", head + "build: {match: a, regex: '([)'}\n", 4, 26, "is no regular expression"},
    {"RegexWithoutGroup", head + "build: {match: a, regex: 'x+'}\n", 4, 26, "exactly one group ( ) and has 0"},
    {"BadPointer", head + "build: {json: a, at: version}\n", 4, 22, "'version' is no JSON pointer"},
    {"BadPointerKey", step + "  - {get: /, equals: {status: ok}}\n", 7, 23, "'status' is no JSON pointer"},
    {"BadKeep", step + "  - {get: /, keep: {a: 'regex:x'}}\n", 7, 24, "exactly one group"},
    {"BadName", step + "  - {get: /, keep: {'a b': /x}}\n", 7, 21, "'a b' is not allowed as a name"},
    {"UnknownPrefix", step + "  - {get: '/${env.port}'}\n", 7, 11,
     "'${env.port}' is not known here; allowed: ${environment.NAME}, ${secret.NAME}, ${kept.NAME}"},
    {"PrefixAlone", step + "  - {get: '/${environment}'}\n", 7, 11, "'${environment}' is not known here"},
    {"FenceOutsideTheClone", head + "services: [{id: a, run: x, variables: {A: '${fence.smtp}'}}]\n", 4, 43,
     "'${fence.smtp}' is not known here"},
    {"SecretInCommandLine", head + "services: [{id: a, run: [x, '${secret.a}']}]\n", 4, 29,
     "'${secret.a}' is not known here; allowed: ${environment.NAME}"},
    {"UnclosedTemplate", step + "  - {post: /, json: {a: ['${secret.a']}}\n", 7, 26, "'${' without '}'"},
    {"KeptLater", step + "  - {get: '/${kept.id}'}\n  - {get: /, keep: {id: /id}}\n", 7, 5,
     "nothing is kept under the name 'id'; there are: -"},
    {"NeverRemembered", step + "  - {get: /, remember: {count: /a}}\n  - {get: /, same: {cuont: /b}}\n", 8, 28,
     "nothing is remembered under the name 'cuont'; there are: count; did you mean 'count'?"},
    {"TwoBodies", step + "  - {post: /, body: a, form: {b: c}}\n", 7, 21,
     "only one of these keys is possible: form, body"},
    {"BodyOfGet", step + "  - {get: /, json: {}}\n", 7, 20, "a GET request has no body"},
    {"ExtendsNotHere", head + "extends: base\n", 4, 10, "'extends' is not possible here"},
};

INSTANTIATE_TEST_SUITE_P(Profile, BadProfile, testing::ValuesIn(bad_documents),
                         [](const auto& given) { return std::string(given.param.name); });

TEST(Profile, AllProblemsAreReportedInTheOrderOfTheFile) {
  const auto result = parse_profile(
      "product: x\n"
      "version: {value: 1}\n"
      "colour: red\n"
      "paths: {program: bin, config: etc}\n"
      "modules:\n"
      "- {id: a, care: perhaps}\n"
      "- {id: a, titel: b}\n"
      "checks:\n"
      "- {id: c, process: none, covers: Z9}\n"
      "product: y\n",
      "p.yaml");
  std::vector<int> lines;
  for (const auto& problem : result.problems) lines.push_back(problem.line);
  EXPECT_EQ(lines, (std::vector{3, 4, 6, 7, 7, 9, 9, 10})) << all_of(result.problems);
}

TEST(Profile, RequireThrowsOneErrorThatListsAllProblems) {
  try {
    require_profile(head + "colour: red\nused_days: x\n", "p.yaml");
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), Code::invalid_document);
    EXPECT_NE(e.detail().find("p.yaml:4:1:"), std::string::npos) << e.what();
    EXPECT_NE(e.detail().find("p.yaml:5:12:"), std::string::npos) << e.what();
    EXPECT_NE(e.describe(Language::chinese).find("p.yaml:4:1: 未知的键“colour”"), std::string::npos);
    EXPECT_EQ(e.describe(Language::chinese).find("unknown key"), std::string::npos);
  }
  const auto code = [](const std::string& body) {
    try {
      require_profile(body, "p.yaml");
    } catch (const Error& e) {
      return e.code();
    }
    return Code::internal;
  };
  EXPECT_EQ(code(head + "format: 9\nsomething: new\n"), Code::unsupported_format);
  EXPECT_EQ(code("{"), Code::yaml_syntax);
  EXPECT_EQ(code(head + "colour: red\n"), Code::unknown_key);
}

// ---- extends

const std::string base =
    "product: base\n"
    "version: {value: 1}\n"
    "paths: {program: bin, data: [a, b]}\n"
    "databases: [{id: main, sqlite: a.db}]\n"
    "modules:\n"
    "- {id: one, care: true, title: One}\n"
    "- {id: two}\n"
    "clone:\n"
    "  silence:\n"
    "  - {id: mail, why: Mail, sql: x}\n";

ReadDocument documents(std::map<std::string, std::string> texts) {
  return [texts = std::move(texts)](const std::string& name) {
    const auto found = texts.find(name);
    if (found == texts.end()) throw Error(Code::not_found, name);
    return found->second;
  };
}

TEST(Extends, MergesMappingsByKeyListsByIdAndReplacesTheRest) {
  const auto result = parse_profile(
      "extends: base\n"
      "product: child\n"
      "paths: {data: [c]}\n"
      "modules:\n"
      "- {id: three}\n"
      "- {id: one, title: Eins}\n"
      "- {id: two, remove: true}\n"
      "clone:\n"
      "  silence:\n"
      "  - {id: mail, sql: , env: f, set: {a: b}}\n",
      "child", documents({{"base", base}}));
  ASSERT_TRUE(result.profile) << all_of(result.problems);
  const auto& profile = *result.profile;
  EXPECT_EQ(profile.product, "child");
  EXPECT_EQ(profile.paths.data, std::vector{RelativePath("c")});
  ASSERT_EQ(profile.modules.size(), 2U);
  EXPECT_EQ(profile.modules[0].title.en, "Eins");
  EXPECT_TRUE(profile.modules[0].care);
  EXPECT_EQ(profile.modules[1].id, "three");
  EXPECT_EQ(profile.clone.silence[0].kind, Action::Kind::env);
  EXPECT_EQ(profile.clone.silence[0].why.en, "Mail");
  EXPECT_FALSE(profile.resolved.contains("extends"));
  EXPECT_EQ(result.origins.at("/product"), "child:2");
  EXPECT_EQ(result.origins.at("/paths/program"), "base:3");
  EXPECT_EQ(result.origins.at("/modules/0/title"), "child:6");
  EXPECT_EQ(result.origins.at("/modules/0/care"), "base:6");
  EXPECT_EQ(result.origins.at("/clone/silence/0/why"), "base:10");
}

TEST(Extends, ABaseIsRightAsABaseAndNoProductByItself) {
  const std::string text = "base: true\nproduct: b\npaths: {program: [bin]}\n";
  const auto result = parse_profile(text, "b.yaml");
  EXPECT_TRUE(result.problems.empty()) << all_of(result.problems);
  EXPECT_TRUE(result.base && !result.profile);
  EXPECT_THROW(require_profile(text, "b.yaml"), Error);
  EXPECT_NE(all_of(parse_profile(text + "chekcs: []\n", "b.yaml").problems).find("chekcs"), std::string::npos);
  EXPECT_FALSE(parse_profile("base: false\nproduct: b\n", "b.yaml").problems.empty());
  const auto read = [&](const std::string&) { return text; };
  const auto product = require_profile("extends: b\nproduct: p\nversion: {value: 1}\n", "p.yaml", read);
  EXPECT_FALSE(product.resolved.contains("base"));
}

TEST(Extends, DigestIsThatOfTheResolvedDocument) {
  const auto read = documents({{"base", base}});
  EXPECT_EQ(require_profile("extends: base\n", "x", read).digest, require_profile(base, "y").digest);
}

TEST(Extends, ProblemsNameTheFileTheyStandIn) {
  const auto result =
      parse_profile("extends: base\nused_days: x\n", "child", documents({{"base", base + "titel: x\n"}}));
  ASSERT_EQ(result.problems.size(), 2U) << all_of(result.problems);
  EXPECT_EQ(result.problems[0].describe(Language::english).substr(0, 9), "base:11:1");
  EXPECT_EQ(result.problems[1].describe(Language::english).substr(0, 9), "child:2:1");
}

TEST(Extends, RefusesCirclesMissingBasesAndRemovalOfNothing) {
  const auto first = [&](const std::string& yaml, const ReadDocument& read) {
    const auto result = parse_profile(yaml, "child", read);
    EXPECT_FALSE(result.profile.has_value());
    return all_of(result.problems);
  };
  EXPECT_EQ(first("extends: a\n", documents({{"a", "extends: b\n"}, {"b", "extends: a\n"}})).substr(0, 7), "b:1:10:");
  EXPECT_EQ(first("product: x\nextends: none\n", documents({})).substr(0, 11), "child:2:10:");
  const auto removal = first("extends: base\nmodules:\n- {id: twoo, remove: true}\n", documents({{"base", base}}));
  EXPECT_NE(removal.find(
                "child:3:8: there is no 'twoo' to remove in the profile below; it has: one, two; did you mean 'two'?"),
            std::string::npos)
      << removal;
}

// ---- robustness

TEST(Profile, CutAtAnyByteIsReadOrRefusedButNeverCrashes) {
  const auto& text = sample_text();
  // Every byte of the whole document in the full run; by default every byte of its first part, then every 13th.
  const std::size_t dense = std::getenv("FERRY_FULL") != nullptr ? text.size() : 700;
  for (std::size_t length = 0; length < text.size(); length += length < dense ? 1 : 13) {
    const auto result = parse_profile(text.substr(0, length), "cut");
    EXPECT_NE(result.profile.has_value(), !result.problems.empty()) << length;
    for (const auto& problem : result.problems) EXPECT_GE(problem.line, 1) << length << problem.message.en;
  }
}

TEST(Profile, BytesTurnedIntoOthersNeverCrash) {
  const auto& text = sample_text();
  std::uint32_t random = 12345;
  const auto next = [&](std::size_t below) {
    random = random * 1664525U + 1013904223U;
    return static_cast<std::size_t>(random >> 8U) % below;
  };
  constexpr std::string_view replacements = "{}[]:,-#&*!|>'\"%@` \n\t~\\\x80";
  for (int round = 0; round < (std::getenv("FERRY_FULL") != nullptr ? 5000 : 150); ++round) {
    auto changed = text;
    for (std::size_t i = 0; i <= next(4); ++i) changed[next(changed.size())] = replacements[next(replacements.size())];
    const auto result = parse_profile(changed, "changed");
    EXPECT_NE(result.profile.has_value(), !result.problems.empty()) << round;
  }
}

TEST(Profile, BombsOfAliasesAreRefused) {
  std::string bomb = head + "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) {
    const auto name = "a" + std::to_string(i);
    bomb += name + ": &" + name + " [";
    for (int k = 0; k < 10; ++k) bomb += (k == 0 ? "*a" : ", *a") + std::to_string(i - 1);
    bomb += "]\n";
  }
  EXPECT_FALSE(parse_profile(bomb, "bomb").profile.has_value());
  EXPECT_FALSE(parse_profile(head + "title: " + std::string(100'000, '['), "deep").profile.has_value());
}

// ---- versions

const std::string versioned =
    "product: p\nversion: {value: 1}\npaths: {program: .}\n"
    "databases: [{id: main, sqlite: db}]\n"
    "runtimes: [{id: node, run: node --version}]\n"
    "services:\n"
    "- {id: web, version: '<2', runtime: {node: '>=16 <18'}, run: node old.js}\n"
    "- {id: web, version: '>=2', runtime: {node: '>=20'}, run: node new.js}\n"
    "- {id: worker, run: node worker.js}\n"
    "migrate:\n"
    "- {version: '<2', database: main, applied: select name from script}\n"
    "- {version: '>=2', command: node migrate.js, done: {sql: select 1, grows: true}, within: 5m}\n"
    "settled: {version: 2.*, sql: select 0, equals: 0}\n";

TEST(Versions, ServicesMigrationAndWaitingAreThoseOfTheVersion) {
  const auto profile = require_profile(versioned, "x");
  const auto old_services = services_of_version(profile, Version("1.9"));
  ASSERT_EQ(old_services.size(), 2U);
  EXPECT_EQ(old_services[0].run[1], "old.js");
  EXPECT_EQ(services_of_version(profile, Version("2"))[0].run[1], "new.js");
  EXPECT_EQ(services_of_version(profile, {}).size(), 2U);
  EXPECT_EQ(find_service(profile, "web", Version("3"))->runtime.at("node").text(), ">=20");
  EXPECT_EQ(find_service(profile, "web")->run[1], "old.js");
  EXPECT_FALSE(migration_to(profile, Version("1.9")).by_command());
  const auto way = migration_to(profile, Version("2.1"));
  EXPECT_TRUE(way.by_command());
  EXPECT_TRUE(way.done_grows);
  EXPECT_EQ(way.within, Milliseconds(300000));
  // How the product knows its scripts holds for every version.
  EXPECT_EQ(way.applied_scripts_sql, "select name from script");
  EXPECT_EQ(settled_rule(profile, Version("1.9")), nullptr);
  EXPECT_NE(settled_rule(profile, Version("2.1")), nullptr);
}

TEST(Versions, WhatContradictsItselfIsRefused) {
  const auto told = [](std::string from, const std::string& to) {
    std::string text = versioned;
    text.replace(text.find(from), from.size(), to);
    return all_of(parse_profile(text, "x").problems);
  };
  EXPECT_NE(told("version: '>=2', runtime", "version: '>=1', runtime").find("x:8:"), std::string::npos);
  EXPECT_NE(told("version: '>=2', runtime", "runtime").find("must not overlap"), std::string::npos);
  EXPECT_NE(told("version: '>=2', command", "version: '<9', command").find("must not overlap"), std::string::npos);
  EXPECT_NE(told("{node: '>=20'}", "{nodes: '>=20'}").find("did you mean 'node'"), std::string::npos);
  EXPECT_NE(told(", grows: true", "").find("equals"), std::string::npos);
  EXPECT_NE(told("done: {sql", "service: wbe, done: {sql").find("did you mean 'web'"), std::string::npos);
  EXPECT_NE(told("command: node migrate.js", "log: data/x").find("'log' needs 'command'"), std::string::npos);
  EXPECT_NE(told(", equals: 0", "").find("'sql' needs 'equals'"), std::string::npos);
  EXPECT_NE(told(", sql: select 0, equals: 0", "").find("one of these keys is needed: sql, http"), std::string::npos);
  EXPECT_NE(told(", equals: 0}", ", equals: 0, http: /x}").find("only one of these keys"), std::string::npos);
}

TEST(Versions, AnItemOfTheBaseIsSplitByVersion) {
  const std::string plain =
      "product: p\nversion: {value: 1}\npaths: {program: .}\n"
      "services:\n- {id: web, run: base, log: l, port: '1'}\n- {id: worker, run: w}\nignored: []\n";
  std::string text = plain;
  text.replace(text.find("ignored: []\n"), 12, "");
  text.replace(text.find("program: ."), 10, "program: ., ignored: l");
  const auto profile = require_profile(
      "extends: base\nservices:\n- {id: web, version: '<2'}\n- {id: web, version: '>=2', run: new}\n"
      "- {id: web, port: '2'}\n",
      "child", documents({{"base", text}}));
  ASSERT_EQ(profile.services.size(), 3U);
  EXPECT_EQ(profile.services[0].run[0], "base");
  EXPECT_EQ(profile.services[1].run[0], "new");
  EXPECT_EQ(profile.services[1].log, "l");
  EXPECT_EQ(profile.services[0].port, "2");
  EXPECT_EQ(profile.services[1].port, "2");
  EXPECT_EQ(profile.services[2].id, "worker");
}

}  // namespace
}  // namespace ferry
