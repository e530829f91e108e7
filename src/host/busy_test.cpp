#include "host/busy.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "host/facts.h"
#include "host/files.h"
#include "host/lock.h"
#include "host/program.h"

namespace ferry {
namespace {

// A helper process that is ended by its identity.
struct Helper {
  ProcessIdentity identity;
  explicit Helper(const std::vector<std::string>& argv, const std::string& folder = "/", const std::string& user = {}) {
    DetachedOptions options;
    options.directory = folder;
    options.environment = {{"PATH", "/usr/bin:/bin"}};
    options.user = user;
    identity = spawn_detached(argv, options);
  }
  ~Helper() {
    send_signal(identity, SIGKILL);
    wait_for_end(identity, Milliseconds(10000));
  }
  Helper(const Helper&) = delete;
  Helper& operator=(const Helper&) = delete;
};

// What the helper is found doing with things below `path`; asked until it has got as far.
std::string how(const Helper& helper, const std::string& path) {
  for (int i = 0; i < 200; ++i) {
    for (const auto& process : busy_processes({path}).processes)
      if (process.pid == helper.identity.pid) return process.how + " " + process.path.substr(path.size());
    wait_for_end(helper.identity, Milliseconds(25));
  }
  return {};
}

TEST(Busy, WorkingFoldersOpenDeletedAndMappedFilesAndProgramsAreFound) {
  const TempFolder folder;
  make_folders(folder / "cwd");
  EXPECT_EQ(how(Helper({"sleep", "300"}, folder / "cwd"), folder / "cwd"), "working folder ");
  make_folders(folder / "open");
  write_file_atomic(folder / "open/f", "");
  EXPECT_EQ(how(Helper({"tail", "-f", folder / "open/f"}), folder / "open"), "open /f");
  const std::string deleted = folder / "open/gone";
  EXPECT_EQ(how(Helper({"perl", "-e", "open F, '>', $ARGV[0]; unlink $ARGV[0]; sleep 300", deleted}), deleted),
            "open ");
  make_folders(folder / "bin");
  copy_file("/usr/bin/sleep", folder / "bin/sleeper");
  EXPECT_EQ(how(Helper({folder / "bin/sleeper", "300"}), folder / "bin"), "executable /sleeper");
  EXPECT_TRUE(busy_processes({folder / "nobody"}).processes.empty());
}

TEST(Busy, ANeighbourWithALongerNameIsNotMeant) {
  const TempFolder folder;
  make_folders(folder / "oa-old");
  const Helper helper({"sleep", "300"}, folder / "oa-old");
  EXPECT_EQ(how(helper, folder / "oa-old"), "working folder ");
  EXPECT_TRUE(busy_processes({folder / "oa"}).processes.empty());
}

TEST(Busy, LinksOnTheWayDoNotHideAnybody) {
  const TempFolder folder;
  make_folders(folder / "oa-7.4");
  ASSERT_EQ(symlink("oa-7.4", (folder / "oa").c_str()), 0);
  const Helper helper({"sleep", "300"}, folder / "oa-7.4");
  EXPECT_EQ(how(helper, folder / "oa-7.4"), "working folder ");
  ASSERT_EQ(busy_processes({folder / "oa"}).processes.size(), 1U);
  EXPECT_TRUE(busy_processes({folder / "oa"}, {helper.identity.pid}).processes.empty());
}

TEST(Busy, AnOrdinaryAccountIsToldThatItCannotSeeEverybody) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root to become somebody else";
  const Helper helper({"sleep", "300"});
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    if (setgid(65534) != 0 || setuid(65534) != 0) _exit(2);
    const auto report = busy_processes({"/no/such/path"});
    const bool named =
        std::find(report.unreadable.begin(), report.unreadable.end(), helper.identity.pid) != report.unreadable.end();
    _exit(named && !report.sure() ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_TRUE(busy_processes({"/no/such/path"}).sure());
}

TEST(Lock, TheSecondHolderIsToldWhoTheFirstIs) {
  const TempFolder folder;
  const InstallationLock lock(folder / "staging", "ferry run start");
  try {
    const InstallationLock second(folder / "staging", "ferry run resume");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::locked);
    EXPECT_NE(error.detail().find("ferry run start"), std::string::npos);
    EXPECT_NE(error.detail().find(std::to_string(getpid())), std::string::npos);
  }
  LockHolder holder;
  EXPECT_TRUE(InstallationLock::is_held(folder / "staging", &holder));
  EXPECT_EQ(holder.pid, getpid());
  EXPECT_FALSE(InstallationLock::is_held(folder / "other"));
}

TEST(Lock, EndsWithItsHolderHoweverThatEnded) {
  const TempFolder folder;
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const InstallationLock lock(folder.path(), "doomed");
    if (write(ready[1], "x", 1) != 1) _exit(1);
    pause();
    _exit(1);
  }
  char byte = 0;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  EXPECT_TRUE(InstallationLock::is_held(folder.path()));
  kill(child, SIGKILL);
  ASSERT_EQ(waitpid(child, nullptr, 0), child);
  EXPECT_FALSE(InstallationLock::is_held(folder.path()));
  const InstallationLock mine(folder.path(), "next");
  close(ready[0]);
  close(ready[1]);
}

TEST(Lock, IsNotInheritedByProgramsThatOutliveFerry) {
  const TempFolder folder;
  std::optional<Helper> helper;
  {
    const InstallationLock lock(folder.path(), "first");
    helper.emplace(std::vector<std::string>{"sleep", "300"});
  }
  EXPECT_FALSE(InstallationLock::is_held(folder.path()));
}

TEST(Facts, TellWhatTheMachineIs) {
  const TempFolder folder;
  const auto facts = read_host_facts(folder / "not/yet", {{"shell", {"sh", "-c", "echo 'Shell 1.0' >&2"}},
                                                          {"missing", {"no-such-program-here"}},
                                                          {"noisy", {"sh", "-c", "echo 'Picked up X'; echo v2"}}});
  EXPECT_FALSE(facts.os.empty());
  EXPECT_TRUE(facts.kernel.starts_with("Linux "));
  EXPECT_FALSE(facts.cpu.empty());
  EXPECT_GT(facts.cores, 0);
  EXPECT_GT(facts.memory_bytes, 1U << 20U);
  EXPECT_GT(facts.disk_total_bytes, facts.disk_free_bytes);
  EXPECT_FALSE(facts.file_system.empty());
  EXPECT_FALSE(facts.time_zone.empty());
  EXPECT_EQ(facts.runtimes, (std::map<std::string, std::string>{{"shell", "Shell 1.0"}, {"noisy", "v2"}}));
  EXPECT_EQ(facts.root, geteuid() == 0);
  EXPECT_FALSE(account_name().empty());
}

}  // namespace
}  // namespace ferry
