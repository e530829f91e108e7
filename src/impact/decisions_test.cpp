#include "impact/decisions.h"

#include <filesystem>
#include <fstream>

#include "host/files.h"
#include "impact/test_values.h"

namespace ferry::test {
namespace {

struct Decisions : ::testing::Test {
  TempFolder temp{"decisions-test"};
  std::string file = temp / "decisions.jsonl";
  Manifest base = tree({{"a", "1"}, {"b", "1"}});
  ThreeWay comparison =
      compare_three_ways(&base, tree({{"a", "2"}, {"b", "1"}, {"own", "x"}}), {package("p", {{"a", "3"}})}, {});
  const ThreeWayItem& item = *comparison.find(RelativePath("a"));
};

TEST_F(Decisions, ADecisionIsReplayedWhereTheSameThreeMeetAgain) {
  DecisionMemory(file).remember(
      decide(item, Choice::merge, "both needed", "engineer", "2026-01-31T08:00:00.000Z", Digest::of("m")));
  const auto out = resolve(comparison, DecisionMemory(file));
  EXPECT_TRUE(out.open.empty());
  ASSERT_EQ(out.decisions.size(), 1U);
  EXPECT_EQ(out.decisions[0].merged, Digest::of("m"));
  EXPECT_EQ(out.decisions[0].person, "engineer");
  require_decided(out);
}

TEST_F(Decisions, OpenConflictsAreListed) {
  const auto out = resolve(comparison, DecisionMemory(file));
  ASSERT_EQ(out.open.size(), 1U);
  EXPECT_REFUSED(Code::undecided, "a: the customer and the vendor both changed it", require_decided(out));
}

TEST_F(Decisions, ADecisionExpiresWhenOneOfTheThreeChangesAndSaysWhich) {
  DecisionMemory memory(file);
  memory.remember(decide(item, Choice::keep, "ours", "engineer", "2026-01-31T08:00:00.000Z"));
  const auto later = compare_three_ways(&base, tree({{"a", "2"}, {"b", "1"}}), {package("p", {{"a", "4"}})}, {});
  const auto out = resolve(later, memory);
  ASSERT_EQ(out.expired.size(), 1U);
  EXPECT_EQ(out.expired[0].why.en, "changed since: the new vendor version");
  EXPECT_REFUSED(Code::undecided, "no longer holds", require_decided(out));
}

TEST_F(Decisions, TheLastDecisionCountsAndOneNeedsAPersonAndAReason) {
  DecisionMemory memory(file);
  memory.remember(decide(item, Choice::keep, "ours", "engineer", "t1"));
  memory.remember(decide(item, Choice::take, "theirs is better", "engineer", "t2"));
  EXPECT_EQ(resolve(comparison, DecisionMemory(file)).decisions.at(0).choice, Choice::take);
  EXPECT_REFUSED(Code::invalid_document, "reason", memory.remember(decide(item, Choice::keep, "", "engineer", "t")));
  EXPECT_REFUSED(Code::invalid_document, "who", memory.remember(decide(item, Choice::keep, "why", "", "t")));
  EXPECT_REFUSED(Code::invalid_document, "merge", memory.remember(decide(item, Choice::merge, "why", "e", "t")));
}

TEST_F(Decisions, CustomisedFilesCanBeRetiredThoughNothingCollides) {
  DecisionMemory memory(file);
  memory.remember(decide(*comparison.find(RelativePath("own")), Choice::retire, "not needed", "engineer", "t"));
  EXPECT_EQ(resolve(comparison, memory).decisions.size(), 1U);
}

TEST_F(Decisions, AFileCutOffAnywhereKeepsEveryWholeLine) {
  DecisionMemory memory(file);
  memory.remember(decide(item, Choice::keep, "first 第一", "engineer", "t1"));
  const auto one = std::filesystem::file_size(file);
  memory.remember(decide(item, Choice::take, "second", "engineer", "t2"));
  const auto whole = read_file(file);
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    std::ofstream(file, std::ios::binary) << whole.substr(0, size);
    DecisionMemory cut(file);
    EXPECT_EQ(cut.all().size(), size == whole.size() ? 2U : size >= one ? 1U : 0U) << size;
    if (size % 37 != 0) continue;
    cut.remember(decide(item, Choice::retire, "third", "engineer", "t3"));
    EXPECT_EQ(DecisionMemory(file).all().back().choice, Choice::retire);
  }
}

TEST_F(Decisions, AnEditedLineIsNotBelieved) {
  DecisionMemory(file).remember(decide(item, Choice::keep, "ours", "engineer", "t1"));
  auto text = read_file(file);
  const auto at = text.find(Digest::of("2").hex());
  text.replace(at, 64, Digest::of("9").hex());
  std::ofstream(file, std::ios::binary) << text;
  EXPECT_REFUSED(Code::invalid_document, "decisions.jsonl:1", DecisionMemory{file});
}

}  // namespace
}  // namespace ferry::test
