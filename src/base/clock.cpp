#include "base/clock.h"

#include <fmt/format.h>

#include <charconv>

#include "base/error.h"

namespace ferry {
namespace {

const Text no_date{"a date like 2026-01-31 expected", "应为日期，如 2026-01-31"};

int number(std::string_view text, std::size_t at, std::size_t length, std::string_view whole) {
  int value = 0;
  if (at + length > text.size()) throw Error(Code::invalid_document, std::string(whole), no_date);
  const auto part = text.substr(at, length);
  const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
  if (error != std::errc{} || end != part.data() + part.size() || value < 0)
    throw Error(Code::invalid_document, std::string(whole), no_date);
  return value;
}

Date date_at_front(std::string_view text) {
  using namespace std::chrono;
  const year_month_day ymd{year(number(text, 0, 4, text)), month(static_cast<unsigned>(number(text, 5, 2, text))),
                           day(static_cast<unsigned>(number(text, 8, 2, text)))};
  if (text[4] != '-' || text[7] != '-' || !ymd.ok())
    throw Error(Code::invalid_document, std::string(text), Text{"no such day", "没有这一天"});
  return sys_days(ymd);
}

}  // namespace

Moment system_now() {
  return std::chrono::time_point_cast<Milliseconds>(std::chrono::system_clock::now());
}

std::string to_string(Date date) {
  const std::chrono::year_month_day ymd(date);
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(ymd.year()), static_cast<unsigned>(ymd.month()),
                     static_cast<unsigned>(ymd.day()));
}

std::string to_string(Moment moment) {
  const auto date = std::chrono::floor<std::chrono::days>(moment);
  const auto rest = (moment - date).count();
  return fmt::format("{}T{:02}:{:02}:{:02}.{:03}Z", to_string(Date(date)), rest / 3600000, rest / 60000 % 60,
                     rest / 1000 % 60, rest % 1000);
}

Date parse_date(std::string_view text) {
  if (text.size() != 10) throw Error(Code::invalid_document, std::string(text), no_date);
  return date_at_front(text);
}

Moment parse_moment(std::string_view text) {
  const auto wrong = [&] {
    return Error(Code::invalid_document, std::string(text),
                 Text{"a time like 2026-01-31T08:00:00Z expected", "应为时间，如 2026-01-31T08:00:00Z"});
  };
  if (text.size() < 17) throw wrong();
  const Date date = date_at_front(text);
  if ((text[10] != 'T' && text[10] != ' ') || text[13] != ':') throw wrong();
  std::int64_t ms = number(text, 11, 2, text) * 3600000LL + number(text, 14, 2, text) * 60000LL;
  std::size_t at = 16;
  if (text[at] == ':') {
    ms += number(text, at + 1, 2, text) * 1000LL;
    at += 3;
    if (at < text.size() && text[at] == '.') {
      int scale = 100;
      for (++at; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, scale /= 10)
        ms += static_cast<std::int64_t>(text[at] - '0') * scale;
    }
  }
  if (at >= text.size()) throw wrong();
  if (text[at] == 'Z' && at + 1 == text.size()) return Moment(date) + Milliseconds(ms);
  if ((text[at] != '+' && text[at] != '-') || at + 6 != text.size() || text[at + 3] != ':') throw wrong();
  const int offset = number(text, at + 1, 2, text) * 60 + number(text, at + 4, 2, text);
  ms -= (text[at] == '+' ? offset : -offset) * 60000LL;
  return Moment(date) + Milliseconds(ms);
}

bool WorkingCalendar::is_working_day(Date date) const {
  if (extra_days.contains(date)) return true;
  if (holidays.contains(date)) return false;
  const std::chrono::weekday weekday(date);
  return weekday != std::chrono::Saturday && weekday != std::chrono::Sunday;
}

Date WorkingCalendar::next_working_day(Date date) const {
  while (!is_working_day(date)) date += std::chrono::days(1);
  return date;
}

Date WorkingCalendar::end_of_work(Date start, int half_days) const {
  Date date = next_working_day(start);
  for (int left = half_days - 2; left > 0; left -= 2) date = next_working_day(date + std::chrono::days(1));
  return date;
}

int WorkingCalendar::working_days(Date from, Date to) const {
  int count = 0;
  for (Date date = from; date <= to; date += std::chrono::days(1)) count += is_working_day(date) ? 1 : 0;
  return count;
}

std::string human_duration(Milliseconds duration) {
  const auto ms = duration.count();
  if (ms < 1000) return fmt::format("{} ms", ms);
  if (ms < 10000) return fmt::format("{:.1f} s", static_cast<double>(ms) / 1000);
  const auto seconds = (ms + 500) / 1000;
  if (seconds < 120) return fmt::format("{} s", seconds);
  if (seconds < 7200) return fmt::format("{} min {:02} s", seconds / 60, seconds % 60);
  return fmt::format("{} h {:02} min", seconds / 3600, seconds / 60 % 60);
}

std::string human_bytes(std::uint64_t bytes) {
  static constexpr const char* units[] = {"B", "kB", "MB", "GB", "TB", "PB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1000 && unit + 1 < std::size(units)) {
    value /= 1000;
    ++unit;
  }
  return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", value, units[unit]);
}

}  // namespace ferry
