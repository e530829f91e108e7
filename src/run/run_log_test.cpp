#include "run/run_log.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "host/files.h"
#include "run/run_state.h"

namespace ferry {
namespace {

template <class Call>
Code code_of(const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.code();
  }
  return Code::internal;
}

Moment at_eight() {
  return parse_moment("2026-01-31T08:00:00.000Z");
}

struct Written {
  Written() {
    auto log = RunLog::create(path, at_eight);
    const RunIdentity run{"run-1", "test", RunKind::rehearsal, Digest::of("p"), Digest::of("r"), "operator"};
    const Json steps = Json::array({Json{{"id", "a"}, {"title", Text{"A", "甲"}}, {"point_of_no_return", false}}});
    log.append(RecordKind::started, {}, Json{{"run", run}, {"steps", steps}});
    log.append(RecordKind::intent, "a", Json::object());
    log.append(RecordKind::saved, "a", Json{{"path", "\xC1\xF7\xB3\xCC"}, {"ratio", 0.5}});
    log.append(RecordKind::done, "a", Json{{"ms", 5}, {"result", nullptr}});
    log.append(RecordKind::committed, {}, Json{{"person", "operator"}});
    text = read_file(path);
  }
  TempFolder folder{"ferry-log"};
  std::string path = folder / "log";
  std::string text;
};

TEST(RunLogFile, ReadsWhatItWroteEvenBytesThatAreNoText) {
  const Written written;
  const auto log = read_log(written.path);
  ASSERT_EQ(log.records.size(), 5U);
  EXPECT_FALSE(log.torn);
  EXPECT_EQ(log.records[2].data.at("path"), "\\301\\367\\263\\314");
  EXPECT_EQ(log.records[2].data.at("ratio"), "0.5");
  EXPECT_EQ(log.records[4].at, "2026-01-31T08:00:00.000Z");
  EXPECT_EQ(state_of(log, "log").phase, RunPhase::committed);
}

TEST(RunLogFile, CutAtEveryByteLosesOnlyTheTornLine) {
  const Written written;
  const auto whole = parse_log(written.text, "log");
  std::size_t lines = 0;
  for (std::size_t length = 0; length <= written.text.size(); ++length) {
    if (length > 0 && written.text[length - 1] == '\n') ++lines;
    const auto cut = parse_log(std::string_view(written.text).substr(0, length), "log");
    ASSERT_EQ(cut.records.size(), lines) << length;
    ASSERT_EQ(cut.torn, length > cut.bytes) << length;
    for (std::size_t i = 0; i < lines; ++i) ASSERT_EQ(cut.records[i].digest, whole.records[i].digest);
    if (lines > 0) state_of(cut, "log");
  }
  EXPECT_EQ(lines, 5U);
}

TEST(RunLogFile, EveryChangedByteIsNoticed) {
  const Written written;
  for (std::size_t at = 0; at + 1 < written.text.size(); ++at) {
    auto text = written.text;
    text[at] = static_cast<char>(text[at] ^ 1);
    ASSERT_EQ(code_of([&] { parse_log(text, "log"); }), Code::corrupt_log) << at;
  }
}

TEST(RunLogFile, ALineTakenOutIsNoticed) {
  const Written written;
  const auto first = written.text.find('\n') + 1;
  const auto second = written.text.find('\n', first) + 1;
  EXPECT_EQ(code_of([&] { parse_log(written.text.substr(0, first) + written.text.substr(second), "log"); }),
            Code::corrupt_log);
  EXPECT_EQ(code_of([&] { parse_log(written.text.substr(first), "log"); }), Code::corrupt_log);
}

TEST(RunLogFile, ATornLineIsCutOffBeforeTheNextRecord) {
  const Written written;
  write_file_atomic(written.path, written.text.substr(0, written.text.size() - 5));
  {
    auto log = RunLog::open(written.path, at_eight);
    EXPECT_EQ(log.records().size(), 4U);
    log.append(RecordKind::committed, {}, Json{{"person", "operator"}});
  }
  EXPECT_EQ(read_file(written.path), written.text);
}

TEST(RunLogFile, ALastLineWithASectorThatWasNeverWrittenIsTornAnywhereElseItIsDamage) {
  const Written written;
  const auto last = written.text.rfind('\n', written.text.size() - 2) + 1;
  for (std::size_t begin = last; begin + 1 < written.text.size(); ++begin) {
    auto text = written.text;
    text[begin] = '\0';
    const auto log = parse_log(text, "log");
    ASSERT_EQ(log.records.size(), 4U);
    ASSERT_TRUE(log.torn);
    ASSERT_EQ(log.bytes, last);
  }
  auto text = written.text;
  text[last - 10] = '\0';
  EXPECT_EQ(code_of([&] { parse_log(text, "log"); }), Code::corrupt_log);
}

TEST(RunLogFile, RecordsThatContradictEachOtherAreRefused) {
  const Written written;
  auto log = RunLog::open(written.path, at_eight);
  log.append(RecordKind::intent, "a", Json::object());
  EXPECT_EQ(code_of([&] { state_of(read_log(written.path), "log"); }), Code::corrupt_log);
}

TEST(RunLogFile, AnExistingRunIsNotBegunAgain) {
  const Written written;
  EXPECT_EQ(code_of([&] { RunLog::create(written.path, at_eight); }), Code::already_exists);
  EXPECT_EQ(read_file(written.path), written.text);
}

}  // namespace
}  // namespace ferry
