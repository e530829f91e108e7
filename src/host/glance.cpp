#include "host/glance.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <memory>

namespace ferry {
namespace {

constexpr std::size_t told_every = 4096;

struct CloseFolder {
  void operator()(DIR* stream) const { closedir(stream); }
};
using Folder = std::unique_ptr<DIR, CloseFolder>;

Glimpse::Kind kind_of(mode_t mode) {
  if (S_ISREG(mode)) return Glimpse::Kind::file;
  if (S_ISDIR(mode)) return Glimpse::Kind::folder;
  return S_ISLNK(mode) ? Glimpse::Kind::link : Glimpse::Kind::special;
}

class Look {
 public:
  Look(std::string root, const GlanceOptions& options)
      : root_(std::move(root)), options_(options), until_(std::chrono::steady_clock::now() + options.longest) {}

  Glance all() {
    struct stat status {};
    if (stat(root_.c_str(), &status) != 0) throw system_error(root_, errno);
    if (!S_ISDIR(status.st_mode)) throw Error(Code::not_a_directory, root_);
    device_ = status.st_dev;
    waiting_.emplace_back();
    while (!waiting_.empty() && !ended()) {
      const auto next = std::move(waiting_.front());
      waiting_.pop_front();
      look_into(next);
    }
    out_.complete = waiting_.empty() && !ended_;
    if (options_.progress) options_.progress(out_.things.size());
    return std::move(out_);
  }

 private:
  bool ended() {
    ended_ = ended_ || out_.things.size() >= options_.most || std::chrono::steady_clock::now() >= until_;
    return ended_;
  }

  void look_into(const RelativePath& path) {
    const auto absolute = path.empty() ? root_ : root_ + "/" + path.bytes();
    const Folder folder(opendir(absolute.c_str()));
    if (!folder) {
      if (path.empty()) throw system_error(root_, errno);
      out_.problems.push_back({path, system_error(absolute, errno).code()});
      return;
    }
    std::vector<std::string> names;
    while (const dirent* item = readdir(folder.get())) {
      const std::string name = item->d_name;
      if (name != "." && name != "..") names.push_back(name);
    }
    std::sort(names.begin(), names.end());
    for (const auto& name : names) {
      if (ended()) return;
      note(path, name, dirfd(folder.get()));
    }
  }

  void note(const RelativePath& parent, const std::string& name, int folder) {
    struct stat status {};
    if (fstatat(folder, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return;  // gone meanwhile
    Glimpse seen;
    try {
      seen.path = parent / name;
    } catch (const Error& error) {
      out_.problems.push_back({parent, error.code()});
      return;
    }
    seen.kind = kind_of(status.st_mode);
    seen.bytes = static_cast<std::uint64_t>(status.st_size);
    seen.written = status.st_mtim.tv_sec;
    if (seen.kind == Glimpse::Kind::folder) {
      const bool elsewhere = status.st_dev != device_;
      if (elsewhere) out_.problems.push_back({seen.path, Code::other_device});
      seen.closed = elsewhere || options_.closed.contains(name);
      if (!seen.closed) waiting_.push_back(seen.path);
    }
    out_.things.push_back(std::move(seen));
    if (options_.progress && out_.things.size() % told_every == 0) options_.progress(out_.things.size());
  }

  std::string root_;
  const GlanceOptions& options_;
  std::chrono::steady_clock::time_point until_;
  dev_t device_ = 0;
  bool ended_ = false;
  std::deque<RelativePath> waiting_;
  Glance out_;
};

}  // namespace

Glance glance(const std::string& root, const GlanceOptions& options) {
  return Look(root, options).all();
}

}  // namespace ferry
