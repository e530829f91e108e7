// The walk under read_tree: every object below a root with its stat data, by several threads.
#pragma once
#include <sys/stat.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "host/descriptor.h"
#include "host/tree.h"

namespace ferry {

using Attributes = std::map<std::string, std::string>;

// What tells that a file is still the one that was read (docs/formats/index.md).
struct FileKey {
  std::uint64_t inode = 0;
  std::int64_t ctime_ns = 0;
  std::uint64_t size = 0;
  std::int64_t mtime_ns = 0;
  std::uint32_t mode = 0;
  bool operator==(const FileKey&) const = default;
};
FileKey key_of(const struct stat& status);
// Everything but digest and link target.
Entry entry_of(const struct stat& status);

// Of a file beyond its entry: what tells whether it is still the one that was read.
struct Stamp {
  std::uint64_t inode = 0;
  std::int64_t ctime_ns = 0;
};
FileKey key_of(const Entry& entry, const Stamp& stamp);

struct Walked {
  std::vector<Manifest::Item> found;              // sorted by path
  std::vector<Stamp> stamps;                      // of each of them
  std::map<RelativePath, Attributes> attributes;  // of everything but regular files
  std::vector<TreeProblem> problems;
};

// Shared between the workers and the caller's progress.
struct TreeCounters {
  std::atomic<std::uint64_t> files{0}, bytes{0}, files_done{0}, bytes_done{0};
  std::atomic<bool> walked{false};
};

// The root folder. Throws Error(not_found, not_a_directory, permission, io).
Descriptor open_root(const std::string& root);
Walked walk(const Descriptor& root, const TreeOptions& options, int threads, TreeCounters& counters,
            const std::function<void()>& tick);

// Opens something below `root` without following any link on the way (openat2, or component by component on kernels
// older than 5.6). Invalid descriptor and errno on failure.
Descriptor open_below(int root, const RelativePath& path, int flags);
// Extended attributes of an open file or folder / of a name in a folder (never follows it).
Attributes attributes_of(int fd);
Attributes attributes_at(int folder, const std::string& name);

// Runs `work(number of the worker)` on threads; meanwhile calls `tick` on this thread five times a second and once at
// the end. An exception from either sets `stop` (which the work must look at), joins and goes on.
void with_workers(int threads, std::atomic<bool>& stop, const std::function<void(int)>& work,
                  const std::function<void()>& tick);

}  // namespace ferry
