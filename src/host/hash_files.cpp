#include "host/hash_files.h"

#include <fcntl.h>

#include <algorithm>

namespace ferry {
namespace {

// Fits into the second-level cache: what read(2) copied is still there when it is hashed.
constexpr std::size_t buffer_size = 256U << 10U;
// From here on a file is worth telling the kernel about, and is begun first so that it doesn't end alone.
constexpr std::uint64_t big_file = 16ULL << 20U;
// Neighbours go to the same reader, for its open folder.
constexpr std::size_t batch = 32;

// O_NONBLOCK: a fifo put in the file's place between walk and read must not block us. O_NOATIME is refused (EPERM) on
// files of other accounts.
Descriptor open_quietly(int folder, const char* name) {
  constexpr int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  Descriptor fd(openat(folder, name, flags | O_NOATIME));
  if (!fd.valid() && errno == EPERM) fd = Descriptor(openat(folder, name, flags));
  return fd;
}

}  // namespace

FileHasher::FileHasher(int root, const TreeOptions& options, TreeCounters& counters)
    : root_(root), options_(options), counters_(counters), buffer_(buffer_size, '\0') {}

Descriptor FileHasher::open_file(const RelativePath& path) {
  RelativePath parent = path.parent();
  if (!folder_.valid() || parent != folder_path_) {
    folder_ = open_below(root_, parent, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (!folder_.valid()) return {};
    folder_path_ = std::move(parent);
  }
  return open_quietly(folder_.get(), std::string(path.name()).c_str());
}

FileHasher::Read FileHasher::read_once(int fd, Entry& entry, Stamp& stamp) {
  struct stat before {};
  if (fstat(fd, &before) != 0) return Read::failed;
  if (!S_ISREG(before.st_mode)) return Read::changed;
  const auto expected = static_cast<std::uint64_t>(before.st_size);
  if (expected >= big_file) posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
  std::uint64_t size = 0;
  // Up to the size that stat told; whether there is more by now, the second stat tells. Saves the read of the end.
  while (size < expected && !(stop != nullptr && *stop)) {
    const ssize_t got = pread(fd, buffer_.data(), buffer_.size(), static_cast<off_t>(size));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      const int error_number = errno;
      hasher_.finish();  // forget the part that was read
      errno = error_number;
      return Read::failed;
    }
    if (got == 0) break;
    hasher_.update(std::string_view(buffer_).substr(0, static_cast<std::size_t>(got)));
    size += static_cast<std::uint64_t>(got);
    counters_.bytes_done.fetch_add(static_cast<std::uint64_t>(got), std::memory_order_relaxed);
  }
  hashed_bytes += size;
  const Digest digest = hasher_.finish();
  struct stat after {};
  if (fstat(fd, &after) != 0) return Read::failed;
  if (size != expected || key_of(before) != key_of(after)) return Read::changed;
  const FileKey key = key_of(after);
  entry = entry_of(after);
  entry.digest = digest;
  stamp = {key.inode, key.ctime_ns};
  return Read::done;
}

void FileHasher::hash(Manifest::Item& file, Stamp& stamp, Attributes& attributes, std::vector<TreeProblem>& problems) {
  const RelativePath& path = file.first;
  for (int attempt = 1;; ++attempt) {
    Descriptor fd = open_file(path);
    Read outcome = Read::failed;
    if (fd.valid()) {
      outcome = read_once(fd.get(), file.second, stamp);
    } else if (errno == ENOENT || errno == ELOOP || errno == ENXIO || errno == ENOTDIR) {
      folder_.reset();
      outcome = Read::changed;
    }
    if (outcome == Read::done) {
      if (options_.extended_attributes) attributes = attributes_of(fd.get());
      return;
    }
    if (outcome == Read::failed) {
      const Error error = system_error({}, errno);
      problems.push_back({path, error.code(), error.detail_text()});
      break;
    }
    if (attempt >= options_.attempts) {
      problems.push_back(
          {path, Code::file_changed, {"changed while it was read, at every attempt", "每次读取时都在变化"}});
      break;
    }
  }
  if (options_.extended_attributes && folder_.valid())
    attributes = attributes_at(folder_.get(), std::string(path.name()));
}

namespace {

// Returns how many at the front are to be handed out one by one: the big ones, else one reader would get them all.
std::size_t set_order(std::vector<std::uint32_t>& places, const Walked& tree, bool cold) {
  if (cold) {
    std::sort(places.begin(), places.end(),
              [&](std::uint32_t a, std::uint32_t b) { return tree.stamps[a].inode < tree.stamps[b].inode; });
    return places.size();
  }
  const auto small = std::stable_partition(places.begin(), places.end(),
                                           [&](std::uint32_t i) { return tree.found[i].second.size >= big_file; });
  std::sort(places.begin(), small,
            [&](std::uint32_t a, std::uint32_t b) { return tree.found[a].second.size > tree.found[b].second.size; });
  return static_cast<std::size_t>(small - places.begin());
}

}  // namespace

Hashed hash_files(int root, Walked& tree, std::vector<std::uint32_t> places, const TreeOptions& options, int threads,
                  TreeCounters& counters, const std::function<void()>& tick) {
  const std::size_t singles = set_order(places, tree, options.cold);
  std::vector<Hashed> parts(static_cast<std::size_t>(threads));
  std::atomic<std::size_t> next{0};
  std::atomic<bool> stop{false};
  const auto work = [&](int number) {
    Hashed& mine = parts[static_cast<std::size_t>(number)];
    FileHasher hasher(root, options, counters);
    hasher.stop = &stop;
    for (;;) {
      std::size_t begin = next.load();
      std::size_t end = 0;
      do {
        if (begin >= places.size()) break;
        end = std::min(begin + (begin < singles ? 1 : batch), places.size());
      } while (!next.compare_exchange_weak(begin, end));
      if (begin >= places.size() || stop) break;
      for (std::size_t i = begin; i < end && !stop; ++i) {
        auto& file = tree.found[places[i]];
        Attributes attributes;
        hasher.hash(file, tree.stamps[places[i]], attributes, mine.problems);
        if (!attributes.empty()) mine.attributes[file.first] = std::move(attributes);
        ++mine.files;
        counters.files_done.fetch_add(1, std::memory_order_relaxed);
      }
    }
    mine.bytes = hasher.hashed_bytes;
  };
  with_workers(threads, stop, work, tick);
  Hashed all;
  for (auto& part : parts) {
    all.attributes.merge(part.attributes);
    std::move(part.problems.begin(), part.problems.end(), std::back_inserter(all.problems));
    all.files += part.files;
    all.bytes += part.bytes;
  }
  return all;
}

}  // namespace ferry
