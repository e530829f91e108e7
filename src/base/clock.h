// Moments, dates and the working calendar. Moments are UTC; people's dates are plain calendar days.
#pragma once
#include <chrono>
#include <compare>
#include <functional>
#include <set>
#include <string>
#include <string_view>

namespace ferry {

using Seconds = std::chrono::seconds;
using Milliseconds = std::chrono::milliseconds;
using Moment = std::chrono::sys_time<std::chrono::milliseconds>;

// Where a use case asks for the time, so that tests can set it.
using Clock = std::function<Moment()>;
Moment system_now();

// RFC 3339, UTC, milliseconds: 2026-01-31T08:00:00.000Z
std::string to_string(Moment moment);
// Accepts RFC 3339 with 'Z' or an offset, with or without fraction; throws Error(invalid_document).
Moment parse_moment(std::string_view text);

// A calendar day.
using Date = std::chrono::sys_days;
std::string to_string(Date date);  // 2026-01-31
Date parse_date(std::string_view text);

// Which days are worked: Monday to Friday without the holidays, plus the extra working days (Chinese public holidays
// are made up for on weekends, so both lists are needed).
struct WorkingCalendar {
  std::set<Date> holidays;
  std::set<Date> extra_days;

  bool is_working_day(Date date) const;
  // The first working day on or after `date`.
  Date next_working_day(Date date) const;
  // The day on which work of `half_days` half days that begins on the morning of working day `start` ends.
  Date end_of_work(Date start, int half_days) const;
  // Working days between the two, both included.
  int working_days(Date from, Date to) const;
};

// "1 h 05 min", "42 s": for people.
std::string human_duration(Milliseconds duration);
// "1.5 GB" with powers of 1000, as disks are sold.
std::string human_bytes(std::uint64_t bytes);

}  // namespace ferry
