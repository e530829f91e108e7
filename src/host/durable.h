// Files that must be right after a power cut: logs and journals.
#pragma once
#include <string>
#include <string_view>

#include "host/descriptor.h"

namespace ferry::durable {

// Missing folders on the way too; every one made is synced into its parent. Throws Error.
void make_folders(const std::string& path, unsigned mode = 0700);
// fsync of a folder: its names are on the medium. Throws Error(sync_failed), final.
void sync_folder(const std::string& path);
// The name appears only when the whole content is on the medium: temporary name, fsync, rename, fsync of the folder.
// Replaces an existing file. Throws Error.
void write(const std::string& path, std::string_view bytes, unsigned mode = 0600);

// A file that only grows.
class Appender {
 public:
  // Makes it if it isn't there (durably). With `keep` the file is first cut to that many bytes: what a torn record
  // left behind must be gone before something is written after it.
  static constexpr std::uint64_t everything = ~0ULL;
  explicit Appender(const std::string& path, std::uint64_t keep = everything, unsigned mode = 0600);

  // One write(2) call for all bytes where the kernel takes them at once.
  void append(std::string_view bytes);
  // fdatasync. Throws Error(sync_failed); after that the file must not be trusted to hold what was appended.
  void sync();

 private:
  std::string path_;
  Descriptor file_;
};

}  // namespace ferry::durable
