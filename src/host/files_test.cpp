#include "host/files.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/error.h"
#include "host/descriptor.h"
#include "host/tree.h"

namespace ferry {
namespace {

Code code_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.code();
  }
  return Code::internal;
}

struct stat status_of(const std::string& path) {
  struct stat status {};
  EXPECT_EQ(lstat(path.c_str(), &status), 0) << path;
  return status;
}

TEST(Files, WhatIsWrittenIsReadAndModeAndLinkStay) {
  const TempFolder folder;
  const std::string bytes("a\0b\n", 4);
  write_file_atomic(folder / "f", bytes, 0640);
  EXPECT_EQ(read_file(folder / "f"), bytes);
  EXPECT_EQ(status_of(folder / "f").st_mode & 07777U, 0640U);
  ASSERT_EQ(symlink("f", (folder / "l").c_str()), 0);
  write_file_atomic(folder / "l", "new", 0600);
  EXPECT_TRUE(S_ISLNK(status_of(folder / "l").st_mode));
  EXPECT_EQ(read_file(folder / "f"), "new");
  EXPECT_EQ(status_of(folder / "f").st_mode & 07777U, 0640U);
  append_file(folder / "f", " more");
  EXPECT_EQ(read_file(folder / "f"), "new more");
}

TEST(Files, AFailedWriteLeavesTheOldFileAndNothingElse) {
  const TempFolder folder;
  make_folders(folder / "d/f");
  EXPECT_NE(code_of([&] { write_file_atomic(folder / "d/f", "x"); }), Code::internal);
  EXPECT_EQ(read_tree(folder.path()).manifest.size(), 2U);
}

TEST(Files, MissingAndTooLargeFilesAreTold) {
  const TempFolder folder;
  EXPECT_EQ(code_of([&] { read_file(folder / "none"); }), Code::not_found);
  EXPECT_FALSE(read_file_if_there(folder / "none").has_value());
  write_file_atomic(folder / "f", "12345");
  EXPECT_EQ(code_of([&] { read_file(folder / "f", 4); }), Code::unsupported_format);
  EXPECT_EQ(read_file(folder / "f", 5), "12345");
  EXPECT_EQ(read_head(folder / "f", 3), "123");
  EXPECT_EQ(read_head(folder / "f", 30), "12345");
  EXPECT_FALSE(read_file("/proc/self/stat").empty());
}

TEST(Files, FoldersAreMadeWithTheirParents) {
  const TempFolder folder;
  make_folders(folder / "a/b/c/");
  make_folders(folder / "a/b/c");
  EXPECT_TRUE(is_folder(folder / "a/b/c"));
  write_file_atomic(folder / "a/f", "");
  EXPECT_EQ(code_of([&] { make_folders(folder / "a/f/x"); }), Code::not_a_directory);
}

TEST(Files, RemovingNeverFollowsLinks) {
  const TempFolder folder;
  make_folders(folder / "keep");
  write_file_atomic(folder / "keep/f", "");
  make_folders(folder / "gone/below");
  write_file_atomic(folder / "gone/below/f", "");
  ASSERT_EQ(symlink("../keep", (folder / "gone/link").c_str()), 0);
  remove_tree(folder / "gone");
  remove_tree(folder / "gone");
  EXPECT_FALSE(path_exists(folder / "gone"));
  EXPECT_TRUE(path_exists(folder / "keep/f"));
}

TEST(Files, RemovingRefusesWhatWouldTakeTooMuch) {
  for (const char* path : {"", "/", "//", ".", "..", "/tmp/..", "/usr/."})
    EXPECT_EQ(code_of([&] { remove_tree(path); }), Code::out_of_bounds_path) << path;
}

