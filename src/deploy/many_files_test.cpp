// What is looked at in advance and on several cores: more operations than one block of them.
#include <gtest/gtest.h>

#include <filesystem>

#include "deploy/deploy_test_tree.h"

namespace ferry::testing {
namespace {

constexpr int files = 1700;

std::string name_of_file(int i) {
  return "many/d" + std::to_string(i % 7) + "/page " + std::to_string(i) + ".jsp";
}

class ManyFiles : public ::testing::Test {
 protected:
  ManyFiles() {
    for (int d = 0; d < 7; ++d) std::filesystem::create_directories(oa.root("many/d" + std::to_string(d)));
    for (int i = 0; i < files; ++i) {
      write_text(oa.root(name_of_file(i)), "old page " + std::to_string(i));
      oa.plan(name_of_file(i), "new page " + std::to_string(i));
    }
    before = snapshot(oa.root());
    do_unflushed([&] { stage(oa.place(), oa.input(), oa.content()); });
  }
  void forward() {
    do_unflushed([&] { switch_tree(oa.place(), oa.input()); });
  }
  void back() {
    do_unflushed([&] { take_back(oa.place()); });
  }

  Installation oa;
  Snapshot before;
};

TEST_F(ManyFiles, AllAreSwitchedAndTakenBack) {
  forward();
  for (int i = 0; i < files; ++i) ASSERT_EQ(text_of(oa.root(name_of_file(i))), "new page " + std::to_string(i));
  back();
  EXPECT_EQ(difference(before, snapshot(oa.root())), "");
}

TEST_F(ManyFiles, WhatSomebodyChangedInBetweenIsKeptAsideWhereverItStands) {
  forward();
  const std::vector<int> changed{0, 499, 500, 501, 998, 1499, files - 1};
  for (const int i : changed) write_text(oa.root(name_of_file(i)), "changed by somebody");
  std::filesystem::remove(oa.root(name_of_file(700)));
  const auto report = take_back(oa.place());
  EXPECT_EQ(report.third.size(), changed.size());
  for (const auto& third : report.third) EXPECT_EQ(text_of(third.kept_at), "changed by somebody");
  EXPECT_EQ(difference(before, snapshot(oa.root())), "");
}

TEST_F(ManyFiles, KilledFarInsideTheyAreBroughtToEitherSide) {
  ASSERT_TRUE(killed_at(CrashPoint::switch_operation, 1203, [&] { switch_tree(oa.place(), oa.input()); }));
  const auto state = switch_state(oa.place().run_folder());
  EXPECT_EQ(state.position, SwitchPosition::partly_done);
  EXPECT_GE(state.at_new, 1202U);
  EXPECT_EQ(state.third, 0U);
  ASSERT_TRUE(killed_at(CrashPoint::switch_operation_done, 801,
                        [&] { recover(oa.place().run_folder(), Direction::backward); }));
  do_unflushed([&] { recover(oa.place().run_folder(), Direction::forward); });
  for (int i = 0; i < files; ++i) ASSERT_EQ(text_of(oa.root(name_of_file(i))), "new page " + std::to_string(i));
  do_unflushed([&] { recover(oa.place().run_folder(), Direction::backward); });
  EXPECT_EQ(difference(before, snapshot(oa.root())), "");
}

TEST_F(ManyFiles, OneThatChangedAfterStagingStopsTheSwitchBeforeItsFirstOperation) {
  write_text(oa.root(name_of_file(1650)), "a hand patch at the last moment");
  const auto changed = snapshot(oa.root());
  std::string told;
  EXPECT_EQ(code_of([&] { switch_tree(oa.place(), oa.input()); }, &told), Code::drift);
  EXPECT_NE(told.find("page 1650.jsp"), std::string::npos) << told;
  EXPECT_EQ(difference(changed, snapshot(oa.root())), "");
}

}  // namespace
}  // namespace ferry::testing
