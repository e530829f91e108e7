#include "host/tree.h"

#include <fcntl.h>

#include <algorithm>
#include <ctime>
#include <future>
#include <memory>
#include <thread>

#include "host/hash_files.h"
#include "host/tree_index.h"
#include "host/walk.h"

namespace ferry {
namespace {

constexpr int cold_threads = 16;

int reader_count(const TreeOptions& options) {
  if (options.threads > 0) return options.threads;
  return options.cold ? cold_threads : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

// The clock that Linux takes file times from.
std::int64_t file_clock(const TreeOptions& options) {
  if (options.clock)
    return std::chrono::duration_cast<std::chrono::nanoseconds>(options.clock().time_since_epoch()).count();
  timespec now{};
  clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

std::function<void()> ticker(const TreeOptions& options, const TreeCounters& counters) {
  if (!options.progress) return nullptr;
  return [&] {
    options.progress({counters.files, counters.bytes, counters.walked, counters.files_done, counters.bytes_done});
  };
}

// What the index knew of the files.
struct Known {
  std::vector<std::uint32_t> unknown;  // places of the files it did not know
  std::uint64_t given = 0;
  std::map<RelativePath, Attributes> attributes;
  std::uint64_t bytes = 0;
};

Known take_known(Walked& tree, const IndexReader& index, std::size_t begin, std::size_t end) {
  Known out;
  if (begin == end) return out;
  IndexCursor cursor(index, tree.found[begin].first);
  for (std::size_t i = begin; i < end; ++i) {
    auto& [path, entry] = tree.found[i];
    if (entry.type != EntryType::file) continue;
    Attributes attributes;
    if (!cursor.find(path, key_of(entry, tree.stamps[i]), entry.digest, attributes)) {
      out.unknown.push_back(static_cast<std::uint32_t>(i));
      continue;
    }
    if (!attributes.empty()) out.attributes[path] = std::move(attributes);
    out.bytes += entry.size;
  }
  out.given = cursor.given();
  return out;
}

// Gives files their digests from the index, a part of the tree on each thread.
Known take_known(Walked& tree, const IndexReader& index, int threads, TreeCounters& counters) {
  std::vector<Known> parts(static_cast<std::size_t>(threads));
  std::atomic<bool> stop{false};
  const auto bound = [&](std::size_t part) { return tree.found.size() * part / parts.size(); };
  with_workers(
      threads, stop,
      [&](int number) {
        const auto part = static_cast<std::size_t>(number);
        parts[part] = take_known(tree, index, bound(part), bound(part + 1));
      },
      nullptr);
  Known all;
  for (auto& part : parts) {
    all.unknown.insert(all.unknown.end(), part.unknown.begin(), part.unknown.end());
    all.given += part.given;
    all.attributes.merge(part.attributes);
    all.bytes += part.bytes;
  }
  counters.files_done += all.given;
  counters.bytes_done += all.bytes;
  return all;
}

void write_index(const Walked& tree, const std::string& root, const TreeOptions& options, std::int64_t began_ns) {
  static const Attributes none;
  IndexWriter writer(root, options.extended_attributes, began_ns);
  for (std::size_t i = 0; i < tree.found.size(); ++i) {
    const auto& [path, entry] = tree.found[i];
    if (entry.type != EntryType::file || entry.digest.empty()) continue;
    const auto at = tree.attributes.find(path);
    writer.add(path, key_of(entry, tree.stamps[i]), entry.digest, at == tree.attributes.end() ? none : at->second);
  }
  writer.write(options.index_file);
}

// Writing a large index for a handful of changed files takes longer than reading those files once more the next time:
// up to 1 in 200 files and 16 MB it is left as it is. What it does not know is read, so it is never wrong for that.
bool worth_writing(const Walked& tree, const Hashed& hashed, std::size_t changed) {
  constexpr std::uint64_t few_bytes = 16U << 20U;
  return changed * 200 > tree.found.size() || hashed.bytes > few_bytes;
}

// Read and checked while the tree is walked, which mostly waits for the kernel.
using IndexInReading = std::future<std::unique_ptr<IndexReader>>;
IndexInReading begin_index(const std::string& root, const TreeOptions& options) {
  if (!options.hash || options.index_file.empty()) return {};
  return std::async(std::launch::async, [root, file = options.index_file, attributes = options.extended_attributes] {
    return std::make_unique<IndexReader>(file, root, attributes);
  });
}

void read_contents(int root_fd, const std::string& root, Walked& tree, const TreeOptions& options,
                   IndexInReading reading, TreeCounters& counters, TreeResult& result) {
  const std::int64_t began_ns = file_clock(options);
  std::vector<std::uint32_t> unknown;
  bool index_is_right = options.index_file.empty();
  bool index_is_used = false;
  std::size_t gone = 0;
  if (!reading.valid()) {
    for (std::uint32_t i = 0; i < tree.found.size(); ++i)
      if (tree.found[i].second.type == EntryType::file) unknown.push_back(i);
  } else {
    const auto read = reading.get();
    const IndexReader& index = *read;
    result.index = index.state();
    Known known =
        take_known(tree, index, static_cast<int>(std::max(1U, std::thread::hardware_concurrency())), counters);
    unknown = std::move(known.unknown);
    tree.attributes.merge(known.attributes);
    index_is_used = index.state() == IndexUse::used;
    gone = index.entries() - known.given;
    index_is_right = index_is_used && unknown.empty() && gone == 0;
  }
  const std::size_t changed = std::max(unknown.size(), gone);
  Hashed hashed = hash_files(root_fd, tree, std::move(unknown), options, reader_count(options), counters,
                             ticker(options, counters));
  result.hashed_files = hashed.files;
  result.hashed_bytes = hashed.bytes;
  tree.attributes.merge(hashed.attributes);
  std::move(hashed.problems.begin(), hashed.problems.end(), std::back_inserter(tree.problems));
  if (index_is_right || (index_is_used && !worth_writing(tree, hashed, changed))) return;
  try {
    write_index(tree, root, options, began_ns);
  } catch (const Error& error) {
    tree.problems.push_back({RelativePath(), error.code(),
                             Text{"the index can't be written: " + error.describe(Language::english),
                                  "无法写入索引：" + error.describe(Language::chinese)}});
  }
}

}  // namespace

TreeResult read_tree(const std::string& root, const TreeOptions& options) {
  const Descriptor fd = open_root(root);
  TreeCounters counters;
  TreeResult result;
  IndexInReading index = begin_index(root, options);
  // More walkers than readers gain nothing warm; cold, the walk waits for the disk as well.
  Walked tree = walk(fd, options, reader_count(options), counters, ticker(options, counters));
  if (options.hash) read_contents(fd.get(), root, tree, options, std::move(index), counters, result);
  result.manifest = Manifest(std::move(tree.found));
  result.attributes = std::move(tree.attributes);
  result.problems = std::move(tree.problems);
  std::stable_sort(result.problems.begin(), result.problems.end(),
                   [](const TreeProblem& a, const TreeProblem& b) { return a.path < b.path; });
  return result;
}

Digest digest_of_file(const std::string& path) {
  const auto slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const Descriptor fd = open_root(folder);
  TreeOptions options;
  options.extended_attributes = false;
  TreeCounters counters;
  FileHasher hasher(fd.get(), options, counters);
  Manifest::Item file(RelativePath(slash == std::string::npos ? path : path.substr(slash + 1)), Entry());
  Stamp stamp;
  Attributes attributes;
  std::vector<TreeProblem> problems;
  hasher.hash(file, stamp, attributes, problems);
  if (problems.empty()) return file.second.digest;
  if (access(path.c_str(), F_OK) != 0) throw system_error(path, errno);
  throw Error(problems.front().code, path, problems.front().detail);
}

}  // namespace ferry
