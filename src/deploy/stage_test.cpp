#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/fs.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <filesystem>

#include "deploy/deploy_test_tree.h"
#include "host/durable.h"
#include "host/switch_calls.h"

namespace ferry::testing {
namespace {

namespace fs = std::filesystem;

TEST(Staging, AGeneratedFolderWhoseFolderIsNotThereEitherIsNothingToDrop) {
  Installation oa;
  oa.input().dropped.emplace_back("not/there/cache");
  stage(oa.place(), oa.input(), oa.content());
  EXPECT_TRUE(switch_tree(oa.place(), oa.input()).clean());
}

TEST(Staging, KeepsWhatIsThereAndReadsNothingTwice) {
  const Installation oa;
  const auto first = stage(oa.place(), oa.input(), oa.content());
  EXPECT_EQ(first.kept, 0U);
  EXPECT_GT(first.files, 10U);
  const ContentSource nothing = [](const PlannedChange&, const Sink&) { FAIL() << "asked for content again"; };
  const auto second = stage(oa.place(), oa.input(), nothing);
  EXPECT_EQ(second.files, 0U);
  EXPECT_EQ(second.kept, first.files);
}

TEST(Staging, AfterAKillOnlyTheRestIsWritten) {
  const Installation oa;
  DeployOptions options;
  options.threads = 1;
  ASSERT_TRUE(killed_at(CrashPoint::stage_recorded, 5, [&] { stage(oa.place(), oa.input(), oa.content(), options); }));
  const auto report = stage(oa.place(), oa.input(), oa.content(), options);
  EXPECT_EQ(report.kept, 5U);
  EXPECT_GT(report.files, 5U);
}

TEST(Staging, AStagedFileThatSomebodyChangedIsWrittenAgain) {
  const Installation oa;
  const auto first = stage(oa.place(), oa.input(), oa.content());
  write_text(oa.place().run_folder() + "/swap/0/0", "not what was staged");
  EXPECT_EQ(code_of([&] { switch_tree(oa.place(), oa.input()); }), Code::usage);
  const auto second = stage(oa.place(), oa.input(), oa.content());
  EXPECT_EQ(second.files, 1U);
  EXPECT_EQ(second.kept, first.files - 1);
  EXPECT_TRUE(switch_tree(oa.place(), oa.input()).clean());
}

TEST(Staging, ContentThatIsNotThePlannedOneIsRefused) {
  for (const std::string wrong : {"", "new b", "longer than planned"}) {
    const Installation oa;
    const auto before = snapshot(oa.root());
    const ContentSource content = [&](const PlannedChange& change, const Sink& sink) {
      if (change.path.bytes() == "webapp/js/a.js") return sink(wrong);
      oa.content()(change, sink);
    };
    std::string told;
    EXPECT_EQ(code_of([&] { stage(oa.place(), oa.input(), content); }, &told), Code::package_content);
    EXPECT_NE(told.find("webapp/js/a.js"), std::string::npos);
    EXPECT_EQ(difference(before, snapshot(oa.root())), "");
    EXPECT_EQ(code_of([&] { switch_tree(oa.place(), oa.input()); }), Code::usage);
  }
}

TEST(Staging, AFailedFlushIsFinalAndEverythingIsStagedAnew) {
  const Installation oa;
  const auto failing = [&] {
    fake_call(SYS_syncfs, EIO);
    stage(oa.place(), oa.input(), oa.content());
  };
  EXPECT_EQ(code_in_child(failing), Code::sync_failed);
  EXPECT_EQ(code_of([&] { switch_tree(oa.place(), oa.input()); }), Code::usage);
  EXPECT_EQ(stage(oa.place(), oa.input(), oa.content()).kept, 0U);
}

TEST(Staging, KilledDuringTheFlushNothingIsBelieved) {
  const Installation oa;
  stage(oa.place(), oa.input(), oa.content());
  const auto record = oa.place().run_folder() + "/staged";
  auto text = read_file(record);
  text.resize(text.rfind('\n', text.size() - 2) + 1);  // without the last line, "synced"
  durable::write(record, text);
  EXPECT_EQ(stage(oa.place(), oa.input(), oa.content()).kept, 0U);
}

TEST(Switch, AFailedFlushIsReportedAndTheWayBackWorks) {
  const Installation oa;
  const auto before = snapshot(oa.root());
  stage(oa.place(), oa.input(), oa.content());
  const auto failing = [&] {
    fake_call(SYS_syncfs, EIO);
    switch_tree(oa.place(), oa.input());
  };
  EXPECT_EQ(code_in_child(failing), Code::sync_failed);
  EXPECT_EQ(switch_state(oa.place().run_folder()).position, SwitchPosition::partly_done);
  take_back(oa.place());
  EXPECT_EQ(difference(before, snapshot(oa.root())), "");
}

TEST(Switch, WorksWhereTheKernelKnowsNoExchange) {
  const Installation oa;
  const auto before = snapshot(oa.root());
  stage(oa.place(), oa.input(), oa.content());
  const auto old_kernel = [&] {
    fake_call(SYS_renameat2, ENOSYS);
    switch_tree(oa.place(), oa.input());
  };
  EXPECT_EQ(code_in_child(old_kernel), Code::internal);
  EXPECT_EQ(switch_state(oa.place().run_folder()).position, SwitchPosition::done);
  take_back(oa.place());
  EXPECT_EQ(difference(before, snapshot(oa.root())), "");
}

TEST(Staging, AnotherPlanUnderTheSameRunIsRefused) {
  Installation oa;
  stage(oa.place(), oa.input(), oa.content());
  oa.plan("webapp/js/a.js", "a third version");
  EXPECT_EQ(code_of([&] { stage(oa.place(), oa.input(), oa.content()); }), Code::stale_plan);
}

TEST(Staging, StopsBetweenFilesWhenAskedAndGoesOnLater) {
  const Installation oa;
  int asked = 0;
  DeployOptions options;
  options.threads = 1;
  options.cancelled = [&] { return ++asked > 3; };
  EXPECT_EQ(code_of([&] { stage(oa.place(), oa.input(), oa.content(), options); }), Code::interrupted);
  EXPECT_EQ(stage(oa.place(), oa.input(), oa.content()).kept, 3U);
}

TEST(Staging, NewObjectsInheritTheAccessListOfTheirFolder) {
  const Installation oa;
  // acl(5) in the kernel's form: version 2; user::rwx, user:12345:rwx, group::r-x, mask::rwx, other::r-x
  const std::string acl(
      "\x02\0\0\0\x01\0\x07\0\xff\xff\xff\xff\x02\0\x07\0\x39\x30\0\0\x04\0\x05\0\xff\xff\xff\xff\x10\0\x07\0\xff\xff"
      "\xff\xff\x20\0\x05\0\xff\xff\xff\xff",
      44);
  ASSERT_EQ(::setxattr(oa.root().c_str(), "system.posix_acl_default", acl.data(), acl.size(), 0), 0) << errno;
  stage(oa.place(), oa.input(), oa.content());
  switch_tree(oa.place(), oa.input());
  EXPECT_GT(::getxattr(oa.root("added-at-top").c_str(), "system.posix_acl_access", nullptr, 0), 0);
  EXPECT_GT(::getxattr(oa.root("new/deep").c_str(), "system.posix_acl_default", nullptr, 0), 0);
  struct stat status {};
  ASSERT_EQ(::stat(oa.root("added-at-top").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0644U);
}

TEST(Preflight, RefusesToTouchData) {
  const auto refused = [](const auto& change_plan) {
    Installation oa;
    change_plan(oa);
    return code_of([&] { preflight(oa.place(), oa.input()); });
  };
  EXPECT_EQ(refused([](auto& oa) { oa.plan("data/customer.db", "x"); }), Code::protected_path);
  EXPECT_EQ(refused([](auto& oa) { oa.plan_removal("data"); }), Code::protected_path);
  EXPECT_EQ(refused([](auto& oa) { oa.plan("data/added", "x"); }), Code::protected_path);
  EXPECT_EQ(refused([](auto& oa) { oa.input().dropped.emplace_back("data"); }), Code::protected_path);
  EXPECT_EQ(refused([](auto& oa) { oa.input().protected_paths.emplace_back("work/compiled"); }), Code::protected_path);
}

TEST(Preflight, RefusesAPlanThatContradictsItself) {
  const auto refused = [](const auto& change_plan) {
    Installation oa;
    change_plan(oa.input());
    return code_of([&] { preflight(oa.place(), oa.input()); });
  };
  EXPECT_EQ(refused([](auto& in) { in.changes.push_back(in.changes[0]); }), Code::invalid_document);
  EXPECT_EQ(refused([](auto& in) { in.changes[0].path = RelativePath(); }), Code::invalid_document);
  EXPECT_EQ(refused([](auto& in) { in.changes[0].after->digest = Digest(); }), Code::invalid_document);
  EXPECT_EQ(refused([](auto& in) { in.changes[0].after->type = EntryType::fifo; }), Code::invalid_document);
  EXPECT_EQ(refused([](auto& in) { in.changes[0].path = RelativePath("old/added"); }), Code::invalid_document);
  EXPECT_EQ(refused([](auto& in) { in.changes[0].path = RelativePath("work/x"); }), Code::invalid_document);
}

TEST(Preflight, NeverFollowsALinkInTheMiddle) {
  const Installation oa;
  fs::rename(oa.root("webapp"), oa.root("moved"));
  fs::create_symlink("moved", oa.root("webapp"));
  std::string told;
  EXPECT_EQ(code_of([&] { preflight(oa.place(), oa.input()); }, &told), Code::out_of_bounds_path);
  EXPECT_NE(told.find("webapp"), std::string::npos);
}

TEST(Preflight, WantsTheRoomForTheWayBackToo) {
  const Installation oa;
  DeployOptions options;
  options.reserve_bytes = free_space(oa.root()).free;
  EXPECT_EQ(code_of([&] { stage(oa.place(), oa.input(), oa.content(), options); }), Code::disk_full);
  EXPECT_FALSE(fs::exists(oa.place().run_folder() + "/swap"));
}

TEST(Preflight, RefusesAStagingFolderInsideTheInstallation) {
  const Installation oa;
  auto place = oa.place();
  place.staging = oa.root("webapp/.staging");
  EXPECT_EQ(code_of([&] { preflight(place, oa.input()); }), Code::out_of_bounds_path);
}

TEST(Preflight, NamesTheFolderWhereAnotherFileSystemIsMounted) {
  const Installation oa;
  const auto mounted = [&] {
    enter_mount_namespace();
    // A bind mount has the device of the rest: only the mount id gives it away, and rename would fail.
    if (::mount(oa.root("webapp").c_str(), oa.root("webapp").c_str(), nullptr, MS_BIND, nullptr) != 0)
      throw Error(Code::program_missing, "mount");
    preflight(oa.place(), oa.input());
  };
  EXPECT_EQ(code_in_child(mounted), Code::other_device);
}

TEST(Preflight, SaysWhenTheAccountMayNotChangeAFolder) {
  const Installation oa;
  if (::geteuid() == 0) fs::permissions(fs::path(oa.root()).parent_path(), fs::perms(0755));
  fs::permissions(oa.root("webapp"), fs::perms(0555));
  const auto as_other = [&] {
    if (::geteuid() == 0 && ::setresuid(65534, 65534, 65534) != 0) throw Error(Code::program_missing, "setresuid");
    preflight(oa.place(), oa.input());
  };
  EXPECT_EQ(code_in_child(as_other), Code::permission);
}

class Immutable {
 public:
  explicit Immutable(const std::string& path) : file_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    set(FS_IMMUTABLE_FL);
  }
  ~Immutable() { set(0); }
  bool works() const { return works_; }

 private:
  void set(int wanted) {
    int flags = 0;
    works_ = ::ioctl(file_.get(), FS_IOC_GETFLAGS, &flags) == 0;
    flags = (flags & ~FS_IMMUTABLE_FL) | wanted;
    works_ = works_ && ::ioctl(file_.get(), FS_IOC_SETFLAGS, &flags) == 0;
  }
  Descriptor file_;
  bool works_ = false;
};

TEST(Preflight, NamesImmutableFilesAndFolders) {
  const Installation oa;
  for (const char* path : {"webapp/js", "webapp/js/a.js"}) {
    const Immutable immutable(oa.root(path));
    if (!immutable.works()) GTEST_SKIP() << "needs root and a file system with flags";
    std::string told;
    EXPECT_EQ(code_of([&] { preflight(oa.place(), oa.input()); }, &told), Code::immutable_file);
    EXPECT_NE(told.find(path), std::string::npos);
  }
}

// ---- several switches of one downtime

// A second plan on top of the first one, made from its result while the first one was not switched yet.
struct TwoJumps {
  TwoJumps() {
    first = oa.input();
    second_place = oa.place();
    second_place.run += "/stops/v2";
    for (const auto& change : first.changes) {
      if (!change.after || change.after->type != EntryType::file) continue;
      PlannedChange again;
      again.path = change.path;
      again.before = change.after;
      again.after = change.after;
      again.after->digest = Digest::of(text + change.path.bytes());
      again.after->size = (text + change.path.bytes()).size();
      again.after->mtime_ns += 1'000'000'000;
      second.changes.push_back(std::move(again));
    }
    second.protected_paths = first.protected_paths;
  }
  ContentSource content() const {
    return [this](const PlannedChange& change, const Sink& sink) { sink(text + change.path.bytes()); };
  }
  void stage_both() const {
    stage(oa.place(), first, oa.content());
    stage_ahead(second_place, second, {&first.changes}, content());
  }

