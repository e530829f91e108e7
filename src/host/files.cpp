#include "host/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <cstdlib>

#include "base/error.h"
#include "host/descriptor.h"

namespace ferry {
namespace {

std::string parent_of(const std::string& path) {
  const auto end = path.find_last_not_of('/');
  if (end == std::string::npos) return "/";
  const auto slash = path.rfind('/', end);
  if (slash == std::string::npos) return ".";
  const auto last = path.find_last_not_of('/', slash);
  return last == std::string::npos ? "/" : path.substr(0, last + 1);
}

// The path itself, or the nearest folder above it that exists.
std::string nearest_existing(std::string path) {
  struct stat status {};
  while (stat(path.c_str(), &status) != 0) {
    if (errno != ENOENT && errno != ENOTDIR) throw system_error(path, errno);
    std::string above = parent_of(path);
    if (above == path) throw Error(Code::not_found, path);
    path = std::move(above);
  }
  return path;
}

void write_all(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw system_error(path, errno);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

void sync_folder_of(const std::string& path) {
  const std::string folder = parent_of(path);
  const Descriptor fd(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) throw system_error(folder, errno);
  if (fsync(fd.get()) != 0) throw Error(Code::sync_failed, folder, system_error({}, errno).detail_text());
}

// A link keeps pointing where it points: what is replaced is the file behind it.
std::string behind_link(const std::string& path) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0 || !S_ISLNK(status.st_mode)) return path;
  char* resolved = realpath(path.c_str(), nullptr);
  if (resolved == nullptr) throw system_error(path, errno);
  std::string out = resolved;
  std::free(resolved);
  return out;
}

}  // namespace

