// What backups promise, with real restic: a backup counts only after it was restored and found equal; damage, a wrong
// password, a full disk, a dead process's lock and a cancelled call each have their own clear error.
#include "backup/repository.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <random>

#include "backup/compare.h"
#include "backup/installation.h"
#include "base/error.h"
#include "database/connection.h"
#include "host/descriptor.h"
#include "host/files.h"
#include "host/program.h"
#include "host/tree.h"

namespace ferry {
namespace {

namespace fs = std::filesystem;

Code code_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.code();
  }
  return Code::internal;
}

std::string random_bytes(std::size_t size) {
  std::mt19937_64 generator(size);
  std::string bytes(size, '\0');
  for (auto& byte : bytes) byte = static_cast<char>(generator());
  return bytes;
}

class Backups : public testing::Test {
 protected:
  Backups() {
    ::setenv("FERRY_TEST_PASSWORD", "correct horse", 1);
    make_folders(root() + "/conf");
    make_folders(root() + "/data/files");
    make_folders(root() + "/logs");
    make_folders(root() + "/odd [x]* $HOME");
    write_file_atomic(root() + "/conf/oa.properties", "a=1\n", 0640);
    write_file_atomic(root() + "/logs/noise.log", "noise");
    write_file_atomic(root() + "/odd [x]* $HOME/skip", "skip");
    write_file_atomic(root() + "/odd [x]* $HOME/keep", "keep");
    write_file_atomic(root() + "/data/files/\xd6\xd0\xce\xc4.txt", "GBK name");
    fs::create_symlink("oa.properties", root() + "/conf/link");
    write_file_atomic(root() + "/data/oa.db", "");
    OpenOptions open;
    open.mode = OpenMode::read_write;
    auto connection = Connection::open_file(root() + "/data/oa.db", open);
    connection.execute("create table t(a text)");
    connection.execute("insert into t values('first')");
    profile_.product = "sample";
    profile_.databases.push_back({"main", "sqlite", "data/oa.db", "", std::nullopt, {}, {}});
    profile_.paths.ignored = {RelativePath("logs"), RelativePath("odd [x]* $HOME/skip")};
    environment_.name = "production";
    environment_.root = root();
  }
  std::string root() const { return temp_ / "oa"; }
  RepositoryOptions options() const {
    RepositoryOptions result;
    result.folder = temp_ / "backups/repository";
    result.password.environment_variable = "FERRY_TEST_PASSWORD";
    return result;
  }
  BackupRequest request() const { return backup_request(profile_, environment_, Digest::of("inventory")); }
  // A file of the repository that holds data, for spoiling it.
  std::string pack_file() const {
    std::string found;
    std::uintmax_t size = 0;
    for (const auto& entry : fs::recursive_directory_iterator(temp_ / "backups/repository/data")) {
      if (entry.is_regular_file() && entry.file_size() > size) {
        size = entry.file_size();
        found = entry.path().string();
      }
    }
    return found;
  }

  TempFolder temp_{"ferry-backups"};
  Profile profile_;
  Environment environment_;
};

TEST_F(Backups, ABackupCountsOnlyAfterItWasRestoredAndFoundEqual) {
  BackupRepository repository(options());
  repository.init();
  repository.init();  // an existing one is opened
  const auto made = repository.create(request());
  EXPECT_FALSE(repository.find(made.id).counts());
  EXPECT_EQ(code_of([&] { require_verified(repository.find(made.id)); }), Code::backup_unverified);
  EXPECT_EQ(code_of([&] { require_verified(std::nullopt); }), Code::no_backup);
  const auto result = repository.verify(made.id, temp_ / "scratch");
  EXPECT_TRUE(result.passed) << testing::PrintToString(result.differences);
  EXPECT_GT(result.bytes, 0U);
  EXPECT_FALSE(path_exists(temp_ / "scratch/ferry-verify"));
  const auto listed = repository.list();
  ASSERT_EQ(listed.size(), 1U);
  EXPECT_TRUE(listed[0].counts());
  require_verified(listed[0]);
  EXPECT_EQ(listed[0].content.inventory, Digest::of("inventory"));
  EXPECT_EQ(code_of([&] { repository.find("bak-none"); }), Code::not_found);
}

