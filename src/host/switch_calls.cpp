#include "host/switch_calls.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <sstream>

#include "base/error.h"
#include "host/files.h"

namespace ferry::calls {
namespace {

constexpr std::int64_t second_ns = 1'000'000'000;

EntryType type_of(unsigned mode) {
  switch (mode & S_IFMT) {
    case S_IFREG:
      return EntryType::file;
    case S_IFDIR:
      return EntryType::folder;
    case S_IFLNK:
      return EntryType::link;
    case S_IFIFO:
      return EntryType::fifo;
    case S_IFSOCK:
      return EntryType::socket;
    case S_IFBLK:
      return EntryType::block_device;
    default:
      return EntryType::character_device;
  }
}

std::int64_t nanoseconds(const struct statx_timestamp& time) {
  return time.tv_sec * second_ns + time.tv_nsec;
}

struct timespec timespec_of(std::int64_t ns) {
  // Times before 1970 are negative; the nanosecond part never is.
  auto seconds = ns / second_ns;
  auto rest = ns % second_ns;
  if (rest < 0) {
    --seconds;
    rest += second_ns;
  }
  return {.tv_sec = static_cast<time_t>(seconds), .tv_nsec = static_cast<long>(rest)};
}

Status from_statx(const struct statx& raw) {
  Status out;
  out.type = type_of(raw.stx_mode);
  out.mode = raw.stx_mode & 07777U;
  out.uid = raw.stx_uid;
  out.gid = raw.stx_gid;
  out.size = raw.stx_size;
  out.mtime_ns = nanoseconds(raw.stx_mtime);
  out.ctime_ns = nanoseconds(raw.stx_ctime);
  out.inode = raw.stx_ino;
  out.device = makedev(raw.stx_dev_major, raw.stx_dev_minor);
  if ((raw.stx_mask & STATX_MNT_ID) != 0) out.mount = raw.stx_mnt_id;
  out.immutable = (raw.stx_attributes & STATX_ATTR_IMMUTABLE) != 0;
  out.append_only = (raw.stx_attributes & STATX_ATTR_APPEND) != 0;
  return out;
}

constexpr unsigned wanted_fields = STATX_BASIC_STATS | STATX_MNT_ID;

}  // namespace

Descriptor open_folder(const std::string& path) {
  Descriptor out(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!out.valid()) throw system_error(path, errno);
  return out;
}

std::optional<Descriptor> open_folder_beneath(int root, const RelativePath& path) {
  struct open_how how {};
  how.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  const char* name = path.empty() ? "." : path.bytes().c_str();
  long fd = -1;
  do {
    fd = ::syscall(SYS_openat2, root, name, &how, sizeof how);
  } while (fd < 0 && (errno == EAGAIN || errno == EINTR));  // EAGAIN: a rename elsewhere raced with RESOLVE_BENEATH
  if (fd >= 0) return Descriptor(static_cast<int>(fd));
  if (errno == ENOENT) return std::nullopt;
  if (errno == ELOOP || errno == EXDEV)
    throw Error(Code::out_of_bounds_path, printable(path.bytes()),
                Text{"a symbolic link stands on the way; Ferry does not follow links inside an installation",
                     "路径中有符号链接；Ferry 不跟随安装实例内的链接"});
  throw system_error(printable(path.bytes()), errno);
}

std::optional<Status> status(int folder, const std::string& name, const std::string& where) {
  struct statx raw {};
  if (::statx(folder, name.c_str(), AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, wanted_fields, &raw) != 0) {
    if (errno == ENOENT) return std::nullopt;
    throw system_error(printable(where), errno);
  }
  return from_statx(raw);
}

Status status_of(int descriptor, const std::string& where) {
  struct statx raw {};
  if (::statx(descriptor, "", AT_EMPTY_PATH, wanted_fields, &raw) != 0) throw system_error(printable(where), errno);
  return from_statx(raw);
}

bool can_move_folders(int folder, std::uint64_t mount, const std::string& where) {
  struct statfs file_system {};
  if (::fstatfs(folder, &file_system) != 0) throw system_error(printable(where), errno);
  if (static_cast<std::uint64_t>(file_system.f_type) != OVERLAYFS_SUPER_MAGIC) return true;
  std::istringstream mounts(read_file_if_there("/proc/self/mountinfo").value_or(""));
  for (std::string line; std::getline(mounts, line);)
    if (line.starts_with(std::to_string(mount) + " ")) {
      if (line.find("redirect_dir=on") != std::string::npos) return true;
      if (line.find("redirect_dir=") != std::string::npos) return false;
    }
  return read_file_if_there("/sys/module/overlay/parameters/redirect_dir").value_or("").starts_with('Y');
}

bool exchange(int folder_a, const std::string& a, int folder_b, const std::string& b, const std::string& where) {
  if (::renameat2(folder_a, a.c_str(), folder_b, b.c_str(), RENAME_EXCHANGE) == 0) return true;
  if (errno == EINVAL || errno == ENOSYS) return false;
  throw system_error(printable(where), errno);
}

void move(int from_folder, const std::string& from, int to_folder, const std::string& to, const std::string& where,
          bool plain) {
  if (!plain) {
    if (::renameat2(from_folder, from.c_str(), to_folder, to.c_str(), RENAME_NOREPLACE) == 0) return;
    if (errno != EINVAL && errno != ENOSYS) throw system_error(printable(where), errno);
  }
  if (status(to_folder, to, where)) throw Error(Code::already_exists, printable(where));
  if (::renameat(from_folder, from.c_str(), to_folder, to.c_str()) != 0) throw system_error(printable(where), errno);
}

Descriptor create_file(int folder, const std::string& name, const std::string& where) {
  Descriptor out(::openat(folder, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!out.valid()) throw system_error(printable(where), errno);
  return out;
}

void write_all(int file, std::string_view bytes, const std::string& where) {
  while (!bytes.empty()) {
    const auto written = ::write(file, bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      throw system_error(printable(where), errno);
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

void skip(int file, std::uint64_t bytes, const std::string& where) {
  if (::lseek(file, static_cast<off_t>(bytes), SEEK_CUR) < 0) throw system_error(printable(where), errno);
}

void set_size(int file, std::uint64_t size, const std::string& where) {
  if (::ftruncate(file, static_cast<off_t>(size)) != 0) throw system_error(printable(where), errno);
}

void make_folder(int folder, const std::string& name, const std::string& where) {
  if (::mkdirat(folder, name.c_str(), 0700) == 0) return;
  const int error = errno;
  if (error == EEXIST) {
    const auto present = status(folder, name, where);
    if (present && present->type == EntryType::folder) return;
  }
  throw system_error(printable(where), error);
}

void make_link(int folder, const std::string& name, const std::string& target, const std::string& where) {
  if (::symlinkat(target.c_str(), folder, name.c_str()) != 0) throw system_error(printable(where), errno);
}

std::string read_link(int folder, const std::string& name, const std::string& where) {
  std::array<char, 4097> buffer{};  // PATH_MAX is the longest target Linux keeps
  const auto length = ::readlinkat(folder, name.c_str(), buffer.data(), buffer.size());
  if (length < 0) throw system_error(printable(where), errno);
  return {buffer.data(), static_cast<std::size_t>(length)};
}

void remove_file(int folder, const std::string& name, const std::string& where) {
  if (::unlinkat(folder, name.c_str(), 0) != 0 && errno != ENOENT) throw system_error(printable(where), errno);
}

void remove_folder(int folder, const std::string& name, const std::string& where) {
  if (::unlinkat(folder, name.c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT)
    throw system_error(printable(where), errno);
}

std::vector<std::string> list_folder(int folder, const std::string& name, const std::string& where) {
  const int fd = ::openat(folder, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) throw system_error(printable(where), errno);
  const auto close_folder = [](DIR* open) { ::closedir(open); };
  const std::unique_ptr<DIR, decltype(close_folder)> open(::fdopendir(fd), close_folder);
  if (!open) {
    const int error = errno;
    ::close(fd);
    throw system_error(printable(where), error);
  }
  std::vector<std::string> out;
  errno = 0;
  while (const dirent* item = ::readdir(open.get())) {
    const std::string_view entry(item->d_name);
    if (entry != "." && entry != "..") out.emplace_back(entry);
    errno = 0;
  }
  if (errno != 0) throw system_error(printable(where), errno);
  return out;
}

void set_owner(int folder, const std::string& name, std::uint32_t uid, std::uint32_t gid, const std::string& where) {
  if (::fchownat(folder, name.c_str(), uid, gid, AT_SYMLINK_NOFOLLOW) != 0) throw system_error(printable(where), errno);
}

void set_mode(int folder, const std::string& name, std::uint32_t mode, const std::string& where) {
  if (::fchmodat(folder, name.c_str(), mode, AT_SYMLINK_NOFOLLOW) != 0) throw system_error(printable(where), errno);
}

void set_mtime(int folder, const std::string& name, std::int64_t mtime_ns, const std::string& where) {
  const std::array<struct timespec, 2> times{timespec{.tv_sec = 0, .tv_nsec = UTIME_OMIT}, timespec_of(mtime_ns)};
  if (::utimensat(folder, name.c_str(), times.data(), AT_SYMLINK_NOFOLLOW) != 0)
    throw system_error(printable(where), errno);
}

void set_attributes(int file, const Status& present, const Entry& wanted, const std::string& where) {
  // Owner before mode: chown takes the set-id bits away.
  if ((present.uid != wanted.uid || present.gid != wanted.gid) && ::fchown(file, wanted.uid, wanted.gid) != 0)
    throw system_error(printable(where), errno);
  if (::fchmod(file, wanted.mode) != 0) throw system_error(printable(where), errno);
  const std::array<struct timespec, 2> times{timespec{.tv_sec = 0, .tv_nsec = UTIME_OMIT},
                                             timespec_of(wanted.mtime_ns)};
  if (::futimens(file, times.data()) != 0) throw system_error(printable(where), errno);
}

Digest digest_of(int folder, const std::string& name, const std::string& where) {
  const Descriptor file(::openat(folder, name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!file.valid()) throw system_error(printable(where), errno);
  Hasher hasher;
  // A whole page: mold 1.10 makes a program that can't be loaded when its thread-local data do not begin at one.
  alignas(4096) thread_local std::array<char, 256U << 10U> buffer;
  for (;;) {
    const auto got = ::read(file.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw system_error(printable(where), errno);
    if (got == 0) return hasher.finish();
    hasher.update({buffer.data(), static_cast<std::size_t>(got)});
  }
}

bool may_change(int folder) {
  return ::faccessat(folder, ".", W_OK | X_OK, AT_EACCESS) == 0;
}

void sync_file(int file, const std::string& where) {
  if (::fsync(file) != 0) throw Error(Code::sync_failed, printable(where), system_error({}, errno).detail_text());
}

void sync_whole_file_system(int folder, const std::string& where) {
  if (::syncfs(folder) != 0) throw Error(Code::sync_failed, printable(where), system_error({}, errno).detail_text());
}

}  // namespace ferry::calls
