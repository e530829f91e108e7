// Installations as they are met: names of every kind, files of every size, other owners, many files.
// FERRY_FULL=1: the large ones in full size.
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>

#include "deploy/deploy_test_tree.h"
#include "host/switch_calls.h"

namespace ferry::testing {
namespace {

namespace fs = std::filesystem;

bool full() {
  return std::getenv("FERRY_FULL") != nullptr;
}

// Forward, as planned; back, exactly as before - in both ways of exchanging.
void expect_there_and_back(const std::function<void(Installation&)>& prepare) {
  for (const bool use_exchange : {true, false}) {
    Installation oa;
    prepare(oa);
    DeployOptions options;
    options.use_exchange = use_exchange;
    const auto before = snapshot(oa.root());
    stage(oa.place(), oa.input(), oa.content(), options);
    EXPECT_TRUE(switch_tree(oa.place(), oa.input(), options).clean());
    for (const auto& change : oa.input().changes) {
      if (!change.after || change.after->type == EntryType::link) continue;
      const auto found = oa.entry_now(change.path.bytes());
      ASSERT_TRUE(found) << change.path.bytes();
      EXPECT_TRUE(*found == *change.after) << change.path.bytes();
    }
    EXPECT_EQ(switch_state(oa.place().run_folder()).third, 0U);
    EXPECT_TRUE(take_back(oa.place(), options).clean());
    EXPECT_EQ(difference(before, snapshot(oa.root())), "");
  }
}

TEST(Trees, NamesOf255BytesAndInEveryEncoding) {
  const std::string long_name(255, 'n');
  std::string long_gbk;
  while (long_gbk.size() < 254) long_gbk += "\xC1\xF7";
  expect_there_and_back([&](Installation& oa) {
    for (const auto& name : {long_name, long_gbk, std::string("\xC1\xF7\xB3\xCC \n\t\\'\"%s$(x)"), std::string("-rf"),
                             std::string("\xE6\xB5\x81\xE7\xA8\x8B.jsp"), std::string("\xFF\xFE")}) {
      write_text(oa.root("webapp/" + name), "old");
      oa.plan("webapp/" + name, "new content of it");
      oa.plan("conf/added " + name.substr(0, 240), "added");
    }
  });
}

TEST(Trees, DeepPaths) {
  expect_there_and_back([](Installation& oa) {
    // 30 folders of 101 bytes: with the root close to PATH_MAX.
    std::string path = "webapp";
    auto open = calls::open_folder(oa.root(path));
    for (int i = 0; i < 30; ++i) {
      const auto name = std::to_string(i) + std::string(100, 'f');
      calls::make_folder(open.get(), name, name);
      path += "/" + name;
      open = std::move(*calls::open_folder_beneath(open.get(), RelativePath(name)));
    }
    const auto file = calls::create_file(open.get(), "deep.jsp", path);
    calls::write_all(file.get(), "old", path);
    oa.plan(path + "/deep.jsp", "new and deep");
    oa.plan(path + "/added.jsp", "added deep down");
  });
}

TEST(Trees, NamesThatDifferOnlyInCaseStaySeparate) {
  expect_there_and_back([](Installation& oa) {
    for (const char* name : {"webapp/Page.jsp", "webapp/page.jsp", "webapp/PAGE.JSP"})
      write_text(oa.root(name), std::string("old ") + name);
    oa.plan("webapp/Page.jsp", "new, only this one");
    oa.plan("webapp/page.JSP", "added beside them");
    oa.plan_removal("webapp/PAGE.JSP");
  });
}

TEST(Trees, ReadOnlyFilesAndFoldersAreReplacedAndStayReadOnly) {
  expect_there_and_back([](Installation& oa) {
    write_text(oa.root("webapp/js/locked.js"), "old");
    fs::permissions(oa.root("webapp/js/locked.js"), fs::perms(0400));
    oa.plan("webapp/js/locked.js", "new", 0400);
    if (::geteuid() == 0) fs::permissions(oa.root("webapp/js"), fs::perms(0555));
  });
}

TEST(Trees, FilesOfAnotherUserKeepTheirOwner) {
  if (::geteuid() != 0) GTEST_SKIP() << "NOT TRIED: giving files to another user needs root";
  expect_there_and_back([](Installation& oa) {
    for (const char* name : {"webapp/login.jsp", "webapp/js", "webapp/index.jsp", "old/gone.txt"})
      ASSERT_EQ(::lchown(oa.root(name).c_str(), 12345, 23456), 0);
    oa.plan("webapp/login.jsp", "new, of the other user");
    auto& change = oa.input().changes.back();
    ASSERT_EQ(change.before->uid, 12345U);
    change.after->uid = 12345;
    change.after->gid = 23456;
    // And one whose owner alone changes.
    write_text(oa.root("webapp/owned"), "stays");
    oa.plan_mode("webapp/owned", 0640);
    oa.input().changes.back().after->uid = 12345;
    // Planned from what stands there now, with the other owner.
    oa.plan_removal("old/gone.txt");
    oa.plan_link("webapp/index.jsp", "login2.jsp");
  });
}

TEST(Trees, AStagingFolderOnAnotherFileSystemIsRefusedWithAdvice) {
  const Installation oa;
  for (const char* elsewhere : {"/dev/shm", "/tmp", "/proc"}) {
    if (same_device(elsewhere, oa.root())) continue;
    auto place = oa.place();
    place.staging = std::string(elsewhere) + "/ferry-staging";
    for (const auto& call : {std::function<void()>([&] { preflight(place, oa.input()); }),
                             std::function<void()>([&] { stage(place, oa.input(), oa.content()); })}) {
      std::string told;
      EXPECT_EQ(code_of(call, &told), Code::other_device);
      EXPECT_NE(told.find(place.staging), std::string::npos) << told;
      EXPECT_NE(told.find("Put the staging folder on the file system of the installation"), std::string::npos) << told;
    }
    EXPECT_FALSE(fs::exists(place.staging));
    return;
  }
  FAIL() << "no second file system on this machine";
}

std::uint64_t blocks_of(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? static_cast<std::uint64_t>(status.st_blocks) : 0;
}

TEST(Trees, ALargeSparseFileIsNotFilledByGoingThereAndBack) {
  const std::uint64_t size = full() ? 5'000'000'000 : 50'000'000;
  Installation oa;
  for (const char* name : {"webapp/large.bin", "webapp/large-kept.bin"}) {
    write_text(oa.root(name), "begins");
    fs::resize_file(oa.root(name), size);
  }
  const auto blocks = blocks_of(oa.root("webapp/large.bin"));
  ASSERT_LT(blocks * 512, size / 10);
  oa.plan("webapp/large.bin", "small now");
  const auto before = snapshot(oa.root());
  stage(oa.place(), oa.input(), oa.content());
  switch_tree(oa.place(), oa.input());
  EXPECT_EQ(text_of(oa.root("webapp/large.bin")), "small now");
  take_back(oa.place());
  EXPECT_EQ(difference(before, snapshot(oa.root())), "");
  EXPECT_EQ(blocks_of(oa.root("webapp/large.bin")), blocks);
  EXPECT_EQ(blocks_of(oa.root("webapp/large-kept.bin")), blocks);
}

TEST(Trees, ASparseFileOfThePackageStaysSparse) {
  const std::uint64_t size = full() ? 5'000'000'000 : 50'000'000;
  Installation oa;
  const std::string begin = "begins", end = "ends";
  oa.plan("webapp/sparse.bin", "");
  auto& entry = *oa.input().changes.back().after;
  Hasher hasher;
  const auto give = [&](const Sink& sink) {
    static const std::string zeros(1U << 16U, '\0');
    sink(begin);
    std::uint64_t left = size - begin.size() - end.size();
    for (; left > 0; left -= std::min<std::uint64_t>(left, zeros.size()))
      sink(std::string_view(zeros).substr(0, std::min<std::uint64_t>(left, zeros.size())));
    sink(end);
  };
  give([&](std::string_view bytes) { hasher.update(bytes); });
  entry.size = size;
  entry.digest = hasher.finish();
  const auto content = [&, rest = oa.content()](const PlannedChange& change, const Sink& sink) {
    if (change.path.bytes() == "webapp/sparse.bin")
      give(sink);
    else
      rest(change, sink);
  };
  stage(oa.place(), oa.input(), content);
  EXPECT_TRUE(switch_tree(oa.place(), oa.input()).clean());
  EXPECT_TRUE(*oa.entry_now("webapp/sparse.bin") == entry);
  EXPECT_LT(blocks_of(oa.root("webapp/sparse.bin")) * 512, size / 10);
}

// An installation in the layers of a container's image; what is changed goes to a layer of its own, on the same file
// system or (tmpfs) on another one. Runs the work there; what it throws.
Code on_overlay(const Installation& oa, const std::string& upper, const std::string& options,
                const std::function<void()>& work) {
  const TempFolder layers("ferry-layers");
  const auto folder = fs::path(oa.root()).parent_path().string();
  return code_in_child([&] {
    enter_mount_namespace();
    const auto mount = [&](const char* type, const std::string& where, const std::string& how) {
      if (::mount(type, where.c_str(), type, 0, how.c_str()) != 0) throw system_error("mount " + where, errno);
    };
    if (upper == "tmpfs") mount("tmpfs", layers.path(), "size=64m");
    fs::create_directory(layers / "upper");
    fs::create_directory(layers / "work");
    mount("overlay", folder,
          "lowerdir=" + folder + ",upperdir=" + (layers / "upper") + ",workdir=" + (layers / "work") + options);
    work();
  });
}

void there_and_back(const Installation& oa) {
  const auto before = snapshot(oa.root());
  stage(oa.place(), oa.input(), oa.content());
  EXPECT_EQ(difference(before, snapshot(oa.root())), "");
  EXPECT_TRUE(switch_tree(oa.place(), oa.input()).clean());
  EXPECT_EQ(switch_state(oa.place().run_folder()).third, 0U);
  EXPECT_TRUE(take_back(oa.place()).clean());
  EXPECT_EQ(difference(before, snapshot(oa.root())), "");
  if (::testing::Test::HasFailure()) throw Error(Code::drift);  // of a child only its code is seen
}

TEST(Trees, OnAnOverlayItWorksOrIsRefusedBeforeAnythingChanges) {
  if (::geteuid() != 0) GTEST_SKIP() << "an overlay needs root";
  Installation files;
  files.input() = {};
  files.plan("webapp/login.jsp", "new");
  files.plan("webapp/js/added.js", "added");
  files.plan_removal("webapp/js/a.js");
  files.plan_link("webapp/index.jsp", "js/b.js");
  EXPECT_EQ(on_overlay(files, "same", "", [&] { there_and_back(files); }), Code::internal);
  // Its files have the device of their layer and get another inode when they are touched.
  EXPECT_EQ(on_overlay(files, "tmpfs", "", [&] { there_and_back(files); }), Code::other_device);
  // Folders of a lower layer stay where they are, unless the overlay may redirect them.
  Installation folders;
  folders.input() = {};
  folders.plan("webapp/login.jsp", "new");
  folders.input().dropped.push_back(RelativePath("work/compiled"));
  EXPECT_EQ(on_overlay(folders, "same", ",redirect_dir=off", [&] { there_and_back(folders); }), Code::kernel_refused);
  EXPECT_EQ(on_overlay(folders, "same", ",redirect_dir=on", [&] { there_and_back(folders); }), Code::internal);
}

// Stage, switch and way back of the same few changes, in milliseconds; the best of some.
double best_time(const Installation& oa) {
  double best = 1e9;
  for (int round = 0; round < 5; ++round) {
    auto place = oa.place();
    place.run = "run-" + std::to_string(100 + round);
    const auto begin = std::chrono::steady_clock::now();
    do_unflushed([&] {
      stage(place, oa.input(), oa.content());
      switch_tree(place, oa.input());
      take_back(place);
    });
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
    best = std::min(best, took.count());
  }
  return best;
}

TEST(Trees, TheCostGrowsWithTheChangeNotWithTheTree) {
  const int files = full() ? 300'000 : 20'000;
  const Installation small;
  const Installation large;
  for (int folder = 0; folder < files / 1000; ++folder) {
    const auto path = large.root("webapp/many" + std::to_string(folder));
    fs::create_directory(path);
    const auto open = calls::open_folder(path);
    for (int i = 0; i < 1000; ++i) calls::create_file(open.get(), std::to_string(i), path);
  }
  const auto small_ms = best_time(small);
  const auto large_ms = best_time(large);
  std::printf("%zu changes: %.1f ms in a tree of 20 files, %.1f ms in one of %d\n", small.input().changes.size(),
              small_ms, large_ms, files);
  // Looking once at every file would take longer than this: 2 microseconds each.
  EXPECT_LT(large_ms, 2 * small_ms + 0.002 * files);
}

}  // namespace
}  // namespace ferry::testing
