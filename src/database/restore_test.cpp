// kill -9 in the middle of a restore, and the order of its flushes.
#include <gtest/gtest.h>
#include <signal.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "database/point.h"
#include "database/test_database.h"
#include "host/files.h"
#include "host/program.h"
#include "host/tree.h"

namespace ferry {
namespace {

namespace fs = std::filesystem;
using testing_database::Folder;
using testing_database::make_database;
using testing_database::Other;

RestoreOptions unused() {
  RestoreOptions options;
  options.in_use = [](const std::vector<std::string>&) { return std::vector<std::string>{}; };
  return options;
}

// The process that is killed is this very program, executed again with the
// folder in its environment.

constexpr const char* folder_variable = "FERRY_TEST_RESTORE";

// A database whose old state is in the point, and whose failed state is partly in its -wal.
void prepare_failed(const std::string& folder) {
  const auto file =
      make_database(folder + "/x.db", "PRAGMA journal_mode=WAL; CREATE TABLE t (a); INSERT INTO t VALUES ('old')");
  Database database;
  database.id = "main";
  database.kind = "sqlite";
  database.file = file;
  database.files = {RelativePath("state")};
  std::ofstream(folder + "/state") << "old";
  take_point(database, {{"environment.root", folder}}, folder + "/point");
  std::ofstream(folder + "/state") << "failed";
  Other application(file);
  application.run("INSERT INTO t VALUES ('new');");
  application.kill();
}

TEST(RestoreWorker, RestoresTheDatabaseOfAFolder) {
  const Folder own;
  const char* given = std::getenv(folder_variable);
  const std::string folder = given != nullptr ? given : own.path();
  if (given == nullptr) prepare_failed(folder);
  restore_point(folder + "/point", read_point(folder + "/point", "main").value(), folder + "/x.db", unused());
  EXPECT_EQ(digest_of_file(folder + "/x.db"), read_point(folder + "/point", "main")->digest);
  EXPECT_EQ(read_file(folder + "/state"), "old");
}

ProgramResult work(std::vector<std::string> prefix, const std::string& folder, const std::string& crash) {
  prefix.push_back(fs::read_symlink("/proc/self/exe").string());
  prefix.push_back("--gtest_filter=RestoreWorker.*");
  ProgramOptions options;
  // What a killed worker leaves of its own is removed with the folder.
  options.add_environment = {{folder_variable, folder}, {"TMPDIR", folder}, {"FERRY_CRASH", crash}};
  if (crash.empty()) options.add_environment.erase("FERRY_CRASH");
  return run_program(prefix, options);
}

// What a killed restore may leave: the failed database as it was, the finished one, or a state that says so. After the
// next call: the point's state, and every byte of the failed one aside.
void expect_recoverable(const std::string& folder, const Digest& failed, const Digest& failed_wal,
                        const std::string& what) {
  const auto file = folder + "/x.db";
  const auto point = read_point(folder + "/point", "main").value();
  ASSERT_TRUE(fs::exists(file)) << what;
  const auto present = digest_of_file(file);
  const bool untouched = present == failed && fs::exists(file + "-wal") && digest_of_file(file + "-wal") == failed_wal;
  const bool finished = present == point.digest && !fs::exists(file + "-wal");
  EXPECT_TRUE(untouched || finished || restore_unfinished(file)) << what;
  EXPECT_FALSE(present == point.digest && fs::exists(file + "-wal")) << what << ": new database beside the old -wal";

  const auto state = read_file_if_there(folder + "/state");
  EXPECT_TRUE(state == "old" || state == "failed") << what << ": " << state.value_or("there is none");
  restore_point(folder + "/point", point, file, unused());
  EXPECT_EQ(digest_of_file(file), point.digest) << what;
  EXPECT_EQ(read_file(folder + "/state"), "old") << what;
  EXPECT_FALSE(restore_unfinished(file)) << what;
  int databases = 0, wals = 0, states = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file() || entry.path().string().find("ferry-aside") == std::string::npos) continue;
    const auto digest = digest_of_file(entry.path().string());
    databases += digest == failed;
    wals += digest == failed_wal;
    states += read_file(entry.path().string()) == "failed";
  }
  EXPECT_EQ(databases, 1) << what;
  EXPECT_EQ(wals, 1) << what;
  EXPECT_EQ(states, 1) << what;
  for (const auto& name : {file, folder + "/state"}) EXPECT_FALSE(fs::exists(name + ".ferry-new")) << what;
}

