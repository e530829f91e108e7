// Verifying and reading packages. An archive is hostile until proven otherwise (REQUIREMENTS D6): everything is checked
// while it streams, in bounded memory, before anything is written anywhere.
#pragma once
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "model/package.h"
#include "package/limits.h"
#include "package/trusted_keys.h"

namespace ferry {

// Signature or import record -> trusted key -> archive structure -> manifest (every file's size and digest).
//
// Throws Error(unsigned_package) with neither <file>.minisig nor <file>.origin.json; Error(untrusted_key) naming the
// key id; Error(bad_signature); Error(truncated_archive) when the file ends too early; Error(hostile_archive) with the
// entry and a precise reason; Error(package_content) when it contradicts itself harmlessly; what require_meta throws.
Package open_package(const std::string& file, const TrustedKeys& keys, Moment now, const ArchiveLimits& limits = {});

// Everything but the origin, for looking at a package that nobody vouches for. Its `origin` is empty: the planner
// refuses it.
Package inspect_package(const std::string& file, const ArchiveLimits& limits = {});

// One file's bytes while the archive streams by.
class ContentReader {
 public:
  virtual ~ContentReader() = default;
  // Up to `size` bytes into `buffer`; 0 at the end. The content is proven (size, digest) only when read to its end:
  // the call that returns 0 throws Error(file_changed) when it is not what the manifest says.
  virtual std::size_t read(char* buffer, std::size_t size) = 0;
  std::string read_all();
};

// Calls `use` for every file (not for folders and links, which Package::files describes wholly) in archive order, which
// is the order of paths. `use` may return early: the rest is read and checked all the same. All these throw
// Error(file_changed) when the package file is no longer the one that was opened.
void stream_files(const Package& package,
                  const std::function<void(const RelativePath& path, const Entry& entry, ContentReader& content)>& use);
// Like stream_files for the scripts.
void stream_scripts(const Package& package,
                    const std::function<void(const PackageScript& script, ContentReader& content)>& use);

// Content of single files in any order, each checked like above. Quick when asked for in ascending order of paths (a
// plan's order): then the archive is read once; an earlier path starts it again. For one thread at a time.
class PackageFiles {
 public:
  explicit PackageFiles(Package package);
  ~PackageFiles();
  PackageFiles(PackageFiles&&) noexcept;
  PackageFiles& operator=(PackageFiles&&) noexcept;
  PackageFiles(const PackageFiles&) = delete;
  PackageFiles& operator=(const PackageFiles&) = delete;

  const Package& package() const;
  // Hands the bytes to `sink` in portions; they are proven when it returns. Throws Error(not_found, file_changed).
  void read(const RelativePath& path, const std::function<void(std::string_view bytes)>& sink);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Content of one file. Throws Error(not_found), Error(unsupported_format) above `limit` bytes.
std::string read_package_file(const Package& package, const RelativePath& path, std::uint64_t limit = 256ULL << 20U);
std::string read_package_script(const Package& package, const PackageScript& script);
// All files below a folder, which is made (its parent must exist) and must not exist before. Modes and times as in the
// manifest. Nothing is left behind after an error. Not durable until sync_file_system().
void extract_package(const Package& package, const std::string& folder);

}  // namespace ferry
