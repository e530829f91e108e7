#include "host/mount_view.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <filesystem>

#include "base/error.h"
#include "host/confine.h"
#include "host/descriptor.h"
#include "host/files.h"

namespace ferry {
namespace {

namespace fs = std::filesystem;

// A detached copy of a mount, taken before anything is hidden or made read-only.
struct Kept {
  std::string path;
  Descriptor tree;
  bool writable = false;
};

Kept keep(const std::string& path, bool recursive) {
  const unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (recursive ? AT_RECURSIVE : 0U);
  Kept kept{path, Descriptor(::open_tree(AT_FDCWD, path.c_str(), flags)), false};
  if (!kept.tree.valid()) throw kernel_refused("open_tree " + path);
  return kept;
}

void set_flags(const std::string& path, std::uint64_t set, std::uint64_t clear, bool recursive) {
  mount_attr attributes{};
  attributes.attr_set = set;
  attributes.attr_clr = clear;
  if (::mount_setattr(AT_FDCWD, path.c_str(), recursive ? AT_RECURSIVE : 0U, &attributes, sizeof attributes) != 0) {
    throw kernel_refused("mount_setattr " + path);
  }
}

void put_back(const Kept& kept, bool is_folder) {
  if (is_folder) {
    make_folders(kept.path);
  } else if (!path_exists(kept.path)) {
    const Descriptor made(::open(kept.path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
  }
  if (::move_mount(kept.tree.get(), "", AT_FDCWD, kept.path.c_str(), MOVE_MOUNT_F_EMPTY_PATH) != 0) {
    throw kernel_refused("move_mount " + kept.path);
  }
}

void mount_empty(const std::string& path, const char* mode) {
  const std::string data = std::string("mode=") + mode;
  if (::mount("tmpfs", path.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, data.c_str()) != 0) {
    throw kernel_refused("tmpfs " + path);
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
    if (::symlink(target, name) != 0) throw kernel_refused(name);
  };
  link("/proc/self/fd", "/dev/fd");
  link("/proc/self/fd/0", "/dev/stdin");
  link("/proc/self/fd/1", "/dev/stdout");
  link("/proc/self/fd/2", "/dev/stderr");
}

// By the place where they are seen; what lies inside another one that stays at its own place comes with that.
std::vector<MountView::Place> outermost(std::vector<MountView::Place> places) {
  std::sort(places.begin(), places.end(), [](const auto& a, const auto& b) { return a.to < b.to; });
  std::vector<MountView::Place> result;
  for (auto& place : places) {
    const bool inside =
        place.from == place.to && std::any_of(result.begin(), result.end(), [&](const auto& outer) {
          return outer.from == outer.to && (place.to == outer.to || place.to.starts_with(outer.to + "/"));
        });
    if (!inside) result.push_back(std::move(place));
  }
  return result;
}

std::vector<std::string> outermost(const std::vector<std::string>& paths) {
  std::vector<MountView::Place> places;
  for (const auto& path : paths) places.push_back({path, path});
  std::vector<std::string> out;
  for (auto& place : outermost(std::move(places))) out.push_back(std::move(place.to));
  return out;
}

// A read-only folder becomes one in which names can be made, with the same things in it.
void make_room_in(const std::string& folder) {
  std::vector<std::pair<Kept, bool>> kept;
  std::vector<std::pair<std::string, std::string>> links;
  for (const auto& item : fs::directory_iterator(folder)) {
    const std::string path = item.path().string();
    if (item.is_symlink()) {
      links.emplace_back(path, fs::read_symlink(item.path()).string());
    } else if (item.is_directory() || item.is_regular_file()) {
      kept.emplace_back(keep(path, true), item.is_directory());
    }
  }
  mount_empty(folder, "0755");
  for (const auto& [path, target] : links)
    if (::symlink(target.c_str(), path.c_str()) != 0) throw kernel_refused(path);
  for (const auto& [one, is_folder] : kept) put_back(one, is_folder);
}

// The place of a mount that is not there: nothing is made on the file systems of the machine itself.
void provide(const std::string& path) {
  fs::path there = path;
  while (!path_exists(there.string())) there = there.parent_path();
  if (there.string() == path) return;
  if (::access(there.c_str(), W_OK) == 0) return make_folders(path);
  if (there == "/")
    throw Error(
        Code::not_found, path,
        Text{"no folder of the path is there: make the first one", "该路径的任何一级目录都不存在：请先建立第一级"});
  make_room_in(there.string());
  make_folders(path);
}

// A socket of somebody outside that no hidden folder covers: an empty file in its place.
void cover_sockets(const std::vector<std::string>& paths) {
  const std::string empty = "/dev/.empty";
  const Descriptor made(::open(empty.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0444));
  for (const auto& path : paths) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0 || !S_ISSOCK(status.st_mode)) continue;
    if (::mount(empty.c_str(), path.c_str(), nullptr, MS_BIND, nullptr) != 0) throw kernel_refused("cover " + path);
  }
}

void set_flags_of_all(const std::vector<std::string>& hidden) {
  for (const auto& path : hidden)
    if (is_real_folder(path)) set_flags(path, MOUNT_ATTR_RDONLY, 0, false);
}

// All places, outer ones first: one that lies in another must be put there after it.
std::vector<Kept> keep_places(const MountView& view) {
  std::vector<Kept> out;
  for (const auto* places : {&view.writable, &view.readable})
    for (const auto& place : outermost(*places)) {
      out.push_back(keep(place.from, true));
      out.back().path = place.to;
      out.back().writable = places == &view.writable;
    }
  std::stable_sort(out.begin(), out.end(), [](const Kept& a, const Kept& b) { return a.path < b.path; });
  return out;
}

std::vector<Kept> devices_here() {
  std::vector<Kept> devices;
  for (const char* name : {"null", "zero", "full", "random", "urandom", "tty"}) {
    const std::string path = std::string("/dev/") + name;
    if (path_exists(path)) devices.push_back(keep(path, false));
  }
  return devices;
}

}  // namespace

void set_up_mounts(const MountView& view) {
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) throw kernel_refused("private mounts");
  const auto shown = keep_places(view);
  const auto devices = devices_here();
  set_flags("/", MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV, 0, true);
  if (::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY, nullptr) != 0) {
    throw kernel_refused("proc");
  }
  for (const auto& [path, mode] :
       {std::pair{"/tmp", "1777"}, {"/var/tmp", "1777"}, {"/run", "0755"}, {"/var/run", "0755"}}) {
    if (is_real_folder(path)) mount_empty(path, mode);
  }
  const auto hidden = outermost(view.hidden);
  for (const auto& path : hidden) {
    if (is_real_folder(path)) mount_empty(path, "0755");
  }
  make_devices(devices);
  for (const auto& kept : shown) {
    provide(kept.path);
    put_back(kept, true);
    set_flags(kept.path, MOUNT_ATTR_NODEV | (kept.writable ? MOUNT_ATTR_NOSUID : MOUNT_ATTR_RDONLY), 0, true);
  }
  set_flags_of_all(hidden);
  cover_sockets(view.covered);
  if (::chdir("/") != 0) throw kernel_refused("chdir");
}

}  // namespace ferry