  Installation oa;
  DeployInput first, second;
  DeployPlace second_place;
  std::string text = "third version of ";
};

TEST(StagingAhead, BothAreStagedWhileNothingHasChangedAndSwitchedOneAfterTheOther) {
  const TwoJumps two;
  ASSERT_GT(two.second.changes.size(), 3U);
  const auto before = snapshot(two.oa.root());
  two.stage_both();
  EXPECT_EQ(difference(before, snapshot(two.oa.root())), "");
  EXPECT_TRUE(switch_tree(two.oa.place(), two.first).clean());
  const auto between = snapshot(two.oa.root());
  // In front of its switch everything is there: nothing is written again.
  EXPECT_EQ(stage(two.second_place, two.second, two.content()).files, 0U);
  EXPECT_TRUE(switch_tree(two.second_place, two.second).clean());
  for (const auto& change : two.second.changes)
    EXPECT_EQ(text_of(two.oa.root(change.path.bytes())), two.text + change.path.bytes());
  EXPECT_TRUE(take_back(two.second_place).clean());
  EXPECT_EQ(difference(between, snapshot(two.oa.root())), "");
  EXPECT_TRUE(take_back(two.oa.place()).clean());
  EXPECT_EQ(difference(before, snapshot(two.oa.root())), "");
}

TEST(StagingAhead, IsNoWayAroundTheDriftCheck) {
  TwoJumps two;
  two.stage_both();
  const auto path = two.second.changes.front().path.bytes();
  EXPECT_TRUE(switch_tree(two.oa.place(), two.first).clean());
  // The version in between has changed what the second jump replaces.
  write_text(two.oa.root(path), "written by the version in between");
  std::string told;
  EXPECT_EQ(code_of([&] { stage(two.second_place, two.second, two.content()); }, &told), Code::drift);
  EXPECT_NE(told.find(path), std::string::npos);
  EXPECT_EQ(code_of([&] { switch_tree(two.second_place, two.second); }), Code::drift);
  // Jumps that do not follow from each other are refused at once.
  TwoJumps other;
  other.second.changes.front().before->digest = Digest::of("something else");
  EXPECT_EQ(code_of([&] { stage_ahead(other.second_place, other.second, {&other.first.changes}, other.content()); }),
            Code::stale_plan);
  // And what no earlier jump touches must be there as planned.
  TwoJumps third;
  PlannedChange foreign = third.second.changes.front();
  foreign.path = RelativePath("webapp/not-there.txt");
  third.second.changes.push_back(foreign);
  EXPECT_EQ(code_of([&] { stage_ahead(third.second_place, third.second, {&third.first.changes}, third.content()); }),
            Code::drift);
}

}  // namespace
}  // namespace ferry::testing