std::string read_file(const std::string& path, std::uint64_t limit) {
  const Descriptor fd(open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!fd.valid()) throw system_error(path, errno);
  struct stat status {};
  if (fstat(fd.get(), &status) != 0) throw system_error(path, errno);
  if (S_ISDIR(status.st_mode)) throw system_error(path, EISDIR);
  const auto too_large = [&] {
    return Error(Code::unsupported_format, path,
                 Text{"larger than " + std::to_string(limit) + " bytes", "超过 " + std::to_string(limit) + " 字节"});
  };
  if (static_cast<std::uint64_t>(status.st_size) > limit) throw too_large();
  // Files of /proc say size 0, so the end is found by reading.
  std::string out(static_cast<std::size_t>(status.st_size) + 1, '\0');
  std::size_t size = 0;
  for (;;) {
    if (size == out.size()) out.resize(out.size() * 2 + 4096);
    const ssize_t got = ::read(fd.get(), out.data() + size, out.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw system_error(path, errno);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
    if (size > limit) throw too_large();
  }
  out.resize(size);
  return out;
}

std::string read_head(const std::string& path, std::size_t bytes) {
  const Descriptor fd(open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!fd.valid()) throw system_error(path, errno);
  std::string out(bytes, '\0');
  std::size_t size = 0;
  while (size < bytes) {
    const ssize_t got = ::read(fd.get(), out.data() + size, bytes - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw system_error(path, errno);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  out.resize(size);
  return out;
}

std::optional<std::string> read_file_if_there(const std::string& path, std::uint64_t limit) {
  try {
    return read_file(path, limit);
  } catch (const Error& error) {
    if (error.code() != Code::not_found && error.code() != Code::not_a_directory) throw;
    return std::nullopt;
  }
}

void write_file_atomic(const std::string& path, std::string_view bytes, unsigned mode) {
  write_file_atomic(
      path, [&](const WritePortion& write) { write(bytes); }, mode);
}

void write_file_atomic(const std::string& path, const std::function<void(const WritePortion&)>& content,
                       unsigned mode) {
  constexpr std::size_t large_portion = 1U << 20U;
  const std::string target = behind_link(path);
  std::string temporary = target + ".ferry-XXXXXX";
  const Descriptor fd(mkostemp(temporary.data(), O_CLOEXEC));
  if (!fd.valid()) throw system_error(target, errno);
  try {
    content([&](std::string_view portion) {
      write_all(fd.get(), portion, target);
      // The disk begins now, and not when everything is written. Only a hint: fsync says whether it worked.
      if (portion.size() >= large_portion) sync_file_range(fd.get(), 0, 0, SYNC_FILE_RANGE_WRITE);
    });
    struct stat old {};
    const bool there = lstat(target.c_str(), &old) == 0;
    // Owner before mode: a change of owner takes set-user-id bits away.
    if (there && (old.st_uid != geteuid() || old.st_gid != getegid()) && fchown(fd.get(), old.st_uid, old.st_gid) != 0)
      throw system_error(target, errno);
    if (fchmod(fd.get(), there ? old.st_mode & 07777U : mode) != 0) throw system_error(target, errno);
    if (fsync(fd.get()) != 0) throw Error(Code::sync_failed, target, system_error({}, errno).detail_text());
    if (rename(temporary.c_str(), target.c_str()) != 0) throw system_error(target, errno);
  } catch (...) {
    unlink(temporary.c_str());
    throw;
  }
  sync_folder_of(target);
}

void append_file(const std::string& path, std::string_view bytes, unsigned mode) {
  const Descriptor fd(open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, mode));
  if (!fd.valid()) throw system_error(path, errno);
  write_all(fd.get(), bytes, path);
  if (fsync(fd.get()) != 0) throw Error(Code::sync_failed, path, system_error({}, errno).detail_text());
}

void make_folders(const std::string& path, unsigned mode) {
  if (path.empty()) throw Error(Code::not_found, path, Text{"empty path", "路径为空"});
  if (mkdir(path.c_str(), mode) == 0) return;
  const int error_number = errno;
  struct stat status {};
  if (stat(path.c_str(), &status) == 0) {
    if (S_ISDIR(status.st_mode)) return;
    throw system_error(path, ENOTDIR);
  }
  if (error_number != ENOENT) throw system_error(path, error_number);
  const std::string above = parent_of(path);
  if (above == path) throw system_error(path, error_number);
  make_folders(above, mode);
  if (mkdir(path.c_str(), mode) != 0 && errno != EEXIST) throw system_error(path, errno);
}

bool path_exists(const std::string& path) {
  struct stat status {};
  if (lstat(path.c_str(), &status) == 0) return true;
  if (errno == ENOENT || errno == ENOTDIR) return false;
  throw system_error(path, errno);
}

bool is_folder(const std::string& path) {
  struct stat status {};
  if (lstat(path.c_str(), &status) == 0) return S_ISDIR(status.st_mode);
  if (errno == ENOENT || errno == ENOTDIR) return false;
  throw system_error(path, errno);
}

Space free_space(const std::string& path) {
  const std::string there = nearest_existing(path);
  struct statvfs status {};
  if (statvfs(there.c_str(), &status) != 0) throw system_error(there, errno);
  return {status.f_bavail * status.f_frsize, status.f_blocks * status.f_frsize, status.f_favail};
}

bool same_device(const std::string& a, const std::string& b) {
  struct stat first {};
  struct stat second {};
  const std::string here = nearest_existing(a);
  const std::string there = nearest_existing(b);
  if (stat(here.c_str(), &first) != 0) throw system_error(here, errno);
  if (stat(there.c_str(), &second) != 0) throw system_error(there, errno);
  return first.st_dev == second.st_dev;
}

void sync_file_system(const std::string& path) {
  const Descriptor fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) throw system_error(path, errno);
  if (syncfs(fd.get()) != 0) throw Error(Code::sync_failed, path, system_error({}, errno).detail_text());
}

TempFolder::TempFolder(const std::string& prefix, const std::string& parent) {
  std::string above = parent;
  if (above.empty()) {
    const char* configured = std::getenv("TMPDIR");
    above = configured != nullptr && *configured == '/' ? configured : "/tmp";
  }
  path_ = above + "/" + prefix + "-XXXXXX";
  if (mkdtemp(path_.data()) == nullptr) throw system_error(above, errno);
}

TempFolder::TempFolder(TempFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}

TempFolder::~TempFolder() {
  if (path_.empty()) return;
  try {
    remove_tree(path_);
  } catch (const Error&) {
    // A destructor can't report; what stays behind lies in the temporary folder of the system.
  }
}

std::string TempFolder::keep() {
  return std::exchange(path_, {});
}

}  // namespace ferry
