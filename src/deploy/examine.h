// Looks at the installation before anything is changed: can it be done, and is everything as planned?
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "deploy/operation.h"
#include "host/switch_calls.h"

namespace ferry {

// What earlier switches will have made of paths, where operations are looked at before these have happened.
struct Ahead {
  std::map<RelativePath, std::optional<Entry>> planned;  // none: gone by then
  std::set<RelativePath> made;                           // folders that do not stand there yet
  bool knows(const RelativePath& path) const { return planned.contains(path); }
};

// Operations with what stands at their paths now, same index. Drops of folders that do not exist are left out.
struct Examined {
  std::vector<Operation> operations;
  std::vector<std::optional<calls::Status>> now;
  std::map<RelativePath, calls::Status> parents;  // of the folders that hold the paths and are there
};

// The preflight without room. Throws its errors (deployment.h).
Examined examine(const DeployPlace& place, std::vector<Operation> operations, const Ahead* ahead = nullptr);

// Throws Error(disk_full) when the file system of the staging folder can't take `bytes` in `files` new files and keep
// the reserve.
void require_room(const DeployPlace& place, std::uint64_t bytes, std::uint64_t files, std::uint64_t reserve);
// What the new object of an operation takes on disk.
std::uint64_t room_of(const Operation& operation);

// How an object looked when its content was found to be the planned one. As long as all of it is the same, the content
// is: ctime can't be set by anybody.
struct ContentSign {
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  std::int64_t mtime_ns = 0;
  std::int64_t ctime_ns = 0;
  bool operator==(const ContentSign&) const = default;
};
ContentSign sign_of(const calls::Status& status);
// A file that was written in the same tick of the clock in which it was read would keep its ctime: what was changed so
// shortly before is not recognised later. Two seconds is the coarsest tick of any file system.
constexpr std::int64_t racy_ns = 2'000'000'000;
using ContentSigns = std::map<std::uint32_t, ContentSign>;  // by operation number

struct BeforeCheck {
  ContentSigns signs;         // of the contents found right; not of those changed within the last two seconds
  std::uint64_t checked = 0;  // read and hashed
};
// Everything is as the plan says, or Error(drift) naming the first twenty differences. Contents whose sign is `known`
// are not read again.
// What is `ahead` is compared with that instead: Error(stale_plan).
BeforeCheck require_before(const DeployPlace& place, const Examined& examined, const ContentSigns& known, int threads,
                           const Ahead* ahead = nullptr);

}  // namespace ferry
