#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "base/error.h"
#include "deploy/beneath.h"
#include "deploy/deploy_test_tree.h"
#include "deploy/journal.h"

namespace ferry::testing {
namespace {

namespace fs = std::filesystem;

class Switching : public ::testing::TestWithParam<bool> {
 protected:
  Switching() { options.use_exchange = GetParam(); }
  void stage_all() { stage(oa.place(), oa.input(), oa.content(), options); }
  Installation oa;
  DeployOptions options;
};
INSTANTIATE_TEST_SUITE_P(ByExchangeAndByTwoRenames, Switching, ::testing::Bool());

TEST_P(Switching, AfterTheSwitchEveryPathIsWhatThePlanSays) {
  stage_all();
  const auto report = switch_tree(oa.place(), oa.input(), options);
  EXPECT_EQ(report.position, SwitchPosition::done);
  EXPECT_TRUE(report.clean());
  for (const auto& change : oa.input().changes) {
    if (change.path.bytes() == "turns-to-file/inner") continue;  // below what is now a file
    auto found = oa.entry_now(change.path.bytes());
    ASSERT_EQ(found.has_value(), change.after.has_value()) << change.path.bytes();
    if (!found) continue;
    if (found->type == EntryType::link) found->mode = change.after->mode;
    EXPECT_TRUE(*found == *change.after) << change.path.bytes();
  }
  EXPECT_TRUE(fs::is_empty(oa.root("work")));
  EXPECT_EQ(text_of(oa.root("data/customer.db")), "old content of data/customer.db");
  EXPECT_EQ(text_of(oa.outside()), "shared with the outside");
}

TEST_P(Switching, WhatThePlanDoesNotNameKeepsItsTimeAlsoItsFolders) {
  const auto before = snapshot(oa.root());
  stage_all();
  EXPECT_EQ(difference(before, snapshot(oa.root())), "") << "staging must not touch the installation";
  switch_tree(oa.place(), oa.input(), options);
  const auto after = snapshot(oa.root());
  for (const char* path : {".", "webapp", "webapp/js", "webapp/kept.jsp", "data", "data/customer.db"})
    EXPECT_EQ(before.at(path), after.at(path)) << path;
}

TEST_P(Switching, TakenBackTheTreeIsExactlyAsBefore) {
  const auto before = snapshot(oa.root());
  const auto inode = fs::hard_link_count(oa.outside());
  stage_all();
  switch_tree(oa.place(), oa.input(), options);
  const auto report = take_back(oa.place(), options);
  EXPECT_EQ(report.position, SwitchPosition::back);
  EXPECT_TRUE(report.clean());
  EXPECT_EQ(difference(before, snapshot(oa.root())), "");
  EXPECT_EQ(fs::hard_link_count(oa.outside()), inode);
  EXPECT_TRUE(fs::equivalent(oa.outside(), oa.root("webapp/hard.jsp")));
}

TEST_P(Switching, CanBeRehearsedForwardBackAndForwardAgain) {
  const auto before = snapshot(oa.root());
  stage_all();
  switch_tree(oa.place(), oa.input(), options);
  const auto after = snapshot(oa.root());
  for (int round = 0; round < 2; ++round) {
    take_back(oa.place(), options);
    EXPECT_EQ(difference(before, snapshot(oa.root())), "");
    switch_tree(oa.place(), oa.input(), options);
    auto again = snapshot(oa.root());
    EXPECT_EQ(difference(after, again), "");
  }
}

TEST_P(Switching, ExtendedAttributesOfTheReplacedFileAreCarriedOver) {
  stage_all();
  switch_tree(oa.place(), oa.input(), options);
  const auto folder = calls::open_folder(oa.root("webapp"));
  const auto attributes = calls::extended_attributes(folder.get(), "login.jsp", "login.jsp");
  ASSERT_TRUE(attributes.contains("user.note"));
  EXPECT_EQ(attributes.at("user.note"), std::string("kept \0 bytes", 12));
}

TEST_P(Switching, AFileThatTheNewVersionChangedIsKeptAsideWhenTakenBack) {
  const auto before = snapshot(oa.root());
  stage_all();
  switch_tree(oa.place(), oa.input(), options);
  write_text(oa.root("conf/with space"), "written by the new version at its first start");
  write_text(oa.root("new/deep/log.txt"), "a log in a new folder");
  const auto report = take_back(oa.place(), options);
  EXPECT_EQ(difference(before, snapshot(oa.root())), "");
  ASSERT_EQ(report.third.size(), 2U);
  std::map<std::string, std::string> kept;
  for (const auto& third : report.third) kept[third.path.bytes()] = third.kept_at;
  EXPECT_EQ(text_of(kept.at("conf/with space")), "written by the new version at its first start");
  EXPECT_EQ(text_of(kept.at("new/deep") + "/log.txt"), "a log in a new folder");
}

TEST_P(Switching, WhatWasGeneratedAnewDoesNotStandInTheWayBack) {
  const auto before = snapshot(oa.root());
  stage_all();
  switch_tree(oa.place(), oa.input(), options);
  write_text(oa.root("work/new_jsp.class"), "compiled by the new version");
  EXPECT_TRUE(take_back(oa.place(), options).clean());
  EXPECT_EQ(difference(before, snapshot(oa.root())), "");
}

TEST_P(Switching, AnOldObjectThatIsGoneFromStagingIsNamedAndTheRestIsTakenBack) {
  const auto before = snapshot(oa.root());
  stage_all();
  switch_tree(oa.place(), oa.input(), options);
  const auto journal = read_journal(oa.place().run_folder());
  for (const auto& operation : journal->operations)
    if (operation.path.bytes() == "webapp/js/a.js")
      for (const char* name : {"", ".a"})
        fs::remove(oa.place().run_folder() + "/swap/0/" + std::to_string(operation.number) + name);
  EXPECT_FALSE(switch_state(oa.place().run_folder()).way_back);
  std::string told;
  EXPECT_EQ(code_of([&] { take_back(oa.place(), options); }, &told), Code::third_state);
  EXPECT_NE(told.find("webapp/js/a.js"), std::string::npos);
  EXPECT_EQ(text_of(oa.root("webapp/js/a.js")), "new a");
  auto now = snapshot(oa.root());
  now["webapp/js/a.js"] = before.at("webapp/js/a.js");
  EXPECT_EQ(difference(before, now), "");
  EXPECT_EQ(switch_state(oa.place().run_folder()).position, SwitchPosition::partly_back);
}

TEST_P(Switching, StateTellsTheTruthBeforeBetweenAndAfter) {
  const auto run = oa.place().run_folder();
  EXPECT_EQ(switch_state(run).position, SwitchPosition::nothing);
  stage_all();
  EXPECT_EQ(switch_state(run).position, SwitchPosition::nothing);
  switch_tree(oa.place(), oa.input(), options);
  auto state = switch_state(run);
  EXPECT_EQ(state.position, SwitchPosition::done);
  EXPECT_EQ(state.at_new, state.operations);
  EXPECT_EQ(state.third, 0U);
  EXPECT_TRUE(state.way_back);
  take_back(oa.place(), options);
  state = switch_state(run);
  EXPECT_EQ(state.position, SwitchPosition::back);
  EXPECT_EQ(state.at_old, state.operations);
}

TEST_P(Switching, AfterDiscardThereIsNoWayBackAndTheInstallationIsUntouched) {
  stage_all();
  switch_tree(oa.place(), oa.input(), options);
  const auto after = snapshot(oa.root());
  discard(oa.place());
  discard(oa.place());
  EXPECT_FALSE(fs::exists(oa.place().run_folder() + "/swap"));
  EXPECT_FALSE(switch_state(oa.place().run_folder()).way_back);
  EXPECT_EQ(code_of([&] { take_back(oa.place(), options); }), Code::cannot_roll_back);
  EXPECT_EQ(difference(after, snapshot(oa.root())), "");
}

TEST(Drift, StopsBeforeTheFirstChangeAndNamesThePath) {
  struct Case {
    const char* path;
    const char* how;  // and when, where there is something to be dated
    std::function<void(const Installation&)> disturb;
  };
  const std::vector<Case> cases{
      {"webapp/js/a.js", "other content (last written 20",
       [](const auto& oa) { write_text(oa.root("webapp/js/a.js"), "old content of webapp/js/X.js"); }},
      {"webapp/empty", "does not exist", [](const auto& oa) { fs::remove(oa.root("webapp/empty")); }},
      {"conf/mode-only", "mode 666, planned",
       [](const auto& oa) { fs::permissions(oa.root("conf/mode-only"), fs::perms(0666)); }},
      {"added-at-top", "though the plan adds it (last written 20",
       [](const auto& oa) { write_text(oa.root("added-at-top"), "somebody else's"); }},
      {"old", "holds 'own.txt'", [](const auto& oa) { write_text(oa.root("old/own.txt"), "the customer's own"); }},
      {"webapp/index.jsp", "points elsewhere (last written 20",
       [](const auto& oa) {
         fs::remove(oa.root("webapp/index.jsp"));
         fs::create_symlink("other.jsp", oa.root("webapp/index.jsp"));
       }},
  };
  for (const auto& item : cases) {
    for (const bool staged : {false, true}) {
      Installation oa;
      if (staged) stage(oa.place(), oa.input(), oa.content());
      item.disturb(oa);
      const auto disturbed = snapshot(oa.root());
      std::string told;
      EXPECT_EQ(code_of([&] { verify_before(oa.place(), oa.input()); }, &told), Code::drift) << item.path;
      EXPECT_NE(told.find(item.path), std::string::npos) << told;
      EXPECT_NE(told.find(item.how), std::string::npos) << told;
      const auto go = [&] {
        stage(oa.place(), oa.input(), oa.content());
        switch_tree(oa.place(), oa.input());
      };
      EXPECT_EQ(code_of(go), Code::drift) << item.path;
      EXPECT_EQ(difference(disturbed, snapshot(oa.root())), "") << item.path;
      EXPECT_EQ(switch_state(oa.place().run_folder()).position, SwitchPosition::nothing);
    }
  }
}

TEST(Drift, IsSeenEvenWhenSizeAndTimeWereForged) {
  Installation oa;
  stage(oa.place(), oa.input(), oa.content());
  const auto path = oa.root("webapp/js/a.js");
  const auto time = fs::last_write_time(path);
  {
    const auto text = text_of(path);
    std::string other(text.size(), 'x');
    const Descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    calls::write_all(file.get(), other, path);
  }
  fs::last_write_time(path, time);
  EXPECT_EQ(code_of([&] { switch_tree(oa.place(), oa.input()); }), Code::drift);
}

TEST(Drift, ATouchedFileWithTheSameContentIsNone) {
  Installation oa;
  stage(oa.place(), oa.input(), oa.content());
  set_time(oa.root("webapp/js/a.js"), 1'700'000'000);
  const auto before = snapshot(oa.root());
  switch_tree(oa.place(), oa.input());
  take_back(oa.place());
  EXPECT_EQ(difference(before, snapshot(oa.root())), "");
}

}  // namespace
}  // namespace ferry::testing
