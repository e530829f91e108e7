#include "database/catalogue.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "database/dialect.h"
#include "database/script_run.h"
#include "database/test_database.h"

namespace ferry {
namespace {

using testing_database::Folder;
using testing_database::make_database;

Connection open(const std::string& file, OpenMode mode = OpenMode::read_only) {
  return Connection::open_file(file, {mode, Milliseconds(200), {}});
}

constexpr const char* schema =
    "CREATE TABLE wf_request (id INTEGER PRIMARY KEY, title TEXT NOT NULL DEFAULT 'x', state);"
    "CREATE TABLE own_note (a UNIQUE, FOREIGN KEY (a) REFERENCES wf_request (id));"
    "CREATE INDEX wf_state ON wf_request (state);"
    "CREATE VIEW v_own AS SELECT * FROM own_note;"
    "CREATE TRIGGER t_own AFTER INSERT ON wf_request BEGIN DELETE FROM own_note; END;";

TEST(Catalogue, ListsObjectsAndColumns) {
  const Folder folder;
  auto connection = open(make_database(folder / "x.db", schema));
  const auto catalogue = read_catalogue(connection);
  ASSERT_EQ(catalogue.tables.size(), 2U);
  EXPECT_EQ(catalogue.views.size(), 1U);
  EXPECT_EQ(catalogue.triggers.size(), 1U);
  EXPECT_EQ(catalogue.indexes.size(), 1U);  // not the one that UNIQUE made
  const auto* table = catalogue.find_table("WF_REQUEST");
  ASSERT_NE(table, nullptr);
  ASSERT_EQ(table->columns.size(), 3U);
  EXPECT_EQ(table->columns[0].key, 1);
  EXPECT_TRUE(table->columns[1].not_null);
  EXPECT_EQ(table->columns[1].default_value, "'x'");
}

TEST(Catalogue, DigestIgnoresLayoutAndFerrysOwnRecord) {
  const Folder folder;
  auto one = open(make_database(folder / "1.db", "CREATE TABLE t (a INT, b TEXT); CREATE TABLE u (x);"));
  auto two = open(make_database(folder / "2.db", "create table u(x); CREATE TABLE t(a int, -- first\n b text);"));
  auto other = open(make_database(folder / "3.db", "CREATE TABLE t (b TEXT, a INT); CREATE TABLE u (x);"));
  EXPECT_EQ(read_catalogue(one).digest(), read_catalogue(two).digest());
  EXPECT_NE(read_catalogue(one).digest(), read_catalogue(other).digest());
  auto writer = open(folder / "2.db", OpenMode::read_write);
  run_script(writer, "run-1", read_script("s", "INSERT INTO u VALUES (1);", Separator::semicolon));
  ASSERT_EQ(recorded_progress(writer).size(), 1U);
  EXPECT_EQ(read_catalogue(one).digest(), read_catalogue(two).digest());
}

TEST(Catalogue, TellsCustomObjectsFromTheVendors) {
  const Folder folder;
  auto connection = open(make_database(folder / "x.db", schema));
  const auto catalogue = read_catalogue(connection);
  EXPECT_EQ(custom_objects(catalogue, {"WF\\_%", "wf%"}),
            (std::vector<std::string>{"table own_note", "view v_own", "trigger t_own"}));
  EXPECT_EQ(custom_objects(catalogue, {"%"}), std::vector<std::string>{});
  EXPECT_EQ(custom_objects(catalogue, {}), std::vector<std::string>{});
}

TEST(Catalogue, MatchesAsSqlLikeDoes) {
  EXPECT_TRUE(like("wf_request", "WF%"));
  EXPECT_TRUE(like("abcbc", "a%bc"));
  EXPECT_TRUE(like("abc", "a_c"));
  EXPECT_TRUE(like("", "%"));
  EXPECT_FALSE(like("abc", "a_"));
  EXPECT_FALSE(like("abc", "b%"));
  EXPECT_FALSE(like("ab", "%c"));
}

TEST(Catalogue, TellsFactsOfOneMoment) {
  const Folder folder;
  const auto file =
      make_database(folder / "x.db", std::string(schema) + "INSERT INTO wf_request VALUES (1,'a',0),(2,'b',0)");
  auto connection = open(file);
  const auto facts = read_facts(connection, {true, {"wf%", "%own%"}});
  EXPECT_EQ(facts.product, "SQLite");
  EXPECT_EQ(facts.encoding, "UTF-8");
  EXPECT_EQ(facts.bytes, std::filesystem::file_size(file));
  EXPECT_EQ(facts.rows.at("wf_request"), 2);
  EXPECT_EQ(facts.rows.at("own_note"), 0);
  EXPECT_TRUE(facts.custom_objects.empty());
  EXPECT_EQ(facts.schema, read_catalogue(connection).digest());
}

TEST(Catalogue, FindsDamageAndBrokenReferences) {
  const Folder folder;
  const auto file =
      make_database(folder / "x.db", std::string(schema) +
                                         "DROP TRIGGER t_own; INSERT INTO own_note VALUES (7777);"
                                         "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n "
                                         "WHERE i<2000) INSERT INTO wf_request SELECT i, 'title', i FROM n");
  {
    auto connection = open(file);
    const auto problems = integrity_problems(connection);
    ASSERT_EQ(problems.size(), 1U);
    EXPECT_NE(problems.front().find("own_note"), std::string::npos);
    EXPECT_TRUE(integrity_problems(connection, false).empty());
  }
  {
    std::fstream damage(file, std::ios::in | std::ios::out | std::ios::binary);
    damage.seekp(4096 * 6);
    damage << std::string(4096, '\x7F');
  }
  auto connection = open(file);
  EXPECT_FALSE(integrity_problems(connection, false).empty());
}

// Quiet: nobody has it open, and it is read as unchangeable. A start of the application is no change of a setting.
TEST(Catalogue, SaysWalOfAQuietDatabaseToo) {
  const Folder folder;
  const auto file = make_database(folder / "x.db", "PRAGMA journal_mode=WAL; CREATE TABLE t (a)");
  OpenOptions options;
  options.immutable = true;
  auto quiet = Connection::open_file(file, options);
  EXPECT_EQ(quiet.dialect().settings(quiet).at("journal_mode"), "wal");
  auto in_use = Connection::open_file(file);
  EXPECT_EQ(in_use.dialect().settings(in_use).at("journal_mode"), "wal");
  const auto plain = make_database(folder / "y.db", "CREATE TABLE t (a)");
  auto other = Connection::open_file(plain);
  EXPECT_EQ(other.dialect().settings(other).at("journal_mode"), "delete");
}

}  // namespace
}  // namespace ferry
