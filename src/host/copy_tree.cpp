#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <map>
#include <unordered_set>
#include <utility>

#include "base/error.h"
#include "host/files.h"
#include "host/walk.h"

namespace ferry {
namespace {

// Copies by the best means there is. True when source and copy share their blocks. Errors name the side that failed.
bool copy_content(int from, int to, std::uint64_t size, const std::string& path, const std::string& target_path) {
  if (size == 0) return false;
  if (ioctl(to, FICLONE, from) == 0) return true;
  off_t position = 0;
  const auto end = static_cast<off_t>(size);
  std::string buffer;
  bool by_kernel = true;
  while (position < end) {
    // Holes stay holes: sparse database and log files would otherwise need their full size.
    const off_t data = lseek(from, position, SEEK_DATA);
    if (data < 0 && errno == ENXIO) break;
    if (data > position) position = data;
    off_t hole = lseek(from, position, SEEK_HOLE);
    if (hole < 0 || hole > end) hole = end;
    if (hole <= position) break;
    while (position < hole) {
      const auto wanted = static_cast<std::size_t>(hole - position);
      off_t source = position;
      off_t target = position;
      ssize_t done = by_kernel ? copy_file_range(from, &source, to, &target, wanted, 0) : -1;
      if (done < 0 && by_kernel && errno != ENOSPC && errno != EIO && errno != EDQUOT) by_kernel = false;
      if (!by_kernel) {
        buffer.resize(1U << 20U);
        done = pread(from, buffer.data(), std::min(buffer.size(), wanted), position);
        if (done < 0) throw system_error(path, errno);
        if (done > 0) done = pwrite(to, buffer.data(), static_cast<std::size_t>(done), position);
      }
      if (done < 0) throw system_error(target_path, errno);
      if (done == 0) break;  // it has become shorter
      position += done;
    }
    if (position < hole) break;
  }
  if (ftruncate(to, end) != 0) throw system_error(target_path, errno);
  return false;
}

void copy_attributes(int from, int to, const std::string& path) {
  for (const auto& [name, value] : attributes_of(from)) {
    if (fsetxattr(to, name.c_str(), value.data(), value.size(), 0) == 0) continue;
    // Security labels and trusted attributes belong to root; a target without attributes can't hold any.
    if (errno == EPERM && geteuid() != 0) continue;
    if (errno == ENOTSUP && (name.starts_with("security.") || name.starts_with("trusted."))) continue;
    throw system_error(path, errno).within(Text{"extended attribute " + name, "扩展属性 " + name});
  }
}

// Owner, then mode (a change of owner clears set-user-id bits), then attributes, times last.
void set_metadata(int from, int to, const struct stat& status, bool owners, const std::string& path) {
  struct stat now {};
  if (fstat(to, &now) != 0) throw system_error(path, errno);
  if (owners && (now.st_uid != status.st_uid || now.st_gid != status.st_gid) &&
      fchown(to, status.st_uid, status.st_gid) != 0) {
    if (errno == EPERM)
      throw Error(Code::needs_root, path, Text{"its owner can be kept only by root", "只有 root 才能保留其所有者"});
    throw system_error(path, errno);
  }
  if (fchmod(to, status.st_mode & 07777U) != 0) throw system_error(path, errno);
  copy_attributes(from, to, path);
  const timespec times[2] = {status.st_atim, status.st_mtim};
  if (futimens(to, times) != 0) throw system_error(path, errno);
}

class Copier {
 public:
  Copier(const CopyOptions& options, std::string from)
      : options_(options), from_(std::move(from)), excluded_(options.exclude.begin(), options.exclude.end()) {}

  void folder(int from, int to, const RelativePath& path) {
    struct stat status {};
    if (fstat(from, &status) != 0) throw system_error(name(path), errno);
    for (const auto& item : names_in(from, path)) {
      const RelativePath below = path / item;
      if (!excluded_.contains(below)) entry(from, to, item, below);
    }
    set_metadata(from, to, status, options_.owners, name(path));
  }

  CopyResult result;

 private:
  std::string name(const RelativePath& path) const { return from_ + "/" + path.bytes(); }

  std::vector<std::string> names_in(int folder, const RelativePath& path) const {
    DIR* stream = fdopendir(fcntl(folder, F_DUPFD_CLOEXEC, 3));
    if (stream == nullptr) throw system_error(name(path), errno);
    std::vector<std::string> out;
    errno = 0;
    while (const dirent* item = readdir(stream)) {
      const std::string_view text = item->d_name;
      if (text != "." && text != "..") out.emplace_back(text);
    }
    const int error_number = errno;
    closedir(stream);
    if (error_number != 0) throw system_error(name(path), error_number);
    return out;
  }

