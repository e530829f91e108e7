// What a version that is taken back has said: kept before the old one writes into the same files (LESSONS, traps).
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "model/environment.h"
#include "model/profile.h"

namespace ferry {

struct LogSource {
  std::string name;  // of the copy
  std::string file;  // absolute
};
// Output of the services of this version, as far as the profile sends it to files.
std::vector<LogSource> service_logs(const Profile& profile, const Environment& environment, const Version& version);
// Output of the product's own migration to this version: `folder` holds it where the profile names no file.
std::vector<LogSource> migration_logs(const Profile& profile, const Environment& environment, const Version& version,
                                      const std::string& folder);
// Where its output goes.
std::string migration_log(const Migration& way, const Environment& environment, const std::string& folder);

inline constexpr std::uint64_t most_of_a_log = 4U << 20U;
// Whatever happens to logs, the way back needs its room: run log, and little files.
inline constexpr std::uint64_t room_beside_logs = 16U << 20U;

// Copies the end of each log, at most `most_of_a_log` bytes from the beginning of a line on, into `<folder>/failed`;
// what is cut stands in the first line of the copy. At least `leave_free` bytes stay free on the file system. Never
// throws an Error: nothing here may stop a way back. Returns what to note in the run log, what could not be kept too;
// empty: there were no logs.
Text keep_failed_logs(const std::vector<LogSource>& logs, const std::string& folder, std::uint64_t leave_free);

}  // namespace ferry
