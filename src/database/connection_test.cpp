#include "database/connection.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "database/test_database.h"

namespace ferry {
namespace {

using testing_database::Folder;
using testing_database::make_database;

Code code_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    return error.code();
  }
  return Code::internal;
}

OpenOptions writing(int busy_ms = 200) {
  return {OpenMode::read_write, Milliseconds(busy_ms), {}};
}

TEST(Connection, GivesValuesAsTheyAreStored) {
  const Folder folder;
  const auto file = make_database(folder / "a b%#?.db", "CREATE TABLE t (n INTEGER, day DATETIME, b BLOB, x REAL)");
  auto connection = Connection::open_file(file, writing());
  connection.execute("INSERT INTO t VALUES (9007199254740993, 'no date', x'00ff', 1.5)");
  connection.execute("INSERT INTO t (day) VALUES (:day)", {{"day", SqlValue{}}});
  const auto table = connection.query("SELECT n, day, b, x, '中文' AS word FROM t ORDER BY rowid");
  ASSERT_EQ(table.rows.size(), 2U);
  EXPECT_EQ(table.at(0, "N"), "9007199254740993");
  EXPECT_EQ(table.at(0, "day"), "no date");
  EXPECT_EQ(table.at(0, "b"), std::string("\0\xFF", 2));
  EXPECT_EQ(table.at(0, "x"), "1.5");
  EXPECT_EQ(table.at(0, "word"), "中文");
  EXPECT_FALSE(table.at(1, "day").has_value());
  EXPECT_EQ(code_of([&] { (void)table.at(0, "none"); }), Code::database_query);
}

TEST(Connection, BindsNamedParametersByTheirKind) {
  const Folder folder;
  auto connection = Connection::open_file(make_database(folder / "x.db", "CREATE TABLE t (a)"), writing());
  for (const char* value : {"1", "2", "30"}) connection.execute("INSERT INTO t VALUES (" + std::string(value) + ")");
  // As text '4' every number would be smaller.
  EXPECT_EQ(connection.number("SELECT count(*) FROM t WHERE a > :least", {{"least", std::int64_t{4}}}), 1);
  EXPECT_EQ(connection.scalar("SELECT :a || ':b' || :a -- :c", {{"a", "x"}, {"unused", "y"}}), "x:bx");
  EXPECT_EQ(code_of([&] { connection.query("SELECT :missing"); }), Code::database_query);
}

TEST(Connection, KnowsColumnsOfAnEmptyResultAndLimitsRows) {
  const Folder folder;
  auto connection = Connection::open_file(make_database(folder / "x.db", "CREATE TABLE t (a, b)"), writing());
  EXPECT_EQ(connection.query("SELECT * FROM t").columns, (std::vector<std::string>{"a", "b"}));
  connection.execute("INSERT INTO t VALUES (1, 2), (3, 4), (5, 6)");
  const auto limited = connection.query("SELECT * FROM t", {}, 2);
  EXPECT_EQ(limited.rows.size(), 2U);
  EXPECT_TRUE(limited.truncated);
  EXPECT_FALSE(connection.query("SELECT * FROM t", {}, 3).truncated);
  EXPECT_EQ(code_of([&] { connection.number("SELECT 'many'"); }), Code::database_query);
}

TEST(Connection, NamesTheFailedStatement) {
  const Folder folder;
  auto connection = Connection::open_file(make_database(folder / "x.db", "CREATE TABLE t (a UNIQUE)"), writing());
  try {
    connection.query("SELECT nope FROM t");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::database_query);
    EXPECT_NE(error.detail().find("no such column: nope"), std::string::npos) << error.detail();
    EXPECT_NE(error.detail().find("SELECT nope FROM t"), std::string::npos);
  }
  connection.execute("INSERT INTO t VALUES (1)");
  EXPECT_EQ(code_of([&] { connection.execute("INSERT INTO t VALUES (1)"); }), Code::database_query);
}

TEST(Connection, RefusesASecondStatementInsteadOfIgnoringIt) {
  const Folder folder;
  auto connection = Connection::open_file(make_database(folder / "x.db", "CREATE TABLE t (a)"), writing());
  EXPECT_EQ(code_of([&] { connection.execute("DELETE FROM t; DROP TABLE t"); }), Code::database_query);
  EXPECT_EQ(connection.number("SELECT count(*) FROM t;"), 0);
}