// Runs the worker under `prefix`; false when it was not killed any more.
bool kill_once(const std::vector<std::string>& prefix, const std::string& crash, const std::string& what) {
  const Folder folder;
  prepare_failed(folder.path());
  const auto failed = digest_of_file(folder / "x.db"), failed_wal = digest_of_file(folder / "x.db-wal");
  const auto result = work(prefix, folder.path(), crash);
  if (result.ok()) return false;
  EXPECT_EQ(result.signal, SIGKILL) << what << result.out << result.err;
  expect_recoverable(folder.path(), failed, failed_wal, what);
  return result.signal == SIGKILL;
}

TEST(Restore, KilledAtAnyOfItsStepsIsFinishedByTheNextCall) {
  int kills = 0;
  for (const char* point : {"restore_staged", "restore_intended", "restore_moved", "restore_half_placed",
                            "restore_placed", "restore_verified"})
    for (int hit = 1; kill_once({}, point + (":" + std::to_string(hit)), point); ++hit) ++kills;
  EXPECT_GE(kills, 7);  // every point, -wal and -shm
}

// At system calls, where the program has no seam of its own. All of them with FERRY_FULL=1.
TEST(Restore, KilledAtAnyChangeOfNamesIsFinishedByTheNextCall) {
  std::vector<std::string> calls{"renameat2"};
  if (std::getenv("FERRY_FULL") != nullptr)
    calls = {"renameat2", "rename", "renameat", "unlink", "unlinkat", "mkdir",    "mkdirat",         "fsync",
             "fdatasync", "syncfs", "write",    "openat", "fchmodat", "fchownat", "copy_file_range", "close"};
  int kills = 0;
  for (const auto& call : calls)
    for (int hit = 1;; ++hit) {
      const auto inject = "inject=" + call + ":signal=SIGKILL:when=" + std::to_string(hit);
      if (!kill_once({find_program("strace"), "-f", "-qq", "-o", "/dev/null", "-e", "trace=" + call, "-e", inject}, "",
                     inject))
        break;
      ++kills;
    }
  EXPECT_GE(kills, 3);
}

// A kill leaves what the kernel holds; a power cut does not. So the order of flushes is looked at itself: every move
// that must not be seen before another has a flush between the two.
TEST(Restore, FlushesBeforeWhatDependsOnIt) {
  const Folder folder;
  prepare_failed(folder.path());
  const auto trace = folder / "trace";
  ASSERT_TRUE(
      work({find_program("strace"), "-f", "-qq", "-o", trace, "-e", "trace=renameat2,rename,fsync,syncfs,unlink"},
           folder.path(), "")
          .ok());
  std::string order;
  std::ifstream lines(trace);
  for (std::string line; std::getline(lines, line);) {
    const auto has = [&line](const char* text) { return line.find(text) != std::string::npos; };
    if (has("sync(") || has("syncfs(")) {
      if (!order.ends_with("flush ")) order += "flush ";
    } else if (has("ferry-restore") && has("rename(")) {
      order += "intent ";
    } else if (has("ferry-restore") && has("unlink")) {
      order += "intent-gone ";
    } else if (has("RENAME_EXCHANGE")) {
      order += "exchange ";
    } else if (has("x.db-wal")) {
      order += "wal-aside ";
    } else if (has("\"x.db.ferry-new\"") && has("renameat2(")) {
      order += "old-aside ";
    }
  }
  EXPECT_EQ(order.substr(order.find("flush intent")),
            "flush intent flush wal-aside flush exchange old-aside flush intent-gone flush ")
      << order;
}

}  // namespace
}  // namespace ferry
