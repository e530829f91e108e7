#include "host/tree.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <thread>

#include "host/descriptor.h"
#include "host/files.h"
#include "host/program.h"

namespace ferry {
namespace {

// "用户手册.txt" in GBK: not UTF-8.
const std::string gbk_name = "\xD3\xC3\xBB\xA7\xCA\xD6\xB2\xE1.txt";

void write(const std::string& path, std::string_view bytes) {
  write_file_atomic(path, bytes);
}

// An hour ahead, so that nothing written now counts as racily clean.
Moment later() {
  return system_now() + std::chrono::hours(1);
}

struct Tree {
  TempFolder folder{"ferry-tree"};
  std::string root = folder / "root";
  std::string index = folder / "index";
  Tree() {
    make_folders(root + "/webapp/pages");
    make_folders(root + "/logs");
    write(root + "/webapp/login.jsp", "<html>login</html>");
    write(root + "/webapp/pages/" + gbk_name, "content");
    write(root + "/webapp/pages/empty", "");
    write(root + "/logs/oa.log", "line\n");
    EXPECT_EQ(symlink("webapp/login.jsp", (root + "/start").c_str()), 0);
    EXPECT_EQ(symlink("loop", (root + "/loop").c_str()), 0);
    EXPECT_EQ(symlink("..", (root + "/webapp/up").c_str()), 0);
    EXPECT_EQ(mkfifo((root + "/pipe").c_str(), 0640), 0);
  }
  TreeResult read(TreeOptions options = {}) const {
    options.index_file = index;
    if (!options.clock) options.clock = later;
    return read_tree(root, options);
  }
};

const Entry& at(const TreeResult& result, const std::string& path) {
  const Entry* entry = result.manifest.find(RelativePath(path));
  if (entry == nullptr) throw Error(Code::not_found, path);
  return *entry;
}

TEST(Tree, ListsEveryObjectWithItsDigestWhateverItsNameIs) {
  const Tree tree;
  const auto result = read_tree(tree.root);
  EXPECT_TRUE(result.problems.empty());
  EXPECT_EQ(result.manifest.size(), 11U);
  EXPECT_EQ(at(result, "webapp/login.jsp").digest, Digest::of("<html>login</html>"));
  EXPECT_EQ(at(result, "webapp/pages/" + gbk_name).digest, Digest::of("content"));
  EXPECT_EQ(at(result, "webapp/pages/" + gbk_name).size, 7U);
  EXPECT_EQ(at(result, "webapp/pages/empty").digest, Digest::of(""));
  EXPECT_EQ(at(result, "webapp").type, EntryType::folder);
  EXPECT_EQ(at(result, "start").link, "webapp/login.jsp");
  EXPECT_EQ(at(result, "pipe").type, EntryType::fifo);
  EXPECT_EQ(at(result, "pipe").mode, 0640U);
  EXPECT_EQ(result.hashed_files, 4U);
  EXPECT_EQ(result.hashed_bytes, 18U + 7U + 5U);
}

TEST(Tree, NeverFollowsLinksNotEvenToFoldersAndInCircles) {
  const Tree tree;
  const auto result = read_tree(tree.root);
  EXPECT_EQ(at(result, "webapp/up").type, EntryType::link);
  EXPECT_EQ(at(result, "loop").link, "loop");
  EXPECT_EQ(result.manifest.find(RelativePath("webapp/up/webapp")), nullptr);
}

TEST(Tree, AFolderMountedIntoItselfIsReportedNotFollowed) {
  const Tree tree;
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {  // the mount lives in a namespace of this child only
    const bool mounted = unshare(CLONE_NEWNS) == 0 && mount("", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                         mount(tree.root.c_str(), (tree.root + "/logs").c_str(), nullptr, MS_BIND, nullptr) == 0;
    if (!mounted) _exit(77);
    const auto result = read_tree(tree.root);
    const bool right = result.problems.size() == 1 && result.problems[0].code == Code::link_loop &&
                       result.problems[0].path == RelativePath("logs");
    _exit(right ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  if (WEXITSTATUS(status) == 77) GTEST_SKIP() << "mounting needs root";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(Tree, ExcludedPathsAreNotEvenLookedAt) {
  const Tree tree;
  TreeOptions options;
  options.exclude = {RelativePath("logs"), RelativePath("webapp/pages")};
  const auto result = tree.read(options);
  EXPECT_EQ(result.manifest.find(RelativePath("logs")), nullptr);
  EXPECT_EQ(result.manifest.find(RelativePath("webapp/pages/empty")), nullptr);
  EXPECT_NE(result.manifest.find(RelativePath("webapp/login.jsp")), nullptr);
}

TEST(Tree, UnreadableFilesAndFoldersAreToldAndTheRestIsRead) {
  const Tree tree;
  write(tree.root + "/secret", "x");
  make_folders(tree.root + "/closed/inside");
  ASSERT_EQ(chmod((tree.root + "/secret").c_str(), 0), 0);
  ASSERT_EQ(chmod((tree.root + "/closed").c_str(), 0), 0);
  ASSERT_EQ(chmod(tree.folder.path().c_str(), 0755), 0);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {  // root reads everything: so as nobody
    if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0)) _exit(2);
    const auto result = read_tree(tree.root);
    const bool right = result.problems.size() == 2 && result.problems[0].path == RelativePath("closed") &&
                       result.problems[0].code == Code::permission &&
                       result.problems[1].path == RelativePath("secret") &&
                       result.problems[1].code == Code::permission && at(result, "secret").digest.empty() &&
                       at(result, "webapp/login.jsp").digest == Digest::of("<html>login</html>");
    _exit(right ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 0);
  chmod((tree.root + "/closed").c_str(), 0755);
}

TEST(Tree, AFileThatKeepsChangingIsToldAndHasNoDigest) {
  const Tree tree;
  // Large enough that the writer gets between the two looks at it, however often it is read.
  const std::string file = tree.root + "/growing";
  write(file, std::string(8U << 20U, 'x'));
  std::atomic<bool> stop{false};
  std::jthread writer([&] {
    const Descriptor fd(open(file.c_str(), O_WRONLY | O_CLOEXEC));
    for (char c = 'a'; !stop; ++c)
      if (pwrite(fd.get(), &c, 1, 100) != 1) return;
  });
  const auto result = read_tree(tree.root);
  stop = true;
  ASSERT_EQ(result.problems.size(), 1U);
  EXPECT_EQ(result.problems[0].code, Code::file_changed);
  EXPECT_EQ(result.problems[0].path, RelativePath("growing"));
  EXPECT_TRUE(at(result, "growing").digest.empty());
}

TEST(Tree, ReadingLeavesNoTraceInTheTree) {
  const Tree tree;
  const auto stamp = [&] {
    std::string out;
    for (const char* path : {"", "/webapp", "/webapp/login.jsp", "/logs", "/logs/oa.log"}) {
      struct stat status {};
      EXPECT_EQ(lstat((tree.root + path).c_str(), &status), 0);
      for (const auto& time : {status.st_atim, status.st_mtim, status.st_ctim})
        out += std::to_string(time.tv_sec) + "." + std::to_string(time.tv_nsec) + " ";
    }
    return out;
  };
  // Access times older than the modification would be renewed by relatime.
  const timespec times[2] = {{1000, 0}, {2000, 0}};
  for (const char* path : {"/webapp/login.jsp", "/logs/oa.log"})
    ASSERT_EQ(utimensat(AT_FDCWD, (tree.root + path).c_str(), times, 0), 0);
  const auto before = stamp();
  read_tree(tree.root);
  EXPECT_EQ(stamp(), before);
}

TEST(Tree, ExtendedAttributesGoIntoTheSidecarAlsoFromTheIndex) {
  const Tree tree;
  if (setxattr((tree.root + "/webapp/login.jsp").c_str(), "user.origin", "GBK\0x", 5, 0) != 0)
    GTEST_SKIP() << "no extended attributes on this file system";
  ASSERT_EQ(setxattr((tree.root + "/logs").c_str(), "user.keep", "1", 1, 0), 0);
  for (int i = 0; i < 2; ++i) {
    const auto result = tree.read();
    ASSERT_EQ(result.attributes.size(), 2U);
    EXPECT_EQ(result.attributes.at(RelativePath("webapp/login.jsp")).at("user.origin"), std::string("GBK\0x", 5));
    EXPECT_EQ(result.attributes.at(RelativePath("logs")).at("user.keep"), "1");
    EXPECT_EQ(result.hashed_files, i == 0 ? 4U : 0U);
  }
}

TEST(Tree, ASecondReadingReadsOnlyWhatChanged) {
  const Tree tree;
  const auto first = tree.read();
  EXPECT_EQ(first.index, IndexUse::fresh);
  write(tree.root + "/webapp/new.jsp", "new");
  write(tree.root + "/logs/oa.log", "LINE\n");  // same size
  ASSERT_EQ(unlink((tree.root + "/webapp/pages/empty").c_str()), 0);
  const auto second = tree.read();
  EXPECT_EQ(second.index, IndexUse::used);
  EXPECT_EQ(second.hashed_files, 2U);
  EXPECT_EQ(at(second, "logs/oa.log").digest, Digest::of("LINE\n"));
  EXPECT_EQ(at(second, "webapp/new.jsp").digest, Digest::of("new"));
  EXPECT_EQ(second.manifest.find(RelativePath("webapp/pages/empty")), nullptr);
  EXPECT_EQ(tree.read().hashed_files, 0U);
  EXPECT_EQ(tree.read().manifest.content_digest(), read_tree(tree.root).manifest.content_digest());
}

TEST(Tree, AChangeThatKeepsSizeAndTimesIsSeenByItsInodeTime) {
  const Tree tree;
  const std::string file = tree.root + "/webapp/login.jsp";
  struct stat before {};
  ASSERT_EQ(stat(file.c_str(), &before), 0);
  tree.read();
  const Descriptor fd(open(file.c_str(), O_WRONLY | O_CLOEXEC));
  ASSERT_EQ(pwrite(fd.get(), "<HTML>", 6, 0), 6);
  const timespec times[2] = {before.st_atim, before.st_mtim};
  ASSERT_EQ(futimens(fd.get(), times), 0);
  EXPECT_EQ(at(tree.read(), "webapp/login.jsp").digest, Digest::of("<HTML>login</html>"));
}

TEST(Tree, FilesWrittenAboutTheTimeOfTheIndexAreReadAgain) {
  const Tree tree;
  TreeOptions now;
  now.clock = system_now;
  tree.read(now);
  // Written a moment ago: a second write in the same tick of the clock would be invisible.
  EXPECT_EQ(tree.read(now).hashed_files, 4U);
}

TEST(Tree, ADamagedIndexIsLeftAsideWhereverItIsCutOrBent) {
  const Tree tree;
  const auto right = tree.read().manifest.content_digest();
  const std::string whole = read_file(tree.index);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    write(tree.index, whole.substr(0, size));
    const auto result = tree.read();
    ASSERT_EQ(result.index, IndexUse::damaged) << size;
    ASSERT_EQ(result.manifest.content_digest(), right);
    if (::getenv("FERRY_FULL") == nullptr) size += 17;
  }
  for (std::size_t i = 0; i < whole.size(); i += 23) {
    std::string bent = whole;
    bent[i] = static_cast<char>(bent[i] ^ 1);
    write(tree.index, bent);
    ASSERT_EQ(tree.read().index, IndexUse::damaged) << i;
  }
  EXPECT_EQ(tree.read().index, IndexUse::used) << "a damaged index is replaced by a good one";
}

TEST(Tree, TheIndexOfAnotherRootIsForeign) {
  const Tree tree;
  const Tree other;
  tree.read();
  TreeOptions options;
  options.index_file = tree.index;
  options.clock = later;
  const auto result = read_tree(other.root, options);
  EXPECT_EQ(result.index, IndexUse::foreign);
  EXPECT_EQ(result.hashed_files, 4U);
}

TEST(Tree, ManyThreadsColdOrderAndOneThreadSeeTheSame) {
  const TempFolder folder("ferry-tree");
  for (int i = 0; i < 30; ++i) {
    const std::string below = folder / ("d" + std::to_string(i % 7) + "/e" + std::to_string(i));
    make_folders(below);
    for (int k = 0; k < 10; ++k)
      write(below + "/f" + std::to_string(k), std::string(static_cast<std::size_t>(i * k), 'x'));
  }
  write(folder / "big", std::string(40U << 20U, 'b'));
  TreeOptions one;
  one.threads = 1;
  TreeOptions cold;
  cold.cold = true;
  const auto plain = read_tree(folder.path(), one);
  const auto shuffled = read_tree(folder.path(), cold);
  EXPECT_EQ(plain.manifest.size(), 7U + 30U + 300U + 1U);
  EXPECT_EQ(plain.manifest.items(), shuffled.manifest.items());
  EXPECT_EQ(at(plain, "big").digest, Digest::of(std::string(40U << 20U, 'b')));
}

TEST(Tree, DeepFoldersNeedNoFileDescriptorEach) {
  const TempFolder folder("ferry-tree");
  std::string path = folder.path();
  for (int i = 0; i < 600; ++i) path += "/d";
  make_folders(path);
  write(path + "/f", "deep");
  rlimit old{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &old), 0);
  const rlimit few{64, old.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
  const auto result = read_tree(folder.path());
  setrlimit(RLIMIT_NOFILE, &old);
  EXPECT_TRUE(result.problems.empty());
  EXPECT_EQ(result.manifest.items().back().second.digest, Digest::of("deep"));
}

TEST(Tree, ProgressEndsWithEverythingDoneAndMayStopTheReading) {
  const Tree tree;
  TreeProgress last;
  TreeOptions options;
  options.progress = [&](const TreeProgress& progress) { last = progress; };
  read_tree(tree.root, options);
  EXPECT_TRUE(last.walked);
  EXPECT_EQ(last.files, 4U);
  EXPECT_EQ(last.files_done, 4U);
  EXPECT_EQ(last.bytes_done, last.bytes);
  options.progress = [](const TreeProgress&) { throw Error(Code::interrupted); };
  EXPECT_THROW(read_tree(tree.root, options), Error);
}

TEST(Tree, ARootThatCannotBeReadIsAnError) {
  const Tree tree;
  const auto code = [](const std::string& root) {
    try {
      read_tree(root);
    } catch (const Error& error) {
      return error.code();
    }
    return Code::internal;
  };
  EXPECT_EQ(code(tree.root + "/nowhere"), Code::not_found);
  EXPECT_EQ(code(tree.root + "/logs/oa.log"), Code::not_a_directory);
}

TEST(Tree, BsdtarReadsTheManifestAndFindsNoDifference) {
  const Tree tree;
  const auto result = read_tree(tree.root);
  write(tree.folder / "m.mtree", result.manifest.to_mtree());
  const auto listed = require_program({"bsdtar", "-tf", tree.folder / "m.mtree"});
  EXPECT_NE(listed.out.find("webapp/login.jsp"), std::string::npos);
}

TEST(Tree, OneFileIsHashedByTheSameReader) {
  const Tree tree;
  EXPECT_EQ(digest_of_file(tree.root + "/logs/oa.log"), Digest::of("line\n"));
  EXPECT_THROW(digest_of_file(tree.root + "/logs/none"), Error);
  EXPECT_THROW(digest_of_file(tree.root + "/pipe"), Error);
}

}  // namespace
}  // namespace ferry