TEST(Files, RemovingStopsAtAMount) {
  const TempFolder folder;
  make_folders(folder / "tree/mounted");
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    if (unshare(CLONE_NEWNS) != 0 || mount("", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        mount("none", (folder / "tree/mounted").c_str(), "tmpfs", 0, nullptr) != 0)
      _exit(77);
    write_file_atomic(folder / "tree/mounted/f", "");
    const bool right =
        code_of([&] { remove_tree(folder / "tree"); }) == Code::other_device && path_exists(folder / "tree/mounted/f");
    _exit(right ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  if (WEXITSTATUS(status) == 77) GTEST_SKIP() << "mounting needs root";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(Files, ACopiedTreeIsTheSameInEverythingButSockets) {
  const TempFolder folder;
  const std::string from = folder / "from";
  make_folders(from + "/sub/\xC4\xBF");
  write_file_atomic(from + "/sub/\xC4\xBF/f", std::string(100000, 'x'), 0750);
  ASSERT_EQ(link((from + "/sub/\xC4\xBF/f").c_str(), (from + "/hard").c_str()), 0);
  ASSERT_EQ(symlink("../nowhere", (from + "/sub/link").c_str()), 0);
  ASSERT_EQ(mkfifo((from + "/pipe").c_str(), 0600), 0);
  ASSERT_EQ(chmod((from + "/sub").c_str(), 0711), 0);
  const bool owned = geteuid() != 0 || chown((from + "/sub").c_str(), 1234, 4321) == 0;
  ASSERT_TRUE(owned);
  const bool attributes = setxattr((from + "/hard").c_str(), "user.a", "b", 1, 0) == 0;
  const Descriptor listener(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  (from + "/socket").copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  make_folders(from + "/logs");
  write_file_atomic(from + "/logs/x", "");
  const timespec old[2] = {{1000, 5}, {2000, 7}};
  ASSERT_EQ(utimensat(AT_FDCWD, (from + "/sub").c_str(), old, 0), 0);

  CopyOptions options;
  options.exclude = {RelativePath("logs")};
  const auto done = copy_tree(from, folder / "to", options);
  EXPECT_EQ(done.files, 1U);
  EXPECT_EQ(done.bytes, 100000U);
  EXPECT_EQ(done.special, 1U);
  TreeOptions look;
  look.exclude = {RelativePath("logs"), RelativePath("socket")};
  const auto a = read_tree(from, look);
  const auto b = read_tree(folder / "to", look);
  EXPECT_EQ(a.manifest.items(), b.manifest.items());
  EXPECT_EQ(a.attributes, b.attributes);
  EXPECT_EQ(a.attributes.size(), attributes ? 2U : 0U);
  EXPECT_EQ(status_of(folder / "to/hard").st_ino, status_of(folder / "to/sub/\xC4\xBF/f").st_ino);
  EXPECT_NE(status_of(folder / "to/hard").st_ino, status_of(from + "/hard").st_ino);
  EXPECT_EQ(code_of([&] { copy_tree(from, folder / "to"); }), Code::already_exists);
}

TEST(Files, HolesStayHolesInACopy) {
  const TempFolder folder;
  const Descriptor fd(open((folder / "f").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  ASSERT_EQ(pwrite(fd.get(), "begin", 5, 0), 5);
  ASSERT_EQ(pwrite(fd.get(), "middle", 6, 64 << 20), 6);
  ASSERT_EQ(ftruncate(fd.get(), 128 << 20), 0);
  copy_file(folder / "f", folder / "g");
  EXPECT_EQ(digest_of_file(folder / "f"), digest_of_file(folder / "g"));
  EXPECT_LT(status_of(folder / "g").st_blocks * 512, 1 << 20);
}

TEST(Files, SpaceAndDeviceOfWhatDoesNotExistYet) {
  const TempFolder folder;
  const Space space = free_space(folder / "not/yet");
  EXPECT_GT(space.total, 0U);
  EXPECT_LE(space.free, space.total);
  EXPECT_TRUE(same_device(folder.path(), folder / "not/yet"));
  EXPECT_FALSE(same_device(folder.path(), "/proc"));
}

TEST(Files, ATemporaryFolderIsGoneAfterwardsUnlessKept) {
  std::string path;
  {
    const TempFolder folder;
    path = folder.path();
    write_file_atomic(folder / "f", "");
    EXPECT_EQ(status_of(path).st_mode & 07777U, 0700U);
  }
  EXPECT_FALSE(path_exists(path));
  {
    TempFolder folder;
    path = folder.keep();
  }
  EXPECT_TRUE(path_exists(path));
  remove_tree(path);
}

}  // namespace
}  // namespace ferry
