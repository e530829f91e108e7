#include "database/point.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "database/connection.h"
#include "database/test_database.h"
#include "host/files.h"
#include "host/tree.h"

namespace ferry {
namespace {

namespace fs = std::filesystem;
using testing_database::execute;
using testing_database::Folder;
using testing_database::make_database;
using testing_database::Other;

Database database_at(const std::string& file) {
  Database database;
  database.id = "main";
  database.kind = "sqlite";
  database.file = file;
  return database;
}

RecoveryPoint take(const std::string& file, const std::string& folder) {
  PointOptions options;
  options.busy_timeout = Milliseconds(2000);
  return take_point(database_at(file), {}, folder, options);
}

RestoreOptions unused() {
  RestoreOptions options;
  options.in_use = [](const std::vector<std::string>&) { return std::vector<std::string>{}; };
  return options;
}

std::optional<std::string> ask(const std::string& file, const std::string& sql) {
  return Connection::open_file(file).scalar(sql);
}

Code code_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    return error.code();
  }
  return Code::internal;
}

std::vector<std::string> names_in(const std::string& folder) {
  std::vector<std::string> out;
  for (const auto& entry : fs::directory_iterator(folder)) out.push_back(entry.path().filename().string());
  std::sort(out.begin(), out.end());
  return out;
}

TEST(RecoveryPoint, HoldsWhatWasCommittedWhileAnotherProcessWritesWal) {
  const Folder folder;
  const auto file = make_database(folder / "x.db", "PRAGMA journal_mode=WAL; CREATE TABLE t (a)");
  Other application(file);
  application.run("INSERT INTO t VALUES (1);");
  application.run("BEGIN IMMEDIATE; INSERT INTO t VALUES (2);");
  const auto point = take(file, folder / "point");
  application.run("COMMIT;");
  EXPECT_EQ(names_in(folder / "point"), (std::vector<std::string>{"main.point.json", "main.sqlite"}));
  const auto read = read_point(folder / "point", "main");
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->digest, point.digest);
  EXPECT_EQ(read->source, file);
  EXPECT_EQ(read->bytes, read->pages * 4096);
  verify_point(folder / "point", *read);
  EXPECT_EQ(ask(folder / "point/main.sqlite", "SELECT group_concat(a) FROM t"), "1");
}

// Money moves between two tables; a copy of two moments would not add up.
TEST(RecoveryPoint, IsOfOneMomentWithoutWalToo) {
  const Folder folder;
  const auto file =
      make_database(folder / "x.db",
                    "CREATE TABLE a (v INTEGER, filler); CREATE TABLE b (v INTEGER, filler);"
                    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<3000) "
                    "INSERT INTO a SELECT 10, hex(zeroblob(2000)) FROM n; INSERT INTO b SELECT 10, filler FROM a;");
  const auto child = ::fork();
  if (child == 0) {
    sqlite3* handle = nullptr;
    sqlite3_open(file.c_str(), &handle);
    sqlite3_exec(handle, "PRAGMA synchronous=OFF", nullptr, nullptr, nullptr);
    sqlite3_busy_timeout(handle, 5000);
    for (;;)
      sqlite3_exec(
          handle,
          "BEGIN IMMEDIATE; UPDATE a SET v = v - 1 WHERE rowid = 1; UPDATE b SET v = v + 1 WHERE rowid = 3000; "
          "COMMIT;",
          nullptr, nullptr, nullptr);
  }
  const auto before = ask(file, "SELECT v FROM b WHERE rowid = 3000");
  for (int round = 0; round < 3; ++round) {
    const auto target = folder / std::to_string(round);
    take(file, target);
    EXPECT_EQ(ask(target + "/main.sqlite", "SELECT (SELECT sum(v) FROM a) + (SELECT sum(v) FROM b)"), "60000");
  }
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  auto connection = Connection::open_file(file, {OpenMode::read_write, Milliseconds(2000), {}});
  EXPECT_NE(connection.scalar("SELECT v FROM b WHERE rowid = 3000"), before);  // it did write meanwhile
}

TEST(RecoveryPoint, OfAKilledApplicationIsItsLastCommit) {
  const Folder folder;
  const auto file = make_database(folder / "x.db", "CREATE TABLE t (a); INSERT INTO t VALUES ('kept')");
  {
    Other application(file);
    application.run(
        "PRAGMA cache_size=5; BEGIN; WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<2000) "
        "INSERT INTO t SELECT hex(zeroblob(200)) FROM n;");
    application.kill();
  }
  ASSERT_GT(fs::file_size(file + "-journal"), 0U);
  take(file, folder / "point");
  EXPECT_EQ(ask(folder / "point/main.sqlite", "SELECT group_concat(a) FROM t"), "kept");
}

