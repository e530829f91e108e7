#include "host/walk.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>

#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <numeric>
#include <unordered_set>

namespace ferry {
namespace {

constexpr int folder_flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

std::int64_t nanoseconds(const timespec& time) {
  return time.tv_sec * 1'000'000'000LL + time.tv_nsec;
}

// The folders above one, to see when a mount brings us back into one of them.
struct Ancestor {
  dev_t device;
  ino_t inode;
  std::shared_ptr<const Ancestor> above;
};

struct Found {
  RelativePath path;
  Entry entry;
  Stamp stamp;
};

// What one folder holds, filled by the worker that reads it. A whole tree is sorted folder by folder while it is read,
// by all workers and by short names, and never as a whole.
struct Content {
  std::vector<Found> found;  // sorted by name
  struct Below {
    std::size_t at;  // of the folder in `found`
    std::unique_ptr<Content> content;
  };
  std::vector<Below> folders;  // in the order of `found`
};

struct Folder {
  RelativePath path;
  std::shared_ptr<const Ancestor> above;
  Content* content = nullptr;
};

bool is_loop(const Ancestor* ancestor, const struct stat& status) {
  for (; ancestor != nullptr; ancestor = ancestor->above.get())
    if (ancestor->device == status.st_dev && ancestor->inode == status.st_ino) return true;
  return false;
}

// What was there a moment ago and is not, or is something else, has changed under the walk.
Code code_of(int error_number) {
  if (error_number == ENOENT || error_number == ENOTDIR || error_number == ELOOP) return Code::file_changed;
  return system_error({}, error_number).code();
}

// The folders still to be read, shared by the workers. Last in, first out: keeps it short.
class Pending {
 public:
  void add(std::vector<Folder> folders) {
    if (folders.empty()) return;
    const std::lock_guard lock(mutex_);
    for (auto& folder : folders) stack_.push_back(std::move(folder));
    changed_.notify_all();
  }
  // False when all work is done. Every folder taken must be given back with done().
  bool take(Folder& folder, const std::atomic<bool>& stop) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !stack_.empty() || busy_ == 0 || stop; });
    if (stack_.empty() || stop) return false;
    folder = std::move(stack_.back());
    stack_.pop_back();
    ++busy_;
    return true;
  }
  void done() {
    const std::lock_guard lock(mutex_);
    if (--busy_ == 0) changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Folder> stack_;
  int busy_ = 0;
};

// One worker's part of the walk.
class Walker {
 public:
  Walker(int root, const TreeOptions& options, const std::unordered_set<RelativePath>& excluded, Pending& pending,
         TreeCounters& counters)
      : root_(root), options_(options), excluded_(excluded), pending_(pending), counters_(counters) {}

  void run(const std::atomic<bool>& stop) {
    Folder folder;
    while (pending_.take(folder, stop)) {
      // Given back whatever happens, else the other workers would wait for ever.
      const std::unique_ptr<Pending, void (*)(Pending*)> taken(&pending_, [](Pending* p) { p->done(); });
      pending_.add(read(folder));
    }
  }

  Walked result;  // problems and attributes only
  std::size_t objects = 0;

 private:
  std::vector<Folder> problem(RelativePath path, int error_number, Text detail) {
    result.problems.push_back({std::move(path), code_of(error_number), std::move(detail)});
    return {};
  }

  // Returns the folders in it.
  std::vector<Folder> read(const Folder& folder) {
    // Refused (EPERM) on folders of other accounts.
    Descriptor fd = open_below(root_, folder.path, folder_flags | O_NOATIME);
    if (!fd.valid() && errno == EPERM) fd = open_below(root_, folder.path, folder_flags);
    if (!fd.valid()) return problem(folder.path, errno, {"the folder can't be opened", "无法打开该文件夹"});
    struct stat status {};
    if (fstat(fd.get(), &status) != 0) return problem(folder.path, errno, {"stat", "无法取得其属性"});
    if (is_loop(folder.above.get(), status)) {
      result.problems.push_back(
          {folder.path, Code::link_loop, {"the folder is mounted inside itself", "该文件夹被挂载到了自身内部"}});
      return {};
    }
    if (options_.extended_attributes) keep(folder.path, attributes_of(fd.get()));
    const auto here = std::make_shared<const Ancestor>(Ancestor{status.st_dev, status.st_ino, folder.above});
    const std::unique_ptr<DIR, int (*)(DIR*)> stream(fdopendir(fd.get()), closedir);
    if (!stream) return problem(folder.path, errno, {"the folder can't be read", "无法读取该文件夹"});
    fd.release();
    for (;;) {
      errno = 0;
      const dirent* item = readdir(stream.get());
      if (item == nullptr) break;
      const std::string_view name = item->d_name;
      if (name != "." && name != "..") add(dirfd(stream.get()), folder.path, item->d_name);
    }
    if (errno != 0) problem(folder.path, errno, {"the folder can't be read to its end", "该文件夹未能读完"});
    return sort_into(*folder.content, here);
  }

