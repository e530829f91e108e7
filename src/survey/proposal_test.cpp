// The rules from what was seen to a profile, without a machine.
#include "survey/proposal.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"
#include "model/environment.h"
#include "survey/profile_text.h"

namespace ferry {
namespace {

Glimpse thing(const std::string& path, Glimpse::Kind kind = Glimpse::Kind::file) {
  Glimpse out;
  out.path = RelativePath(path);
  out.kind = kind;
  out.bytes = 100;
  return out;
}
Glimpse folder(const std::string& path) {
  return thing(path, Glimpse::Kind::folder);
}

Listener listener(int port) {
  return {"127.0.0.1", port, 100, ""};
}

// A Node application that runs, with settings and a database.
Sighting notes() {
  Sighting out;
  out.root = "/opt/notes";
  out.now = 1'700'000'000;
  out.tree.things = {thing("package.json"),  thing("server.js"), thing("notes.env"),      folder("data"),
                     thing("data/notes.db"), folder("logs"),     thing("logs/notes.log"), folder("uploads"),
                     thing("uploads/a.pdf"), folder("lib"),      thing("lib/x.js")};
  out.node = NodePackage{"notes", "1.0.0", "server.js", "node server.js"};
  out.versions.push_back({"{json: package.json, at: /version}", "1.0.0", {"package.json", "package.json"}, false});
  out.settings.push_back({RelativePath("notes.env"),
                          SettingsForm::env,
                          {{1, "PORT", "3000", false},
                           {2, "BASE_URL", "http://127.0.0.1:3000", false},
                           {3, "APP_SECRET", "***", true},
                           {4, "SMTP_HOST", "mail.example.com", false},
                           {5, "SMTP_PORT", "587", false}}});
  Occupant process;
  process.pid = 100;
  process.parent = 1;
  process.account = "notes";
  process.argv = {"node", "server.js", "--port=3000"};
  process.executable = "/usr/bin/node";
  process.directory = "/opt/notes";
  process.environment = {{"PORT", "3000"},       {"BASE_URL", "http://127.0.0.1:3000"},
                         {"APP_SECRET", "***"},  {"SMTP_HOST", "mail.example.com"},
                         {"SMTP_PORT", "587"},   {"PATH", "/usr/bin"},
                         {"NOTES_TOKEN", "***"}, {"SOMETHING", "else"}};
  process.listens = {listener(3000)};
  out.occupants.processes.push_back(process);
  out.taken_ports = {3000, 3001};
  SeenDatabase database;
  database.file = "data/notes.db";
  database.tables = {{"note", 40}, {"person", 2}, {"outbox", 1}, {"schema_version", 1}, {"empty", 0}};
  database.settings = {{"setting", "name", "value", "webhook.url", "https://partner.example.com/hook", false},
                       {"setting", "name", "value", "upload.folder", "/opt/notes/uploads", false},
                       {"setting", "name", "value", "api.token", "***", true}};
  database.paths = {{"setting", "value"}, {"note", "file"}};
  database.versions.push_back({"{sql: \"select version from schema_version order by rowid desc limit 1\"}",
                               "1.0.0",
                               {"schema_version", "schema_version"},
                               true});
  out.databases.push_back(database);
  SeenAnswer health;
  health.port = 3000;
  health.path = "/api/health";
  health.status = 200;
  health.type = "application/json";
  health.values = {{"status", "ok"}, {"version", "1.0.0"}};
  SeenAnswer home;
  home.port = 3000;
  home.path = "/";
  home.status = 200;
  home.type = "text/html";
  out.answers = {home, health};
  return out;
}

Proposal proposed(const Sighting& sight, const Answers& answers = {}) {
  return propose(sight, {"tomcat"}, answers);
}

std::string text_of(const Sighting& sight, const Answers& answers = {}) {
  return profile_text(proposed(sight, answers), Language::english);
}

void contains(const std::string& text, const std::vector<std::string>& wanted) {
  for (const auto& one : wanted) EXPECT_NE(text.find(one), std::string::npos) << one << "\nin\n" << text;
}

const ReadDocument no_base = [](const std::string& name) -> std::string {
  return name == "tomcat" ? "product: tomcat\npaths: {program: [bin]}\nservices: [{id: web, run: x}]\n"
                          : throw Error(Code::not_found, name);
};

Profile parsed(const Sighting& sight, const Answers& answers = {}) {
  return require_profile(text_of(sight, answers), "profile.yaml", no_base);
}

TEST(Proposal, WhatItWritesPassesItsOwnChecks) {
  for (const auto language : {Language::english, Language::chinese}) {
    const auto proposal = proposed(notes());
    const auto profile = require_profile(profile_text(proposal, language), "profile.yaml", no_base);
    const auto production = require_environment(production_text(proposal, "profile.yaml", language), "production.yaml");
    const auto clone = require_environment(clone_text(proposal, "profile.yaml", language), "test.yaml");
    EXPECT_EQ(missing_variables(profile, production), std::vector<std::string>{});
    EXPECT_EQ(missing_variables(profile, clone), std::vector<std::string>{});
    EXPECT_EQ(clone.root, "/opt/notes-test");
    EXPECT_EQ(clone.variables.at("port"), "3002");
    EXPECT_EQ(production.user, "notes");
  }
}

TEST(Proposal, TheServiceIsTheProcessThatRuns) {
  const auto profile = parsed(notes());
  ASSERT_EQ(profile.services.size(), 1U);
  const auto& service = profile.services.front();
  EXPECT_EQ(service.run, (std::vector<std::string>{"node", "server.js", "--port=${environment.port}"}));
  EXPECT_EQ(service.environment_file, "notes.env");
  EXPECT_EQ(service.port, "${environment.port}");
  ASSERT_TRUE(service.ready);
  EXPECT_EQ(service.ready->path, "/api/health");
  EXPECT_EQ(service.ready->json.at("/status"), "ok");
  EXPECT_EQ(service.build_pointer, "/version");
}

TEST(Proposal, SecretsBecomeReferences) {
  const auto proposal = proposed(notes());
  const auto text = profile_text(proposal, Language::english);
  contains(text, {"NOTES_TOKEN: \"${secret.NOTES_TOKEN}\""});
  EXPECT_EQ(text.find("***"), std::string::npos) << text;
  contains(production_text(proposal, "p", Language::english), {"NOTES_TOKEN: {environment_variable: NOTES_TOKEN}"});
}

TEST(Proposal, DatabasesUploadsAndLogsAreNoProgram) {
  const auto profile = parsed(notes());
  const auto has = [](const std::vector<RelativePath>& list, const char* path) {
    return std::find(list.begin(), list.end(), RelativePath(path)) != list.end();
  };
  EXPECT_TRUE(has(profile.paths.data, "data"));
  EXPECT_TRUE(has(profile.paths.data, "uploads"));
  EXPECT_TRUE(has(profile.paths.ignored, "logs"));
  EXPECT_TRUE(has(profile.paths.config, "notes.env"));
  EXPECT_EQ(profile.databases.front().own_tables, std::vector<std::string>{"outbox"});
  EXPECT_EQ(profile.migration.done_equals, "${recipe.to}");
}

TEST(Proposal, WhatReachesTheOutsideIsSilencedAtThePlaceWhereItStands) {
  const auto text = text_of(notes());
  contains(text, {"SMTP_HOST: \"${fence.smtp}\"", "SMTP_PORT: \"${fence.smtp_port}\"", "# notes.env:4",
                  "UPDATE setting SET value = '${fence.http}/hook' WHERE name = 'webhook.url';",
                  "# data/notes.db, setting: webhook.url"});
  const auto quiet = parsed(notes(), {{"silence", "no"}});
  EXPECT_TRUE(quiet.clone.silence.empty());
}

TEST(Proposal, WhatPointsAtProductionIsRewritten) {
  const auto text = text_of(notes());
  contains(text, {"PORT: \"${environment.port}\"", "BASE_URL: \"${environment.url}\"",
                  "UPDATE note SET file = '${environment.root}'", "UPDATE setting SET value = '${environment.root}'"});
}

TEST(Proposal, TwoPortsAreAskedForAndTheOtherOneIsTold) {
  auto sight = notes();
  sight.occupants.processes.front().listens.push_back(listener(9229));
  const auto proposal = proposed(sight);
  const auto port = std::find_if(proposal.questions.begin(), proposal.questions.end(),
                                 [](const auto& one) { return one.id == "port"; });
  ASSERT_NE(port, proposal.questions.end());
  EXPECT_EQ(port->proposal, "3000");
  contains(port->why.en, {"candidates", "3000", "9229"});
  contains(proposal.notes.front().en, {"9229"});
  EXPECT_EQ(proposed(sight, {{"port", "9229"}}).port, "9229");
}

TEST(Proposal, WithoutAProcessItSaysWhatItAssumes) {
  auto sight = notes();
  sight.occupants.processes.clear();
  sight.answers.clear();
  contains(text_of(sight),
           {"run: [node, server.js]", "assumed: package.json", "nothing answered: assumed", "does not run"});
  EXPECT_EQ(proposed(sight).port, "3000");
}

TEST(Proposal, AnEmptyFolderStillGivesAProfile) {
  Sighting sight;
  sight.root = "/opt/empty";
  const auto profile = parsed(sight);
  EXPECT_EQ(profile.product, "empty");
  EXPECT_TRUE(profile.services.empty());
}

TEST(Proposal, TomcatExtendsItsBase) {
  Sighting sight;
  sight.root = "/opt/oa";
  sight.tree.things = {folder("bin"),    thing("bin/catalina.sh"), folder("conf"), thing("conf/server.xml"),
                       folder("webapp"), folder("work"),           folder("temp"), folder("logs")};
  sight.tomcat_ports = {8080};
  const auto proposal = proposed(sight);
  EXPECT_EQ(proposal.base, "tomcat");
  const auto profile = parsed(sight);
  EXPECT_EQ(profile.services.front().run, (std::vector<std::string>{"${environment.root}/bin/catalina.sh", "run"}));
  EXPECT_EQ(profile.paths.program,
            (std::vector<RelativePath>{RelativePath("bin"), RelativePath("conf"), RelativePath("webapp")}));
  EXPECT_EQ(profile.paths.generated, (std::vector<RelativePath>{RelativePath("work"), RelativePath("temp")}));
}

TEST(Proposal, ForeignDatabasesAreNamedWithoutTheirPasswords) {
  auto sight = notes();
  sight.foreign.push_back({"PostgreSQL", "postgres://app:***@db/x", "notes.env:9"});
  contains(text_of(sight), {"PostgreSQL (notes.env:9: postgres://app:***@db/x) is not supported yet"});
}

TEST(Proposal, NamesInGbkStandAsEscapes) {
  auto sight = notes();
  sight.tree.things.push_back(folder("\xCA\xFD\xBE\xDD"));
  const auto profile = parsed(sight, {{"data", "data, \\312\\375\\276\\335"}});
  EXPECT_EQ(profile.paths.data, (std::vector<RelativePath>{RelativePath("data"), RelativePath("\xCA\xFD\xBE\xDD")}));
  sight.root = "/opt/\xCA\xFD";
  EXPECT_THROW(proposed(sight), Error);
}

TEST(Proposal, AnswersThatCantBeAreRefused) {
  for (const auto& [question, answer] : Answers{{"port", "99999"},
                                                {"product", "a b"},
                                                {"migration", "maybe"},
                                                {"version", "7"},
                                                {"test_port", "3000"},
                                                {"test_root", "/opt/notes/clone"},
                                                {"health", "api"},
                                                {"colour", "blue"}}) {
    try {
      proposed(notes(), {{question, answer}});
      ADD_FAILURE() << question << " = " << answer;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::usage) << error.what();
      EXPECT_NE(error.about().find(question), std::string::npos) << error.what();
    }
  }
}

TEST(Proposal, TextsThatLookLikeTemplatesStayTexts) {
  auto sight = notes();
  sight.databases.front().settings.push_back(
      {"setting", "name", "value", "hook.${x}", "http://partner.example.com/${id}", false});
  EXPECT_NO_THROW(parsed(sight));
  contains(text_of(sight), {"${fence.http}/$${id}"});
}

}  // namespace
}  // namespace ferry
