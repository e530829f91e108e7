#include "impact/forensics.h"

#include "impact/test_values.h"

namespace ferry::test {
namespace {

TEST(Forensics, EveryFileIsAttributedAndEveryPackageJudged) {
  const auto base = tree({{"a", "0"}, {"b", "0"}, {"c", "0"}, {"d", "0"}, {"gone", "0"}});
  auto three = package("three", {{"x", "3"}});
  three.meta.supersedes = {"two"};
  const std::vector<Package> packages{package("one", {{"a", "1"}, {"b", "1"}}),
                                      package("half", {{"b", "h"}, {"c", "h"}}, {"gone"}), package("two", {{"x", "2"}}),
                                      three, package("never", {{"n", "n"}})};
  const auto installed =
      tree({{"a", "1"}, {"b", "1"}, {"c", "h"}, {"d", "own"}, {"gone", "0"}, {"x", "3"}, {"foreign", "f"}});
  const auto out = attribute_files(&base, installed, packages, usual_paths());
  std::map<std::string, FileAttribution> files;
  for (const auto& file : out.files) files[file.path.bytes()] = file;
  EXPECT_EQ(files["a"].state, FileState::right);
  EXPECT_EQ(files["a"].found, "one");
  EXPECT_EQ(files["b"].state, FileState::overwritten);
  EXPECT_EQ(files["b"].expected, "half");
  EXPECT_EQ(files["b"].found, "one");
  EXPECT_EQ(files["d"].state, FileState::changed);
  EXPECT_EQ(files["gone"].state, FileState::left_over);
  EXPECT_EQ(files["foreign"].state, FileState::foreign);
  EXPECT_EQ(files["n"].state, FileState::missing);
  EXPECT_EQ(out.packages[0].state, PackageState::present);
  EXPECT_EQ(out.packages[1].state, PackageState::partly_applied);
  EXPECT_EQ(out.packages[1].wrong, 2U);
  EXPECT_EQ(out.packages[2].state, PackageState::superseded);
  EXPECT_EQ(out.packages[3].state, PackageState::present);
  EXPECT_EQ(out.packages[4].state, PackageState::missing);
  EXPECT_EQ(out.count(FileState::foreign), 1U);
}

TEST(Forensics, WithoutABaselineForeignFilesAreNotGuessed) {
  const auto out = attribute_files(nullptr, tree({{"a", "1"}, {"other", "x"}}), {package("one", {{"a", "1"}})}, {});
  ASSERT_EQ(out.files.size(), 1U);
  EXPECT_EQ(out.files[0].state, FileState::right);
}

}  // namespace
}  // namespace ferry::test