TEST(Connection, NeverCreatesAMissingFile) {
  const Folder folder;
  for (const auto mode : {OpenMode::read_only, OpenMode::read_write}) {
    EXPECT_EQ(code_of([&] {
                Connection::open_file(folder / "none.db", {mode, Milliseconds(0), {}});
              }),
              Code::database_unreachable);
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(Connection, SaysThatAFileIsNoDatabase) {
  const Folder folder;
  std::ofstream(folder / "x.db") << std::string(5000, 'x');
  EXPECT_EQ(code_of([&] { Connection::open_file(folder / "x.db"); }), Code::database_unreachable);
}

TEST(Connection, ReadOnlyCannotWrite) {
  const Folder folder;
  auto connection = Connection::open_file(make_database(folder / "x.db", "CREATE TABLE t (a)"));
  EXPECT_EQ(code_of([&] { connection.execute("INSERT INTO t VALUES (1)"); }), Code::database_query);
}

TEST(Connection, FindsTheFileOfAProfilesDatabase) {
  Database database;
  database.id = "main";
  database.kind = "sqlite";
  database.file = "data/${environment.name}.db";
  EXPECT_EQ(database_file(database, {{"environment.root", "/opt/oa"}, {"environment.name", "x"}}), "/opt/oa/data/x.db");
  EXPECT_EQ(database_file(database, {{"environment.name", "x"}}, "/other"), "/other/data/x.db");
  EXPECT_EQ(code_of([&] { database_file(database, {{"environment.name", "x"}}); }), Code::invalid_document);
  database.kind = "oracle";
  EXPECT_EQ(code_of([&] { Connection::open(database, {}); }), Code::unsupported_format);
}

TEST(Connection, ReadsBesideAWriterInWalModeWithoutStoppingIt) {
  const Folder folder;
  const auto file =
      make_database(folder / "x.db", "PRAGMA journal_mode=WAL; CREATE TABLE t (a); INSERT INTO t VALUES (1)");
  testing_database::Other writer(file);
  writer.run("BEGIN IMMEDIATE; INSERT INTO t VALUES (2);");
  auto reader = Connection::open_file(file, {OpenMode::read_only, Milliseconds(0), {}});
  Transaction one_moment(reader);
  EXPECT_EQ(reader.number("SELECT count(*) FROM t"), 1);
  writer.run("COMMIT;");  // would fail if the reader stood in its way
  EXPECT_EQ(reader.number("SELECT count(*) FROM t"), 1);
  one_moment.commit();
  EXPECT_EQ(reader.number("SELECT count(*) FROM t"), 2);
}

TEST(Connection, SeesWhatAKilledWalApplicationHadCommitted) {
  const Folder folder;
  const auto file = make_database(folder / "x.db", "PRAGMA journal_mode=WAL; CREATE TABLE t (a)");
  {
    testing_database::Other writer(file);
    writer.run("INSERT INTO t VALUES (1);");
    writer.kill();
  }
  ASSERT_GT(std::filesystem::file_size(file + "-wal"), 0U);
  auto reader = Connection::open_file(file);
  EXPECT_EQ(reader.number("SELECT count(*) FROM t"), 1);
}

TEST(Connection, TellsALockFromAnError) {
  const Folder folder;
  const auto file = make_database(folder / "x.db", "CREATE TABLE t (a)");
  testing_database::Other other(file);
  other.run("BEGIN EXCLUSIVE;");
  EXPECT_EQ(code_of([&] { Connection::open_file(file, writing(10)); }), Code::database_locked);
  other.run("ROLLBACK;");
  auto connection = Connection::open_file(file, writing(10));
  other.run("BEGIN IMMEDIATE;");
  EXPECT_EQ(code_of([&] { connection.execute("INSERT INTO t VALUES (1)"); }), Code::database_locked);
  EXPECT_EQ(code_of([&] { Transaction transaction(connection); }), Code::database_locked);
}

TEST(Connection, RollsBackATransactionThatWasNotCommitted) {
  const Folder folder;
  auto connection = Connection::open_file(make_database(folder / "x.db", "CREATE TABLE t (a)"), writing());
  {
    Transaction transaction(connection);
    connection.execute("INSERT INTO t VALUES (1)");
  }
  EXPECT_EQ(connection.number("SELECT count(*) FROM t"), 0);
  {
    Transaction transaction(connection);
    connection.execute("INSERT INTO t VALUES (1)");
    transaction.commit();
  }
  EXPECT_EQ(connection.number("SELECT count(*) FROM t"), 1);
}

TEST(Connection, SaysWhyAHotJournalCannotBeReadOnly) {
  const Folder folder;
  const auto file = make_database(folder / "x.db", "CREATE TABLE t (a)");
  {
    // A small cache makes the application spill pages into the file inside the transaction; then it is killed.
    testing_database::Other other(file);
    other.run(
        "PRAGMA cache_size=5; BEGIN; WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<2000) "
        "INSERT INTO t SELECT hex(zeroblob(200)) FROM n;");
    other.kill();
  }
  ASSERT_TRUE(std::filesystem::exists(file + "-journal"));
  try {
    Connection::open_file(file);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::database_unreachable);
    EXPECT_NE(error.detail().find("journal"), std::string::npos) << error.detail();
  }
  auto connection = Connection::open_file(file, writing());
  EXPECT_EQ(connection.number("SELECT count(*) FROM t"), 0);
}

}  // namespace
}  // namespace ferry
