// An installed tree as a manifest: parallel walk and SHA-256 of every file. Strictly reading: nothing below the root is
// created or changed; access times of files and folders stay too where the kernel grants O_NOATIME (own files, or
// root).
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/path.h"
#include "model/manifest.h"

namespace ferry {

// Something that could not be read as it should. `code`: permission, io, file_changed (it changed at every attempt, or
// went away while the tree was read), link_loop (a folder mounted into itself), out_of_bounds_path (longer than 4096
// bytes).
struct TreeProblem {
  RelativePath path;
  Code code = Code::io;
  Text detail;
};

struct TreeProgress {
  std::uint64_t files = 0;  // found so far
  std::uint64_t bytes = 0;
  bool walked = false;           // the two above are the final totals
  std::uint64_t files_done = 0;  // read or known from the index
  std::uint64_t bytes_done = 0;
};

struct TreeOptions {
  std::vector<RelativePath> exclude;  // these and everything below is neither entered nor listed
  int threads = 0;                    // 0: number of processors (cold: 16)
  // Cold caches: files are read in inode order by more threads, which is disk order on ext4 and XFS.
  bool cold = false;
  bool hash = true;                 // false: walk only, digests stay empty, the index is not used
  bool extended_attributes = true;  // also ACLs (system.posix_acl_*)
  // Digests of the last time (docs/formats/index.md). Empty: none. Only entries whose size, times, inode and mode are
  // unchanged are taken from it, and none that was written about the time the index was made ("racily clean").
  // It is replaced atomically at the end; it must lie outside the root or below an excluded path.
  std::string index_file;
  int attempts = 3;  // how often a file that changes under the reader is read
  Clock clock;       // what the index believes the time to be; the kernel's clock for file times unless set
  // Called on the caller's thread about five times a second and once at the end. May throw to stop everything.
  std::function<void(const TreeProgress&)> progress;
};

enum class IndexUse { none, fresh, used, damaged, foreign };  // fresh: there was no index yet

struct TreeResult {
  // Without the root itself. Sorted by path. A file that could not be read stands here with an empty digest and is
  // named in `problems`.
  Manifest manifest;
  // Sidecar: path -> name -> bytes. Only paths that have any; the root as the empty path.
  std::map<RelativePath, std::map<std::string, std::string>> attributes;
  std::vector<TreeProblem> problems;  // sorted by path
  IndexUse index = IndexUse::none;
  std::uint64_t hashed_files = 0;  // read now; the others came from the index
  std::uint64_t hashed_bytes = 0;
};

// Throws Error(not_found, not_a_directory, permission, io) when the root itself can't be read, and what `progress`
// throws. An index that can't be written is a problem with the empty path, no exception.
TreeResult read_tree(const std::string& root, const TreeOptions& options = {});

// SHA-256 of one file by the same reader; throws Error(not_found, permission, io, file_changed).
Digest digest_of_file(const std::string& path);

}  // namespace ferry
