// Trees read into a State and made from one.
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

#include "power/recorder_state.h"

namespace ferry::power {
namespace {

std::string content_of(const std::string& path, std::uint64_t size) {
  const int file =
      static_cast<int>(::syscall(SYS_openat, AT_FDCWD, path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW, 0));
  if (file < 0) give_up(path);
  std::string out(size, '\0');
  const auto got = ::pread(file, out.data(), out.size(), 0);
  ::close(file);
  if (got != static_cast<ssize_t>(size)) give_up(path);
  return out;
}

Id scan_object(State& state, const std::string& path) {
  auto& self = me();
  const auto raw = look(AT_FDCWD, path.c_str());
  if (!raw) give_up(path);
  if (const auto found = self.by_inode.find(raw->stx_ino); found != self.by_inode.end()) return found->second.id;
  const Id id = self.next_id++;
  self.by_inode[raw->stx_ino] = {id};
  self.numbers[id] = new_number();
  Object object;
  object.attributes = attributes_of(*raw, path);
  object.inode = self.numbers[id];
  if (S_ISREG(raw->stx_mode)) object.content = std::make_shared<const std::string>(content_of(path, raw->stx_size));
  if (S_ISLNK(raw->stx_mode)) {
    object.target.resize(raw->stx_size);
    if (::readlink(path.c_str(), object.target.data(), object.target.size()) < 0) give_up(path);
  }
  if (S_ISDIR(raw->stx_mode)) {
    DIR* open = ::opendir(path.c_str());
    if (open == nullptr) give_up(path);
    while (const dirent* item = ::readdir(open)) {
      const std::string name = item->d_name;
      if (name != "." && name != "..") object.names[name] = scan_object(state, path + "/" + name);
    }
    ::closedir(open);
  }
  state.objects[id] = std::move(object);
  return id;
}

void forget_everything() {
  auto& self = me();
  self.by_inode.clear();
  self.numbers.clear();
  self.free.clear();
  self.next_number = first_number;
}

void empty_folder(const std::string& path) {
  DIR* open = ::opendir(path.c_str());
  if (open == nullptr) give_up(path);
  while (const dirent* item = ::readdir(open)) {
    const std::string name = item->d_name;
    if (name == "." || name == "..") continue;
    const auto child = path + "/" + name;
    if (::syscall(SYS_unlinkat, AT_FDCWD, child.c_str(), 0) == 0) continue;
    empty_folder(child);
    if (::syscall(SYS_unlinkat, AT_FDCWD, child.c_str(), AT_REMOVEDIR) != 0) give_up(child);
  }
  ::closedir(open);
}

class Builder {
 public:
  explicit Builder(const State& state) : state_(state) {}

  void build(Id id, const std::string& path, bool is_root) {
    const auto& object = state_.objects.at(id);
    if (const auto twin = paths_.find(id); twin != paths_.end()) {
      if (::syscall(SYS_linkat, AT_FDCWD, twin->second.c_str(), AT_FDCWD, path.c_str(), 0) != 0) give_up(path);
      return;
    }
    paths_[id] = path;
    if (S_ISDIR(object.attributes.mode)) {
      if (!is_root && ::syscall(SYS_mkdirat, AT_FDCWD, path.c_str(), 0700) != 0) give_up(path);
      for (const auto& [name, child] : object.names) build(child, path + "/" + name, false);
    } else if (S_ISLNK(object.attributes.mode)) {
      if (::syscall(SYS_symlinkat, object.target.c_str(), AT_FDCWD, path.c_str()) != 0) give_up(path);
    } else {
      write_file(*object.content, path);
    }
    set_attributes(object.attributes, path);
  }

  // After everything, because making names changes the times of what is above and links change the ctime.
  void learn() {
    auto& self = me();
    for (const auto& [id, path] : paths_) {
      const auto raw = look(AT_FDCWD, path.c_str());
      const auto& object = state_.objects.at(id);
      self.by_inode[raw->stx_ino] = {id, ns_of(raw->stx_ctime), object.attributes.ctime_ns};
      self.numbers[id] = object.inode;
      self.next_id = std::max(self.next_id, id + 1);
      self.next_number = std::max(self.next_number, object.inode + 1);
    }
    std::set<std::uint64_t> used;
    for (const auto& [id, number] : self.numbers) used.insert(number);
    for (std::uint64_t number = first_number; number < self.next_number; ++number)
      if (!used.contains(number)) self.free.insert(number);
  }

 private:
  static void write_file(const std::string& content, const std::string& path) {
    const int file =
        static_cast<int>(::syscall(SYS_openat, AT_FDCWD, path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (file < 0) give_up(path);
    for (std::size_t at = 0; at < content.size();) {
      const auto done = ::syscall(SYS_write, file, content.data() + at, content.size() - at);
      if (done <= 0) give_up(path);
      at += static_cast<std::size_t>(done);
    }
    ::close(file);
  }

  static void set_attributes(const Attributes& wanted, const std::string& path) {
    if (::syscall(SYS_fchownat, AT_FDCWD, path.c_str(), wanted.uid, wanted.gid, AT_SYMLINK_NOFOLLOW) != 0)
      give_up(path);
    for (const auto& [key, value] : wanted.extended)
      if (::syscall(SYS_lsetxattr, path.c_str(), key.c_str(), value.data(), value.size(), 0) != 0) give_up(path + key);
    if (!S_ISLNK(wanted.mode) && ::syscall(SYS_fchmodat, AT_FDCWD, path.c_str(), wanted.mode & 07777U) != 0)
      give_up(path);
    auto seconds = wanted.mtime_ns / second_ns;
    auto rest = wanted.mtime_ns % second_ns;
    if (rest < 0) {
      --seconds;
      rest += second_ns;
    }
    const timespec times[2]{{0, UTIME_OMIT}, {seconds, rest}};
    if (::syscall(SYS_utimensat, AT_FDCWD, path.c_str(), times, AT_SYMLINK_NOFOLLOW) != 0) give_up(path);
  }

  const State& state_;
  std::map<Id, std::string> paths_;
};

}  // namespace

State scan(const std::string& root) {
  forget_everything();
  use_device_of(root);
  State out;
  out.root = scan_object(out, root);
  return out;
}

void materialise(const State& state, const std::string& root) {
  forget_everything();
  use_device_of(root);
  empty_folder(root);
  Builder builder(state);
  builder.build(state.root, root, true);
  builder.learn();
}

}  // namespace ferry::power
