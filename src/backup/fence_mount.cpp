// The file systems as the fence shows them: everything read-only and without devices, except the clone's folders, a
// private /tmp and /run, and a handful of device files.
#include <sys/stat.h>

#include <sstream>

#include "backup/fence_parts.h"
#include "host/files.h"

namespace ferry::fence {

MountView mount_view(const FenceOptions& options, const std::vector<std::string>& foreign) {
  MountView view;
  for (const auto& path : options.writable) view.writable.push_back({path.string(), path.string()});
  for (const auto& path : options.hidden) view.hidden.push_back(path.string());
  view.covered = foreign;
  return view;
}

std::vector<ForeignSocket> foreign_sockets(const std::set<std::uint64_t>& except) {
  std::set<std::uint64_t> seen = except;
  std::set<std::string> paths;
  for (const auto& process : all_processes()) {
    const auto inode = namespace_inode(process.pid, "net");
    if (inode == 0 || !seen.insert(inode).second) continue;
    std::istringstream lines(read_file_if_there("/proc/" + std::to_string(process.pid) + "/net/unix").value_or(""));
    for (std::string line; std::getline(lines, line);) {
      const auto slash = line.find(" /");  // abstract names begin with '@' and end at the network namespace
      if (slash != std::string::npos) paths.insert(line.substr(slash + 1));
    }
  }
  std::vector<ForeignSocket> result;
  for (const auto& path : paths) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0 || !S_ISSOCK(status.st_mode)) continue;
    result.push_back({path, status.st_dev, status.st_ino});
  }
  return result;
}

}  // namespace ferry::fence
