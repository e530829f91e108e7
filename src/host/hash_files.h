// Reading and hashing the files that a walk has found.
#pragma once
#include <string>
#include <vector>

#include "host/walk.h"

namespace ferry {

// One reader: buffer, hasher, and the folder it was in last (files of one folder come one after the other, which saves
// resolving the whole path each time).
class FileHasher {
 public:
  FileHasher(int root, const TreeOptions& options, TreeCounters& counters);

  // Fills digest, stat data (as of the read) and `attributes`. With a problem the digest stays empty.
  void hash(Manifest::Item& file, Stamp& stamp, Attributes& attributes, std::vector<TreeProblem>& problems);

  std::uint64_t hashed_bytes = 0;
  const std::atomic<bool>* stop = nullptr;

 private:
  Descriptor open_file(const RelativePath& path);
  enum class Read { done, changed, failed };
  Read read_once(int fd, Entry& entry, Stamp& stamp);

  int root_;
  const TreeOptions& options_;
  TreeCounters& counters_;
  Hasher hasher_;
  std::string buffer_;
  RelativePath folder_path_;
  Descriptor folder_;
};

struct Hashed {
  std::map<RelativePath, Attributes> attributes;
  std::vector<TreeProblem> problems;
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
};
// Hashes the files with these places in `tree.found`, by several threads.
Hashed hash_files(int root, Walked& tree, std::vector<std::uint32_t> places, const TreeOptions& options, int threads,
                  TreeCounters& counters, const std::function<void()>& tick);

}  // namespace ferry
