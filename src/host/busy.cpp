#include "host/busy.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "base/error.h"
#include "host/proc.h"
#include "host/process.h"

namespace ferry {
namespace {

constexpr std::string_view deleted_mark = " (deleted)";

class Search {
 public:
  explicit Search(const std::vector<std::string>& paths) {
    for (const auto& path : paths) {
      add(path);
      // /proc shows resolved paths; what was asked for may lead over links.
      char* resolved = realpath(path.c_str(), nullptr);
      if (resolved != nullptr) add(resolved);
      std::free(resolved);
    }
  }

  void look_into(int pid, BusyReport& report) {
    const std::string proc = "/proc/" + std::to_string(pid) + "/";
    seen_.clear();
    errno = 0;
    note(pid, proc_link(proc + "exe"), "executable", report);
    const bool refused = errno == EACCES || errno == EPERM;
    note(pid, proc_link(proc + "cwd"), "working folder", report);
    note(pid, proc_link(proc + "root"), "root folder", report);
    const bool looked = open_files(pid, proc + "fd", report);
    maps(pid, report);
    if ((refused || !looked) && worth_telling(pid)) report.unreadable.push_back(pid);
  }

 private:
  void add(std::string path) {
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
    if (std::find(paths_.begin(), paths_.end(), path) == paths_.end()) paths_.push_back(std::move(path));
  }

  bool inside(const std::string& path) const {
    return std::any_of(paths_.begin(), paths_.end(), [&](const std::string& folder) {
      return path.starts_with(folder) && (path.size() == folder.size() || folder == "/" || path[folder.size()] == '/');
    });
  }

  static bool worth_telling(int pid) {
    const auto process = read_process(pid);
    // Kernel threads (children of 2, without a command line) have no files and let nobody look.
    const bool kernel = process && (process->pid == 2 || process->parent == 2) && process->command.starts_with('[');
    // Process 1 starts and adopts others and works in no installation; in containers even root may not look into it.
    return process && process->pid != 1 && process->state != 'Z' && !kernel;
  }

  void note(int pid, std::string path, const char* how, BusyReport& report) {
    if (path.ends_with(deleted_mark)) path.resize(path.size() - deleted_mark.size());
    if (path.empty() || !inside(path) || !seen_.insert(path).second) return;
    const auto process = read_process(pid);
    report.processes.push_back({pid, process ? process->command : "", path, how});
  }

  bool open_files(int pid, const std::string& folder, BusyReport& report) {
    DIR* stream = opendir(folder.c_str());
    if (stream == nullptr) return errno == ENOENT || errno == ESRCH;
    while (const dirent* item = readdir(stream)) {
      const std::string target = proc_link(folder + "/" + item->d_name);
      if (target.starts_with('/')) note(pid, target, "open", report);
    }
    closedir(stream);
    return true;
  }

  // Lines of /proc/PID/maps: range, rights, offset, device, inode, path. A path's newline stands there as \012.
  void maps(int pid, BusyReport& report) {
    std::istringstream lines(read_proc(pid, "maps"));
    std::string line;
    std::string last;
    while (std::getline(lines, line)) {
      const auto slash = line.find('/');
      if (slash == std::string::npos) continue;
      std::string path = line.substr(slash);
      if (path == last) continue;
      last = path;
      for (auto at = path.find("\\012"); at != std::string::npos; at = path.find("\\012", at + 1))
        path.replace(at, 4, "\n");
      note(pid, std::move(path), "mapped", report);
    }
  }

  std::vector<std::string> paths_;
  std::set<std::string> seen_;  // of the process looked at
};

}  // namespace

BusyReport busy_processes(const std::vector<std::string>& absolute_paths, const std::vector<int>& skip) {
  Search search(absolute_paths);
  BusyReport report;
  for (const int pid : all_pids())
    if (pid != getpid() && std::find(skip.begin(), skip.end(), pid) == skip.end()) search.look_into(pid, report);
  return report;
}

}  // namespace ferry
