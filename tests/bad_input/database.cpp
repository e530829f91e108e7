// The database of an installation is another one than its program's, or damaged: nothing is composed, planned or
// started, and the advice fits what is wrong.
#include <gtest/gtest.h>
#include <unistd.h>

#include "support/tiny_world.h"

namespace ferry::test {
namespace {

using Stage = TinyWorld::Stage;

// The tiny product whose program says its version in a file, as its database does in a table.
class TwoVersions {
 public:
  TwoVersions() : world(Stage::files) {
    world.edit("profile.yaml", "version: {sql: \"select version from sys\"}\npaths",
               "version: {properties: webapp/tiny.properties, key: version}\npaths");
    world.done({"project", "create", "project.yaml"});
    world.done({"environment", "add", "production.yaml"});
    world.done({"environment", "add", "test.yaml"});
    world.done({"baseline", "make", "vendor/1.0", "--output", "vendor/1.0.mtree"});
    world.done({"survey", "run", "production"});
    world.done({"key", "new", "--output", "vendor"});
    world.done({"key", "add", "vendor.pub", "--holder", "vendor"});
    world.done({"package", "add", world.package("upgrade", "")});
  }

  void database_says(const std::string& root, const std::string& version) const {
    world.shell("sqlite3 " + root + "/data/tiny.db \"update sys set version = '" + version + "'\"");
  }
  // Composing looks at the last survey, which must be one of this state.
  void production_says(const std::string& version) const {
    database_says("installed", version);
    world.done({"survey", "run", "production"});
  }
  void compose() const {
    world.done({"survey", "run", "production"});
    EXPECT_EQ(world.ferry({"recipe", "compose"}).status, 8);
    world.done({"decision", "set", "webapp/index.html", "take", "--reason", "test"});
    world.done({"recipe", "compose"});
  }
  std::string state() const {
    return world.shell("cat installed/webapp/page.html; sqlite3 installed/data/tiny.db .dump; ls -A . installed");
  }

  const TinyWorld world;
  const Words told{"main", "1.0", "2.0", "重新调研"};
};

TEST(BadDatabase, OfAnotherVersionIsAFindingThatBlocks) {
  const TwoVersions two;
  two.production_says("2.0");
  const auto shown = two.world.ferry({"survey", "show", "production", "--language", "zh"});
  EXPECT_NE(shown.out.find("程序与数据库版本不一致"), std::string::npos) << shown.out;
  EXPECT_NE(shown.out.find("程序 1.0，数据库 2.0"), std::string::npos) << shown.out;
  EXPECT_EQ(english_in(shown.out), "") << shown.out;
  const auto json = two.world.ferry({"survey", "show", "production", "--json"}).json();
  bool blocks = false;
  for (const auto& finding : json.at("findings"))
    blocks |= finding.at("key") == "version-mismatch:main" && finding.at("blocking") == true;
  EXPECT_TRUE(blocks) << json.dump(1);
}

TEST(BadDatabase, OfAnotherVersionNothingIsComposedOrPlanned) {
  const TwoVersions two;
  two.production_says("2.0");
  two.world.refused({"recipe", "compose"}, Code::database_version, two.told);
  two.world.refused({"recipe", "show"}, Code::not_found, {"ferry recipe compose"});

  two.database_says("installed", "1.0");
  two.compose();
  two.database_says("installed", "2.0");
  const auto before = two.state();
  two.world.refused({"plan", "make", "production"}, Code::database_version, two.told);
  two.world.refused({"plan", "show", "production"}, Code::not_found, {"ferry plan make production"});
  EXPECT_EQ(two.state(), before);

  // Planned while all was well, and then somebody restored the wrong file.
  two.database_says("installed", "1.0");
  two.world.done({"plan", "make", "production"});
  two.database_says("installed", "2.0");
  two.world.refused({"cutover", "start", "production", "--yes"}, Code::database_version, two.told);
  two.world.refused({"run", "show", "production"}, Code::not_found, {"从未执行过"});
  EXPECT_EQ(two.state(), before);
}

TEST(BadDatabase, ThatSaysNoVersionAtAllIsNotTakenForTheRightOne) {
  const TwoVersions two;
  two.world.shell("sqlite3 installed/data/tiny.db 'delete from sys'");
  two.world.done({"survey", "run", "production"});
  two.world.refused({"recipe", "compose"}, Code::database_version, {"main", "1.0", "?"});
  two.world.shell("sqlite3 installed/data/tiny.db 'drop table sys'");
  two.world.done({"survey", "run", "production"});
  two.world.refused({"recipe", "compose"}, Code::database_version, {"main"});
}

TEST(BadDatabase, OfAnotherVersionIsNotRehearsedOn) {
  if (geteuid() != 0) GTEST_SKIP() << "a fence needs root";
  const TwoVersions two;
  two.compose();
  two.world.done({"backup", "create", "production"});
  two.world.done({"clone", "create", "test"});
  two.database_says("clone/installed", "2.0");
  two.world.refused({"rehearsal", "start", "test", "--as", "engineer"}, Code::database_version, {"test", "1.0", "2.0"});
  EXPECT_NE(two.world.read("clone/installed/webapp/page.html").find("1.0"), std::string::npos);
  two.world.refused({"run", "show", "test"}, Code::not_found, {"从未执行过"});
  two.world.done({"clone", "reset", "test"});
  EXPECT_EQ(two.world.ferry({"rehearsal", "start", "test", "--as", "engineer"}).status, 0);
}

TEST(BadDatabase, OneThatIsDamagedIsToldWithWhatHelpsAgainstThat) {
  const TinyWorld world(Stage::surveyed);
  const auto told = [&] {
    const auto ended = world.ferry({"survey", "run", "production", "--language", "zh"});
    EXPECT_EQ(ended.status, 0) << ended.all();
    for (const char* word : {"阻断", "PRAGMA integrity_check", "恢复点", "ferry backup list"})
      EXPECT_NE(ended.out.find(word), std::string::npos) << word << "\n" << ended.all();
  };
  world.shell("cp installed/data/tiny.db whole.db");
  world.shell(
      "head -c 3000 /dev/zero | tr '\\0' x | dd of=installed/data/tiny.db conv=notrunc bs=1 seek=4096 status=none");
  told();
  const auto ended = world.ferry({"backup", "create", "production", "--language", "zh", "--quiet"});
  EXPECT_NE(ended.status, 0) << ended.all();
  EXPECT_NE(ended.err.find("已损坏"), std::string::npos) << ended.all();
  world.shell("head -c 9000 /dev/urandom > installed/data/tiny.db");
  told();
  world.refused({"backup", "create", "production"}, Code::database_unreachable, {"tiny.db", "恢复点", "其他文件"});
  world.shell("cp whole.db installed/data/tiny.db");
  world.done({"survey", "run", "production"});
}

}  // namespace
}  // namespace ferry::test
