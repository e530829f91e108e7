// Real file systems on loop devices, and the record of what one of them wrote to its disk.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "host/descriptor.h"
#include "host/files.h"
#include "power/model.h"

namespace ferry::power {

// Mounts the image file (none for tmpfs) at a folder, as long as it lives. Throws Error when that can't be done.
class Mounted {
 public:
  Mounted(const std::string& image, const std::string& folder, const std::string& type);
  ~Mounted();
  Mounted(const Mounted&) = delete;
  Mounted& operator=(const Mounted&) = delete;

 private:
  std::string folder_;
};

// Empty: images can be mounted here; else why not. From then on mounts are this process's own, so that none is left
// when it dies.
std::string why_no_images();

// Makes a file of `bytes` and a file system in it by its mkfs. Throws Error(program_missing, program_failed).
void make_file_system(const std::string& image, const std::string& type, std::uint64_t bytes);

// One entry of the record that power_disk writes: kind, offset and size as 64 bits each, then the bytes.
struct DiskCall {
  enum class Kind : std::uint64_t { write = 1, flush = 2, note = 3 };
  Kind kind = Kind::note;
  std::uint64_t offset = 0;
  std::string bytes;
};
std::vector<DiskCall> read_disk_record(const std::string& path);

// power_disk over an image, as long as it lives; the file to mount is disk().
class RecordingDisk {
 public:
  // `folder`: where the two files shall appear; must exist.
  RecordingDisk(const std::string& image, const std::string& record, const std::string& folder);
  ~RecordingDisk();
  RecordingDisk(const RecordingDisk&) = delete;
  RecordingDisk& operator=(const RecordingDisk&) = delete;
  std::string disk() const { return folder_ + "/disk"; }
  void note(const std::string& text) const;

 private:
  std::string folder_;
  int child_ = 0;
  int note_ = -1;
};

// What the disk may hold when the power fails before call `instant`: everything up to the last flush, and of each later
// write all, nothing, or some sectors (of `sector` bytes). `before` is what the disk held before the first call.
std::string disk_after_cut(const std::string& before, const std::vector<DiskCall>& calls, std::size_t instant,
                           std::size_t sector, Seed& seed);

}  // namespace ferry::power
