// The index of read_tree: digests of the last time, so that only what changed is read again. A cache: whatever is wrong
// with it, it is left aside. Format: docs/formats/index.md.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "host/walk.h"

namespace ferry {

class IndexReader {
 public:
  // Reads and checks the whole file. `attributes`: whether they are wanted; an index made without is foreign then.
  IndexReader(const std::string& file, const std::string& root, bool attributes);

  IndexUse state() const { return state_; }
  std::uint64_t entries() const { return count_; }

 private:
  friend class IndexCursor;
  bool open(const std::string& root, bool attributes);
  void find_marks();

  std::string bytes_;
  std::string_view rest_;  // the entries
  IndexUse state_ = IndexUse::fresh;
  std::int64_t time_ns_ = 0;
  std::uint64_t count_ = 0;
  // Where every 1024th entry begins, in `rest_`: so that several cursors can begin in the middle.
  std::vector<std::size_t> marks_;
};

// Goes once through the index, or a part of it. Several may go at the same time.
class IndexCursor {
 public:
  // Begins at or in front of `first`.
  IndexCursor(const IndexReader& index, const RelativePath& first);

  // Digest of the file if the index knows it in exactly this state and it is not racily clean. Calls must come in
  // ascending order of paths. `attributes` receives what was stored with it.
  bool find(const RelativePath& path, const FileKey& key, Digest& digest, Attributes& attributes);
  // Entries that find() has given out. As many in all as entries(): nothing has changed.
  std::uint64_t given() const { return given_; }

 private:
  void next();

  const IndexReader& index_;
  std::string_view rest_;
  std::uint64_t given_ = 0;
  // The entry under the cursor; an empty path stands behind the last.
  std::string_view path_;
  FileKey key_;
  Digest digest_;
  std::string_view attributes_;
};

class IndexWriter {
 public:
  // `time_ns`: the moment before the first file was looked at.
  IndexWriter(const std::string& root, bool attributes, std::int64_t time_ns);
  void add(const RelativePath& path, const FileKey& key, const Digest& digest, const Attributes& attributes);
  // Temporary file and rename, without fsync: after a power cut the old index, the new or a damaged one is there, and a
  // damaged one only costs reading everything once. Throws Error.
  void write(const std::string& file);

 private:
  std::string bytes_;
  std::size_t count_at_ = 0;
  std::uint64_t count_ = 0;
};

}  // namespace ferry
