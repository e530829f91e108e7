// What holds for any product: the vendor's own upgrader under supervision, native modules and runtimes, files that
// moved, bases of profiles. With the tiny product and the real programs.
#include <gtest/gtest.h>
#include <unistd.h>

#include "support/tiny_world.h"

namespace ferry::test {
namespace {

using Stage = TinyWorld::Stage;

// The vendor's upgrader: a script that copies 2.0 over the program and moves the database along.
struct VendorsUpgrader : ::testing::Test {
  VendorsUpgrader() : world(Stage::surveyed) {}
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "capture needs root";
    order("");
    world.done({"package", "capture", "--environment", "production", "--spec", "capture.yaml", "--output", "up.fpk",
                "--key", "vendor.key"});
  }
  void order(const std::string& more) const {
    world.write("packages/upgrader.sh",
                "set -e\necho copying\ncp -r " + world.path("packages/upgrade-2.0/files") +
                    "/. .\nsqlite3 data/tiny.db \"update sys set version = '2.0'; alter table orders "
                    "add column state text\"\n" +
                    more);
    world.write("capture.yaml",
                "package: {id: tiny-2, kind: upgrade, product: tiny, title: Tiny 2.0, from: \"1.*\", to: \"2.0\"}\n"
                "run: [[sh, " +
                    world.path("packages/upgrader.sh") + "]]\nreadable: [" + world.path("packages") +
                    "]\ndatabase: declared\n");
  }
  // As people run it in production, without Ferry.
  void run_in_production(const std::string& and_then = "true") const {
    world.shell("cd installed && sh ../packages/upgrader.sh && " + and_then);
  }
  Json compared(const Words& more, int status) const {
    Words words{"package", "compare", "up.fpk", "--environment", "production", "--json"};
    words.insert(words.end(), more.begin(), more.end());
    const auto ended = world.ferry(words);
    EXPECT_EQ(ended.status, status) << ended.all();
    return ended.status == status && !ended.out.empty() ? ended.json() : Json();
  }
  std::string evidence() const {
    return world.shell("grep -h vendor-upgrader home/projects/tiny/log/evidence.jsonl | tail -1");
  }

