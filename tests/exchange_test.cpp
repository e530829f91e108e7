// What goes out to other people and comes back: the sheet for the test system, the licence, the customer's changes -
// and the backup, when the disk is lost. With the tiny product and the real programs.
#include <gtest/gtest.h>

#include <filesystem>

#include "support/tiny_world.h"

namespace ferry::test {
namespace {

namespace fs = std::filesystem;

Json row(const Json& rows, const std::string& id) {
  for (const auto& one : rows)
    if (one.at("id") == id) return one;
  return {};
}

// ---- the sheet for the test system (B4)

class Sheet : public testing::Test {
 protected:
  TinyWorld world{TinyWorld::Stage::composed};
};

TEST_F(Sheet, OnePageIsSentAndCheckedOnTheMachine) {
  world.done({"environment", "sheet", "test", "--output", "sheet.html", "--language", "zh"});
  const auto page = world.read("sheet.html");
  EXPECT_NE(page.find("测试系统环境要求"), std::string::npos);
  EXPECT_NE(page.find("restic"), std::string::npos);
  // Nothing of Ferry's home is needed where it is checked.
  const auto checked =
      world.ferry({"environment", "check", "sheet.html", "--json"}, {{"FERRY_HOME", world.path("no")}});
  const Json json = checked.json();
  EXPECT_EQ(row(json.at("rows"), "system").at("state"), "right") << checked.all();
  EXPECT_EQ(row(json.at("rows"), "program:restic").at("state"), "right") << checked.all();
  EXPECT_EQ(row(json.at("rows"), "disk").at("state"), "right") << checked.all();
  EXPECT_EQ(checked.status == 0, json.at("fits").get<bool>()) << checked.all();
}

TEST_F(Sheet, WhatIsMissingIsNamedWithWhatToDo) {
  world.done({"environment", "sheet", "test", "--output", "sheet.json"});
  Json sheet = Json::parse(world.read("sheet.json"));
  for (auto& need : sheet.at("needs")) {
    if (need.at("id") == "system") need["names"] = {"CentOS Linux 7*"};
    if (need.at("id") == "disk") need["number"] = 1ULL << 60U;
    if (need.at("id") == "program:restic") need["names"] = {"no-such-program"};
    if (need.at("kind") == "port") need["number"] = world.port();
  }
  world.write("wanted.json", sheet.dump());
  world.done({"service", "start", "production"});
  const auto checked = world.ferry({"environment", "check", "wanted.json", "--json"});
  world.done({"service", "stop", "production"});
  EXPECT_EQ(checked.status, 9) << checked.all();
  const Json rows = checked.json().at("rows");
  int wrong = 0;
  for (const auto& one : rows) {
    const bool changed = one.at("id") == "system" || one.at("id") == "disk" || one.at("id") == "program:restic" ||
                         one.at("id").get<std::string>().starts_with("port:");
    if (!changed) continue;
    ++wrong;
    EXPECT_EQ(one.at("state"), "missing") << one.dump();
    for (const char* language : {"en", "zh"}) EXPECT_FALSE(one.at("remedy").at(language).get<std::string>().empty());
  }
  EXPECT_EQ(wrong, 4) << rows.dump(1);
  const auto chinese = world.ferry({"environment", "check", "wanted.json", "--language", "zh"});
  EXPECT_EQ(chinese.status, 9);
  EXPECT_EQ(english_in(chinese.out), "") << chinese.out;
}

// It comes from somebody else, and is checked by root.
TEST_F(Sheet, ACommandInItIsRunOnlyWhenItAsksForAVersion) {
  world.done({"environment", "sheet", "test", "--output", "sheet.json"});
  Json sheet = Json::parse(world.read("sheet.json"));
  Json need = sheet.at("needs").at(0);
  need["kind"] = "runtime";
  const auto add = [&](const char* id, const Json& words, const char* regex) {
    need["id"] = id;
    need["names"] = words;
    need["regex"] = regex;
    need["demands"] = Json::array({Json{{"version", "2.0"}, {"wanted", ">=5"}}});
    sheet["needs"].push_back(need);
  };
  add("runtime:good", {"perl", "--version"}, "v([0-9.]+)");
  add("runtime:bad", {"touch", world.path("touched")}, "");
  add("runtime:shell", {"sh", "-c", "touch " + world.path("touched")}, "");
  add("runtime:regex", {"perl", "--version"}, "(((");
  world.write("hostile.json", sheet.dump());
  const auto checked = world.ferry({"environment", "check", "hostile.json", "--json"});
  EXPECT_EQ(checked.status, 9) << checked.all();
  const Json rows = checked.json().at("rows");
  EXPECT_EQ(row(rows, "runtime:good").at("state"), "right") << checked.all();
  for (const char* id : {"runtime:bad", "runtime:shell", "runtime:regex"})
    EXPECT_NE(row(rows, id).at("state"), "right");
  EXPECT_FALSE(fs::exists(world.path("touched")));
}

TEST_F(Sheet, IsForATestSystemOnlyAndReadsNothingElse) {
  world.refused({"environment", "sheet", "production"}, Code::usage, {"production"});
  world.refused({"environment", "sheet", "test", "--output", "sheet.doc"}, Code::usage, {"sheet.doc"});
  world.refused({"environment", "check", "profile.yaml"}, Code::invalid_document, {"profile.yaml"});
}

// ---- licences (B6.2)

class Licence : public testing::Test {
 protected:
  Licence() {
    world.shell(R"sh(cat >> profile.yaml <<'END'
licence:
  file: webapp/tiny.licence
  text: {customer: "customer=([^\r\n]*)", users: "users=([0-9]+)", expires: "until=([0-9-]+)"}
  machine_code: {sql: "select 'M-' || count(*) from orders"}
tasks:
  - {id: licence, title: {en: Licence, zh: 许可证}, stage: prepare, role: project_manager, days: 1}
END
cat >> project.yaml <<'END'
contract_name: Sample Company (North) Ltd.
licence: {users: 200, until: 2031-12-31}
start: 2026-01-05
END)sh");
    world.done({"project", "update", "project.yaml"});
  }
  void licence(const std::string& customer, int users, const std::string& until) {
    world.write("got.lic", "customer=" + customer + "\nusers=" + std::to_string(users) + "\nuntil=" + until + "\n");
  }
  Json condition() const {
    const Json gate = world.ferry({"gate", "show", "--json"}).json();
    return row(gate.at("conditions"), "licence");
  }
  TinyWorld world{TinyWorld::Stage::surveyed};
};

TEST_F(Licence, IsAppliedForReceivedAndFollowed) {
  const auto text = world.done({"licence", "apply", "production", "--language", "zh", "--promised", "2027-03-01"});
  for (const char* part : {"Sample Company (North) Ltd.", "M-2", "200", "2031-12-31", "正式环境"})
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  EXPECT_EQ(condition().at("state"), "missing");
  const Json plan = world.ferry({"project", "plan", "--json"}).json();
  EXPECT_EQ(row(plan.at("tasks"), "licence").at("promised"), "2027-03-01") << plan.dump();
  licence("Sample Company (North) Ltd.", 200, "2031-12-31");
  world.done({"licence", "receive", "production", "got.lic"});
  const Json shown = world.ferry({"licence", "show", "--json"}).json();
  EXPECT_EQ(shown.at(0).at("state"), "received");
  // The environment does not name it yet.
  EXPECT_EQ(condition().at("state"), "unmet");
  EXPECT_NE(condition().at("why").at("en").get<std::string>().find("does not name"), std::string::npos);
  world.shell("echo 'licence_file: got.lic' >> production.yaml");
  EXPECT_EQ(condition().at("state"), "missing") << "read back nowhere yet: " << condition().dump();
}

TEST_F(Licence, WhatIsNotTheContractsIsRefusedWhenItArrives) {
  world.refused({"licence", "receive", "production", "got.lic"}, Code::not_found);
  world.done({"licence", "apply", "production"});
  licence("Sample Company Ltd.", 200, "2031-12-31");
  world.refused({"licence", "receive", "production", "got.lic"}, Code::licence_invalid,
                {"Sample Company (North) Ltd."});
  licence("Sample Company (North) Ltd.", 199, "2031-12-31");
  world.refused({"licence", "receive", "production", "got.lic"}, Code::licence_invalid, {"199", "200"});
  licence("Sample Company (North) Ltd.", 200, "2030-12-31");
  world.refused({"licence", "receive", "production", "got.lic"}, Code::licence_invalid, {"2030-12-31"});
  world.write("got.lic", "nothing\n");
  world.refused({"licence", "receive", "production", "got.lic"}, Code::licence_invalid, {"customer"});
  const Json shown = world.ferry({"licence", "show", "--json"}).json();
  EXPECT_EQ(shown.at(0).at("state"), "applied");
}

// ---- the customer's changes, to the vendor and back (B3)

class HandOver : public testing::Test {
 protected:
  HandOver() {
    world.write("installed/webapp/own.html", "own page of the customer\nvar password = \"geheim-1\";\n");
    world.shell("sed -i 's/page of 1.0/page of 1.0\\nline of the customer/' installed/webapp/page.html");
    world.shell("printf 'colour=red\\nversion=1.0\\ndb.password=geheim-2\\n' > installed/webapp/tiny.properties");
    world.done({"survey", "run", "production"});
  }
  // A package of the vendor's that brings these files.
  void returned(const std::string& id, const std::map<std::string, std::string>& files) {
    world.shell("cp -r packages/upgrade-2.0 packages/" + id + " && sed -i 's/^id: .*/id: " + id + "/' packages/" + id +
                "/package.yaml");
    for (const auto& [path, content] : files) world.write("packages/" + id + "/files/" + path, content);
    world.done({"package", "build", "packages/" + id, "--output", id + ".fpk"});
    world.done({"package", "sign", id + ".fpk", "--key", "vendor.key"});
  }
  std::map<std::string, std::string> states(const Ended& ended) {
    std::map<std::string, std::string> out;
    const Json json = ended.json();
    for (const auto& one : json.at("returned")) out[one.at("path")] = one.at("state");
    return out;
  }
  TinyWorld world{TinyWorld::Stage::surveyed};
};

TEST_F(HandOver, TheBundleHoldsTheChangesAndNeitherSecretsNorData) {
  world.done({"customisation", "export", "--output", "bundle.tar.gz"});
  world.shell("mkdir bundle && tar -xzf bundle.tar.gz -C bundle");
  EXPECT_NE(world.read("bundle/files/webapp/page.html").find("line of the customer"), std::string::npos);
  EXPECT_NE(world.read("bundle/files/webapp/own.html").find("password = \"***\""), std::string::npos);
  EXPECT_EQ(world.shell("grep -rl geheim bundle || true"), "");
  EXPECT_EQ(world.shell("find bundle -name '*.db' -o -name '*.env'"), "");
  const Json list = Json::parse(world.read("bundle/customisation.json"));
  EXPECT_EQ(list.at("version"), "1.0");
  std::map<std::string, std::string> kinds;
  for (const auto& change : list.at("changes")) kinds[change.at("path")] = change.at("kind");
  const std::map<std::string, std::string> expected{{"webapp/index.html", "modified"},
                                                    {"webapp/own.html", "added"},
                                                    {"webapp/page.html", "modified"},
                                                    {"webapp/tiny.properties", "modified"}};
  EXPECT_EQ(kinds, expected);
  world.refused({"customisation", "export", "--output", "bundle.tar.gz"}, Code::already_exists, {"bundle.tar.gz"});
}

TEST_F(HandOver, EachChangeIsLookedForInWhatComesBack) {
  world.refused({"customisation", "check"}, Code::not_found);
  world.done({"customisation", "export", "--output", "bundle.tar.gz"});
  EXPECT_EQ(row(world.ferry({"gate", "show", "--json"}).json().at("conditions"), "customisation").at("state"),
            "missing");
  // Merged, forgotten, only half, with the mask left in.
  returned("back-1", {{"webapp/page.html", "page of 2.0\nline of the customer\n"},
                      {"webapp/tiny.properties", "colour=red\nversion=2.0\ndb.password=***\n"}});
  const auto first = world.ferry({"customisation", "check", "back-1.fpk", "--json"});
  EXPECT_EQ(first.status, 9) << first.all();
  const auto found = states(first);
  EXPECT_EQ(found.at("webapp/page.html"), "merged") << first.all();
  EXPECT_EQ(found.at("webapp/own.html"), "kept") << "no package touches it";
  EXPECT_EQ(found.at("webapp/index.html"), "missing");
  EXPECT_EQ(found.at("webapp/tiny.properties"), "partial") << first.all();
  const auto chinese = world.ferry({"customisation", "show", "--language", "zh"});
  EXPECT_NE(chinese.out.find("缺失"), std::string::npos) << chinese.out;
  EXPECT_EQ(chinese.all().find("geheim"), std::string::npos) << "told a secret: " << chinese.all();
  EXPECT_EQ(row(world.ferry({"gate", "show", "--json"}).json().at("conditions"), "customisation").at("state"), "unmet");

  returned("back-2", {{"webapp/page.html", "page of 2.0\nline of the customer\n"},
                      {"webapp/index.html", world.read("installed/webapp/index.html")},
                      {"webapp/tiny.properties", "colour=red\nversion=2.0\ndb.password=geheim-2\n"}});
  const auto second = world.ferry({"customisation", "check", "back-2.fpk", "--json"});
  EXPECT_EQ(states(second).at("webapp/index.html"), "unchanged") << second.all();
  // 'version=1.0' is the vendor's own line; the customer's are there.
  EXPECT_EQ(states(second).at("webapp/tiny.properties"), "merged") << second.all();
  EXPECT_EQ(second.status, 0) << second.all();
  EXPECT_EQ(row(world.ferry({"gate", "show", "--json"}).json().at("conditions"), "customisation").at("state"), "met");
}

TEST_F(HandOver, APersonAnswersForWhatCantBeProvedAndForThisContentOnly) {
  world.done({"customisation", "export", "--output", "bundle.tar.gz"});
  returned("back-1", {{"webapp/index.html", "rewritten from scratch\n"},
                      {"webapp/page.html", "page of 2.0\nline of the customer\n"},
                      {"webapp/tiny.properties", "colour=red\nversion=2.0\ndb.password=geheim-2\n"}});
  EXPECT_EQ(world.ferry({"customisation", "check", "back-1.fpk"}).status, 9);
  world.refused({"customisation", "accept", "webapp/own.html", "--reason", "seen"}, Code::not_found);
  world.done({"customisation", "accept", "webapp/index.html", "--reason", "the vendor rewrote it, looked at together"});
  EXPECT_EQ(world.ferry({"customisation", "check", "back-1.fpk"}).status, 0);
  returned("back-2", {{"webapp/index.html", "rewritten once more\n"},
                      {"webapp/page.html", "page of 2.0\nline of the customer\n"},
                      {"webapp/tiny.properties", "colour=red\nversion=2.0\ndb.password=geheim-2\n"}});
  EXPECT_EQ(world.ferry({"customisation", "check", "back-2.fpk"}).status, 9);
}

// ---- the production disk is lost (A5.2)

class LostDisk : public testing::Test {
 protected:
  LostDisk() { world.done({"backup", "create", "production"}); }
  // Content, kinds, modes, owners of what a backup holds.
  std::string files(const std::string& root) const {
    return world.shell("cd " + root +
                       " && find . -path ./data/web.log -prune -o -printf '%p %y %m %U %G %l\\n' | sort && "
                       "find bin webapp -type f | sort | xargs sha256sum && sqlite3 data/tiny.db .dump");
  }
  TinyWorld world{TinyWorld::Stage::surveyed};
};

TEST_F(LostDisk, TheInstallationIsRestoredInItsPlaceComparedAndStarts) {
  const auto before = files("installed");
  world.shell("rm -rf installed");
  const auto shown = world.done({"backup", "restore", "--yes", "--language", "zh"});
  EXPECT_NE(shown.find("已还原到"), std::string::npos) << shown;
  EXPECT_EQ(english_in(shown), "");
  EXPECT_EQ(files("installed"), before);
  world.done({"service", "start", "production"});
  EXPECT_NE(world.shell("curl -s http://127.0.0.1:" + std::to_string(world.port()) + "/index.html").find("customer"),
            std::string::npos);
  world.done({"service", "stop", "production"});
  // It was compared: so the backup counts.
  EXPECT_TRUE(world.ferry({"backup", "list", "--json"}).json().at(0).at("counts").get<bool>());
}

TEST_F(LostDisk, NothingThatStandsThereIsOverwrittenUnasked) {
  world.write("installed/webapp/index.html", "later\n");
  world.refused({"backup", "restore", "--yes"}, Code::already_exists, {"--replace"});
  world.done({"service", "start", "production"});
  world.refused({"backup", "restore", "--yes", "--replace"}, Code::busy_files, {"service stop"});
  world.done({"service", "stop", "production"});
  const Json restored = world.ferry({"backup", "restore", "--yes", "--replace", "--json"}).json();
  const auto aside = restored.at("aside").at(0).get<std::string>();
  EXPECT_EQ(read_file(aside + "/webapp/index.html"), "later\n");
  EXPECT_NE(world.read("installed/webapp/index.html").find("tiny of the customer"), std::string::npos);
  world.refused({"backup", "restore"}, Code::not_confirmed);
  world.refused({"backup", "restore", "bak-none", "--yes"}, Code::not_found, {"bak-none"});
}

TEST_F(LostDisk, IntoAFolderItHurtsNobodyAndWithoutFerrysHomeItStillWorks) {
  const auto before = files("installed");
  world.done({"backup", "restore", "--to", "looked-at"});
  EXPECT_EQ(files("looked-at"), before);
  world.refused({"backup", "restore", "--to", "looked-at"}, Code::already_exists, {"looked-at"});
  world.shell(
      "cp -r home/projects/tiny/backups repository && cp home/projects/tiny/backup.password password && rm -rf "
      "home installed");
  const auto done = world.ferry(
      {"backup", "restore", "--repository", "repository", "--password-file", "password", "--to", "installed"});
  EXPECT_EQ(done.status, 0) << done.all();
  EXPECT_EQ(files("installed"), before);
  world.refused({"backup", "restore", "--repository", "repository", "--password-file", "password"}, Code::usage,
                {"--to"});
}

TEST_F(LostDisk, WhatIsNotWhatWasBackedUpGetsNoPlace) {
  world.shell("rm -rf installed");
  world.shell(
      "find home/projects/tiny/backups/data -type f -size +0 -exec chmod u+w {} + -exec sh -c 'for f; do printf broken "
      "> "
      "$f; done' sh {} +");
  const auto ended = world.ferry({"backup", "restore", "--yes", "--json"});
  EXPECT_NE(ended.status, 0) << ended.all();
  EXPECT_FALSE(fs::exists(world.path("installed"))) << ended.all();
}

}  // namespace
}  // namespace ferry::test