  std::vector<Folder> sort_into(Content& content, const std::shared_ptr<const Ancestor>& here) {
    order_.resize(here_.size());
    std::iota(order_.begin(), order_.end(), 0U);
    // All stand in one folder: by path is by name.
    std::sort(order_.begin(), order_.end(),
              [this](std::uint32_t a, std::uint32_t b) { return here_[a].path < here_[b].path; });
    content.found.reserve(here_.size());
    for (const auto i : order_) content.found.push_back(std::move(here_[i]));
    here_.clear();
    count(content.found);
    std::vector<Folder> below;
    for (std::size_t i = 0; i < content.found.size(); ++i) {
      if (content.found[i].entry.type != EntryType::folder) continue;
      content.folders.push_back({i, std::make_unique<Content>()});
      below.push_back({content.found[i].path, here, content.folders.back().content.get()});
    }
    return below;
  }

  // Once a folder: counting each file would have the workers wait for each other's counters.
  void count(const std::vector<Found>& found) {
    std::uint64_t files = 0;
    std::uint64_t bytes = 0;
    for (const auto& one : found) {
      files += one.entry.type == EntryType::file ? 1 : 0;
      bytes += one.entry.size;
    }
    counters_.files.fetch_add(files, std::memory_order_relaxed);
    counters_.bytes.fetch_add(bytes, std::memory_order_relaxed);
    objects += found.size();
  }

  void add(int folder, const RelativePath& parent, const char* name) {
    RelativePath path;
    try {
      path = parent / name;
    } catch (const Error& error) {
      result.problems.push_back(
          {parent,
           error.code(),
           {"a name in this folder makes a path of more than 4096 bytes", "该文件夹中有名称使路径超过 4096 字节"}});
      return;
    }
    if (!excluded_.empty() && excluded_.contains(path)) return;
    struct stat status {};
    if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
      const bool gone = errno == ENOENT;
      problem(std::move(path), errno,
              gone ? Text{"went away while the tree was read", "在读取过程中消失"} : Text{"stat", "无法取得其属性"});
      return;
    }
    Found found{std::move(path), entry_of(status), {status.st_ino, nanoseconds(status.st_ctim)}};
    if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) {
      if (S_ISLNK(status.st_mode)) found.entry.link = target(folder, name, found.path);
      if (options_.extended_attributes) keep(found.path, attributes_at(folder, name));
    }
    here_.push_back(std::move(found));
  }

  std::string target(int folder, const char* name, const RelativePath& path) {
    char buffer[4097];  // PATH_MAX and one more: a longer target can't be made
    const ssize_t size = readlinkat(folder, name, buffer, sizeof buffer);
    if (size >= 0) return {buffer, static_cast<std::size_t>(size)};
    problem(path, errno, {"the link can't be read", "无法读取该链接"});
    return {};
  }

  void keep(const RelativePath& path, Attributes attributes) {
    if (!attributes.empty()) result.attributes[path] = std::move(attributes);
  }

  int root_;
  const TreeOptions& options_;
  const std::unordered_set<RelativePath>& excluded_;
  Pending& pending_;
  TreeCounters& counters_;
  std::vector<Found> here_;  // of the folder that is being read; both kept for their room
  std::vector<std::uint32_t> order_;
};

// Does `name` stand in front of what lies below the folder `folder`: in front of its name with a '/'?
bool stands_before(std::string_view name, std::string_view folder) {
  const int order = name.substr(0, folder.size()).compare(folder);
  if (order != 0 || name.size() <= folder.size()) return order <= 0;
  return static_cast<unsigned char>(name[folder.size()]) < static_cast<unsigned char>('/');
}

