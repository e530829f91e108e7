#include "host/failed_logs.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "host/files.h"

namespace ferry {
namespace {

namespace fs = std::filesystem;

class FailedLogs : public testing::Test {
 protected:
  std::string kept(const std::string& name) const { return read_file(run() + "/failed/" + name); }
  std::string run() const { return folder_ / "run"; }
  std::string file(const std::string& name, const std::string& text) const {
    write_file_atomic(folder_ / name, text);
    return folder_ / name;
  }
  TempFolder folder_;
};

TEST_F(FailedLogs, AreKeptWholeWithAStackTraceOfManyThousandLines) {
  std::string text = "java.lang.IllegalStateException: no licence\n";
  for (int i = 0; i < 30'000; ++i) text += "\tat com.example.portal.Start.run(Start.java:" + std::to_string(i) + ")\n";
  const auto note = keep_failed_logs({{"web.log", file("web", text)}}, run(), 0);
  EXPECT_EQ(kept("web.log"), text);
  EXPECT_NE(note.en.find(run() + "/failed: web.log"), std::string::npos) << note.en;
  EXPECT_EQ(note.en.find("last"), std::string::npos) << "nothing was cut: " << note.en;
  EXPECT_EQ(fs::status(run() + "/failed/web.log").permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(FailedLogs, SayHowMuchIsKeptOfAHugeOneAndBeginWithAWholeLine) {
  std::string text;
  for (int i = 0; text.size() < most_of_a_log * 3 / 2; ++i) text += "line " + std::to_string(i) + "\n";
  const auto note = keep_failed_logs({{"web.log", file("web", text)}}, run(), 0);
  const auto copy = kept("web.log");
  const auto first = copy.substr(0, copy.find('\n'));
  EXPECT_NE(first.find("the last 4.2 MB of 6.3 MB"), std::string::npos) << first;
  EXPECT_NE(note.en.find("web.log (the last 4.2 MB of 6.3 MB)"), std::string::npos) << note.en;
  EXPECT_NE(note.zh.find("web.log（末尾 4.2 MB，共 6.3 MB）"), std::string::npos) << note.zh;
  const auto rest = copy.substr(first.size() + 1);
  EXPECT_TRUE(rest.starts_with("line ")) << rest.substr(0, 20);
  EXPECT_TRUE(text.ends_with("\n" + rest));
  EXPECT_GT(rest.size(), most_of_a_log - 20);
}

TEST_F(FailedLogs, NeedNoneToBeThere) {
  EXPECT_TRUE(keep_failed_logs({}, run(), 0).empty());
  EXPECT_TRUE(keep_failed_logs({{"a.log", folder_ / "none"}, {"b.log", file("empty", "")}}, run(), 0).empty());
  EXPECT_TRUE(keep_failed_logs({{"c.log", file("x", "1") + "/below"}}, run(), 0).empty());
  ASSERT_EQ(::mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  EXPECT_TRUE(keep_failed_logs({{"d.log", folder_ / "pipe"}}, run(), 0).empty()) << "nobody waits for a writer";
  EXPECT_FALSE(path_exists(run() + "/failed"));
}

TEST_F(FailedLogs, ThatCanNotBeKeptAreToldAndTheOthersAreKept) {
  const auto good = file("good", "good\n");
  fs::create_directories(run() + "/failed/bad.log/in-the-way");
  const auto note = keep_failed_logs({{"bad.log", good}, {"good.log", good}}, run(), 0);
  EXPECT_EQ(kept("good.log"), "good\n");
  EXPECT_NE(note.en.find("not kept: " + good), std::string::npos) << note.en;
  EXPECT_NE(note.zh.find("未能保留：" + good), std::string::npos) << note.zh;
}

TEST_F(FailedLogs, LeaveTheRoomThatTheWayBackNeeds) {
  const std::string text(100'000, 'x');
  const auto log = file("web", text);
  const auto note = keep_failed_logs({{"web.log", log}}, run(), 1ULL << 60U);
  EXPECT_NE(note.en.find("not kept: " + log), std::string::npos) << note.en;
  EXPECT_FALSE(path_exists(run() + "/failed/web.log"));
}

}  // namespace
}  // namespace ferry
