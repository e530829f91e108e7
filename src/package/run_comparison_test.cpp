#include "package/run_comparison.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "host/files.h"
#include "host/tree.h"

namespace ferry {
namespace {

struct Runs : ::testing::Test {
  void SetUp() override {
    for (const char* name : {"source", "first", "second"}) make_folders(temp / name);
  }
  void write(const std::string& path, const std::string& bytes) {
    make_folders((temp / path).substr(0, (temp / path).rfind('/')));
    write_file_atomic(temp / path, bytes);
  }
  void both(const std::string& path, const std::string& bytes) {
    write("first/" + path, bytes);
    write("second/" + path, bytes);
  }
  RunComparison compare(const std::vector<DifferenceRule>& rules = {}) {
    source = read_tree(temp / "source").manifest;
    first = read_tree(temp / "first").manifest;
    second = read_tree(temp / "second").manifest;
    const RunTree other{temp / "second", second};
    return compare_runs(source, {temp / "first", first}, &other, rules);
  }
  static DifferenceRule rule(const char* path, DifferenceRule::How how, const char* text = "") {
    return {PathPattern(path), how, text, "because"};
  }
  TempFolder temp;
  Manifest source, first, second;
};

TEST_F(Runs, ThatAgreeNeedNoRule) {
  write("source/a", "1");
  both("a", "2");
  both("new/b", "x");
  const auto result = compare();
  EXPECT_TRUE(result.unexplained.empty());
  const auto change = captured_change(source, result.result);
  EXPECT_EQ(change.files.size(), 2U);
  EXPECT_NE(change.files.find(RelativePath("a")), nullptr);
  EXPECT_NE(change.files.find(RelativePath("new/b")), nullptr);
  EXPECT_TRUE(change.removes.empty());
}

TEST_F(Runs, EveryDifferenceIsNamedWithARuleThatWouldExplainIt) {
  write("first/built.json", "{\"at\": \"2026-01-02T03:04:05.678Z\", \"v\": 1}");
  write("second/built.json", "{\"at\": \"2026-01-02T03:05:06.001Z\", \"v\": 1}");
  write("first/x/.cache/a", "1");
  write("second/x/.cache/b", "2");
  write("first/other", "abc");
  write("second/other", "xyz");
  const auto result = compare();
  ASSERT_EQ(result.unexplained.size(), 4U);
  std::string text = to_text(result.unexplained);
  EXPECT_NE(text.find("ignore_text: '\\d{4}-"), std::string::npos) << text;
  EXPECT_NE(text.find("{path: '**/.cache/**', drop: true"), std::string::npos) << text;
  EXPECT_NE(text.find("{path: 'other', keep: first"), std::string::npos) << text;
  try {
    throw_differences(result.unexplained);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::runs_differ);
    EXPECT_NE(error.describe(Language::chinese).find("4 处差异"), std::string::npos);
    EXPECT_NE(error.describe(Language::english).find("x/.cache/b: only in the second run"), std::string::npos);
  }
}

TEST_F(Runs, RulesExplainAndAreCounted) {
  write("source/x/.cache/old", "kept");
  write("first/x/.cache/a", "1");
  write("second/x/.cache/b", "2");
  write("first/built", "took 12 ms\n");
  write("second/built", "took 9 ms\n");
  write("first/id", "abc");
  write("second/id", "xyz");
  using How = DifferenceRule::How;
  const auto result = compare({rule("**/.cache/*", How::drop), rule("built", How::ignore_text, "\\d+ ms"),
                               rule("id", How::keep_first), rule("never", How::drop)});
  EXPECT_TRUE(result.unexplained.empty()) << to_text(result.unexplained);
  ASSERT_EQ(result.explained.size(), 3U);
  EXPECT_EQ(result.explained[0].count, 3U);
  EXPECT_EQ(result.unused, std::vector<std::size_t>{3});
  // What is no part of the package stays as it was, also where the commands have removed it.
  EXPECT_NE(result.result.find(RelativePath("x/.cache/old")), nullptr);
  EXPECT_EQ(result.result.find(RelativePath("x/.cache/a")), nullptr);
  EXPECT_EQ(result.result.find(RelativePath("id"))->digest, Digest::of("abc"));
}

TEST_F(Runs, ARuleForTextDoesNotHideAnotherDifference) {
  write("first/built", "took 12 ms, version 1\n");
  write("second/built", "took 9 ms, version 2\n");
  EXPECT_EQ(compare({rule("built", DifferenceRule::How::ignore_text, "\\d+ ms")}).unexplained.size(), 1U);
}

TEST_F(Runs, ALineMayBeOfAnyLength) {
  const std::string filling(3'000'000, 'x');
  EXPECT_TRUE(same_but_for(filling + "123" + filling, filling + "45" + filling, "\\d+"));
  EXPECT_FALSE(same_but_for(filling + "abc" + filling, filling + "xyz" + filling, "\\d+"));
  EXPECT_FALSE(same_but_for("a\nb\n", "a\n", "\\d+"));
}

TEST_F(Runs, AFolderThatIsGoneStandsForAllThatWasInIt) {
  for (int i = 0; i < 50; ++i) write("source/node_modules/gone/f" + std::to_string(i), "x");
  write("source/node_modules/stays/a", "1");
  write("source/single", "1");
  both("node_modules/stays/a", "1");
  const auto change = captured_change(read_tree(temp / "source").manifest, compare().result);
  EXPECT_EQ(change.removes, (std::vector<RelativePath>{RelativePath("node_modules/gone"), RelativePath("single")}));
  EXPECT_EQ(change.files.size(), 0U);
}

TEST_F(Runs, WhatNoPackageCanHoldIsRefusedByName) {
  write("source/a/b", "1");
  both("a", "a file now");
  try {
    captured_change(read_tree(temp / "source").manifest, compare().result);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::package_content);
    EXPECT_EQ(error.about(), "a");
  }
}

}  // namespace
}  // namespace ferry
