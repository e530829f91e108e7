#include "model/path_pattern.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace ferry {
namespace {

bool matches(const char* pattern, const char* path) {
  return PathPattern(pattern).matches(RelativePath(path));
}

TEST(PathPattern, StarsStayInsideANameAndDoubleStarsDoNot) {
  EXPECT_TRUE(matches("*.log", "a.log"));
  EXPECT_FALSE(matches("*.log", "logs/a.log"));
  EXPECT_TRUE(matches("**/*.log", "a.log"));
  EXPECT_TRUE(matches("**/*.log", "x/y/a.log"));
  EXPECT_TRUE(matches("a/**/z", "a/z"));
  EXPECT_TRUE(matches("a/**/z", "a/b/c/z"));
  EXPECT_FALSE(matches("a/**/z", "a/b/c/y"));
  EXPECT_TRUE(matches("a?c", "abc"));
  EXPECT_FALSE(matches("a?c", "a/c"));
}

TEST(PathPattern, AFolderGoesWithAllThatIsInIt) {
  EXPECT_TRUE(matches("**/.cache/**", ".cache"));
  EXPECT_TRUE(matches("**/.cache/**", "node_modules/.cache/a/b"));
  EXPECT_TRUE(matches("node_modules/**", "node_modules"));
  EXPECT_FALSE(matches("**/.cache/**", "node_modules/cache/a"));
}

TEST(PathPattern, BytesThatAreNoTextAreMatchedAsBytes) {
  EXPECT_TRUE(matches("*/x", "\xc7\xeb/x"));
}

TEST(PathPattern, ALongPatternOfStarsIsDoneAtOnce) {
  const std::string names = std::string(200, 'a') + "/" + std::string(200, 'a');
  EXPECT_FALSE(matches("*a*a*a*a*a*a*a*b/**/*a*a*a*a*b", names.c_str()));
}

TEST(PathPattern, WhatLeadsOutIsRefused) {
  for (const char* wrong : {"", "/a", "a//b", "../a", "a/./b", "a/"}) EXPECT_THROW(PathPattern{wrong}, Error) << wrong;
}

}  // namespace
}  // namespace ferry
