#include "survey/survey.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "base/error.h"
#include "host/descriptor.h"
#include "host/files.h"
#include "survey/facts_reader.h"

namespace ferry {
namespace {

const std::string gbk_name = "\xD3\xC3\xBB\xA7.jsp";

void execute(const std::string& file, const std::string& sql) {
  sqlite3* handle = nullptr;
  ASSERT_EQ(sqlite3_open(file.c_str(), &handle), SQLITE_OK);
  char* message = nullptr;
  ASSERT_EQ(sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, &message), SQLITE_OK) << message;
  sqlite3_close(handle);
}

FactSource sql(const std::string& text) {
  FactSource source;
  source.kind = FactSource::Kind::sql;
  source.text = text;
  return source;
}

FactSource file_fact(FactSource::Kind kind, const std::string& file, const std::string& key = {}) {
  FactSource source;
  source.kind = kind;
  source.file = file;
  source.key = key;
  return source;
}

Profile make_profile() {
  Profile profile;
  profile.product = "oa";
  profile.version = file_fact(FactSource::Kind::properties_file, "webapp/version.properties", "version");
  profile.build = file_fact(FactSource::Kind::json_file, "webapp/build.json", "/build/id");
  profile.packages_applied = sql("select applied, id from package order by id");
  profile.paths.program = {RelativePath("webapp"), RelativePath("conf")};
  profile.paths.data = {RelativePath("data")};
  profile.paths.config = {RelativePath("conf/oa.env")};
  profile.paths.generated = {RelativePath("webapp/work")};
  profile.paths.ignored = {RelativePath("logs")};
  Database database;
  database.id = "main";
  database.kind = "sqlite";
  database.file = "data/oa.db";
  database.encoding = "UTF-8";
  database.version = sql("select value from setting where name = 'version'");
  profile.databases = {database};
  profile.vendor_objects = {"wf_%", "setting", "package", "script", "module"};
  profile.migration.database = "main";
  profile.migration.applied_scripts_sql = "select name from script order by name";
  Module workflow;
  workflow.id = "workflow";
  workflow.used = sql("select count(*) from wf_request where created >= :since");
  Module meeting;
  meeting.id = "meeting";
  meeting.title = {"Meetings", "会议"};
  meeting.care = true;
  meeting.installed = sql("select installed from module where id = 'meeting'");
  Module seal;
  seal.id = "seal";
  seal.care = true;
  seal.installed = file_fact(FactSource::Kind::path_exists, "webapp/seal");
  profile.modules = {workflow, meeting, seal};
  Profile::FindingRule rule;
  rule.id = "early-form";
  rule.severity = "high";
  rule.sql = "select name, uses from wf_form where kind = 'early' order by name";
  rule.title = {"Early form", "早期表单"};
  rule.detail = {"${name} has ${uses} open requests", "${name} 有 ${uses} 个在途请求"};
  rule.covers = {"A1.1"};
  profile.findings = {rule};
  Service service;
  service.id = "web";
  service.run = {"true"};
  profile.services = {service};
  return profile;
}

// An installation as the vendor delivers it, its manifest as baseline, then what the customer did.
struct Installation {
  TempFolder folder{"ferry-survey"};
  Profile profile = make_profile();
  Environment environment;
  Manifest baseline;
  SurveyOptions options;

