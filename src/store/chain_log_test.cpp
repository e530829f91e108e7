// What a crash or a hand can do to a collection.
#include "store/chain_log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "store/store.h"
#include "store/store_fixture.h"

namespace ferry {
namespace {

using testing_store::code_of;
using testing_store::yaml;

class ChainLogTest : public testing_store::WithHome {
 protected:
  void SetUp() override { make_folders(home()); }
  ChainLog log() const { return {home(), "x"}; }
  std::string log_file() const { return home() + "/x.jsonl"; }
  std::string head_file() const { return home() + "/x.head"; }
  // Without the syncs of write_file_atomic: the cuts are many.
  static void write(const std::string& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
  }
  void put(const std::string& bytes) const { write(log_file(), bytes); }
  // Appending syncs, so after every cut it is tried only in the full run.
  static bool append_after(std::size_t cut) { return std::getenv("FERRY_FULL") != nullptr || cut % 16 == 0; }
};

TEST_F(ChainLogTest, ACutInAnUnacknowledgedAppendCostsThatAppendAndNothingElse) {
  log().append({Json("first"), Json("second")});
  const auto before = read_file(log_file());
  const auto head = read_file(head_file());
  log().append({Json("third"), Json("fourth")});
  const auto after = read_file(log_file());
  const auto third_ends = after.find('\n', before.size()) + 1;
  for (std::size_t length = before.size(); length <= after.size(); ++length) {
    put(after.substr(0, length));
    write(head_file(), head);
    const std::size_t whole = length < third_ends ? 2 : length < after.size() ? 3 : 4;
    ASSERT_EQ(log().read().size(), whole) << length;
    if (!append_after(after.size() - length)) continue;
    log().append({Json("next")});
    const auto records = log().read();
    ASSERT_EQ(records.size(), whole + 1) << length;
    ASSERT_EQ(records.back().data, "next") << length;
    ASSERT_FALSE(first_broken(records)) << length;
  }
}

TEST_F(ChainLogTest, ACutInTheVeryFirstAppendLeavesAnEmptyCollection) {
  log().append({Json("first")});
  const auto text = read_file(log_file());
  for (std::size_t length = 0; length < text.size(); ++length) {
    std::filesystem::remove(head_file());
    put(text.substr(0, length));
    ASSERT_TRUE(log().read().empty()) << length;
    if (!append_after(length)) continue;
    log().append({Json("again")});
    ASSERT_EQ(log().read().size(), 1U) << length;
  }
}

TEST_F(ChainLogTest, ACutInAcknowledgedRecordsIsDamageAtEveryByte) {
  log().append({Json("first"), Json("second")});
  const auto text = read_file(log_file());
  for (std::size_t length = 0; length < text.size(); ++length) {
    put(text.substr(0, length));
    ASSERT_EQ(code_of([&] { log().read(); }), Code::corrupt_log) << length;
    ASSERT_EQ(code_of([&] { log().append({Json("next")}); }), Code::corrupt_log) << length;
    ASSERT_EQ(read_file(log_file()).size(), length);  // nothing is made worse
  }
}

TEST_F(ChainLogTest, AChangedByteIsDamageWhereverItIs) {
  log().append({Json("first"), Json("second"), Json("third")});
  const auto text = read_file(log_file());
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto changed = text;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    put(changed);
    ASSERT_EQ(code_of([&] { log().read(); }), Code::corrupt_log) << i;
  }
}

TEST_F(ChainLogTest, DamageNamesFileAndLine) {
  log().append({Json("first"), Json("second"), Json("third")});
  auto text = read_file(log_file());
  text[text.find("second")] = 'S';
  put(text);
  try {
    log().read();
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.about(), log_file() + ":2");
  }
}

TEST_F(ChainLogTest, AWholeLogOfAnotherHistoryIsNotTakenForThisOne) {
  log().append({Json("first")});
  const auto head = read_file(head_file());
  std::filesystem::remove(head_file());
  put("");
  log().append({Json("forged"), Json("second")});
  write_file_atomic(head_file(), head);
  EXPECT_EQ(code_of([&] { log().read(); }), Code::corrupt_log);
}

TEST_F(ChainLogTest, WithoutItsHeadALogIsStillCheckedAgainstDamageInside) {
  log().append({Json("first"), Json("second"), Json("third")});
  std::filesystem::remove(head_file());
  EXPECT_EQ(log().read().size(), 3U);
  auto text = read_file(log_file());
  text[text.find("second")] = 'S';
  put(text);
  EXPECT_EQ(code_of([&] { log().read(); }), Code::corrupt_log);
  EXPECT_EQ(code_of([&] { log().append({Json("next")}); }), Code::corrupt_log);
}

