// `ferry call-people`: the process that calls people while nobody waits for it.
#include <gtest/gtest.h>

#include "base/json.h"
#include "host/files.h"
#include "host/program.h"

namespace ferry {
namespace {

Json call(const std::vector<std::string>& argv) {
  return {{"person", "p"}, {"contact", "1"}, {"argv", argv}, {"outcome", "calling"}, {"detail", ""}};
}

// The record after its calls were made.
Json made(const TempFolder& folder, const Json& calls) {
  const auto file = folder / "0001.json";
  write_file_atomic(file, Json{{"format", 1},
                               {"occasion", "waiting"},
                               {"at", "2026-01-31T18:00:00.000Z"},
                               {"message", "m"},
                               {"within_ms", 1000},
                               {"calls", calls}}
                              .dump());
  const auto ended = run_program({FERRY_BUILD_DIR "/ferry", "call-people", file});
  EXPECT_EQ(ended.status, 0) << ended.err;
  return parse_json(read_file(file), file).at("calls");
}

TEST(Calling, EachCallHasItsOwnOutcomeAndNoneWaitsForAnother) {
  const TempFolder folder("ferry-calling");
  const auto calls =
      made(folder, {call({"/bin/echo", "sent"}), call({"/bin/sh", "-c", "echo no credit >&2; exit 3"}),
                    call({"/bin/sleep", "1000"}), call({"/no/such/program"}), call({"/bin/printf", "\\377"})});
  EXPECT_EQ(calls.at(0).at("outcome"), "done");
  EXPECT_EQ(calls.at(0).at("detail"), "sent\n");
  EXPECT_EQ(calls.at(1).at("outcome"), "failed");
  EXPECT_EQ(calls.at(1).at("status"), 3);
  EXPECT_EQ(calls.at(1).at("detail"), "no credit\n");
  EXPECT_EQ(calls.at(2).at("outcome"), "timed_out");
  EXPECT_EQ(calls.at(3).at("outcome"), "failed");
  EXPECT_NE(calls.at(3).at("detail").get<std::string>().find("/no/such/program"), std::string::npos);
  EXPECT_EQ(calls.at(4).at("outcome"), "done");
}

TEST(Calling, ARecordThatIsNoneIsRefused) {
  const TempFolder folder("ferry-calling");
  write_file_atomic(folder / "x.json", "{");
  EXPECT_EQ(run_program({FERRY_BUILD_DIR "/ferry", "call-people", folder / "x.json"}).status, 1);
}

}  // namespace
}  // namespace ferry
