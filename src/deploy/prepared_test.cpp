// The list written while users work is used at the switch only while everything is as it was then.
#include "deploy/prepared.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "base/error.h"
#include "deploy/deploy_test_tree.h"
#include "deploy/operation.h"
#include "host/durable.h"

namespace ferry::testing {
namespace {

namespace fs = std::filesystem;

// Staged, and settled: the list is prepared.
struct Prepared {
  explicit Prepared(const std::function<void(Installation&)>& change = {}) {
    if (change) change(oa);
    options.now = a_minute_later;
    stage(oa.place(), oa.input(), oa.content(), options);
  }
  bool is_used() const { return unchanged_since_prepared(oa.place(), oa.input()).has_value(); }
  std::string run() const { return oa.place().run_folder(); }

  Installation oa;
  DeployOptions options;
};

std::uint64_t inode_of(const std::string& path) {
  struct stat status {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
  return status.st_ino;
}

TEST(PreparedList, BecomesTheJournalAsItIs) {
  const Prepared ready;
  const auto before = snapshot(ready.oa.root());
  const auto list = prepared_list_path(ready.run());
  const auto text = text_of(list);
  const auto inode = inode_of(list);
  EXPECT_TRUE(switch_tree(ready.oa.place(), ready.oa.input(), ready.options).clean());
  EXPECT_FALSE(path_exists(list));
  EXPECT_EQ(inode_of(journal_path(ready.run())), inode);
  EXPECT_EQ(text_of(journal_path(ready.run())).substr(0, text.size()), text);
  EXPECT_TRUE(take_back(ready.oa.place(), ready.options).clean());
  EXPECT_EQ(difference(before, snapshot(ready.oa.root())), "");
}

TEST(PreparedList, IsWhatTheSwitchWouldHaveWrittenItself) {
  const Prepared ready;
  const auto list = text_of(prepared_list_path(ready.run()));
  forget_prepared(ready.run());
  switch_tree(ready.oa.place(), ready.oa.input(), ready.options);
  EXPECT_EQ(text_of(journal_path(ready.run())).substr(0, list.size()), list);
}

TEST(PreparedList, IsNotMadeWhileSomethingHasBeenChangedJustNow) {
  const Installation oa;
  stage(oa.place(), oa.input(), oa.content());
  EXPECT_FALSE(path_exists(prepared_list_path(oa.place().run_folder())));
  EXPECT_TRUE(switch_tree(oa.place(), oa.input()).clean());
}

TEST(PreparedList, IsMadeByRepeatedStagingToo) {
  const Prepared ready;
  forget_prepared(ready.run());
  stage(ready.oa.place(), ready.oa.input(), ready.oa.content(), ready.options);
  EXPECT_TRUE(ready.is_used());
}

struct Change {
  const char* name;
  std::function<void(const Prepared&)> make;
  Code code;  // what the switch says; internal: it goes on
};
void PrintTo(const Change& change, std::ostream* out) {
  *out << change.name;
}

// Same bytes, same size, same modification time: only ctime tells.
void rewrite_secretly(const Prepared& ready) {
  const auto path = ready.oa.root("webapp/js/a.js");
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  auto text = text_of(path);
  text[0] = 'O';
  write_text(path, text);
  set_time(path, status.st_mtim.tv_sec);
}

class ChangedSincePrepared : public ::testing::TestWithParam<Change> {};
INSTANTIATE_TEST_SUITE_P(
    All, ChangedSincePrepared,
    ::testing::Values(
        Change{"content", rewrite_secretly, Code::drift},
        Change{"mode", [](const Prepared& p) { fs::permissions(p.oa.root("webapp/js/a.js"), fs::perms(0600)); },
               Code::drift},
        Change{"gone", [](const Prepared& p) { fs::remove(p.oa.root("webapp/js/a.js")); }, Code::drift},
        Change{"appeared", [](const Prepared& p) { write_text(p.oa.root("added-at-top"), "by somebody"); },
               Code::drift},
        Change{"link_target",
               [](const Prepared& p) {
                 fs::remove(p.oa.root("webapp/index.jsp"));
                 fs::create_symlink("other.jsp", p.oa.root("webapp/index.jsp"));
               },
               Code::drift},
        Change{"in_a_folder_that_goes", [](const Prepared& p) { write_text(p.oa.root("old/new-log"), "x"); },
               Code::drift},
        Change{"folder_on_the_way_is_a_link",
               [](const Prepared& p) {
                 fs::rename(p.oa.root("webapp/js"), p.oa.root("js"));
                 fs::create_symlink("../js", p.oa.root("webapp/js"));
               },
               Code::out_of_bounds_path},
        Change{"staged_object", [](const Prepared& p) { write_text(p.run() + "/swap/0/0", "not what was staged"); },
               Code::usage},
        Change{"staged_object_gone", [](const Prepared& p) { fs::remove(p.run() + "/swap/0/0"); }, Code::usage},
        // Not touched by the plan, but their folders' times change with them.
        Change{"neighbour", [](const Prepared& p) { write_text(p.oa.root("webapp/upload.txt"), "x"); }, Code::internal},
        Change{"generated_folder", [](const Prepared& p) { write_text(p.oa.root("work/new_jsp.class"), "x"); },
               Code::internal},
        Change{"damaged_list",
               [](const Prepared& p) {
                 auto text = text_of(prepared_list_path(p.run()));
                 text[text.size() / 2] = static_cast<char>(text[text.size() / 2] ^ 1);
                 write_text(prepared_list_path(p.run()), text);
               },
               Code::internal},
        Change{"cut_list", [](const Prepared& p) { fs::resize_file(prepared_list_path(p.run()), 300); },
               Code::internal},
        Change{"signs_of_zeros",
               [](const Prepared& p) {
                 auto text = text_of(p.run() + "/prepared.signs");
                 std::fill(text.begin(), text.begin() + 40, '\0');
                 write_text(p.run() + "/prepared.signs", text);
               },
               Code::internal},
        Change{"damaged_signs",
               [](const Prepared& p) {
                 auto text = text_of(p.run() + "/prepared.signs");
                 text[text.size() - 3] = static_cast<char>(text[text.size() - 3] ^ 1);
                 write_text(p.run() + "/prepared.signs", text);
               },
               Code::internal}),
    [](const auto& which) { return std::string(which.param.name); });

TEST_P(ChangedSincePrepared, TheListIsNotUsedAndTheSwitchLooksForItself) {
  const Prepared ready;
  ASSERT_TRUE(ready.is_used());
  GetParam().make(ready);
  EXPECT_FALSE(ready.is_used());
  const auto before = snapshot(ready.oa.root());
  EXPECT_EQ(code_of([&] { switch_tree(ready.oa.place(), ready.oa.input(), ready.options); }), GetParam().code);
  take_back(ready.oa.place(), ready.options);
  EXPECT_EQ(difference(before, snapshot(ready.oa.root())), "");
}

TEST(PreparedList, IsNotUsedForAnotherPlan) {
  Prepared ready;
  ready.oa.plan("another", "added later");
  EXPECT_FALSE(ready.is_used());
  EXPECT_EQ(code_of([&] { switch_tree(ready.oa.place(), ready.oa.input(), ready.options); }), Code::usage);
}

TEST(PreparedList, AGeneratedFolderThatAppearedLaterIsDroppedToo) {
  const Prepared ready([](Installation& oa) { oa.input().dropped.emplace_back("cache"); });
  ASSERT_TRUE(ready.is_used());
  fs::create_directory(ready.oa.root("cache"));
  write_text(ready.oa.root("cache/page"), "of the old version");
  EXPECT_FALSE(ready.is_used());
  // Its empty replacement is not staged yet.
  EXPECT_EQ(code_of([&] { switch_tree(ready.oa.place(), ready.oa.input(), ready.options); }), Code::usage);
  stage(ready.oa.place(), ready.oa.input(), ready.oa.content(), ready.options);
  EXPECT_TRUE(ready.is_used());
  EXPECT_TRUE(switch_tree(ready.oa.place(), ready.oa.input(), ready.options).clean());
  EXPECT_FALSE(path_exists(ready.oa.root("cache/page")));
}

TEST(PreparedList, AMarkLeftByAKillIsNoBeginning) {
  const Prepared ready;
  ASSERT_TRUE(killed_at(CrashPoint::journal_written, 1,
                        [&] { switch_tree(ready.oa.place(), ready.oa.input(), ready.options); }));
  EXPECT_EQ(switch_state(ready.run()).position, SwitchPosition::nothing);
  ASSERT_TRUE(ready.is_used());
  EXPECT_TRUE(switch_tree(ready.oa.place(), ready.oa.input(), ready.options).clean());
  EXPECT_EQ(read_journal(ready.run())->marks, (std::vector<Mark>{Mark::forward_begun, Mark::forward_done}));
}

TEST(PreparedList, GoesWithWhatWasStaged) {
  const Prepared ready;
  discard(ready.oa.place());
  EXPECT_FALSE(path_exists(prepared_list_path(ready.run())));
}

}  // namespace
}  // namespace ferry::testing
