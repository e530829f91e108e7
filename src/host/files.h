// Files and folders of one machine by absolute (or working-folder relative) path. What must survive a power cut during
// the switch of an installation is not here but in the deploy room's durable files.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/path.h"

namespace ferry {

// Whole content. Throws Error(not_found, permission, io; unsupported_format when larger than `limit` bytes).
std::string read_file(const std::string& path, std::uint64_t limit = 256ULL << 20U);
// Empty optional when it does not exist; everything else as read_file.
std::optional<std::string> read_file_if_there(const std::string& path, std::uint64_t limit = 256ULL << 20U);

// The first bytes, or all when the file is shorter. Throws as read_file.
std::string read_head(const std::string& path, std::size_t bytes);

// Temporary file beside it, fsync, rename, fsync of the folder: afterwards the old content or the new is there, whole,
// whenever the power fails. An existing file's mode and owner are kept; `mode` is for a new one. Throws Error.
void write_file_atomic(const std::string& path, std::string_view bytes, unsigned mode = 0644);
// The same with content that `content` hands over in portions; what it throws leaves the old file as it is.
using WritePortion = std::function<void(std::string_view)>;
void write_file_atomic(const std::string& path, const std::function<void(const WritePortion&)>& content,
                       unsigned mode = 0644);
// Appends and fsyncs. Throws Error.
void append_file(const std::string& path, std::string_view bytes, unsigned mode = 0644);

// Like mkdir -p: missing parents too. Throws Error(not_a_directory, permission, ...).
void make_folders(const std::string& path, unsigned mode = 0755);
bool path_exists(const std::string& path);  // links are not followed; throws Error unless the answer is sure
bool is_folder(const std::string& path);    // links are not followed

// Removes it and everything below; never follows links, never leaves the file system it started on (a mount inside is
// Error(other_device)). Nothing there is no error. Refuses "", "/", "." and ".." and the file system's root folder with
// Error(out_of_bounds_path).
void remove_tree(const std::string& path);

struct CopyOptions {
  std::vector<RelativePath> exclude;  // relative to `from`
  bool owners = true;                 // keep uid and gid; only root can for others (then Error(needs_root))
};
struct CopyResult {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  std::uint64_t shared = 0;   // files whose blocks are shared with the source (reflink)
  std::uint64_t special = 0;  // sockets left out
};
// Copies the tree `from` to the new folder `to` (an existing empty folder is accepted, anything else is
// Error(already_exists)): mode, owner, times, links as links, hard links among the copied files, extended attributes,
// holes. By reflink where the file system can, else copy_file_range, else read and write. Not durable until
// sync_file_system(to). Throws Error at the first thing that can't be copied.
CopyResult copy_tree(const std::string& from, const std::string& to, const CopyOptions& options = {});
// One regular file, same rules; `to` is replaced atomically if it exists.
void copy_file(const std::string& from, const std::string& to);

struct Space {
  std::uint64_t free = 0;  // for this account, bytes
  std::uint64_t total = 0;
  std::uint64_t free_inodes = 0;  // 0 with free > 0: the file system does not say
};
// Of the file system that holds the path or its nearest existing parent. Throws Error.
Space free_space(const std::string& path);
// Whether both (or their nearest existing parents) lie on one file system. Throws Error.
bool same_device(const std::string& a, const std::string& b);
// syncfs: everything written to the file system of `path` is on the medium. Its error is final: Error(sync_failed).
void sync_file_system(const std::string& path);

// A folder of one's own that is removed with everything in it at the end.
class TempFolder {
 public:
  // Below `parent`, or $TMPDIR or /tmp. Mode 0700. Throws Error.
  explicit TempFolder(const std::string& prefix = "ferry", const std::string& parent = {});
  ~TempFolder();
  TempFolder(TempFolder&& other) noexcept;
  TempFolder& operator=(TempFolder&&) = delete;
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }
  std::string keep();  // from now on it stays; returns the path

 private:
  std::string path_;
};

}  // namespace ferry
