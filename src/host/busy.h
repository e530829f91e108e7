// Who uses files that are about to be replaced: "stopped" means that nobody does (DESIGN, Switch).
#pragma once
#include <string>
#include <vector>

namespace ferry {

struct BusyProcess {
  int pid = 0;
  std::string command;
  std::string path;  // absolute, bytes
  std::string how;   // "open", "mapped", "working folder", "root folder", "executable"
};

struct BusyReport {
  std::vector<BusyProcess> processes;  // one line per process and path, by pid
  // Processes that could not be looked into (of other accounts, unless root): with any, an empty list proves nothing.
  // Process 1 and kernel threads are not counted.
  std::vector<int> unreadable;
  bool sure() const { return unreadable.empty(); }
};

// Processes with something inside one of the absolute paths (file or folder). Ferry itself is skipped, and `skip`.
// Deleted files count ("... (deleted)" is cut off). Throws Error(io) when /proc is not there.
BusyReport busy_processes(const std::vector<std::string>& absolute_paths, const std::vector<int>& skip = {});

}  // namespace ferry
