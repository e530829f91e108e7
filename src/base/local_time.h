// Times as people read and type them: in the zone of this machine. Everything stored is UTC (base/clock.h).
#pragma once
#include <string>

#include "base/clock.h"

namespace ferry {

// "22:30", with the date in front when it is not the day of `now`.
std::string local_time(Moment moment, Moment now);
// "22:00" (the next one), "2026-01-31 22:00", or RFC 3339 with its own zone. Throws Error(usage).
Moment parse_local_time(const std::string& text, Moment now);

}  // namespace ferry
