#include "database/script_run.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>

#include "base/error.h"
#include "database/catalogue.h"
#include "database/test_database.h"

namespace ferry {
namespace {

using testing_database::Folder;
using testing_database::make_database;

Connection open(const std::string& file) {
  return Connection::open_file(file, {OpenMode::read_write, Milliseconds(500), {}});
}

Script script_of(const std::string& sql, const std::string& name = "up/010.sql") {
  return read_script(name, sql, Separator::semicolon);
}

// What it did is visible in the rows: a statement that ran twice, or not at all, changes the sum.
constexpr const char* migration =
    "PRAGMA synchronous=OFF;\n"
    "CREATE TABLE step (n INTEGER);\n"
    "INSERT INTO step VALUES (1);\n"
    "ALTER TABLE step ADD COLUMN note TEXT;\n"
    "BEGIN;\n"
    "INSERT INTO step (n) VALUES (10);\n"
    "UPDATE step SET n = n * 2;\n"
    "COMMIT;\n"
    "INSERT INTO step (n) SELECT count(*) * 100 FROM step;\n"
    "CREATE TRIGGER after_step AFTER INSERT ON step BEGIN UPDATE step SET note = 'seen'; END;\n"
    "INSERT INTO step (n) VALUES (1000);\n"
    "VACUUM;\n"
    "UPDATE step SET n = n + 1;\n"
    "DROP TABLE old;\n";
constexpr const char* old_schema = "CREATE TABLE old (a); INSERT INTO old VALUES (1)";

std::string state_of(const std::string& file) {
  auto connection = open(file);
  std::string out = read_catalogue(connection).digest().brief();
  for (const auto& row : connection.query("SELECT n, note FROM step ORDER BY n").rows)
    out += " " + row[0].value_or("NULL") + "/" + row[1].value_or("NULL");
  return out + " " + std::to_string(recorded_progress(connection).at(0).statement);
}

// Runs the migration in a process that kills itself; true when it was killed.
bool killed(const std::string& file, const ScriptEvents& events) {
  const auto child = ::fork();
  if (child == 0) {
    auto connection = open(file);
    run_script(connection, "run-1", script_of(migration), events);
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

class KilledAt : public testing::TestWithParam<bool> {};

TEST_P(KilledAt, AnyStatementItGoesOnAndNothingRunsTwice) {
  const Milliseconds commit_every(GetParam() ? 60000 : 0);
  const Folder folder;
  const auto clean = make_database(folder / "clean.db", old_schema);
  {
    auto connection = open(clean);
    run_script(connection, "run-1", script_of(migration));
  }
  const auto wanted = state_of(clean);
  ASSERT_NE(wanted.find("1001/seen"), std::string::npos) << wanted;
  const auto statements = script_of(migration).statements.size();
  for (std::size_t at = 0; at <= statements; ++at) {
    const auto file = make_database(folder / std::to_string(at) + ".db", old_schema);
    ScriptEvents events;
    events.commit_every = commit_every;
    events.before = [at](const Script&, std::size_t index) {
      if (index == at) ::kill(::getpid(), SIGKILL);
    };
    events.committed = [at](const Script&, std::size_t done) {
      if (done >= at) ::kill(::getpid(), SIGKILL);
    };
    ASSERT_TRUE(killed(file, events)) << at;
    auto connection = open(file);
    const auto result = run_script(connection, "run-1", script_of(migration));
    EXPECT_EQ(result.skipped + result.executed, statements);
    EXPECT_EQ(state_of(file), wanted) << at;
  }
}
INSTANTIATE_TEST_SUITE_P(WithCommits, KilledAt, testing::Values(false, true), [](const auto& chosen) {
  return chosen.param ? std::string("Shared") : std::string("PerStatement");
});

std::string wanted_state(const Folder& folder) {
  const auto clean = make_database(folder / "clean.db", old_schema);
  auto connection = open(clean);
  run_script(connection, "run-1", script_of(migration));
  return state_of(clean);
}

// Every size at which it may grow no further, from "not at all" to "just enough".
TEST(ScriptRun, ADatabaseThatIsFullStopsItAndItGoesOnWhenThereIsRoom) {
  const Folder folder;
  std::string long_migration = migration;
  long_migration += "CREATE TABLE large (content);\n";
  for (int i = 0; i < 30; ++i) long_migration += "INSERT INTO large VALUES (zeroblob(3000));\n";
  long_migration += "DROP TABLE large;\n";
  const auto script = script_of(long_migration);
  int stopped = 0;
  for (int pages = 2;; ++pages) {
    const auto file = make_database(folder / std::to_string(pages) + ".db", old_schema);
    bool full = false;
    try {
      auto connection = open(file);
      connection.execute("PRAGMA max_page_count=" + std::to_string(pages));
      run_script(connection, "run-1", script);
    } catch (const Error& error) {
      full = true;
      EXPECT_EQ(error.code(), Code::disk_full) << error.what();
      EXPECT_EQ(error.about(), file);
      EXPECT_NE(error.detail().find("max_page_count"), std::string::npos) << error.what();
    }
    auto connection = open(file);
    run_script(connection, "run-1", script);
    std::string state = "gone";
    for (const auto& row : connection.query("SELECT n, note FROM step ORDER BY n").rows)
      state += " " + row[0].value_or("NULL") + "/" + row[1].value_or("NULL");
    EXPECT_NE(state.find(" 1001/seen"), std::string::npos) << pages << state;
    EXPECT_EQ(recorded_progress(connection).at(0).statement, script.statements.size());
    stopped += full ? 1 : 0;
    if (!full) break;
  }
  EXPECT_GT(stopped, 20);
}

// As close as a database in a file comes to a connection that is cut: the file goes away in the middle and comes back.
TEST(ScriptRun, ADatabaseThatIsTakenAwayInTheMiddleLosesNothing) {
  const Folder folder;
  const auto wanted = wanted_state(folder);
  const auto statements = script_of(migration).statements.size();
  int refused = 0;
  for (std::size_t at = 0; at < statements; ++at) {
    const auto file = make_database(folder / std::to_string(at) + ".db", old_schema);
    ScriptEvents events;
    events.commit_every = Milliseconds(0);
    events.before = [&](const Script&, std::size_t index) {
      if (index == at) std::filesystem::rename(file, file + ".away");
    };
    try {
      auto connection = open(file);
      run_script(connection, "run-1", script_of(migration), events);
    } catch (const Error& error) {
      ++refused;
      EXPECT_TRUE(error.code() == Code::database_unreachable || error.code() == Code::io) << error.what();
      EXPECT_EQ(error.about(), file);
    }
    std::filesystem::rename(file + ".away", file);
    auto connection = open(file);
    run_script(connection, "run-1", script_of(migration));
    EXPECT_EQ(state_of(file), wanted) << at;
  }
  EXPECT_GT(refused, 0);
}

// Not at our own seams, but wherever the time falls, also inside the database's own code.
TEST(ScriptRun, SurvivesKillsAtRandomMoments) {
  const Folder folder;
  std::string sql = "PRAGMA synchronous=OFF;\nCREATE TABLE t (n);\n";
  for (int i = 0; i < 400; ++i) sql += "INSERT INTO t SELECT " + std::to_string(i) + " + count(*) * 1000 FROM t;\n";
  const auto script = script_of(sql);
  const auto file = make_database(folder / "x.db", "CREATE TABLE old (a)");
  int kills = 0;
  for (int round = 0; round < 400; ++round) {
    const auto child = ::fork();
    if (child == 0) {
      // A timer of the kernel kills it: no seam of the program is involved.
      const itimerval after{{0, 0}, {0, 500 + round * 100}};
      ::setitimer(ITIMER_REAL, &after, nullptr);
      ::signal(SIGALRM, [](int) { ::kill(::getpid(), SIGKILL); });
      auto connection = open(file);
      ScriptEvents events;
      events.commit_every = Milliseconds(round % 3);
      run_script(connection, "run-1", script, events);
      ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    if (WIFEXITED(status)) break;
    ++kills;
  }
  EXPECT_GT(kills, 3);
  auto connection = open(file);
  EXPECT_EQ(run_script(connection, "run-1", script).executed, 0U);
  EXPECT_EQ(connection.number("SELECT count(*) FROM t"), 400);
  EXPECT_EQ(connection.number("SELECT count(*) FROM t WHERE n <> rowid - 1 + (rowid - 1) * 1000"), 0);
}

TEST(ScriptRun, TellsWhichStatementFailedAndKeepsThoseBefore) {
  const Folder folder;
  const auto file = make_database(folder / "x.db", "CREATE TABLE t (a UNIQUE)");
  auto connection = open(file);
  const auto script =
      script_of("INSERT INTO t VALUES (1);\n\nINSERT INTO t SELECT 2 UNION ALL SELECT 1;\nDROP TABLE t;");
  for (int attempt = 0; attempt < 2; ++attempt) {
    try {
      run_script(connection, "run-1", script);
      FAIL();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::migration_failed);
      EXPECT_EQ(error.about(), "up/010.sql:3");
      EXPECT_NE(error.detail().find("UNIQUE constraint failed"), std::string::npos) << error.detail();
      EXPECT_NE(error.detail().find("SELECT 2 UNION"), std::string::npos) << error.detail();
    }
    EXPECT_EQ(connection.number("SELECT sum(a) FROM t"), 1);
    EXPECT_EQ(recorded_progress(connection).at(0).statement, 1U);
  }
}

TEST(ScriptRun, StopsBetweenStatementsWhenAsked) {
  const Folder folder;
  const auto file = make_database(folder / "x.db", old_schema);
  auto connection = open(file);
  ScriptEvents events;
  events.before = [](const Script&, std::size_t index) {
    if (index == 3) throw Error(Code::interrupted);
  };
  EXPECT_THROW(run_script(connection, "run-1", script_of(migration), events), Error);
  EXPECT_EQ(recorded_progress(connection).at(0).statement, 3U);
  EXPECT_EQ(run_script(connection, "run-1", script_of(migration)).skipped, 3U);
}

TEST(ScriptRun, AFailureInTheScriptsOwnTransactionUndoesAllOfIt) {
  const Folder folder;
  const auto file = make_database(folder / "x.db",
                                  "CREATE TABLE p (a PRIMARY KEY); CREATE TABLE t (a REFERENCES p (a) "
                                  "DEFERRABLE INITIALLY DEFERRED)");
  auto connection = open(file);
  const auto fails = [&](const std::string& sql) {
    try {
      run_script(connection, "run-1", script_of(sql, "s" + sql));
    } catch (const Error& error) {
      return error.about().substr(error.about().rfind(':'));
    }
    return std::string();
  };
  EXPECT_EQ(fails("BEGIN;\nINSERT INTO p VALUES (1);\nINSERT INTO nowhere VALUES (1);\nCOMMIT;"), ":3");
  EXPECT_EQ(connection.number("SELECT count(*) FROM p"), 0);
  // A deferred constraint fails at the commit of the statement that broke it, not of a later one.
  EXPECT_EQ(fails("PRAGMA foreign_keys=ON;\nINSERT INTO t VALUES (5);\nINSERT INTO p VALUES (5);"), ":2");
  EXPECT_EQ(connection.number("SELECT count(*) FROM t"), 0);
  EXPECT_EQ(fails("PRAGMA foreign_keys=ON;\nBEGIN;\nINSERT INTO t VALUES (5);\nINSERT INTO p VALUES (5);\nCOMMIT;"),
            "");
}

TEST(ScriptRun, RefusesWhatCannotBeRecordedBeforeAnythingRuns) {
  const Folder folder;
  const auto file = make_database(folder / "x.db", "CREATE TABLE t (a)");
  auto connection = open(file);
  for (const char* sql : {"INSERT INTO t VALUES (1); ROLLBACK;", "INSERT INTO t VALUES (1); SAVEPOINT x;",
                          "INSERT INTO t VALUES (1); BEGIN; SELECT 1;", "INSERT INTO t VALUES (1); COMMIT;",
                          "BEGIN; INSERT INTO t VALUES (1); BEGIN; COMMIT;"}) {
    EXPECT_THROW(run_script(connection, "run-1", script_of(sql)), Error) << sql;
    EXPECT_EQ(connection.number("SELECT count(*) FROM t"), 0) << sql;
  }
}

TEST(ScriptRun, RefusesAChangedScriptAndAnotherRunsRemains) {
  const Folder folder;
  const auto file = make_database(folder / "x.db", "CREATE TABLE t (a)");
  auto connection = open(file);
  run_script(connection, "run-1", script_of("INSERT INTO t VALUES (1);"));
  EXPECT_THROW(run_script(connection, "run-1", script_of("INSERT INTO t VALUES (2);")), Error);
  try {
    run_script(connection, "run-2", script_of("INSERT INTO t VALUES (1);"));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::run_unfinished);
  }
  forget_progress(connection);
  EXPECT_TRUE(recorded_progress(connection).empty());
  EXPECT_EQ(run_script(connection, "run-2", script_of("INSERT INTO t VALUES (1);")).executed, 1U);
  EXPECT_EQ(connection.number("SELECT count(*) FROM t"), 2);
}

TEST(ScriptRun, SaysThatTheDatabaseIsLocked) {
  const Folder folder;
  const auto file = make_database(folder / "x.db", "CREATE TABLE t (a)");
  auto connection = Connection::open_file(file, {OpenMode::read_write, Milliseconds(10), {}});
  testing_database::Other other(file);
  other.run("BEGIN IMMEDIATE;");
  try {
    run_script(connection, "run-1", script_of("INSERT INTO t VALUES (1);"));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::database_locked);
  }
}

}  // namespace
}  // namespace ferry
