// A quick look over a tree: names, kinds, sizes, times. Folders nearest to the root first, so that a look that has to
// end early has seen what matters. Nothing is opened but folders.
#pragma once
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/path.h"

namespace ferry {

struct Glimpse {
  enum class Kind { file, folder, link, special };
  RelativePath path;
  Kind kind = Kind::file;
  std::uint64_t bytes = 0;
  std::int64_t written = 0;  // seconds since 1970
  bool closed = false;       // a folder that was not looked into
};

struct GlanceProblem {
  RelativePath path;
  Code code = Code::io;
};

struct GlanceOptions {
  std::size_t most = 500'000;                        // things; then it ends
  Milliseconds longest{20'000};                      // then it ends as well
  std::set<std::string> closed;                      // names of folders that are listed but not looked into
  std::function<void(std::size_t things)> progress;  // every few thousand; may throw to stop
};

struct Glance {
  std::vector<Glimpse> things;          // in the order found: by depth
  std::vector<GlanceProblem> problems;  // folders that could not be read, or lie on another file system (other_device)
  bool complete = true;                 // false: it ended early, by number or time
};

// Throws Error(not_found, not_a_directory, permission, io) when the root itself can't be read.
Glance glance(const std::string& root, const GlanceOptions& options);

}  // namespace ferry
