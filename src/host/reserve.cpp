#include "host/reserve.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "base/error.h"
#include "host/descriptor.h"

namespace ferry {
namespace {

// Blocks that really are there, not a hole: ext3 and NFS know no fallocate.
void write_zeros(int file, std::uint64_t from, std::uint64_t to, const std::string& path) {
  const std::vector<char> zeros(1U << 20U);
  for (auto at = from; at < to;) {
    const auto wanted = std::min<std::uint64_t>(zeros.size(), to - at);
    const auto done = ::pwrite(file, zeros.data(), wanted, static_cast<off_t>(at));
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) throw system_error(path, errno);
    at += static_cast<std::uint64_t>(done);
  }
  // Delayed allocation would find out later that there is no room.
  if (::fsync(file) != 0) throw system_error(path, errno);
}

void extend(int file, std::uint64_t from, std::uint64_t to, const std::string& path) {
  int result = 0;
  do {
    result = ::fallocate(file, 0, static_cast<off_t>(from), static_cast<off_t>(to - from));
  } while (result != 0 && errno == EINTR);
  if (result == 0) return;
  if (errno != EOPNOTSUPP && errno != ENOSYS) throw system_error(path, errno);
  write_zeros(file, from, to, path);
}

}  // namespace

void hold_room(const std::string& path, std::uint64_t bytes) {
  const Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file.valid()) throw system_error(path, errno);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) throw system_error(path, errno);
  const auto before = static_cast<std::uint64_t>(status.st_size);
  if (bytes > before) {
    try {
      extend(file.get(), before, bytes, path);
    } catch (const Error&) {
      // What was got of it would be missing for what was to be kept free.
      static_cast<void>(::ftruncate(file.get(), status.st_size));
      throw;
    }
  } else if (bytes < before && ::ftruncate(file.get(), static_cast<off_t>(bytes)) != 0) {
    throw system_error(path, errno);
  }
}

std::uint64_t held_room(const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return 0;
    throw system_error(path, errno);
  }
  constexpr std::uint64_t unit = 512;  // st_blocks, stat(2)
  return static_cast<std::uint64_t>(status.st_blocks) * unit;
}

void give_up_room(const std::string& path) {
  // Cut first: a file that somebody still has open would keep its blocks.
  if (::truncate(path.c_str(), 0) != 0 && errno != ENOENT && errno != ENOTDIR) throw system_error(path, errno);
  if (::unlink(path.c_str()) != 0 && errno != ENOENT && errno != ENOTDIR) throw system_error(path, errno);
}

}  // namespace ferry
