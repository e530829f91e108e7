#include "impact/three_way.h"

#include "impact/test_values.h"

namespace ferry::test {
namespace {

struct Case {
  const char* base;
  const char* mine;
  const char* theirs;  // "=": no package touches it; nullptr: removed
  ThreeWayCase kind;
  ConflictKind conflict;
};

// Every combination of absent, A, B, C that differs in meaning.
TEST(ThreeWay, EveryCombinationIsTheCaseItIs) {
  using enum ThreeWayCase;
  using enum ConflictKind;
  const Case cases[] = {
      {"A", "A", "=", untouched, none},
      {"A", "B", "=", customer_only, none},
      {"A", nullptr, "=", customer_only, none},
      {nullptr, "A", "=", customer_only, none},
      {"A", "A", "B", vendor_only, none},
      {"A", "A", nullptr, vendor_only, none},
      {nullptr, nullptr, "A", vendor_only, none},
      {"A", "B", "B", both_equal, none},
      {nullptr, "A", "A", both_equal, none},
      {"A", nullptr, nullptr, both_equal, none},
      {"A", "A", "A", untouched, none},
      {"A", "B", "A", customer_only, none},
      {"A", "B", "C", conflict, modify_modify},
      {"A", "B", nullptr, conflict, modify_delete},
      {"A", nullptr, "B", conflict, delete_modify},
      {nullptr, "A", "B", conflict, add_add},
  };
  int number = 0;
  for (const auto& one : cases) {
    const auto files = [](const char* content) { return content == nullptr ? Files{} : Files{{"f", content}}; };
    const auto base = tree(files(one.base));
    const auto mine = tree(files(one.mine));
    std::vector<Package> packages;
    if (one.theirs == nullptr)
      packages.push_back(package("p", {}, {"f"}));
    else if (std::string(one.theirs) != "=")
      packages.push_back(package("p", files(one.theirs)));
    const auto out = compare_three_ways(&base, mine, packages, {});
    const std::string what = "case " + std::to_string(number++);
    if (one.kind == untouched) {
      EXPECT_TRUE(out.items.empty()) << what;
      EXPECT_EQ(out.untouched, 1U) << what;
      continue;
    }
    ASSERT_EQ(out.items.size(), 1U) << what;
    EXPECT_EQ(out.items[0].kind, one.kind) << what << name_of(out.items[0].kind);
    EXPECT_EQ(out.items[0].conflict, one.conflict) << what << name_of(out.items[0].conflict);
    EXPECT_FALSE(out.items[0].why.en.empty() || out.items[0].why.zh.empty());
  }
}

TEST(ThreeWay, WithoutABaselineEveryDifferenceIsPossiblyTheCustomers) {
  const auto mine = tree({{"same", "A"}, {"other", "A"}, {"own", "A"}, {"gone", "A"}, {"conf/x", "A"}});
  const auto out = compare_three_ways(
      nullptr, mine, {package("p", {{"same", "A"}, {"other", "B"}, {"new", "B"}, {"conf/x", "B"}}, {"gone"})},
      usual_paths());
  EXPECT_EQ(out.find(RelativePath("same"))->kind, ThreeWayCase::both_equal);
  EXPECT_EQ(out.find(RelativePath("new"))->kind, ThreeWayCase::vendor_only);
  for (const char* path : {"other", "gone", "conf/x"}) {
    EXPECT_EQ(out.find(RelativePath(path))->conflict, ConflictKind::no_base) << path;
    EXPECT_NE(out.find(RelativePath(path))->why.en.find("possibly customised"), std::string::npos);
  }
  EXPECT_EQ(out.find(RelativePath("own")), nullptr);
  EXPECT_TRUE(out.find(RelativePath("conf/x"))->config);
}

TEST(ThreeWay, LaterPackagesWinAndRemovedFoldersTakeTheirContent) {
  const auto base = tree({{"a", "1"}, {"old/x", "1"}, {"old/y", "1"}, {"old-b", "1"}});
  const auto out = compare_three_ways(
      &base, base, {package("one", {{"a", "2"}, {"old/z", "2"}}), package("two", {{"a", "3"}}, {"old"})},
      usual_paths());
  EXPECT_EQ(out.find(RelativePath("a"))->source, "two");
  EXPECT_EQ(out.find(RelativePath("a"))->theirs->digest, Digest::of("3"));
  EXPECT_FALSE(out.find(RelativePath("old/x"))->theirs);
  EXPECT_EQ(out.find(RelativePath("old/z")), nullptr);
  EXPECT_EQ(out.find(RelativePath("old-b")), nullptr);
}

TEST(ThreeWay, DataGeneratedAndIgnoredPathsAreNotLookedAt) {
  const auto base = tree({{"a", "1"}});
  const auto mine = tree({{"a", "1"}, {"data/x", "1"}, {"work/y", "1"}, {"logs/z", "1"}});
  EXPECT_TRUE(compare_three_ways(&base, mine, {}, usual_paths()).items.empty());
}

TEST(ThreeWay, LinksAreComparedByTheirTargets) {
  Entry one;
  one.type = EntryType::link;
  one.link = "a";
  Entry two = one;
  two.link = "b";
  EXPECT_EQ(content_key(&one), content_key(&one));
  EXPECT_NE(content_key(&one), content_key(&two));
  EXPECT_TRUE(content_key(nullptr).empty());
}

}  // namespace
}  // namespace ferry::test