// Appends everything in and below a folder, in the order of the paths' bytes: "a", "a-b", "a.b", and then "a/c".
void move_content(Content& content, Walked& out) {
  struct Waiting {
    std::string name;  // of a folder that was appended; what is below it was not
    std::unique_ptr<Content> content;
  };
  std::vector<Waiting> waiting;  // each name begins with the one in front of it
  auto folder = content.folders.begin();
  for (std::size_t i = 0; i < content.found.size(); ++i) {
    const std::string_view name = content.found[i].path.name();
    for (; !waiting.empty() && !stands_before(name, waiting.back().name); waiting.pop_back())
      move_content(*waiting.back().content, out);
    if (folder != content.folders.end() && folder->at == i) {
      waiting.push_back({std::string(name), std::move(folder->content)});
      ++folder;
    }
    Found& found = content.found[i];
    out.stamps.push_back(found.stamp);
    out.found.emplace_back(std::move(found.path), std::move(found.entry));
  }
  for (; !waiting.empty(); waiting.pop_back()) move_content(*waiting.back().content, out);
}

void move_into(Walked& all, Walked&& part) {
  std::move(part.problems.begin(), part.problems.end(), std::back_inserter(all.problems));
  all.attributes.merge(part.attributes);
  part = {};
}

Descriptor open_by_components(int root, const RelativePath& path, int flags) {
  Descriptor at(openat(root, ".", O_PATH | O_DIRECTORY | O_CLOEXEC));
  const auto parts = path.components();
  for (std::size_t i = 0; i < parts.size() && at.valid(); ++i) {
    const bool last = i + 1 == parts.size();
    at = Descriptor(
        openat(at.get(), parts[i].c_str(), last ? flags | O_NOFOLLOW : O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  }
  return at;
}

}  // namespace

FileKey key_of(const struct stat& status) {
  return {status.st_ino, nanoseconds(status.st_ctim), static_cast<std::uint64_t>(status.st_size),
          nanoseconds(status.st_mtim), status.st_mode & 07777U};
}

FileKey key_of(const Entry& entry, const Stamp& stamp) {
  return {stamp.inode, stamp.ctime_ns, entry.size, entry.mtime_ns, entry.mode};
}

Entry entry_of(const struct stat& status) {
  Entry entry;
  if (S_ISDIR(status.st_mode)) entry.type = EntryType::folder;
  if (S_ISLNK(status.st_mode)) entry.type = EntryType::link;
  if (S_ISFIFO(status.st_mode)) entry.type = EntryType::fifo;
  if (S_ISSOCK(status.st_mode)) entry.type = EntryType::socket;
  if (S_ISBLK(status.st_mode)) entry.type = EntryType::block_device;
  if (S_ISCHR(status.st_mode)) entry.type = EntryType::character_device;
  entry.mode = status.st_mode & 07777U;
  entry.uid = status.st_uid;
  entry.gid = status.st_gid;
  if (S_ISREG(status.st_mode)) entry.size = static_cast<std::uint64_t>(status.st_size);
  entry.mtime_ns = nanoseconds(status.st_mtim);
  return entry;
}

Descriptor open_root(const std::string& root) {
  // The root itself may be a link (/opt/oa -> /opt/oa-7.4); only below it are links not followed.
  Descriptor fd(open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) throw system_error(root, errno);
  return fd;
}

Descriptor open_below(int root, const RelativePath& path, int flags) {
  if (path.empty()) return Descriptor(openat(root, ".", flags));
  struct open_how how {};
  how.flags = static_cast<std::uint64_t>(flags);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  const long fd = syscall(SYS_openat2, root, path.bytes().c_str(), &how, sizeof how);
  if (fd >= 0) return Descriptor(static_cast<int>(fd));
  // EPERM: an old seccomp filter (containers) that does not know the call.
  if (errno == ENOSYS || errno == EPERM || errno == ENAMETOOLONG) return open_by_components(root, path, flags);
  return {};
}

Walked walk(const Descriptor& root, const TreeOptions& options, int threads, TreeCounters& counters,
            const std::function<void()>& tick) {
  const std::unordered_set<RelativePath> excluded(options.exclude.begin(), options.exclude.end());
  Content top;
  Pending pending;
  pending.add({Folder{{}, nullptr, &top}});
  std::vector<Walker> walkers;
  for (int i = 0; i < threads; ++i) walkers.emplace_back(root.get(), options, excluded, pending, counters);
  std::atomic<bool> stop{false};
  with_workers(
      threads, stop, [&](int i) { walkers[static_cast<std::size_t>(i)].run(stop); }, tick);
  Walked all;
  std::size_t objects = 0;
  for (auto& walker : walkers) {
    objects += walker.objects;
    move_into(all, std::move(walker.result));
  }
  all.found.reserve(objects);
  all.stamps.reserve(objects);
  move_content(top, all);
  counters.walked = true;
  return all;
}

}  // namespace ferry