TEST(RecoveryPoint, IsNotMadeOfWhatCannotBeCopied) {
  const Folder folder;
  EXPECT_EQ(code_of([&] { take(folder / "none.db", folder / "1"); }), Code::database_unreachable);
  const auto damaged = make_database(folder / "damaged.db",
                                     "CREATE TABLE t (a); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n "
                                     "WHERE i<5000) INSERT INTO t SELECT i FROM n");
  {
    std::fstream damage(damaged, std::ios::in | std::ios::out | std::ios::binary);
    damage.seekp(4096 * 4);
    damage << std::string(4096, '\x7F');
  }
  EXPECT_EQ(code_of([&] { take(damaged, folder / "2"); }), Code::io);
  const auto locked = make_database(folder / "locked.db", "CREATE TABLE t (a)");
  Other other(locked);
  other.run("BEGIN EXCLUSIVE;");
  PointOptions hasty;
  hasty.busy_timeout = Milliseconds(10);
  EXPECT_EQ(code_of([&] { take_point(database_at(locked), {}, folder / "3", hasty); }), Code::database_locked);
  for (const char* name : {"1", "2", "3"}) EXPECT_FALSE(read_point(folder / name, "main").has_value()) << name;
}

TEST(RecoveryPoint, IsNeverOverwritten) {
  const Folder folder;
  const auto file = make_database(folder / "x.db", "CREATE TABLE t (a)");
  take(file, folder / "point");
  EXPECT_EQ(code_of([&] { take(file, folder / "point"); }), Code::already_exists);
  EXPECT_EQ(code_of([&] {
              auto database = database_at(file);
              database.id = "../x";
              take_point(database, {}, folder / "point");
            }),
            Code::out_of_bounds_path);
}

TEST(RecoveryPoint, ThatWasTouchedIsNoPoint) {
  const Folder folder;
  const auto file = make_database(folder / "x.db", "CREATE TABLE t (a); INSERT INTO t VALUES ('old')");
  const auto point = take(file, folder / "point");
  execute(folder / "point/main.sqlite", "UPDATE t SET a = 'forged'");
  EXPECT_EQ(code_of([&] { verify_point(folder / "point", point); }), Code::backup_unverified);
  execute(file, "UPDATE t SET a = 'new'");
  EXPECT_EQ(code_of([&] { restore_point(folder / "point", point, file, unused()); }), Code::backup_unverified);
  EXPECT_EQ(ask(file, "SELECT a FROM t"), "new");
  EXPECT_EQ(names_in(folder.path()), (std::vector<std::string>{"point", "x.db"}));
}

TEST(Restore, PutsTheDatabaseBackAndKeepsTheFailedOneAside) {
  const Folder folder;
  const auto file =
      make_database(folder / "x.db", "PRAGMA journal_mode=WAL; CREATE TABLE t (a); INSERT INTO t VALUES ('old')");
  fs::permissions(file, fs::perms(0640));
  const auto point = take(file, folder / "point");
  {
    Other application(file);
    application.run("INSERT INTO t VALUES ('new');");
    application.kill();
  }
  const auto failed = digest_of_file(file), failed_wal = digest_of_file(file + "-wal");
  const auto restored = restore_point(folder / "point", point, file, unused());
  EXPECT_TRUE(restored.changed);
  EXPECT_EQ(digest_of_file(restored.aside + "/x.db"), failed);
  EXPECT_EQ(digest_of_file(restored.aside + "/x.db-wal"), failed_wal);
  EXPECT_FALSE(fs::exists(file + "-wal"));
  EXPECT_EQ(fs::status(file).permissions(), fs::perms(0640));
  EXPECT_FALSE(restore_unfinished(file));
  EXPECT_EQ(ask(file, "SELECT group_concat(a) FROM t"), "old");
  // The failed database can still be read where it lies now.
  EXPECT_EQ(ask(restored.aside + "/x.db", "SELECT group_concat(a) FROM t"), "old,new");
  const auto again = restore_point(folder / "point", point, file, unused());
  EXPECT_FALSE(again.changed);
}

