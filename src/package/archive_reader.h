// One pass over an archive from outside, by libarchive, with the limits and the checks that need no knowledge of what
// the archive is for. Not for other rooms.
#pragma once
#include <memory>
#include <optional>
#include <string>

#include "base/digest.h"
#include "model/entry.h"
#include "package/limits.h"
#include "package/names.h"
#include "package/open.h"

struct archive_entry;

namespace ferry {

struct ArchiveItem {
  std::string raw;  // name as in the archive
  EntryType type = EntryType::file;
  std::uint32_t mode = 0;
  std::optional<std::uint64_t> size;  // as the archive says
  std::string link;
};

class ArchiveReader : public ContentReader {
 public:
  enum class Format { tar_zstd, zip };
  // `charset`: of names in a zip that are not marked as UTF-8; empty: bytes as they are. Throws Error(not_found, ...).
  ArchiveReader(std::string file, Format format, const ArchiveLimits& limits, const std::string& charset = {});
  ~ArchiveReader() override;
  ArchiveReader(const ArchiveReader&) = delete;
  ArchiveReader& operator=(const ArchiveReader&) = delete;

  // The next entry, or none at the end. Refuses hard links, devices, fifos, sockets, set-user-id modes, too many
  // entries, too much content. Throws Error(hostile_archive, truncated_archive, package_content).
  std::optional<ArchiveItem> next();
  // Content of the present entry.
  std::size_t read(char* buffer, std::size_t size) override;
  // Reads the rest of the file (not of the entry) and gives the digest of all its bytes; tar_zstd only.
  Digest finish();

 private:
  struct State;
  void require_ok(long long result, const std::string& about);
  void check_amount(const std::string& about);
  ArchiveItem item_of(archive_entry* entry);

  std::string file_;
  Format format_;
  ArchiveLimits limits_;
  std::unique_ptr<State> state_;
  std::string present_;
  std::uint64_t entries_ = 0;
  std::uint64_t content_bytes_ = 0;
  std::uint64_t entry_bytes_ = 0;
};

enum class ZstdEnd { complete, truncated, damaged };
// Whether the frames of a zstd file (RFC 8878) end where the file ends, by their block headers, without unpacking.
ZstdEnd zstd_end(const std::string& file);

// While it lives, this thread's character type locale is UTF-8: libarchive converts names by it.
class Utf8Locale {
 public:
  Utf8Locale();
  ~Utf8Locale();
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;

 private:
  void* made_;
  void* before_;
};

}  // namespace ferry
