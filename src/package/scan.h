// One checked pass over a package file. Not for other rooms.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "base/error.h"
#include "package/archive_reader.h"
#include "package/layout.h"

namespace ferry {

// Content of one entry, proven against its manifest entry when read to the end.
class CheckedContent : public ContentReader {
 public:
  // `wrong`: code of the error when it is not what the manifest says.
  CheckedContent(ArchiveReader& reader, const RelativePath& name, const Entry& entry, Code wrong);
  std::size_t read(char* buffer, std::size_t size) override;
  void finish();  // reads what was left

 private:
  ArchiveReader& reader_;
  const RelativePath& name_;
  const Entry& entry_;
  Code wrong_;
  Hasher hasher_;
  std::uint64_t bytes_ = 0;
  bool done_ = false;
};

using UseEntry = std::function<void(const RelativePath& name, const Entry& entry, CheckedContent& content)>;

// Reads the whole file; `use` is called for every file entry behind the manifest (names as in the archive). The result
// has no origin. Throws what open_package throws for structure and content.
Package scan_package(const std::string& file, const ArchiveLimits& limits, const UseEntry& use = nullptr);

// Entries behind the manifest of a package that was verified before, one by one.
class EntryWalk {
 public:
  explicit EntryWalk(const Package& package);
  // Path of the next file entry, skipping folders and links; empty at the end.
  std::optional<RelativePath> next();
  ArchiveReader& reader() { return reader_; }

 private:
  ArchiveReader reader_;
};

}  // namespace ferry