// A product's record of its migrations beside the database: one of the old version, one that only the new one made.
TEST(Restore, PutsBackTheFilesThatHoldPartOfTheState) {
  const Folder folder;
  fs::create_directories(folder / "data/keys");
  auto database = database_at(make_database(folder / "data/x.db", "CREATE TABLE t (a); INSERT INTO t VALUES ('old')"));
  database.files = {RelativePath("data/migrated.json"), RelativePath("data/keys/new"), RelativePath("data/lost")};
  const auto write = [&](const char* name, const char* text) { std::ofstream(folder / name) << text; };
  write("data/migrated.json", "old");
  write("data/lost", "lost");
  fs::permissions(folder / "data/migrated.json", fs::perms(0640));
  const auto point = take_point(database, {{"environment.root", folder.path()}}, folder / "point");
  verify_point(folder / "point", point);

  execute(database.file, "UPDATE t SET a = 'new'");
  write("data/migrated.json", "new one");
  fs::permissions(folder / "data/migrated.json", fs::perms(0600));
  write("data/keys/new", "key of the new version");
  fs::remove(folder / "data/lost");
  const auto back = [&] {
    return restore_point(folder / "point", read_point(folder / "point", "main").value(), database.file, unused());
  };
  EXPECT_TRUE(back().changed);
  EXPECT_EQ(read_file(folder / "data/migrated.json"), "old");
  EXPECT_EQ(fs::status(folder / "data/migrated.json").permissions(), fs::perms(0640));
  EXPECT_EQ(read_file(folder / "data/lost"), "lost");
  EXPECT_FALSE(fs::exists(folder / "data/keys/new"));
  std::vector<std::string> kept;
  for (const auto& entry : fs::recursive_directory_iterator(folder / "data"))
    if (entry.is_regular_file() && entry.path().string().find("ferry-aside") != std::string::npos)
      kept.push_back(read_file(entry.path().string()).substr(0, 7));
  EXPECT_EQ(std::count(kept.begin(), kept.end(), "new one"), 1);
  EXPECT_EQ(std::count(kept.begin(), kept.end(), "key of "), 1);
  EXPECT_FALSE(back().changed);

  write("point/main.file-1", "damaged");
  EXPECT_EQ(code_of([&] { verify_point(folder / "point", point); }), Code::backup_unverified);
  write("data/migrated.json", "new again");
  EXPECT_EQ(code_of(back), Code::backup_unverified);
  EXPECT_EQ(read_file(folder / "data/migrated.json"), "new again");
}

TEST(Restore, RefusesWhileSomebodyHasItOpen) {
  const Folder folder;
  const auto file = make_database(folder / "x.db", "CREATE TABLE t (a)");
  const auto point = take(file, folder / "point");
  execute(file, "INSERT INTO t VALUES (1)");
  auto options = unused();
  options.in_use = [&](const std::vector<std::string>& paths) {
    EXPECT_EQ(paths, (std::vector<std::string>{file, file + "-wal", file + "-shm", file + "-journal"}));
    return std::vector<std::string>{"pid 1 java"};
  };
  EXPECT_EQ(code_of([&] { restore_point(folder / "point", point, file, options); }), Code::busy_files);
  EXPECT_EQ(ask(file, "SELECT count(*) FROM t"), "1");
}

TEST(Restore, WorksWhenTheDatabaseIsGoneOrAFileOfRubbish) {
  const Folder folder;
  const auto file = make_database(folder / "x.db", "CREATE TABLE t (a); INSERT INTO t VALUES ('old')");
  const auto point = take(file, folder / "point");
  fs::remove(file);
  EXPECT_EQ(restore_point(folder / "point", point, file, unused()).aside, "");
  EXPECT_EQ(ask(file, "SELECT a FROM t"), "old");
  std::ofstream(file) << "rubbish";
  auto options = unused();
  options.aside_parent = folder / "staging/aside";
  const auto restored = restore_point(folder / "point", point, file, options);
  EXPECT_TRUE(restored.aside.starts_with(options.aside_parent));
  EXPECT_EQ(fs::file_size(restored.aside + "/x.db"), 7U);
  EXPECT_EQ(ask(file, "SELECT a FROM t"), "old");
}

TEST(Restore, FollowsALinkToTheRealFile) {
  const Folder folder;
  fs::create_directory(folder / "data");
  const auto file = make_database(folder / "data/x.db", "CREATE TABLE t (a); INSERT INTO t VALUES ('old')");
  fs::create_symlink("data/x.db", folder / "link.db");
  const auto point = take(folder / "link.db", folder / "point");
  execute(file, "UPDATE t SET a = 'new'");
  restore_point(folder / "point", point, folder / "link.db", unused());
  EXPECT_TRUE(fs::is_symlink(folder / "link.db"));
  EXPECT_EQ(ask(file, "SELECT a FROM t"), "old");
}

TEST(LoadPoint, MakesANewDatabaseAndNeverReplacesOne) {
  const Folder folder;
  const auto file =
      make_database(folder / "x.db", "PRAGMA journal_mode=WAL; CREATE TABLE t (a); INSERT INTO t VALUES ('old')");
  const auto point = take(file, folder / "point");
  load_point(folder / "point", point, folder / "clone/data/y.db");
  EXPECT_EQ(ask(folder / "clone/data/y.db", "SELECT a FROM t"), "old");
  EXPECT_EQ(code_of([&] { load_point(folder / "point", point, folder / "clone/data/y.db"); }), Code::already_exists);
}

TEST(RecoveryPoint, KilledBeforeItsRecordIsTakenAnew) {
  const Folder folder;
  const auto file = make_database(folder / "x.db", "CREATE TABLE t (a); INSERT INTO t VALUES ('old')");
  fs::create_directory(folder / "point");
  std::ofstream(folder / "point/main.sqlite") << "half a copy";
  EXPECT_FALSE(read_point(folder / "point", "main").has_value());
  take(file, folder / "point");
  verify_point(folder / "point", read_point(folder / "point", "main").value());
}

}  // namespace
}  // namespace ferry
