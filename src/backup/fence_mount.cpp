// The file systems as the fence shows them: everything read-only and without devices, except the clone's folders, a
// private /tmp and /run, and a handful of device files.
#include <dirent.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <sstream>

#include "backup/fence_parts.h"
#include "host/files.h"

namespace ferry::fence {
namespace {

namespace fs = std::filesystem;

// A detached copy of a mount, taken before anything is hidden or made read-only.
struct Kept {
  std::string path;
  Descriptor tree;
};

Kept keep(const std::string& path, bool recursive) {
  const unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (recursive ? AT_RECURSIVE : 0U);
  Kept kept{path, Descriptor(::open_tree(AT_FDCWD, path.c_str(), flags))};
  if (!kept.tree.valid()) throw refused("open_tree " + path);
  return kept;
}

void set_flags(const std::string& path, std::uint64_t set, std::uint64_t clear, bool recursive) {
  mount_attr attributes{};
  attributes.attr_set = set;
  attributes.attr_clr = clear;
  if (::mount_setattr(AT_FDCWD, path.c_str(), recursive ? AT_RECURSIVE : 0U, &attributes, sizeof attributes) != 0) {
    throw refused("mount_setattr " + path);
  }
}

void put_back(const Kept& kept, bool is_folder) {
  if (is_folder) {
    make_folders(kept.path);
  } else if (!path_exists(kept.path)) {
    const Descriptor made(::open(kept.path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
  }
  if (::move_mount(kept.tree.get(), "", AT_FDCWD, kept.path.c_str(), MOVE_MOUNT_F_EMPTY_PATH) != 0) {
    throw refused("move_mount " + kept.path);
  }
}

void mount_empty(const std::string& path, const char* mode) {
  const std::string data = std::string("mode=") + mode;
  if (::mount("tmpfs", path.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, data.c_str()) != 0) {
    throw refused("tmpfs " + path);
  }
}

bool is_real_folder(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

void make_devices(const std::vector<Kept>& devices) {
  mount_empty("/dev", "0755");
  for (const auto& device : devices) put_back(device, false);
  make_folders("/dev/shm");
  ::chmod("/dev/shm", 01777);
  const auto link = [](const char* target, const char* name) {
    if (::symlink(target, name) != 0) throw refused(name);
  };
  link("/proc/self/fd", "/dev/fd");
  link("/proc/self/fd/0", "/dev/stdin");
  link("/proc/self/fd/1", "/dev/stdout");
  link("/proc/self/fd/2", "/dev/stderr");
}

// The longest paths last, and none that lies in another one: its mount comes with that.
std::vector<std::string> outermost(std::vector<fs::path> paths) {
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> result;
  for (const auto& path : paths) {
    const std::string text = path.string();
    const bool inside = std::any_of(result.begin(), result.end(), [&](const std::string& outer) {
      return text == outer || text.starts_with(outer + "/");
    });
    if (!inside) result.push_back(text);
  }
  return result;
}

// A socket made before the fence that no hidden folder covers: an empty file in its place.
void cover_sockets(const std::vector<std::string>& paths) {
  const std::string empty = "/dev/.empty";
  const Descriptor made(::open(empty.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0444));
  for (const auto& path : paths) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0 || !S_ISSOCK(status.st_mode)) continue;
    if (::mount(empty.c_str(), path.c_str(), nullptr, MS_BIND, nullptr) != 0) throw refused("cover " + path);
  }
}

}  // namespace

void set_up_mounts(const FenceOptions& options, const std::vector<std::string>& foreign) {
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) throw refused("private mounts");
  std::vector<Kept> writable;
  for (const auto& path : outermost(options.writable)) writable.push_back(keep(path, true));
  std::vector<Kept> devices;
  for (const char* name : {"null", "zero", "full", "random", "urandom", "tty"}) {
    const std::string path = std::string("/dev/") + name;
    if (path_exists(path)) devices.push_back(keep(path, false));
  }
  set_flags("/", MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV, 0, true);
  if (::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY, nullptr) != 0) {
    throw refused("proc");
  }
  for (const auto& [path, mode] :
       {std::pair{"/tmp", "1777"}, {"/var/tmp", "1777"}, {"/run", "0755"}, {"/var/run", "0755"}}) {
    if (is_real_folder(path)) mount_empty(path, mode);
  }
  const auto hidden = outermost(options.hidden);
  for (const auto& path : hidden) {
    if (is_real_folder(path)) mount_empty(path, "0755");
  }
  make_devices(devices);
  for (const auto& kept : writable) {
    put_back(kept, true);
    set_flags(kept.path, MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID, 0, true);
  }
  for (const auto& path : hidden) {
    if (is_real_folder(path)) set_flags(path, MOUNT_ATTR_RDONLY, 0, false);
  }
  cover_sockets(foreign);
  if (::chdir("/") != 0) throw refused("chdir");
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