  explicit Installation(const std::string& journal = "delete") {
    environment.name = "production";
    environment.root = folder / "oa";
    environment.staging = folder / "staging";
    for (const char* below : {"webapp/pages", "webapp/work", "conf", "data", "logs"})
      make_folders(environment.root + "/" + below);
    write("webapp/version.properties", "# build\nproduct=OA\nversion : 7.4\n");
    write("webapp/build.json", R"({"build": {"id": 74100}})");
    write("webapp/login.jsp", "login");
    write("webapp/pages/list.jsp", "list");
    write("webapp/pages/old.jsp", "old");
    write("conf/oa.env", "PORT=8080\n");
    write("logs/oa.log", "noise");
    execute(database(), "pragma journal_mode = " + journal + R"(;
      create table setting (name text, value text); insert into setting values ('version', '7.4');
      create table package (id text, applied text); insert into package values ('base-7.4', '2020'), ('p-1', '2021');
      create table script (name text); insert into script values ('010_base.sql');
      create table module (id text, installed int); insert into module values ('meeting', 1);
      create table wf_request (id int, created text);
      insert into wf_request values (1, '2020-01-01'), (2, '2026-01-20'), (3, '2026-01-21');
      create table wf_form (name text, kind text, uses int);
      insert into wf_form values ('请假', 'early', 3), ('trip', 'early', 0), ('new', 'html', 9);)");
    baseline = read_tree(environment.root).manifest;
    options.baseline = &baseline;
    options.now = parse_moment("2026-01-31T08:00:00Z");
    options.runtimes = {};
  }

  std::string database() const { return environment.root + "/data/oa.db"; }
  void write(const std::string& path, const std::string& bytes) const {
    write_file_atomic(environment.root + "/" + path, bytes);
  }
  SurveyResult look() const { return survey(profile, environment, options); }