TEST_F(Backups, ARestoreBringsFilesModesLinksOddNamesAndTheDatabaseOfOneMoment) {
  BackupRepository repository(options());
  repository.init();
  const auto made = repository.create(request());
  {
    OpenOptions open;
    open.mode = OpenMode::read_write;
    Connection::open_file(root() + "/data/oa.db", open).execute("insert into t values('later')");
  }
  make_folders(temp_ / "restored");  // an empty folder is fine
  make_folders(temp_ / ".restored.ferry-restore/left-over");
  repository.restore("latest", temp_ / "restored");
  EXPECT_EQ(read_file(temp_ / "restored/conf/oa.properties"), "a=1\n");
  struct stat status {};
  ASSERT_EQ(::stat((temp_ / "restored/conf/oa.properties").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0640U);
  EXPECT_EQ(fs::read_symlink(temp_ / "restored/conf/link"), "oa.properties");
  EXPECT_EQ(read_file(temp_ / "restored/data/files/\xd6\xd0\xce\xc4.txt"), "GBK name");
  EXPECT_TRUE(path_exists(temp_ / "restored/odd [x]* $HOME/keep"));
  EXPECT_FALSE(path_exists(temp_ / "restored/odd [x]* $HOME/skip"));
  EXPECT_FALSE(path_exists(temp_ / "restored/logs"));
  EXPECT_FALSE(path_exists(temp_ / "restored/left-over"));
  EXPECT_EQ(Connection::open_file(temp_ / "restored/data/oa.db").scalar("select group_concat(a) from t"), "first");
  EXPECT_EQ(code_of([&] { repository.restore(made.id, temp_ / "restored"); }), Code::already_exists);
}

TEST_F(Backups, AFileThatChangedMeanwhileIsNamedAndOneThatWasSpoiledIsFound) {
  BackupRepository repository(options());
  repository.init();
  auto moving = request();
  int calls = 0;
  const auto take = moving.take_manifest;
  moving.take_manifest = [&] {
    if (++calls == 2) write_file_atomic(root() + "/conf/oa.properties", "a=2\n");
    return take();
  };
  const auto made = repository.create(moving);
  ASSERT_EQ(made.content.moving.size(), 1U);
  EXPECT_EQ(made.content.moving[0].bytes(), "conf/oa.properties");
  EXPECT_TRUE(repository.verify(made.id, temp_ / "scratch").passed);
  // A manifest that promises another content than what restic stored: the comparison must see it.
  auto lying = request();
  lying.take_manifest = [&] {
    auto items = take().items();
    for (auto& [path, entry] : items) {
      if (path.bytes() == "conf/oa.properties") entry.digest = Digest::of("something else");
    }
    return Manifest(items);
  };
  const auto spoiled = repository.create(lying);
  const auto result = repository.verify(spoiled.id, temp_ / "scratch");
  EXPECT_FALSE(result.passed);
  ASSERT_EQ(result.differences.size(), 1U);
  EXPECT_EQ(result.differences[0], "conf/oa.properties: different");
  EXPECT_EQ(code_of([&] { require_verified(repository.find(spoiled.id)); }), Code::backup_unverified);
}

TEST_F(Backups, ADamagedRepositoryAndAWrongPasswordAreTold) {
  BackupRepository repository(options());
  EXPECT_EQ(code_of([&] { repository.list(); }), Code::not_found);
  repository.init();
  write_file_atomic(root() + "/data/files/big", random_bytes(3U << 20U));
  const auto made = repository.create(request());
  ASSERT_TRUE(repository.verify(made.id, temp_ / "scratch").passed);
  ::setenv("FERRY_TEST_PASSWORD", "wrong", 1);
  EXPECT_EQ(code_of([&] { repository.list(); }), Code::wrong_secret);
  ::unsetenv("FERRY_TEST_PASSWORD");
  EXPECT_EQ(code_of([&] { repository.list(); }), Code::missing_secret);
  ::setenv("FERRY_TEST_PASSWORD", "correct horse", 1);
  const std::string pack = pack_file();
  std::string bytes = read_file(pack);
  for (std::size_t i = 1000; i < 2000; ++i) bytes[i] = static_cast<char>(~bytes[i]);
  ::chmod(pack.c_str(), 0600);
  write_file_atomic(pack, bytes);
  EXPECT_EQ(code_of([&] { repository.verify(made.id, temp_ / "scratch"); }), Code::backup_damaged);
  EXPECT_FALSE(repository.find(made.id).counts()) << "the earlier result must not stand";
  fs::remove(pack);
  EXPECT_EQ(code_of([&] { repository.check(); }), Code::backup_damaged);
}

TEST_F(Backups, MissingResticIsTold) {
  auto missing = options();
  missing.program = "restic-that-is-not-there";
  EXPECT_EQ(code_of([&] { BackupRepository(missing).init(); }), Code::program_missing);
}

TEST_F(Backups, ACancelledBackupLeavesNothingListedAndTheRepositoryUsable) {
  BackupRepository repository(options());
  repository.init();
  write_file_atomic(root() + "/data/files/big", random_bytes(48U << 20U));
  BackupWatch watch;
  bool begun = false;
  watch.progress = [&](const BackupProgress& progress) {
    begun = begun || progress.phase == BackupProgress::Phase::manifest;
  };
  watch.cancelled = [&] { return begun; };
  auto cut = request();
  EXPECT_EQ(code_of([&] { repository.create(cut, watch); }), Code::interrupted);
  EXPECT_TRUE(repository.list().empty());
  const auto made = repository.create(request());
  EXPECT_TRUE(repository.verify(made.id, temp_ / "scratch").passed);
}

// The lock that a killed restic leaves names a process that is gone: it is removed, the call goes on.
TEST_F(Backups, TheLockOfADeadResticIsRemoved) {
  BackupRepository repository(options());
  repository.init();
  write_file_atomic(root() + "/data/files/big", random_bytes(24U << 20U));
  repository.create(request());
  const std::string folder = (temp_ / "backups/repository");
  const Descriptor watch(::inotify_init1(IN_CLOEXEC));
  ASSERT_GE(::inotify_add_watch(watch.get(), (folder + "/locks").c_str(), IN_MOVED_TO), 0);
  DetachedOptions detached;
  detached.environment = {{"PATH", "/usr/bin:/bin"}, {"RESTIC_PASSWORD", "correct horse"}, {"HOME", temp_.path()}};
  const auto process =
      spawn_detached({"restic", "--repo", folder, "check", "--read-data", "--limit-download", "1"}, detached);
  char event[4096];
  ASSERT_GT(::read(watch.get(), event, sizeof event), 0);  // the lock has got its name
  send_signal(process, SIGKILL);
  ASSERT_TRUE(wait_for_end(process, Milliseconds(10000)));
  ASSERT_FALSE(fs::is_empty(folder + "/locks"));
  repository.check();  // wants the repository for itself
  EXPECT_TRUE(fs::is_empty(folder + "/locks"));
}

TEST_F(Backups, AFullDiskIsToldInBothDirections) {
  if (::geteuid() != 0) GTEST_SKIP() << "a small file system can be mounted by root only";
  const std::string small = temp_ / "small";
  make_folders(small);
  ASSERT_EQ(::mount("tmpfs", small.c_str(), "tmpfs", 0, "size=2m"), 0);
  write_file_atomic(root() + "/data/files/big", random_bytes(8U << 20U));
  BackupRepository repository(options());
  repository.init();
  repository.create(request());
  EXPECT_EQ(code_of([&] { repository.verify("latest", small); }), Code::disk_full);
  EXPECT_TRUE(fs::is_empty(small));
  auto on_small = options();
  on_small.folder = small + "/repository";
  on_small.records = temp_ / "records";
  BackupRepository full(on_small);
  full.init();
  EXPECT_EQ(code_of([&] { full.create(request()); }), Code::disk_full);
  EXPECT_EQ(::umount(small.c_str()), 0);
}

}  // namespace
}  // namespace ferry