TEST_F(ChainLogTest, ADamagedHeadIsDamage) {
  log().append({Json("first")});
  for (const char* bad : {"", "{}", "[]", "{\"format\":1}", "{\"format\":1,\"n\":\"x\",\"bytes\":1,\"hash\":\"\"}"}) {
    write_file_atomic(head_file(), bad);
    EXPECT_EQ(code_of([&] { log().read(); }), Code::corrupt_log) << bad;
  }
  write_file_atomic(head_file(), "{\"format\":2}");
  EXPECT_EQ(code_of([&] { log().read(); }), Code::unsupported_format);
}

TEST_F(ChainLogTest, GarbageBehindTheEndIsCutOffByTheNextWriter) {
  log().append({Json("first")});
  append_file(log_file(), std::string(100, '\0') + "\nrubbish\n{\"n\":2");
  EXPECT_EQ(log().read().size(), 1U);
  log().append({Json("second")});
  EXPECT_EQ(log().read().size(), 2U);
  EXPECT_EQ(read_file(log_file()).find('\0'), std::string::npos);
}

// Appends numbers until it is killed; tells each acknowledged one through the pipe.
[[noreturn]] void append_until_killed(const std::string& home, int acknowledged, std::int64_t who) {
  try {
    auto store = Store::open(home, "sample");
    for (std::int64_t i = 1;; ++i) {
      store.append("x", Json{{"who", who}, {"i", i}});
      if (::write(acknowledged, &i, sizeof i) != sizeof i) _exit(3);
    }
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    _exit(2);
  }
}

struct Child {
  pid_t pid = -1;
  int pipe = -1;
};

Child start_appending(const std::string& home, std::int64_t who) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe");
  const pid_t pid = fork();
  if (pid == 0) append_until_killed(home, ends[1], who);
  close(ends[1]);
  return {pid, ends[0]};
}

// Reads acknowledgements until `count` have come, kills, and reads the rest: the last one acknowledged.
std::int64_t kill_after(const Child& child, int count, Milliseconds delay) {
  std::int64_t last = 0, value = 0;
  for (int i = 0; i < count && read(child.pipe, &value, sizeof value) == sizeof value; ++i) last = value;
  // A moment that does not keep step with the appends, so that the kill hits other places of them.
  poll(nullptr, 0, static_cast<int>(delay.count()));
  kill(child.pid, SIGKILL);
  waitpid(child.pid, nullptr, 0);
  while (read(child.pipe, &value, sizeof value) == sizeof value) last = value;
  close(child.pipe);
  return last;
}

class StoreKilled : public testing_store::WithHome {};

TEST_F(StoreKilled, NothingAcknowledgedIsLostWheneverAWriterIsKilled) {
  Store::create(home(), yaml);
  const int rounds = std::getenv("FERRY_FULL") != nullptr ? 200 : 12;
  for (int round = 1; round <= rounds; ++round) {
    const auto before = Store::open(home(), "sample").read("x").size();
    const auto last = kill_after(start_appending(home(), round), 1 + round % 3, Milliseconds(round % 7));
    const auto records = Store::open(home(), "sample").read("x");
    ASSERT_GE(records.size(), before + static_cast<std::size_t>(last)) << round;
    ASSERT_LE(records.size(), before + static_cast<std::size_t>(last) + 1) << round;
    ASSERT_FALSE(first_broken(records));
  }
  EXPECT_TRUE(Store::open(home(), "sample").verify().empty());
}

TEST_F(StoreKilled, TwoWritersAndAReaderDoNotDisturbEachOther) {
  Store::create(home(), yaml);
  const auto a = start_appending(home(), 1), b = start_appending(home(), 2);
  const auto reader = Store::open(home(), "sample");
  std::size_t seen = 0;
  for (int i = 0; i < 200; ++i) {
    const auto now = reader.read("x").size();
    ASSERT_GE(now, seen);
    seen = now;
  }
  const auto last_a = kill_after(a, 5, Milliseconds(0)), last_b = kill_after(b, 5, Milliseconds(0));
  std::map<std::int64_t, std::int64_t> reached;
  for (const auto& record : reader.read("x")) {
    auto& last = reached[record.data.at("who").get<std::int64_t>()];
    ASSERT_EQ(record.data.at("i").get<std::int64_t>(), last + 1);  // each one's own order is kept, nothing is missing
    ++last;
  }
  EXPECT_GE(reached[1], last_a);
  EXPECT_GE(reached[2], last_b);
}

TEST_F(StoreKilled, TogetherKeepsOthersOutAndTellsThem) {
  Store::create(home(), yaml);
  auto counter = [&] {
    auto store = Store::open(home(), "sample");
    for (int i = 0; i < 20; ++i)
      store.together([&] { store.append("x", Json(static_cast<std::int64_t>(store.read("x").size()))); });
  };
  std::thread other(counter);
  counter();
  other.join();
  const auto records = Store::open(home(), "sample").read("x");
  ASSERT_EQ(records.size(), 40U);
  for (std::size_t i = 0; i < records.size(); ++i) EXPECT_EQ(records[i].data, i);
}

}  // namespace
}  // namespace ferry
