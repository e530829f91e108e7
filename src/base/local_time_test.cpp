#include "base/local_time.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

#include "base/error.h"

namespace ferry {
namespace {

// Eight hours east, where most users are.
class LocalTime : public testing::Test {
 protected:
  void SetUp() override {
    ::setenv("TZ", "UTC-8", 1);
    ::tzset();
  }
  void TearDown() override {
    ::unsetenv("TZ");
    ::tzset();
  }
  Moment now_ = parse_moment("2026-01-31T12:30:00Z");  // 20:30 there
};

TEST_F(LocalTime, IsShownAsAClockAndWithItsDateOnAnotherDay) {
  EXPECT_EQ(local_time(parse_moment("2026-01-31T14:05:00Z"), now_), "22:05");
  EXPECT_EQ(local_time(parse_moment("2026-01-31T16:05:00Z"), now_), "2026-02-01 00:05");
}

TEST_F(LocalTime, IsReadInEachOfItsForms) {
  EXPECT_EQ(to_string(parse_local_time("22:00", now_)), "2026-01-31T14:00:00.000Z");
  EXPECT_EQ(to_string(parse_local_time("08:00", now_)), "2026-02-01T00:00:00.000Z");  // has passed today
  EXPECT_EQ(to_string(parse_local_time("2026-02-07 22:00", now_)), "2026-02-07T14:00:00.000Z");
  EXPECT_EQ(to_string(parse_local_time("2026-02-07T22:00:00+08:00", now_)), "2026-02-07T14:00:00.000Z");
}

TEST_F(LocalTime, NonsenseIsRefused) {
  for (const char* text : {"", "tonight", "25", "22:00 or so", "2026-13-01 10:00"})
    EXPECT_THROW(parse_local_time(text, now_), Error) << text;
}

}  // namespace
}  // namespace ferry