  void entry(int from, int to, const std::string& item, const RelativePath& path) {
    struct stat status {};
    if (fstatat(from, item.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) throw system_error(name(path), errno);
    if (S_ISDIR(status.st_mode)) {
      const Descriptor source(openat(from, item.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
      if (!source.valid()) throw system_error(name(path), errno);
      if (mkdirat(to, item.c_str(), 0700) != 0) throw system_error(name(path), errno);
      const Descriptor target(openat(to, item.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
      if (!target.valid()) throw system_error(name(path), errno);
      return folder(source.get(), target.get(), path);
    }
    if (S_ISSOCK(status.st_mode)) {
      ++result.special;  // belongs to the process that listens on it; that one makes it anew
      return;
    }
    if (status.st_nlink > 1 && linked(to, item, status, path)) return;
    if (S_ISREG(status.st_mode)) return file(from, to, item, path);
    if (S_ISLNK(status.st_mode)) return link(from, to, item, status, path);
    if (mknodat(to, item.c_str(), status.st_mode, status.st_rdev) != 0) throw system_error(name(path), errno);
    own(to, item, status, path);
  }

  // A second name of a file that was copied already.
  bool linked(int to, const std::string& item, const struct stat& status, const RelativePath& path) {
    const auto [at, first] = links_.try_emplace({status.st_dev, status.st_ino}, path);
    if (first) return false;
    if (linkat(target_root, at->second.bytes().c_str(), to, item.c_str(), 0) != 0)
      throw system_error(name(path), errno);
    return true;
  }

  void file(int from, int to, const std::string& item, const RelativePath& path) {
    const Descriptor source(openat(from, item.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!source.valid()) throw system_error(name(path), errno);
    struct stat status {};
    if (fstat(source.get(), &status) != 0) throw system_error(name(path), errno);
    if (!S_ISREG(status.st_mode)) throw Error(Code::file_changed, name(path), Text{"no longer a file", "已不再是文件"});
    const Descriptor target(openat(to, item.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!target.valid()) throw system_error(name(path), errno);
    const auto size = static_cast<std::uint64_t>(status.st_size);
    if (copy_content(source.get(), target.get(), size, name(path), name(path))) ++result.shared;
    set_metadata(source.get(), target.get(), status, options_.owners, name(path));
    ++result.files;
    result.bytes += size;
  }

  void link(int from, int to, const std::string& item, const struct stat& status, const RelativePath& path) {
    char buffer[4097];
    const ssize_t size = readlinkat(from, item.c_str(), buffer, sizeof buffer);
    if (size < 0) throw system_error(name(path), errno);
    const std::string target(buffer, static_cast<std::size_t>(size));
    if (symlinkat(target.c_str(), to, item.c_str()) != 0) throw system_error(name(path), errno);
    own(to, item, status, path);
  }

  void own(int to, const std::string& item, const struct stat& status, const RelativePath& path) {
    if (options_.owners && fchownat(to, item.c_str(), status.st_uid, status.st_gid, AT_SYMLINK_NOFOLLOW) != 0 &&
        (status.st_uid != geteuid() || status.st_gid != getegid()))
      throw Error(Code::needs_root, name(path),
                  Text{"its owner can be kept only by root", "只有 root 才能保留其所有者"});
    const timespec times[2] = {status.st_atim, status.st_mtim};
    if (utimensat(to, item.c_str(), times, AT_SYMLINK_NOFOLLOW) != 0) throw system_error(name(path), errno);
  }

  const CopyOptions& options_;
  std::string from_;
  std::unordered_set<RelativePath> excluded_;
  std::map<std::pair<dev_t, ino_t>, RelativePath> links_;

 public:
  int target_root = -1;
};

void require_new(const std::string& to) {
  if (mkdir(to.c_str(), 0700) == 0) return;
  if (errno != EEXIST) throw system_error(to, errno);
  DIR* stream = opendir(to.c_str());
  if (stream == nullptr) throw Error(Code::already_exists, to);
  bool empty = true;
  while (const dirent* item = readdir(stream)) {
    const std::string_view text = item->d_name;
    empty = empty && (text == "." || text == "..");
  }
  closedir(stream);
  if (!empty) throw Error(Code::already_exists, to, Text{"the target folder is not empty", "目标文件夹不为空"});
}

}  // namespace

CopyResult copy_tree(const std::string& from, const std::string& to, const CopyOptions& options) {
  const Descriptor source(open(from.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!source.valid()) throw system_error(from, errno);
  require_new(to);
  const Descriptor target(open(to.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!target.valid()) throw system_error(to, errno);
  Copier copier(options, from);
  copier.target_root = target.get();
  copier.folder(source.get(), target.get(), RelativePath());
  return copier.result;
}

void copy_file(const std::string& from, const std::string& to) {
  const Descriptor source(open(from.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (!source.valid()) throw system_error(from, errno);
  struct stat status {};
  if (fstat(source.get(), &status) != 0) throw system_error(from, errno);
  if (!S_ISREG(status.st_mode)) throw Error(Code::unsupported_format, from, Text{"not a regular file", "不是普通文件"});
  std::string temporary = to + ".ferry-XXXXXX";
  const Descriptor target(mkostemp(temporary.data(), O_CLOEXEC));
  if (!target.valid()) throw system_error(to, errno);
  try {
    copy_content(source.get(), target.get(), static_cast<std::uint64_t>(status.st_size), from, to);
    set_metadata(source.get(), target.get(), status, geteuid() == 0, to);
    if (rename(temporary.c_str(), to.c_str()) != 0) throw system_error(to, errno);
  } catch (...) {
    unlink(temporary.c_str());
    throw;
  }
}

}  // namespace ferry
