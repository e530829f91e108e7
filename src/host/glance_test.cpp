#include "host/glance.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "host/files.h"
#include "host/occupants.h"
#include "host/program.h"

namespace ferry {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> names(const Glance& glance) {
  std::vector<std::string> out;
  for (const auto& thing : glance.things) out.push_back(thing.path.bytes());
  return out;
}

class GlanceTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* folder : {"a/b/c", "node_modules/x"}) fs::create_directories(place_ / folder);
    for (const char* file : {"z", "a/y", "a/b/x", "a/b/c/w", "node_modules/x/index.js"})
      std::ofstream(place_ / file) << file;
  }
  TempFolder place_{"ferry-glance"};
};

TEST_F(GlanceTest, SeesWhatIsNearTheRootFirst) {
  GlanceOptions options;
  options.closed = {"node_modules"};
  const auto seen = glance(place_.path(), options);
  EXPECT_TRUE(seen.complete);
  EXPECT_EQ(names(seen),
            (std::vector<std::string>{"a", "node_modules", "z", "a/b", "a/y", "a/b/c", "a/b/x", "a/b/c/w"}));
  EXPECT_TRUE(seen.things[1].closed);
  EXPECT_EQ(seen.things[2].bytes, 1U);
}

TEST_F(GlanceTest, EndsByNumberAndSaysSo) {
  GlanceOptions options;
  options.most = 3;
  const auto seen = glance(place_.path(), options);
  EXPECT_FALSE(seen.complete);
  EXPECT_EQ(seen.things.size(), 3U);
}

TEST_F(GlanceTest, EndsByTimeAndSaysSo) {
  GlanceOptions options;
  options.longest = Milliseconds(0);
  EXPECT_FALSE(glance(place_.path(), options).complete);
}

TEST_F(GlanceTest, OddThingsAndLinksAreListedAndNotFollowed) {
  fs::create_symlink("/", place_ / "link");
  mkfifo((place_ / "pipe").c_str(), 0600);
  std::ofstream(place_ / "\xB2\xE2") << "gbk";
  const auto seen = glance(place_.path(), {});
  for (const auto& thing : seen.things) {
    if (thing.path.bytes() == "link") {
      EXPECT_EQ(thing.kind, Glimpse::Kind::link);
    }
    if (thing.path.bytes() == "pipe") {
      EXPECT_EQ(thing.kind, Glimpse::Kind::special);
    }
    EXPECT_FALSE(thing.path.is_under(RelativePath("link")) && thing.path != RelativePath("link"));
  }
  EXPECT_TRUE(seen.complete);
}

TEST_F(GlanceTest, ARootThatIsNoneIsRefused) {
  EXPECT_THROW(glance(place_ / "nothing", {}), Error);
  EXPECT_THROW(glance(place_ / "z", {}), Error);
}

TEST(Occupants, WhoStandsInAFolderIsFoundWithHowItWasStarted) {
  TempFolder place("ferry-occupants");
  DetachedOptions options;
  options.directory = place.path();
  options.environment = {{"OWN", "value"}};
  const auto identity = spawn_detached({"/bin/sleep", "60"}, options);
  const auto seen = occupants_of(place.path());
  send_signal(identity, SIGKILL);
  ASSERT_EQ(seen.processes.size(), 1U);
  const auto& process = seen.processes.front();
  EXPECT_EQ(process.pid, identity.pid);
  EXPECT_EQ(process.argv, (std::vector<std::string>{"/bin/sleep", "60"}));
  EXPECT_EQ(process.directory, place.path());
  EXPECT_EQ(process.environment.at("OWN"), "value");
}

TEST(Occupants, AFolderOfAnotherNameIsNotTheSame) {
  TempFolder place("ferry-occupants");
  fs::create_directories(place / "oa-old");
  DetachedOptions options;
  options.directory = place / "oa-old";
  const auto identity = spawn_detached({"/bin/sleep", "60"}, options);
  const auto seen = occupants_of(place / "oa");
  send_signal(identity, SIGKILL);
  EXPECT_TRUE(seen.processes.empty());
}

}  // namespace
}  // namespace ferry