  TinyWorld world;
};

TEST_F(VendorsUpgrader, InProductionIsHeldAgainstTheCaptureHoweverOftenItWasSurveyedSince) {
  const auto before = world.ferry({"survey", "list", "production", "--json"}).json().at(0).at("inventory");
  compared({}, 9);  // it has not run yet
  run_in_production();
  for (int i = 0; i < 2; ++i) {
    const auto json = compared({}, 0);
    EXPECT_GT(json.at("same"), 3);
    EXPECT_EQ(json.at("differences").size(), 0U);
    EXPECT_EQ(json.at("from"), "1.0");
    EXPECT_EQ(json.at("to"), "2.0");
    EXPECT_EQ(json.at("databases").at(0).at("explained"), true);
    world.done({"survey", "run", "production"});
  }
  const auto kept = evidence();
  for (const char* part : {"\"E13\"", "\"passed\""}) EXPECT_NE(kept.find(part), std::string::npos) << kept;
  const auto after = world.ferry({"survey", "list", "production", "--json"}).json().back().at("inventory");
  world.refused({"package", "compare", "up.fpk", "--environment", "production", "--before", after.get<std::string>()},
                Code::wrong_source, {after.get<std::string>().substr(0, 12)});
  compared({"--before", before.get<std::string>().substr(0, 10)}, 0);
}

TEST_F(VendorsUpgrader, WhatItDidOtherwiseIsFoundInFilesAndTables) {
  run_in_production("echo more > webapp/surprise.txt && sqlite3 data/tiny.db 'create table surprise (a)'");
  // A clone had these tables after the rehearsal.
  world.shell(
      "mkdir -p clone && cp -r installed clone/installed && sqlite3 clone/installed/data/tiny.db 'drop table "
      "surprise'");
  world.done({"survey", "run", "test"});
  const auto json = compared({}, 9);
  ASSERT_EQ(json.at("differences").size(), 1U);
  EXPECT_EQ(json.at("differences").at(0).at("path"), "webapp/surprise.txt");
  EXPECT_EQ(json.at("databases").at(0).at("explained"), false);
  EXPECT_NE(json.at("databases").at(0).at("what").at("en").get<std::string>().find("+surprise"), std::string::npos);
  EXPECT_NE(evidence().find("\"failed\""), std::string::npos);
}

TEST_F(VendorsUpgrader, WithoutASurveyFromBeforeNothingIsClaimed) {
  run_in_production();
  world.shell("rm home/projects/tiny/log/surveys.*");
  world.done({"survey", "run", "production"});
  world.refused({"package", "compare", "up.fpk", "--environment", "production"}, Code::not_found,
                {"--before", "survey list"});
}

TEST_F(VendorsUpgrader, OnTheCloneItRunsUnderSupervision) {
  world.done({"backup", "create", "production"});
  world.done({"clone", "create", "test"});
  world.refused({"upgrader", "supervise", "production", "--package", "up.fpk", "--spec", "capture.yaml"}, Code::usage,
                {"package compare"});
  const Words supervise{"upgrader", "supervise", "test", "--package", "up.fpk", "--spec", "capture.yaml", "--json"};
  const auto ended = world.ferry(supervise);
  ASSERT_EQ(ended.status, 0) << ended.all();
  const auto json = ended.json();
  EXPECT_EQ(json.at("differences").size(), 0U);
  EXPECT_EQ(json.at("to"), "2.0");
  EXPECT_EQ(json.at("databases_compared"), 1);
  EXPECT_EQ(read_file(json.at("log")), "copying\n");
  EXPECT_NE(evidence().find("\"passed\""), std::string::npos);
  EXPECT_NE(world.read("clone/installed/webapp/page.html").find("2.0"), std::string::npos);
  EXPECT_NE(world.read("installed/webapp/page.html").find("1.0"), std::string::npos) << "production was touched";
  // What is no longer the old version is no state from before.
  EXPECT_EQ(world.ferry(supervise).error(), info(Code::wrong_source).name);
}

TEST_F(VendorsUpgrader, ThatDoesNotComeToAnEndIsEndedAndSaid) {
  world.done({"backup", "create", "production"});
  world.done({"clone", "create", "test"});
  order("echo waiting; sleep 1000\n");
  const auto ended =
      world.ferry({"upgrader", "supervise", "test", "--package", "up.fpk", "--spec", "capture.yaml", "--within", "2s"});
  EXPECT_EQ(ended.status, 9) << ended.all();
  EXPECT_NE(ended.out.find("not done after 2 s"), std::string::npos) << ended.all();
  EXPECT_NE(evidence().find("\"failed\""), std::string::npos);
  EXPECT_EQ(world.shell("grep -lz 'sleep\\x001000' /proc/[0-9]*/cmdline 2>/dev/null || true"), "");
}

// A runtime by what stands in its file, and a module that was built for another one.
struct Native : ::testing::Test {
  Native() : world(Stage::files) {
    runtime("installed/bin/node", "20.1.0");
    world.shell("cp installed/bin/node vendor/1.0/bin/node");
    runtime("packages/upgrade-2.0/files/bin/node", "22.3.0");
    world.edit("profile.yaml", "services:\n",
               "runtimes: [{id: node, run: [\"${environment.root}/bin/node\", --version]}]\nservices:\n");
    module("installed/data/node_modules/serial/serial.node", "node_register_module_v115");
    module("installed/data/node_modules/any/any.node", "napi_register_module_v1");
  }
  void runtime(const std::string& file, const std::string& version) const {
    world.shell("printf '\\x7fELF node-v" + version + "' > " + file + " && truncate -s 2M " + file);
  }
  void module(const std::string& file, const std::string& symbol) const {
    world.shell("mkdir -p $(dirname " + file + ") && echo 'void " + symbol +
                "(void) {}' | cc -shared -fPIC -nostdlib -x c -o " + file + " -");
  }
  Json findings() const {
    for (const Words& words :
         {Words{"project", "create", "project.yaml"}, Words{"environment", "add", "production.yaml"},
          Words{"baseline", "make", "vendor/1.0", "--output", "vendor/1.0.mtree"}, Words{"survey", "run", "production"},
          Words{"key", "new", "--output", "vendor"}, Words{"key", "add", "vendor.pub", "--holder", "vendor"},
          Words{"package", "build", "packages/upgrade-2.0", "--output", "up.fpk"},
          Words{"package", "sign", "up.fpk", "--key", "vendor.key"}, Words{"package", "add", "up.fpk"}})
      world.done(words);
    return world.ferry({"recipe", "compose", "--json"}).json().at("findings");
  }
  TinyWorld world;
};

TEST_F(Native, AModuleThatStaysUnderANewRuntimeIsToldBeforeTheRehearsal) {
  const auto found = findings();
  ASSERT_EQ(found.size(), 1U) << found.dump(1);
  EXPECT_EQ(found[0].at("key"), "native-module:data/node_modules/serial@2.0");
  EXPECT_EQ(found[0].at("severity"), "high");
  const auto shown = world.ferry({"recipe", "compose"});
  for (const char* part : {"NODE_MODULE_VERSION 115; Node.js 22.3.0 loads 127", "npm rebuild serial"})
    EXPECT_NE(shown.out.find(part), std::string::npos) << shown.all();
}

TEST_F(Native, AVendorsModuleForTheOldRuntimeIsTheVendorsMatter) {
  world.shell("rm -r installed/data/node_modules");
  module("packages/upgrade-2.0/files/webapp/node_modules/db/db.node", "node_register_module_v115");
  const auto found = findings();
  ASSERT_EQ(found.size(), 1U) << found.dump(1);
  EXPECT_EQ(found[0].at("audience"), "vendor_engineer");
}

TEST_F(Native, ARuntimeThatStaysLoadsWhatItLoaded) {
  runtime("packages/upgrade-2.0/files/bin/node", "20.9.0");
  EXPECT_EQ(findings().size(), 0U);
}

TEST(Product, ACustomisedFileThatMovedIsToldWithItsNewPlace) {
  const TinyWorld world(Stage::files);
  world.shell(
      "echo own >> installed/webapp/page.html && cd packages/upgrade-2.0 && mkdir files/webapp/pages && rm "
      "files/webapp/page.html && cp ../../vendor/1.0/webapp/page.html files/webapp/pages/page.html && "
      "echo 'removes: [webapp/page.html]' >> package.yaml");
  for (const Words& words :
       {Words{"project", "create", "project.yaml"}, Words{"environment", "add", "production.yaml"},
        Words{"baseline", "make", "vendor/1.0", "--output", "vendor/1.0.mtree"}, Words{"survey", "run", "production"},
        Words{"key", "new", "--output", "vendor"}, Words{"key", "add", "vendor.pub", "--holder", "vendor"},
        Words{"package", "build", "packages/upgrade-2.0", "--output", "up.fpk"},
        Words{"package", "sign", "up.fpk", "--key", "vendor.key"}, Words{"package", "add", "up.fpk"}})
    world.done(words);
  const auto shown = world.ferry({"recipe", "compose"});
  EXPECT_NE(shown.out.find("webapp/page.html → webapp/pages/page.html: there the new version has the vendor's file"),
            std::string::npos)
      << shown.all();
  const auto chinese = world.ferry({"decision", "list", "--language", "zh"});
  EXPECT_NE(chinese.out.find("新版本中厂商的该文件在此"), std::string::npos) << chinese.all();
  bool told = false;
  const auto listed = world.ferry({"decision", "list", "--json"}).json();
  for (const auto& item : listed.at("items"))
    if (item.at("path") == "webapp/page.html") {
      told = true;
      EXPECT_EQ(item.at("moved").at("to"), "webapp/pages/page.html");
      EXPECT_EQ(item.at("moved").at("same_content"), true);
    }
  EXPECT_TRUE(told);
}

TEST(Product, ABaseOfProfilesIsCheckedAsABase) {
  const TinyWorld world(Stage::files);
  world.done({"project", "create", "project.yaml"});
  for (const char* name : {"tomcat", "nodejs"}) {
    const auto file = std::string(FERRY_SOURCE_DIR) + "/profiles/" + name + "/profile.yaml";
    EXPECT_NE(world.done({"profile", "check", file}).find("valid as a base"), std::string::npos);
    world.done({"profile", "show", file, "--resolved"});
    world.edit("production.yaml", "profile: ", "profile: " + file + " # ");
    world.refused({"environment", "add", "production.yaml"}, Code::invalid_document, {"base: true", "extends"});
    world.shell("sed -i 's/^profile: .*/profile: profile.yaml/' production.yaml");
  }
  world.write("base.yaml", "base: true\nproduct: b\nchekcs: []\n");
  EXPECT_EQ(world.ferry({"profile", "check", "base.yaml"}).status, 2);
}

}  // namespace
}  // namespace ferry::test
