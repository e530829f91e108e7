#include "base/local_time.h"

#include <ctime>

#include "base/error.h"

namespace ferry {

std::string local_time(Moment moment, Moment now) {
  const std::time_t then = std::chrono::system_clock::to_time_t(moment);
  const std::time_t today = std::chrono::system_clock::to_time_t(now);
  std::tm a{}, b{};
  ::localtime_r(&then, &a);
  ::localtime_r(&today, &b);
  const bool same_day = a.tm_year == b.tm_year && a.tm_yday == b.tm_yday;
  char text[64];
  return {text, std::strftime(text, sizeof text, same_day ? "%H:%M" : "%Y-%m-%d %H:%M", &a)};
}

Moment parse_local_time(const std::string& text, Moment now) {
  std::tm when{};
  const std::time_t today = std::chrono::system_clock::to_time_t(now);
  ::localtime_r(&today, &when);
  const bool has_date = text.find('-') != std::string::npos;
  const char* end = ::strptime(text.c_str(), has_date ? "%Y-%m-%d %H:%M" : "%H:%M", &when);
  if (end == nullptr || *end != '\0') {
    try {
      return parse_moment(text);
    } catch (const Error&) {
      throw Error(Code::usage, "'" + text + "'",
                  Text{"not a time: 22:00, \"2026-01-31 22:00\" or 2026-01-31T22:00:00+08:00",
                       "不是时间：22:00、\"2026-01-31 22:00\" 或 2026-01-31T22:00:00+08:00"});
    }
  }
  when.tm_sec = 0;
  when.tm_isdst = -1;
  auto moment = std::chrono::time_point_cast<Milliseconds>(std::chrono::system_clock::from_time_t(std::mktime(&when)));
  // A time of day that has passed is tomorrow's.
  if (!has_date && moment <= now) moment += std::chrono::hours(24);
  return moment;
}

}  // namespace ferry
