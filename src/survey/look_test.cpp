// A look at a real folder: what of it becomes facts.
#include "survey/look.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "database/connection.h"
#include "database/script.h"
#include "host/files.h"

namespace ferry {
namespace {

namespace fs = std::filesystem;

class LookTest : public testing::Test {
 protected:
  void write(const std::string& name, const std::string& text) {
    fs::create_directories(fs::path(place_ / name).parent_path());
    std::ofstream(place_ / name, std::ios::binary) << text;
  }
  void database(const std::string& name, const std::string& sql) {
    write(name, "");
    OpenOptions options;
    options.mode = OpenMode::read_write;
    auto connection = Connection::open_file(place_ / name, options);
    execute_all(connection, sql);
  }
  std::string root() const { return fs::canonical(place_.path()).string() + "/app"; }
  Sighting look() {
    fs::create_directories(root());
    LookOptions options;
    options.system = place_.path();
    return look_at(root(), options);
  }
  TempFolder place_{"ferry-look"};
};

TEST_F(LookTest, DatabasesAreKnownByTheirHeaderAndLookedInto) {
  database("app/data/store",
           "create table setting (name text primary key, value text); insert into setting values ('app.version', "
           "'2.1'), ('hook', 'https://x.example.com/h'), "
           "('smtp.password', 'hunter2'), ('files', '" +
               root() +
               "/files');"
               "create table hooks (id int, url text); insert into hooks values (1, 'http://y.example.com/');"
               "create table doc (id int, path text); insert into doc values (1, '" +
               root() + "/files/1'); create table \"odd name\" (a text)");
  write("app/fake.db", std::string(1024, 'x'));
  const auto seen = look();
  ASSERT_EQ(seen.databases.size(), 1U);
  const auto& found = seen.databases.front();
  EXPECT_EQ(found.file, "data/store");
  EXPECT_TRUE(found.problem.empty()) << found.problem.en;
  EXPECT_EQ(found.tables.size(), 4U);
  ASSERT_EQ(found.versions.size(), 1U);
  EXPECT_EQ(found.versions.front().value, "2.1");
  ASSERT_EQ(found.settings.size(), 4U);
  for (const auto& row : found.settings) EXPECT_EQ(row.value.find("hunter2"), std::string::npos);
  ASSERT_EQ(found.addresses.size(), 1U);
  EXPECT_EQ(found.addresses.front().table, "hooks");
  EXPECT_EQ(found.paths.size(), 2U);
}

TEST_F(LookTest, ADatabaseElsewhereIsFoundWhereASettingNamesIt) {
  database("elsewhere.db", "create table t (a int)");
  write("app/.env", "DATABASE=" + (place_ / "elsewhere.db") + "\n");
  const auto seen = look();
  ASSERT_EQ(seen.databases.size(), 1U);
  EXPECT_TRUE(seen.databases.front().file.ends_with("/elsewhere.db"));
}

TEST_F(LookTest, DatabasesOfOtherKindsAreNamedWithoutPasswords) {
  write("app/config/app.json",
        "{\"database\": {\n\"client\": \"mysql\",\n\"url\": \"postgres://app:hunter2@db.example.com/x\"}}");
  const auto seen = look();
  ASSERT_EQ(seen.foreign.size(), 2U);
  EXPECT_EQ(seen.foreign[0].product, "MySQL");
  EXPECT_EQ(seen.foreign[1].shown, "postgres://app:***@db.example.com/x");
  EXPECT_EQ(seen.foreign[1].where, "config/app.json:3");
}

TEST_F(LookTest, UnitsThatStartItAreFound) {
  write("etc/systemd/system/app.service", "[Service]\nUser=app\nExecStart=/usr/bin/node \"" + root() +
                                              "/server.js\" --port 80\nWorkingDirectory=" + root() +
                                              "\nEnvironmentFile=-" + root() + "/app.env\n");
  write("etc/systemd/system/other.service", "[Service]\nExecStart=" + root() + "-other/run\n");
  write("app/ecosystem.config.js", "module.exports = {apps: [{\n name: 'app',\n script: 'server.js'\n}]}\n");
  const auto seen = look();
  ASSERT_EQ(seen.units.size(), 2U);
  EXPECT_EQ(seen.units[0].command, (std::vector<std::string>{"/usr/bin/node", root() + "/server.js", "--port", "80"}));
  EXPECT_EQ(seen.units[0].environment_file, root() + "/app.env");
  EXPECT_EQ(seen.units[0].user, "app");
  EXPECT_EQ(seen.units[1].kind, "pm2");
  EXPECT_EQ(seen.units[1].command, (std::vector<std::string>{"node", "server.js"}));
}

TEST_F(LookTest, VersionsStandInManyPlaces) {
  write("app/package.json", "{\"name\": \"@x/app\", \"version\": \"1.2.3\"}");
  write("app/VERSION", "v4.5\n");
  write("app/WEB-INF/version.properties", "version=6.7\n");
  write("app/META-INF/MANIFEST.MF", "Manifest-Version: 1.0\nImplementation-Version: 8.9\n");
  std::vector<std::string> values;
  for (const auto& version : look().versions) values.push_back(version.value);
  std::sort(values.begin(), values.end());
  EXPECT_EQ(values, (std::vector<std::string>{"1.2.3", "4.5", "6.7", "8.9"}));
}

TEST_F(LookTest, TomcatsPortsWithoutCommentsAndAjp) {
  write("app/conf/server.xml",
        "<Server>\n<!-- <Connector port=\"1\"/> -->\n<Connector port=\"8080\" protocol=\"HTTP/1.1\"/>\n<Connector "
        "protocol=\"AJP/1.3\" port=\"8009\"/>\n</Server>\n");
  EXPECT_EQ(look().tomcat_ports, std::vector<int>{8080});
}

TEST_F(LookTest, BrokenFilesAreSaidAndTheRestIsSeen) {
  write("app/package.json", "{broken");
  write("app/\xC5\xE4\xD6\xC3.properties", "a=\xD6\xD0\nport=8080\n");
  write("app/data/broken.db", std::string("SQLite format 3\0", 16) + std::string(1008, 'x'));
  const auto seen = look();
  EXPECT_FALSE(seen.node);
  ASSERT_EQ(seen.unreadable.size(), 1U);
  EXPECT_NE(seen.unreadable.front().en.find("package.json"), std::string::npos);
  ASSERT_EQ(seen.databases.size(), 1U);
  EXPECT_FALSE(seen.databases.front().problem.empty());
  ASSERT_EQ(seen.settings.size(), 1U);
}

TEST_F(LookTest, CommandsAreSplitAsAShellDoes) {
  EXPECT_EQ(split_command("a  'b c' \"d \\\" e\" f\\ g ''"),
            (std::vector<std::string>{"a", "b c", "d \" e", "f g", ""}));
  EXPECT_TRUE(split_command("  ").empty());
}

}  // namespace
}  // namespace ferry
