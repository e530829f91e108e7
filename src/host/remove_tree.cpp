#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <memory>
#include <vector>

#include "base/error.h"
#include "host/descriptor.h"
#include "host/files.h"

namespace ferry {
namespace {

using Stream = std::unique_ptr<DIR, int (*)(DIR*)>;

// Opened below `folder` and read: names, so that removing while reading can't skip some.
std::vector<std::string> names_in(int folder, const std::string& where) {
  const Stream stream(fdopendir(fcntl(folder, F_DUPFD_CLOEXEC, 3)), closedir);
  if (!stream) throw system_error(where, errno);
  std::vector<std::string> out;
  errno = 0;
  while (const dirent* item = readdir(stream.get())) {
    const std::string_view name = item->d_name;
    if (name != "." && name != "..") out.emplace_back(name);
  }
  if (errno != 0) throw system_error(where, errno);
  return out;
}

void remove_content(int folder, dev_t device, const std::string& where) {
  // A folder without write permission of its own can't be emptied by its owner otherwise.
  struct stat status {};
  if (fstat(folder, &status) == 0 && (status.st_mode & 0700U) != 0700U && geteuid() != 0)
    fchmod(folder, (status.st_mode & 07777U) | 0700U);
  for (const auto& name : names_in(folder, where)) {
    const std::string path = where + "/" + name;
    if (unlinkat(folder, name.c_str(), 0) == 0 || errno == ENOENT) continue;
    if (errno != EISDIR && errno != EPERM) throw system_error(path, errno);
    const int unlink_error = errno;
    const Descriptor below(openat(folder, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!below.valid()) throw system_error(path, errno == ENOTDIR || errno == ELOOP ? unlink_error : errno);
    if (fstat(below.get(), &status) != 0) throw system_error(path, errno);
    if (status.st_dev != device)
      throw Error(Code::other_device, path, Text{"another file system is mounted here", "此处挂载了另一个文件系统"});
    remove_content(below.get(), device, path);
    if (unlinkat(folder, name.c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT) throw system_error(path, errno);
  }
}

void refuse_dangerous(const std::string& path) {
  const auto last = path.find_last_not_of('/');
  const std::string bare = last == std::string::npos ? "" : path.substr(0, last + 1);
  const auto slash = bare.rfind('/');
  const std::string name = slash == std::string::npos ? bare : bare.substr(slash + 1);
  if (name.empty() || name == "." || name == "..")
    throw Error(Code::out_of_bounds_path, path,
                Text{"refused: removing this would remove more than was meant", "已拒绝：这样会删除超出本意的内容"});
}

}  // namespace

void remove_tree(const std::string& path) {
  refuse_dangerous(path);
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return;
    throw system_error(path, errno);
  }
  if (!S_ISDIR(status.st_mode)) {
    if (unlink(path.c_str()) != 0 && errno != ENOENT) throw system_error(path, errno);
    return;
  }
  struct stat root {};
  if (stat("/", &root) == 0 && root.st_dev == status.st_dev && root.st_ino == status.st_ino)
    throw Error(Code::out_of_bounds_path, path, Text{"refused: this is the root folder", "已拒绝：这是根目录"});
  const Descriptor folder(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!folder.valid()) throw system_error(path, errno);
  remove_content(folder.get(), status.st_dev, path);
  if (rmdir(path.c_str()) != 0 && errno != ENOENT) throw system_error(path, errno);
}

}  // namespace ferry
