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
  const auto paths = usual_paths();
  const auto out = attribute_files({.base = &base, .installed = installed, .paths = paths, .packages = packages});
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
  const auto installed = tree({{"a", "1"}, {"other", "x"}});
  const Paths paths;
  const auto out =
      attribute_files({.installed = installed, .paths = paths, .packages = {package("one", {{"a", "1"}})}});
  ASSERT_EQ(out.files.size(), 1U);
  EXPECT_EQ(out.files[0].state, FileState::right);
}

std::vector<std::string> keys(const std::vector<Finding>& findings) {
  std::vector<std::string> out;
  for (const auto& finding : findings) out.push_back(finding.key);
  return out;
}

TEST(Forensics, WhatPeopleHaveDecidedIsNoFault) {
  const auto base = tree({{"kept", "0"}, {"merged", "0"}, {"retired", "0"}, {"conf/c", "0"}, {"licence", "0"}});
  const auto upgrade =
      package("upgrade", {{"kept", "8"}, {"merged", "8"}, {"retired", "8"}, {"conf/c", "8"}, {"licence", "8"}});
  const auto installed = tree({{"kept", "own"}, {"merged", "both"}, {"conf/c", "own"}, {"licence", "bought"}});
  const auto decision = [](const std::string& path, Choice choice) {
    Decision out;
    out.path = RelativePath(path);
    out.mine = Digest::of("own");
    out.choice = choice;
    return out;
  };
  auto merged = decision("merged", Choice::merge);
  merged.merged = Digest::of("both");
  const auto paths = usual_paths();
  ForensicsInput input{.base = &base, .installed = installed, .paths = paths, .packages = {upgrade}};
  EXPECT_EQ(attribute_files(input).packages[0].wrong, 4U) << "the customer's configuration is the customer's";
  input.decisions = {decision("kept", Choice::keep), merged, decision("retired", Choice::retire)};
  input.laid_down[RelativePath("licence")] = Digest::of("bought");
  const auto out = attribute_files(input);
  EXPECT_EQ(out.count(FileState::decided), 5U);
  EXPECT_EQ(out.packages[0].state, PackageState::present);
  EXPECT_EQ(keys(forensic_findings(out, {})), std::vector<std::string>{});
}

TEST(Forensics, AKnownPatchThatNobodyRecordedIsCalledByItsName) {
  const auto base = tree({{"a", "0"}, {"b", "0"}});
  const auto installed = tree({{"a", "P"}, {"b", "0"}, {"own", "x"}});
  const auto paths = usual_paths();
  const auto out =
      attribute_files({.base = &base,
                       .installed = installed,
                       .paths = paths,
                       .packages = {package("gone", {{"b", "G"}})},
                       .others = {package("patch", {{"a", "P"}, {"b", "P"}}), package("never", {{"a", "N"}})}});
  ASSERT_EQ(out.packages.size(), 2U);
  EXPECT_EQ(out.packages[1].id, "patch");
  EXPECT_EQ(out.packages[1].state, PackageState::unrecorded);
  EXPECT_EQ(out.packages[1].right, 1U);
  EXPECT_EQ(out.packages[1].wrong, 1U);
  const auto findings = forensic_findings(out, {"old-patch"});
  EXPECT_EQ(keys(findings), (std::vector<std::string>{"package-missing:gone", "foreign-files",
                                                      "package-unrecorded:patch", "package-unknown:old-patch"}));
  EXPECT_NE(findings[0].detail.en.find("b (content of base)"), std::string::npos) << findings[0].detail.en;
}

}  // namespace
}  // namespace ferry::test
