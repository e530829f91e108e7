// What recorder.cpp and rebuild.cpp share.
#pragma once
#include <fcntl.h>
#include <sys/stat.h>

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "power/recorder.h"

namespace ferry::power {

constexpr std::int64_t second_ns = 1'000'000'000;
// Far from any real inode number of a file system in memory.
constexpr std::uint64_t first_number = 1'000'000'000'000;

struct Known {
  Id id;
  // The ctime that the rebuilt object got, and the one it had before the power cut. As long as it has the first it
  // is shown the second: nobody has touched it since.
  std::int64_t built_ctime_ns = 0;
  std::int64_t shown_ctime_ns = 0;
};

struct Recorder {
  std::string root;
  std::uint64_t device = 0;
  std::map<std::uint64_t, Known> by_inode;  // real inode number
  std::map<Id, std::uint64_t> numbers;      // shown inode number
  std::set<std::uint64_t> free;
  std::uint64_t next_number = first_number;
  Id next_id = 1;
  bool on = false;
  Trace trace;
  int boot = 0;
  SyncPlan syncs;
  int sync_count = 0;
  std::function<void()> hook;
  bool in_hook = false;
};

Recorder& me();

[[noreturn]] void give_up(const std::string& what);
std::uint64_t new_number();
std::int64_t ns_of(const statx_timestamp& time);
std::uint64_t device_of(const struct statx& raw);
// Past the function of that name in interposed.cpp. Empty: no such name.
std::optional<struct statx> look(int folder, const char* path, int flags = AT_SYMLINK_NOFOLLOW);
std::map<std::string, std::string> extended_of(const std::string& path);
Attributes attributes_of(const struct statx& raw, const std::string& path);
void use_device_of(const std::string& root);

}  // namespace ferry::power
