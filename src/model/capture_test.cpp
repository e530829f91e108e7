#include "model/capture.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace ferry {
namespace {

constexpr const char* order = R"(format: 1
package: {id: app-2, kind: upgrade, product: app, title: {en: App 2, zh: 应用 2}, from: "1.*", to: "2.0"}
root: /srv/app
run:
  - npm install app@2 --omit=dev
  - [sh, -c, "echo two  blanks"]
variables:
  NODE_ENV: production
  CA: {environment_variable: APP_CA}
files: [{from: npmrc, to: .npmrc, optional: true}]
network:
  - example.com:443
  - {url_in: APP_REGISTRY}
  - {url_from: npm config get registry}
runtime: [node --version]
differences:
  - {path: "**/.cache/**", drop: true, why: caches}
  - {path: a.json, ignore_text: '\d+', why: counts}
  - {path: b, keep: first, why: random}
database: declared
)";

TEST(CaptureOrder, EverythingThatIsWrittenIsRead) {
  const auto read = require_capture_order(order, "capture.yaml");
  EXPECT_EQ(read.root, "/srv/app");
  ASSERT_EQ(read.run.size(), 2U);
  EXPECT_EQ(read.run[0], (std::vector<std::string>{"npm", "install", "app@2", "--omit=dev"}));
  EXPECT_EQ(read.run[1][2], "echo two  blanks");
  EXPECT_EQ(read.variables.at("NODE_ENV").value, "production");
  EXPECT_EQ(read.variables.at("CA").from, "APP_CA");
  EXPECT_TRUE(read.files.at(0).optional);
  ASSERT_EQ(read.network.size(), 3U);
  EXPECT_EQ(read.network[0].place, "example.com:443");
  EXPECT_EQ(read.network[1].url_in, "APP_REGISTRY");
  EXPECT_EQ(read.network[2].url_from.at(2), "get");
  ASSERT_EQ(read.differences.size(), 3U);
  EXPECT_EQ(read.differences[0].how, DifferenceRule::How::drop);
  EXPECT_EQ(read.differences[1].ignore_text, "\\d+");
  EXPECT_EQ(read.differences[2].how, DifferenceRule::How::keep_first);
  EXPECT_TRUE(read.database_declared);
}

std::string problems(const std::string& yaml) {
  std::string out;
  for (const auto& problem : parse_capture_order(yaml, "c.yaml").problems)
    out += problem.describe(Language::english) + "\n";
  return out;
}

TEST(CaptureOrder, EveryMistakeIsToldWithItsLineAndWhatIsAllowed) {
  EXPECT_NE(problems("run: [a]\nnetwrok: []\n").find("c.yaml:2:1: unknown key 'netwrok'; did you mean 'network'"),
            std::string::npos);
  EXPECT_NE(problems("root: /a\n").find("the key 'run' is missing"), std::string::npos);
  EXPECT_NE(problems("run: [a]\nnetwork: [example.com]\n").find("HOST:PORT"), std::string::npos);
  EXPECT_NE(problems("run: [a]\ndifferences: [{path: a, drop: true}]\n").find("'why' is missing"), std::string::npos);
  EXPECT_NE(problems("run: [a]\ndifferences: [{path: a, drop: true, keep: first, why: x}]\n").find("only one of"),
            std::string::npos);
  EXPECT_NE(problems("run: [a]\ndifferences: [{path: ../a, drop: true, why: x}]\n").find("c.yaml:2"),
            std::string::npos);
  EXPECT_NE(problems("run: [a]\ndifferences: [{path: a, ignore_text: '(', why: x}]\n").find("no regular expression"),
            std::string::npos);
  EXPECT_NE(problems("run: ['']\n").find("must not be empty"), std::string::npos);
  EXPECT_NE(problems("run: [' ']\n").find("a command is missing"), std::string::npos);
  EXPECT_NE(problems("format: 2\nrun: [a]\n").find("format 2 is not known"), std::string::npos);
  EXPECT_NE(problems("run: [a]\nroot: relative\n").find("an absolute path"), std::string::npos);
}

TEST(CaptureRecord, AsJsonItStaysTheSame) {
  CaptureRecord record;
  record.source = std::string(64, 'a');
  record.runs = 2;
  record.root = "/srv/app";
  record.commands = {{"npm", "install"}};
  record.runtime = {{{"node", "--version"}, "v20", "/usr/bin/node", std::string(64, 'b')}};
  record.network = {{"example.com:443", true}, {"other:80", false}};
  record.explained = {{"**/.cache/**", "drop", "caches", 3}};
  EXPECT_EQ(Json(record).get<CaptureRecord>(), record);
}

}  // namespace
}  // namespace ferry
