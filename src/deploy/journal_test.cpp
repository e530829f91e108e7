#include "deploy/journal.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"
#include "deploy/deploy_test_tree.h"
#include "host/durable.h"

namespace ferry::testing {
namespace {

struct Switched {
  Switched() {
    stage(oa.place(), oa.input(), oa.content());
    switch_tree(oa.place(), oa.input());
    take_back(oa.place());
    text = read_file(journal_path(oa.place().run_folder()));
  }
  Installation oa;
  std::string text;
};

TEST(SwitchJournal, ReadsWhatItWrote) {
  const Switched done;
  const auto journal = parse_journal(done.text, "journal");
  EXPECT_EQ(journal.root, done.oa.place().root);
  EXPECT_EQ(journal.operations.size(), done.oa.input().changes.size() + 1);
  EXPECT_EQ(journal.marks,
            (std::vector<Mark>{Mark::forward_begun, Mark::forward_done, Mark::back_begun, Mark::back_done}));
  EXPECT_EQ(journal.bytes, done.text.size());
  const auto gbk = std::find_if(journal.operations.begin(), journal.operations.end(), [](const auto& operation) {
    return operation.path.bytes() == "webapp/\xC1\xF7\xB3\xCC.jsp";
  });
  EXPECT_NE(gbk, journal.operations.end());
}

TEST(SwitchJournal, CutAtEveryByteIsDamagedOrStillRight) {
  const Switched done;
  const auto whole = parse_journal(done.text, "journal");
  const auto first_mark = done.text.find("mark forward_begun\n") + std::string_view("mark forward_begun\n").size();
  for (std::size_t length = 0; length < done.text.size(); ++length) {
    const auto cut = std::string_view(done.text).substr(0, length);
    if (length < first_mark) {
      ASSERT_EQ(code_of([&] { parse_journal(cut, "journal"); }), Code::corrupt_log) << length;
      continue;
    }
    const auto journal = parse_journal(cut, "journal");
    ASSERT_EQ(journal.operations.size(), whole.operations.size());
    const auto lost = whole.marks.size() - journal.marks.size();
    ASSERT_GE(lost, 1U);
    ASSERT_TRUE(std::equal(journal.marks.begin(), journal.marks.end(), whole.marks.begin()));
  }
}

TEST(SwitchJournal, EveryChangedByteIsNoticed) {
  const Switched done;
  for (std::size_t at = 0; at + 1 < done.text.size(); ++at) {
    auto text = done.text;
    text[at] = static_cast<char>(text[at] ^ 1);
    const auto code = code_of([&] { parse_journal(text, "journal"); });
    ASSERT_EQ(code, Code::corrupt_log) << at;
  }
}

TEST(SwitchJournal, ADamagedOneStopsRecoveryWithNothingTouched) {
  const Switched done;
  const auto run = done.oa.place().run_folder();
  const auto before = snapshot(done.oa.root());
  durable::write(journal_path(run), done.text.substr(0, done.text.size() / 2));
  EXPECT_EQ(code_of([&] { recover(run, Direction::forward); }), Code::corrupt_log);
  EXPECT_EQ(code_of([&] { switch_state(run); }), Code::corrupt_log);
  EXPECT_EQ(difference(before, snapshot(done.oa.root())), "");
}

TEST(SwitchJournal, ANewerFormatIsNotGuessedAt) {
  const Switched done;
  auto text = done.text;
  const auto at = text.find("ferry-switch 1");
  text[at + 13] = '2';
  const auto line = text.substr(17, text.find('\n') - 17);
  text.replace(0, 16, to_hex(std::span(Digest::of(line).bytes()).first(8)));
  EXPECT_EQ(code_of([&] { parse_journal(text, "journal"); }), Code::unsupported_format);
}

TEST(SwitchJournal, AMarkTornByAPowerCutIsCutOffBeforeTheNextOneIsWritten) {
  Switched done;
  const auto run = done.oa.place().run_folder();
  durable::write(journal_path(run), done.text.substr(0, done.text.size() - 3));
  EXPECT_EQ(switch_state(run).position, SwitchPosition::partly_back);
  recover(run, Direction::backward);
  EXPECT_EQ(read_file(journal_path(run)), done.text);
}

TEST(SwitchJournal, AMarkWithASectorThatWasNeverWrittenIsTornAnywhereElseItIsDamage) {
  const Switched done;
  const auto marks = parse_journal(done.text, "journal").marks.size();
  auto text = done.text;
  text[text.size() - 9] = '\0';
  EXPECT_EQ(parse_journal(text, "journal").marks.size(), marks - 1);
  text = done.text;
  text[text.size() / 2] = '\0';
  EXPECT_EQ(code_of([&] { parse_journal(text, "journal"); }), Code::corrupt_log);
}

TEST(SwitchJournal, ItRefusesToWorkOnAnotherFolderInTheSamePlace) {
  const Switched done;
  const auto run = done.oa.place().run_folder();
  const auto root = done.oa.root();
  ASSERT_EQ(::rename(root.c_str(), (root + ".moved").c_str()), 0);
  make_folders(root);
  EXPECT_EQ(code_of([&] { recover(run, Direction::forward); }), Code::drift);
  EXPECT_EQ(snapshot(root).size(), 1U);
}

}  // namespace
}  // namespace ferry::testing