  // Everything that a look could have changed: names, content, modes, owners, all times but access.
  std::string state() const {
    std::string out = read_tree(environment.root).manifest.to_mtree();
    struct stat status {};
    for (const char* path : {"", "/data", "/data/oa.db", "/webapp/login.jsp"}) {
      EXPECT_EQ(stat((environment.root + path).c_str(), &status), 0);
      out += std::to_string(status.st_ctim.tv_sec) + "." + std::to_string(status.st_ctim.tv_nsec) + "\n";
    }
    return out;
  }
};

const Finding* find(const SurveyResult& result, const std::string& key) {
  for (const auto& finding : result.inventory.findings)
    if (finding.key == key) return &finding;
  return nullptr;
}

std::size_t blocking(const SurveyResult& result) {
  const auto& findings = result.inventory.findings;
  return static_cast<std::size_t>(
      std::count_if(findings.begin(), findings.end(), [](const Finding& finding) { return finding.blocking; }));
}

TEST(Survey, TellsVersionPackagesModulesAndDatabase) {
  const Installation oa;
  const auto result = oa.look();
  const Inventory& inventory = result.inventory;
  EXPECT_EQ(inventory.version, Version("7.4"));
  EXPECT_EQ(inventory.build, "74100");
  EXPECT_EQ(inventory.packages, (std::vector<std::string>{"base-7.4", "p-1"}));
  EXPECT_EQ(inventory.scripts, std::vector<std::string>{"010_base.sql"});
  EXPECT_EQ(inventory.used_since, "2025-11-02");
  ASSERT_EQ(inventory.modules.size(), 3U);
  EXPECT_TRUE(inventory.modules[0].installed);
  EXPECT_EQ(inventory.modules[0].uses, 2);
  EXPECT_TRUE(inventory.modules[1].installed);
  EXPECT_FALSE(inventory.modules[2].installed);
  ASSERT_EQ(inventory.databases.size(), 1U);
  EXPECT_EQ(inventory.databases[0].product, "SQLite");
  EXPECT_EQ(inventory.databases[0].rows.at("wf_request"), 3);
  EXPECT_TRUE(inventory.databases[0].custom_objects.empty());
  ASSERT_EQ(inventory.services.size(), 1U);
  EXPECT_FALSE(inventory.services[0].running);
  EXPECT_FALSE(inventory.host.os.empty());
  EXPECT_EQ(inventory.files, 7U);
  EXPECT_EQ(inventory.manifest, Digest::of(result.files.to_mtree()));
  EXPECT_EQ(result.files.find(RelativePath("logs")), nullptr);
  EXPECT_EQ(blocking(result), 0U);
  EXPECT_NE(find(result, "care-module:meeting"), nullptr);
  EXPECT_EQ(find(result, "care-module:seal"), nullptr);
}

TEST(Survey, AnUntouchedInstallationIsNotCalledCustomised) {
  const Installation oa;
  const auto result = oa.look();
  EXPECT_TRUE(result.inventory.compared);
  EXPECT_TRUE(result.inventory.modified.empty());
  EXPECT_TRUE(result.inventory.added.empty());
  EXPECT_TRUE(result.inventory.deleted.empty());
}

TEST(Survey, FindsEveryKindOfCustomisation) {
  const Installation oa;
  oa.write("webapp/login.jsp", "login of the customer");
  oa.write("webapp/pages/" + gbk_name, "own page");
  make_folders(oa.environment.root + "/webapp/own/deep");
  oa.write("webapp/own/deep/a.jsp", "a");
  oa.write("webapp/own/b.jsp", "b");
  oa.write("conf/oa.env", "PORT=9090\n");
  oa.write("data/upload.bin", "data are no customisation");
  oa.write("webapp/work/login_jsp.class", "compiled pages neither");
  ASSERT_EQ(unlink((oa.environment.root + "/webapp/pages/old.jsp").c_str()), 0);
  ASSERT_EQ(chmod((oa.environment.root + "/webapp/pages/list.jsp").c_str(), 0666), 0);
  execute(oa.database(), "create table x_own (a int); create view wf_v as select 1; create view y_view as select 1;");
  const auto result = oa.look();
  const Inventory& inventory = result.inventory;
  EXPECT_EQ(inventory.modified, std::vector<RelativePath>{RelativePath("webapp/login.jsp")});
  EXPECT_EQ(inventory.added.size(), 3U);
  EXPECT_EQ(inventory.deleted, std::vector<RelativePath>{RelativePath("webapp/pages/old.jsp")});
  for (const char* key :
       {"modified-file:webapp/login.jsp", "added-file:webapp/own", "deleted-file:webapp/pages/old.jsp",
        "changed-config:conf/oa.env", "changed-modes", "world-writable", "non-utf8-names:program",
        "custom-object:main:table x_own", "custom-object:main:view y_view"})
    EXPECT_NE(find(result, key), nullptr) << key;
  EXPECT_NE(find(result, "added-file:webapp/pages/\\323\\303\\273\\247.jsp"), nullptr);
  EXPECT_EQ(find(result, "added-file:webapp/own")->detail.en, "webapp/own (2 files)");
  EXPECT_EQ(find(result, "custom-object:main:view wf_v"), nullptr);
  EXPECT_NO_THROW(static_cast<void>(Json(inventory).dump())) << "names in GBK must not break the report";
}

TEST(Survey, RulesOfTheProfileBecomeOneFindingPerRowWithAStableKey) {
  const Installation oa;
  const auto first = oa.look();
  const Finding* leave = find(first, "early-form:请假");
  ASSERT_NE(leave, nullptr);
  EXPECT_EQ(leave->detail.en, "请假 has 3 open requests");
  EXPECT_EQ(leave->detail.zh, "请假 有 3 个在途请求");
  EXPECT_EQ(leave->severity, Severity::high);
  EXPECT_EQ(leave->covers, std::vector<std::string>{"A1.1"});
  EXPECT_NE(find(first, "early-form:trip"), nullptr);
  EXPECT_EQ(find(first, "early-form:new"), nullptr);
  execute(oa.database(), "update wf_form set uses = uses + 1");
  EXPECT_NE(find(oa.look(), "early-form:请假"), nullptr) << "a count that grows is the same finding";
}

TEST(Survey, ChangesNothing) {
  for (const char* journal : {"delete", "wal"}) {
    const Installation oa(journal);
    const auto before = oa.state();
    const auto first = oa.look();
    EXPECT_EQ(oa.state(), before) << journal;
    EXPECT_EQ(first.inventory.databases.size(), 1U);
    EXPECT_FALSE(path_exists(oa.environment.staging));
  }
}

TEST(Survey, ReadsADatabaseThatTheRunningApplicationWritesTo) {
  const Installation oa("wal");
  int ready[2];
  int finish[2];
  ASSERT_EQ(pipe(ready), 0);
  ASSERT_EQ(pipe(finish), 0);
  const pid_t application = fork();
  ASSERT_GE(application, 0);
  if (application == 0) {  // holds a write transaction open, with committed rows in the -wal only
    sqlite3* handle = nullptr;
    sqlite3_open(oa.database().c_str(), &handle);
    const char* work =
        "pragma wal_autocheckpoint = 0; insert into wf_request values (4, '2026-01-22'); begin immediate; "
        "insert into wf_request values (5, '2026-01-23');";
    if (sqlite3_exec(handle, work, nullptr, nullptr, nullptr) != SQLITE_OK || write(ready[1], "x", 1) != 1) _exit(1);
    char byte = 0;
    if (read(finish[0], &byte, 1) != 1) _exit(1);
    _exit(sqlite3_exec(handle, "commit", nullptr, nullptr, nullptr) == SQLITE_OK ? 0 : 1);
  }
  char byte = 0;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  const std::string file = read_file(oa.database());
  const std::string log = read_file(oa.database() + "-wal");
  const auto result = oa.look();
  EXPECT_EQ(result.inventory.databases.at(0).rows.at("wf_request"), 4);
  EXPECT_EQ(read_file(oa.database()), file);
  EXPECT_EQ(read_file(oa.database() + "-wal"), log);
  ASSERT_EQ(write(finish[1], "x", 1), 1);
  int status = 0;
  ASSERT_EQ(waitpid(application, &status, 0), application);
  EXPECT_EQ(status, 0) << "the application was not disturbed";
}

TEST(Survey, WithoutABaselineItSaysThatNobodyKnowsWhatWasChanged) {
  Installation oa;
  oa.options.baseline = nullptr;
  const auto result = oa.look();
  EXPECT_FALSE(result.inventory.compared);
  ASSERT_NE(find(result, "no-baseline"), nullptr);
  EXPECT_TRUE(find(result, "no-baseline")->blocking);
}

TEST(Survey, ABaselineOfAnotherVersionIsNoticed) {
  Installation oa;
  const auto page = [](int number) { return "webapp/pages/p" + std::to_string(number) + ".jsp"; };
  for (int i = 0; i < 20; ++i) oa.write(page(i), "7.4");
  oa.baseline = read_tree(oa.environment.root).manifest;
  for (int i = 0; i < 9; ++i) oa.write(page(i), "8.0");
  EXPECT_EQ(find(oa.look(), "baseline-mismatch"), nullptr);
  oa.write(page(9), "8.0");
  const auto result = oa.look();
  ASSERT_NE(find(result, "baseline-mismatch"), nullptr);
  EXPECT_TRUE(find(result, "baseline-mismatch")->blocking);
}

TEST(Survey, AFewChangesInASmallProductAreTheCustomersAndNoWrongBaseline) {
  const Installation oa;
  for (const char* path : {"webapp/login.jsp", "webapp/pages/list.jsp", "webapp/pages/old.jsp"}) oa.write(path, "own");
  const auto result = oa.look();
  EXPECT_EQ(result.inventory.modified.size(), 3U);
  EXPECT_EQ(blocking(result), 0U);
}

TEST(Survey, AHalfFinishedUpgradeIsNoticed) {
  const Installation oa;
  execute(oa.database(), "update setting set value = '8.0'");
  const auto result = oa.look();
  ASSERT_NE(find(result, "version-mismatch:main"), nullptr);
  EXPECT_TRUE(find(result, "version-mismatch:main")->blocking);
}

TEST(Survey, ADamagedOrMissingDatabaseIsAFindingNotTheEnd) {
  const Installation oa;
  {
    const Descriptor fd(open(oa.database().c_str(), O_WRONLY | O_CLOEXEC));
    const std::string garbage(3000, 'x');
    ASSERT_EQ(pwrite(fd.get(), garbage.data(), garbage.size(), 4096), 3000);
  }
  const auto damaged = oa.look();
  EXPECT_GT(blocking(damaged), 0U);
  EXPECT_EQ(damaged.inventory.version, Version("7.4"));
  ASSERT_EQ(unlink(oa.database().c_str()), 0);
  const auto missing = oa.look();
  ASSERT_NE(find(missing, "not-readable:database main"), nullptr);
  EXPECT_TRUE(find(missing, "not-readable:database main")->blocking);
  EXPECT_FALSE(path_exists(oa.database())) << "a database that is not there is not made by looking";
}

TEST(Survey, WhatItMayNotReadIsTold) {
  Installation oa;
  ASSERT_EQ(chmod((oa.environment.root + "/webapp/login.jsp").c_str(), 0), 0);
  ASSERT_EQ(chmod(oa.folder.path().c_str(), 0755), 0);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0)) _exit(2);
    const auto result = oa.look();
    const Finding* finding = find(result, "unreadable-file:webapp/login.jsp");
    const bool right = finding != nullptr && finding->blocking && result.inventory.modified.empty();
    _exit(right ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(Survey, TooLittleDiskSpaceIsTold) {
  Installation oa;
  oa.options.disk_need = ~0ULL;
  const auto result = oa.look();
  ASSERT_NE(find(result, "low-disk"), nullptr);
  EXPECT_TRUE(find(result, "low-disk")->blocking);
}

TEST(Survey, ExcludedDataIsNotReadButNamed) {
  Installation oa;
  make_folders(oa.environment.root + "/data/attachments");
  oa.write("data/attachments/huge", "x");
  oa.options.exclude = {RelativePath("data/attachments")};
  const auto result = oa.look();
  EXPECT_EQ(result.files.find(RelativePath("data/attachments/huge")), nullptr);
  EXPECT_NE(find(result, "not-surveyed:data/attachments"), nullptr);
}

TEST(Survey, ARootThatIsNotThereIsAnError) {
  Installation oa;
  oa.environment.root = oa.folder / "nowhere";
  EXPECT_THROW(oa.look(), Error);
}

TEST(FactsReader, ReadsEveryKindOfSource) {
  const Installation oa;
  oa.write("conf/app.properties", "a=1\na : 2\n! no\nlong = one \\\n   two\nname=\\u7528\\u6237\nempty\n");
  oa.write("conf/text", "x\nrelease: 7.4.2 (2020)\n");
  FactsReader facts(oa.profile, oa.environment);
  const auto properties = [&](const char* key) {
    return facts.read(file_fact(FactSource::Kind::properties_file, "conf/app.properties", key));
  };
  EXPECT_EQ(properties("a"), "2");
  EXPECT_EQ(properties("long"), "one two");
  EXPECT_EQ(properties("name"), "用户");
  EXPECT_EQ(properties("empty"), "");
  EXPECT_EQ(properties("none"), std::nullopt);
  EXPECT_EQ(facts.read(file_fact(FactSource::Kind::text_match, "conf/text", "^release: ([0-9.]+)")), "7.4.2");
  EXPECT_EQ(facts.read(file_fact(FactSource::Kind::json_file, "webapp/build.json", "/build/none")), std::nullopt);
  EXPECT_EQ(facts.read(file_fact(FactSource::Kind::json_file, "webapp/none.json", "/x")), std::nullopt);
  EXPECT_FALSE(facts.is_true(file_fact(FactSource::Kind::path_exists, "webapp/none")));
  EXPECT_TRUE(facts.is_true(file_fact(FactSource::Kind::path_exists, "webapp/pages")));
  EXPECT_EQ(facts.read_number(sql("select 12")), 12);
  EXPECT_EQ(facts.read_number(sql("select 'many'")), std::nullopt);
  EXPECT_THROW(facts.read(file_fact(FactSource::Kind::json_file, "conf/text", "/x")), Error);
  EXPECT_THROW(facts.read(file_fact(FactSource::Kind::text_match, "conf/text", "(")), Error);
  EXPECT_THROW(facts.read(sql("delete from setting")), Error) << "opened for reading only";
  FactSource elsewhere = sql("select 1");
  elsewhere.database = "other";
  EXPECT_THROW(facts.read(elsewhere), Error);
}

}  // namespace
}  // namespace ferry
