#include "host/failed_logs.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "base/clock.h"
#include "base/foreign_error.h"
#include "host/descriptor.h"
#include "host/files.h"

namespace ferry {
namespace {

// Of a log of which not even this fits nothing is kept.
constexpr std::uint64_t worth_keeping = 4096;

struct Kept {
  std::uint64_t bytes = 0;
  std::uint64_t of = 0;
  bool cut() const { return bytes < of; }
};

// The end of the file from the beginning of a line on; of a line that fills all of it just the end.
std::string tail_of(int fd, const std::string& file, std::uint64_t size, std::uint64_t most) {
  const std::uint64_t begin = size > most ? size - most : 0;
  std::string out(size - begin, '\0');
  std::size_t got = 0;
  while (got < out.size()) {
    const auto count = ::pread(fd, out.data() + got, out.size() - got, static_cast<off_t>(begin + got));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw system_error(file, errno);
    if (count == 0) break;  // somebody has cut it
    got += static_cast<std::size_t>(count);
  }
  out.resize(got);
  if (begin == 0) return out;
  const auto line = out.find('\n');
  if (line != std::string::npos && line + 1 < out.size()) out.erase(0, line + 1);
  return out;
}

std::uint64_t room_for_logs(const std::string& folder, std::uint64_t leave_free) {
  const auto free = free_space(folder).free;
  return free > leave_free ? free - leave_free : 0;
}

// Nothing without a file, or with an empty one.
std::optional<Kept> keep(const LogSource& log, const std::string& folder, std::uint64_t leave_free) {
  const Descriptor fd(::open(log.file.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!fd.valid()) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    throw system_error(log.file, errno);
  }
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) throw system_error(log.file, errno);
  if (!S_ISREG(status.st_mode) || status.st_size == 0) return std::nullopt;
  const auto size = static_cast<std::uint64_t>(status.st_size);
  const auto most = std::min(most_of_a_log, room_for_logs(folder, leave_free));
  if (most < size && most < worth_keeping) throw system_error(folder, ENOSPC);
  auto text = tail_of(fd.get(), log.file, size, most);
  const Kept out{text.size(), size};
  if (out.cut())
    text.insert(0, "[ferry: the last " + human_bytes(out.bytes) + " of " + human_bytes(out.of) + " / 仅保留末尾 " +
                       human_bytes(out.bytes) + "，共 " + human_bytes(out.of) + "]\n");
  make_folders(folder, 0700);
  write_file_atomic(folder + "/" + log.name, text, 0600);
  return out;
}

void add(Text& out, const Text& more) {
  out.en += (out.en.empty() ? "" : "; ") + more.en;
  out.zh += (out.zh.empty() ? "" : "；") + more.zh;
}

}  // namespace

std::vector<LogSource> service_logs(const Profile& profile, const Environment& environment, const Version& version) {
  std::vector<LogSource> out;
  for (const auto& service : services_of_version(profile, version))
    if (!service.log.empty()) out.push_back({service.id + ".log", environment.root + "/" + service.log});
  return out;
}

std::string migration_log(const Migration& way, const Environment& environment, const std::string& folder) {
  return way.log.empty() ? folder + "/migrate.log" : environment.root + "/" + way.log;
}

std::vector<LogSource> migration_logs(const Profile& profile, const Environment& environment, const Version& version,
                                      const std::string& folder) {
  const auto way = migration_to(profile, version);
  if (!way.by_command()) return {};
  // No service can be called so.
  return {{"_migrate.log", migration_log(way, environment, folder)}};
}

Text keep_failed_logs(const std::vector<LogSource>& logs, const std::string& folder, std::uint64_t leave_free) {
  const auto failed = folder + "/failed";
  Text kept;
  Text lost;
  for (const auto& log : logs) {
    try {
      const auto one = keep(log, failed, leave_free);
      if (!one) continue;
      const auto size = human_bytes(one->bytes);
      const auto all = human_bytes(one->of);
      add(kept, one->cut() ? Text{log.name + " (the last " + size + " of " + all + ")",
                                  log.name + "（末尾 " + size + "，共 " + all + "）"}
                           : Text{log.name, log.name});
    } catch (const std::exception& problem) {
      const auto error = error_of(problem, log.file);
      add(lost, {"not kept: " + log.file + ": " + error.describe(Language::english),
                 "未能保留：" + log.file + "：" + error.describe(Language::chinese)});
    }
  }
  Text out;
  if (!kept.empty())
    out = {"logs of the version that is taken back, in " + failed + ": " + kept.en,
           "被回退版本的日志保留在 " + failed + "：" + kept.zh};
  if (!lost.empty()) add(out, lost);
  return out;
}

}  // namespace ferry
