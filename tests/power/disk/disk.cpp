// A disk that remembers: a FUSE file system with one file `disk`, for a loop device to stand on, and one file `note`.
// Every write, every flush and every note is appended to a record in the order in which they come.
//   power_disk MOUNTPOINT IMAGE RECORD
// Runs until it is unmounted. Format of the record: tests/power/image.h.
#define FUSE_USE_VERSION 35
#include <fcntl.h>
#include <fuse3/fuse.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>

namespace {

int image = -1;
int record = -1;

enum : std::uint32_t { kind_write = 1, kind_flush = 2, kind_note = 3 };

bool all(int file, const char* bytes, std::size_t size) {
  while (size > 0) {
    const auto done = ::write(file, bytes, size);
    if (done <= 0) return false;
    bytes += done;
    size -= static_cast<std::size_t>(done);
  }
  return true;
}

bool remember(std::uint32_t kind, std::uint64_t offset, const char* bytes, std::size_t size) {
  const std::array<std::uint64_t, 3> head{kind, offset, size};
  return all(record, reinterpret_cast<const char*>(head.data()), sizeof head) && all(record, bytes, size);
}

bool is_disk(const char* path) {
  return std::strcmp(path, "/disk") == 0;
}
bool is_note(const char* path) {
  return std::strcmp(path, "/note") == 0;
}

int get_attributes(const char* path, struct stat* out, fuse_file_info*) {
  *out = {};
  if (std::strcmp(path, "/") == 0) {
    out->st_mode = S_IFDIR | 0700;
    out->st_nlink = 2;
    return 0;
  }
  if (!is_disk(path) && !is_note(path)) return -ENOENT;
  if (is_disk(path) && ::fstat(image, out) != 0) return -errno;
  out->st_mode = S_IFREG | 0600;
  out->st_nlink = 1;
  return 0;
}

int open_file(const char* path, fuse_file_info*) {
  return is_disk(path) || is_note(path) ? 0 : -ENOENT;
}

int read_file(const char* path, char* out, std::size_t size, off_t at, fuse_file_info*) {
  if (!is_disk(path)) return 0;
  const auto got = ::pread(image, out, size, at);
  return got < 0 ? -errno : static_cast<int>(got);
}

int write_file(const char* path, const char* bytes, std::size_t size, off_t at, fuse_file_info*) {
  const bool disk = is_disk(path);
  if (disk && ::pwrite(image, bytes, size, at) != static_cast<ssize_t>(size)) return -EIO;
  if (!remember(disk ? kind_write : kind_note, static_cast<std::uint64_t>(at), bytes, size)) return -EIO;
  return static_cast<int>(size);
}

// What a loop device makes of the flush that a file system orders.
int sync_file(const char* path, int, fuse_file_info*) {
  if (!is_disk(path)) return 0;
  return remember(kind_flush, 0, nullptr, 0) ? 0 : -EIO;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 4) {
    std::fprintf(stderr, "power_disk MOUNTPOINT IMAGE RECORD\n");
    return 2;
  }
  image = ::open(arguments[2], O_RDWR | O_CLOEXEC);
  record = ::open(arguments[3], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (image < 0 || record < 0) {
    std::perror("power_disk");
    return 1;
  }
  fuse_operations operations{};
  operations.getattr = get_attributes;
  operations.open = open_file;
  operations.read = read_file;
  operations.write = write_file;
  operations.fsync = sync_file;
  std::array<char*, 4> rest{arguments[0], const_cast<char*>("-f"), const_cast<char*>("-s"), arguments[1]};
  return fuse_main(static_cast<int>(rest.size()), rest.data(), &operations, nullptr);
}
