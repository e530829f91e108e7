#include "impact/native_fit.h"

#include <gtest/gtest.h>

namespace ferry::test {
namespace {

const RuntimeChange node20to22{"node", "20.1.0", "115", "22.3.0", "127"};

NativeAfter module(const std::string& path, const std::string& built_for, const std::string& package = "") {
  return {{RelativePath(path), "node", built_for == "any", built_for == "any" ? "" : built_for}, package};
}
std::vector<Finding> found(const std::vector<NativeAfter>& modules, const RuntimeChange& runtime = node20to22) {
  return unfit_modules(modules, {runtime}, Version("2.0"));
}

TEST(NativeFit, AModuleThatStaysWhileTheRuntimeChangesMustBeRebuilt) {
  const auto out = found({module("data/node_modules/serial/build/Release/serial.node", "115")});
  ASSERT_EQ(out.size(), 1U);
  EXPECT_EQ(out[0].severity, Severity::high);
  EXPECT_EQ(out[0].key, "native-module:data/node_modules/serial@2.0");
  for (const char* part : {"NODE_MODULE_VERSION 115", "Node.js 22.3.0 loads 127"})
    EXPECT_NE(out[0].detail.en.find(part), std::string::npos) << out[0].detail.en;
  EXPECT_NE(out[0].remedy.en.find("npm rebuild serial"), std::string::npos) << out[0].remedy.en;
  EXPECT_FALSE(out[0].title.zh.empty() || out[0].remedy.zh.empty());
}

TEST(NativeFit, WhatEveryVersionLoadsIsNoFinding) {
  EXPECT_TRUE(found({module("node_modules/a/a.node", "any"), module("node_modules/b/b.node", "127", "up")}).empty());
  EXPECT_TRUE(found({module("node_modules/a/a.node", "115")}, {"node", "20.1.0", "115", "20.9.0", "115"}).empty());
  EXPECT_TRUE(found({module("node_modules/a/a.node", "115")}, {"php", "8.2", "x", "8.3", "y"}).empty());
}

TEST(NativeFit, OfSeveralPrebuiltOnesOneMustFit) {
  const auto prebuilt = [](const std::string& version) {
    return module("node_modules/@x/a/prebuilds/linux-x64/node.abi" + version + ".node", version);
  };
  EXPECT_TRUE(found({prebuilt("108"), prebuilt("115"), prebuilt("127")}).empty());
  EXPECT_EQ(found({prebuilt("108"), prebuilt("115")}).size(), 1U);
}

TEST(NativeFit, AModuleThatDoesNotSayHoldsAsLongAsTheRuntimeStays) {
  EXPECT_EQ(found({module("node_modules/old/old.node", "")}).size(), 1U);
  EXPECT_TRUE(found({module("node_modules/old/old.node", "")}, {"node", "20.1.0", "115", "20.9.9", "115"}).empty());
  EXPECT_TRUE(found({module("node_modules/old/old.node", "")}, {"node", "", "", "20.9.9", "115"}).empty());
}

TEST(NativeFit, WhatDidNotFitBeforeEitherIsSaidQuietly) {
  EXPECT_EQ(found({module("node_modules/unused/a.node", "93")})[0].severity, Severity::low);
  EXPECT_EQ(found({module("node_modules/a/a.node", "93", "up-2")})[0].severity, Severity::high) << "the vendor's own";
}

TEST(NativeFit, ACaptureUnderAnotherRuntimeIsSaidAndCountsMoreWhereModulesWereBuilt) {
  Package package;
  package.meta.id = "up-2";
  package.meta.capture.emplace();
  package.meta.capture->runtime = {{{"node", "--version"}, "v20.20.2", "/usr/bin/node", ""},
                                   {{"npm", "--version"}, "10.1.0", "/usr/bin/npm", ""}};
  auto out = other_runtime(package, {node20to22}, {});
  ASSERT_EQ(out.size(), 1U);
  EXPECT_EQ(out[0].severity, Severity::medium);
  EXPECT_NE(out[0].detail.en.find("captured under Node.js 20.20.2 (/usr/bin/node), will run on 22.3.0"),
            std::string::npos)
      << out[0].detail.en;
  out = other_runtime(package, {node20to22}, {module("node_modules/a/a.node", "115").module});
  EXPECT_EQ(out.at(0).severity, Severity::high);
  package.meta.capture->runtime[0].output = "v22.1.0";
  EXPECT_TRUE(other_runtime(package, {node20to22}, {}).empty());
}

}  // namespace
}  // namespace ferry::test
