#include "model/environment.h"

#include <gtest/gtest.h>

namespace ferry {
namespace {

const std::string minimal = "name: prod\nkind: production\nprofile: ../oa/profile.yaml\nroot: /opt/oa\n";

std::string all_of(const std::vector<DocumentProblem>& problems) {
  std::string out;
  for (const auto& problem : problems) out += problem.describe(Language::english) + "\n";
  return out;
}

TEST(Environment, ReadsEveryKey) {
  const auto e = require_environment(
      "format: 1\n"
      "name: test-1\n"
      "kind: test\n"
      "profile: p.yaml\n"
      "root: /srv/oa test\n"
      "staging: /srv/ferry\n"
      "url: https://oa.example.com:8443/oa\n"
      "variables: {port: 8080, debug: true, name.long: '007'}\n"
      "secrets:\n"
      "  tester: {environment_variable: OA_TESTER}\n"
      "  key: {file: secrets/key}\n"
      "customer: 某某集团有限公司\n"
      "licence_file: licence.txt\n"
      "baseline: baseline.mtree\n"
      "user: oa\n",
      "e.yaml");
  EXPECT_EQ(e.name, "test-1");
  EXPECT_EQ(e.kind, Environment::Kind::test);
  EXPECT_EQ(e.staging, "/srv/ferry");
  EXPECT_EQ(e.variables.at("port"), "8080");
  EXPECT_EQ(e.variables.at("debug"), "true");
  EXPECT_EQ(e.secrets.at("tester").environment_variable, "OA_TESTER");
  EXPECT_EQ(e.secrets.at("key").file, "secrets/key");
  EXPECT_EQ(e.customer, "某某集团有限公司");
  EXPECT_EQ(e.licence_file, "licence.txt");
  EXPECT_EQ(e.baseline, "baseline.mtree");
  EXPECT_EQ(e.user, "oa");
  EXPECT_EQ(canonical(Json(Json(e).get<Environment>())), canonical(Json(e)));
}

TEST(Environment, StagingStandsBesideTheRootByDefault) {
  const auto e = require_environment(minimal, "e.yaml");
  EXPECT_EQ(e.staging, "/opt/.ferry-oa");
  const auto variables = e.as_variables();
  EXPECT_EQ(variables.at("environment.root"), "/opt/oa");
  EXPECT_EQ(variables.at("environment.name"), "prod");
  EXPECT_EQ(variables.at("environment.staging"), "/opt/.ferry-oa");
}

struct Expected {
  const char* name;
  std::string body;
  int line;
  int column;
  const char* english;
};

void PrintTo(const Expected& expected, std::ostream* out) {
  *out << expected.name;
}

class BadEnvironment : public testing::TestWithParam<Expected> {};

TEST_P(BadEnvironment, IsReportedWithItsPlace) {
  const auto& expected = GetParam();
  const auto result = parse_environment(expected.body, "e.yaml");
  EXPECT_FALSE(result.environment.has_value());
  ASSERT_EQ(result.problems.size(), 1U) << all_of(result.problems);
  EXPECT_EQ(result.problems[0].line, expected.line) << all_of(result.problems);
  EXPECT_EQ(result.problems[0].column, expected.column) << all_of(result.problems);
  EXPECT_NE(result.problems[0].message.en.find(expected.english), std::string::npos) << all_of(result.problems);
}

const std::string without_root = "name: prod\nkind: production\nprofile: p.yaml\n";

const Expected bad_documents[] = {
    {"NoRoot", without_root, 1, 1, "the key 'root' is missing"},
    {"RelativeRoot", without_root + "root: opt/oa\n", 4, 7, "an absolute path"},
    {"RootWithDots", without_root + "root: /opt/../oa\n", 4, 7, "an absolute path"},
    {"RootWithSlashAtTheEnd", without_root + "root: /opt/oa/\n", 4, 7, "an absolute path"},
    {"FileSystemRoot", without_root + "root: /\n", 4, 7, "an absolute path"},
    {"StagingInside", minimal + "staging: /opt/oa/.ferry\n", 5, 10, "must not lie inside each other"},
    {"RootInStaging", minimal + "staging: /opt\n", 5, 10, "must not lie inside each other"},
    {"Kind", "name: a\nkind: prod\nprofile: p\nroot: /a\n", 2, 7, "allowed: production, test, clone"},
    {"Url", minimal + "url: oa.example.com\n", 5, 6, "is no address"},
    {"SecretValue", minimal + "secrets: {tester: hunter2}\n", 5, 19, "keys and values is expected here, not a text"},
    {"SecretWithoutSource", minimal + "secrets: {tester: {}}\n", 5, 19,
     "one of these keys is needed: environment_variable, file"},
    {"SecretWithTwo", minimal + "secrets: {t: {file: a, environment_variable: b}}\n", 5, 15, "only one of these keys"},
    {"OwnName", minimal + "variables: {root: /x}\n", 5, 19, "is set by the key of that name"},
    {"BadVariableName", minimal + "variables: {a b: x}\n", 5, 13, "not allowed as a name"},
    {"UnknownKey", minimal + "licence: x\n", 5, 1, "unknown key 'licence'"},
    {"Format", minimal + "format: 7\n", 5, 9, "format 7 is not known"},
};

INSTANTIATE_TEST_SUITE_P(Environment, BadEnvironment, testing::ValuesIn(bad_documents),
                         [](const auto& given) { return std::string(given.param.name); });

TEST(Environment, NamesWhatItsProfileNeedsAndItDoesNotGive) {
  const auto profile = require_profile(
      "product: x\nversion: {json: '${environment.conf}/v', at: /v}\npaths: {program: bin}\n"
      "services:\n- {id: a, run: [x, '${environment.port}'], variables: {A: '${secret.key} $${environment.no}'}}\n"
      "checks:\n- id: c\n  steps:\n  - {post: '${environment.url}', json: {a: [{b: '${secret.tester}'}]}, keep: {t: "
      "/t}}\n"
      "  - {get: '/${kept.t}${environment.port}', headers: {X: '${secret.key}'}}\n",
      "p.yaml");
  auto environment = require_environment(minimal, "e.yaml");
  EXPECT_EQ(missing_variables(profile, environment),
            (std::vector<std::string>{"environment.conf", "environment.port", "secret.key", "secret.tester"}));
  environment.variables = {{"conf", "c"}, {"port", "1"}};
  environment.secrets["key"].file = "f";
  EXPECT_EQ(missing_variables(profile, environment), std::vector<std::string>{"secret.tester"});
}

}  // namespace
}  // namespace ferry
