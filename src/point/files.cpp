#include "point/files.h"

#include <filesystem>

#include "base/error.h"
#include "base/id.h"
#include "base/path.h"
#include "host/crash_point.h"
#include "host/durable.h"
#include "host/files.h"
#include "host/switch_calls.h"
#include "host/tree.h"

namespace ferry {
namespace {

namespace fs = std::filesystem;

class FileBack {
 public:
  FileBack(const std::string& folder, const PointFile& wanted, const RestoreOptions& options)
      : copy_(folder + "/" + wanted.file),
        path_(fs::weakly_canonical(wanted.source).string()),
        parent_(fs::path(path_).parent_path().string()),
        name_(fs::path(path_).filename().string()),
        staged_name_(name_ + ".ferry-new"),
        wanted_(wanted),
        options_(options) {}

  bool run() {
    if (is_back()) return drop_staged();
    const auto users = options_.in_use({path_});
    if (!users.empty()) throw Error(Code::busy_files, path_, users.front());
    if (path_exists(staged())) aside(staged_name_);  // of a call that was killed: perhaps the file that was replaced
    if (wanted_.file.empty())
      aside(name_);
    else
      place();
    durable::sync_folder(parent_);
    return true;
  }

 private:
  std::string staged() const { return parent_ + "/" + staged_name_; }

  bool is_back() const {
    if (!path_exists(path_)) return wanted_.file.empty();
    if (wanted_.file.empty() || !fs::is_regular_file(path_)) return false;
    const auto status = calls::status(calls::open_folder(parent_).get(), name_, path_);
    return status && status->mode == wanted_.mode && status->size == wanted_.bytes &&
           digest_of_file(path_) == wanted_.digest;
  }

  // The exchange was done, only what was replaced stands there still.
  bool drop_staged() {
    if (!path_exists(parent_) || !path_exists(staged())) return false;
    aside(staged_name_);
    durable::sync_folder(parent_);
    return true;
  }

  void place() {
    durable::make_folders(parent_, 0755);
    stage_copy(copy_, wanted_, staged(), true);
    crash_point(CrashPoint::restore_staged);
    const auto folder = calls::open_folder(parent_);
    if (path_exists(path_)) {
      if (calls::exchange(folder.get(), staged_name_, folder.get(), name_, path_)) {
        crash_point(CrashPoint::restore_half_placed);
        return aside(staged_name_);
      }
      aside(name_);
    }
    calls::move(folder.get(), staged_name_, folder.get(), name_, path_);
    crash_point(CrashPoint::restore_placed);
  }

  void aside(const std::string& name) {
    if (!path_exists(parent_ + "/" + name)) return;
    if (aside_.empty()) aside_ = new_aside();
    const auto from = calls::open_folder(parent_), to = calls::open_folder(aside_);
    auto free = name_;
    for (int number = 1; path_exists(aside_ + "/" + free); ++number) free = name_ + "." + std::to_string(number);
    calls::move(from.get(), name, to.get(), free, path_);
    durable::sync_folder(aside_);
    crash_point(CrashPoint::restore_moved);
  }

  std::string new_aside() const {
    const auto parent = options_.aside_parent.empty() ? parent_ : options_.aside_parent;
    const auto out = parent + "/" + name_ + "." + new_id("ferry-aside", options_.now());
    durable::make_folders(out, 0700);
    if (!same_device(out, parent_))
      throw Error(Code::other_device, parent,
                  Text{"must be on the file system of " + path_, "须与 " + path_ + " 在同一文件系统"});
    return out;
  }

  const std::string copy_, path_, parent_, name_, staged_name_;
  const PointFile& wanted_;
  const RestoreOptions& options_;
  std::string aside_;
};

}  // namespace

void stage_copy(const std::string& copy, const PointFile& wanted, const std::string& staged, bool with_owner) {
  const auto parent = fs::path(staged).parent_path().string();
  const auto free = free_space(parent).free;
  if (free < wanted.bytes)
    throw Error(Code::disk_full, parent,
                Text{human_bytes(wanted.bytes) + " needed, " + human_bytes(free) + " free",
                     "需要 " + human_bytes(wanted.bytes) + "，可用 " + human_bytes(free)});
  if (!path_exists(copy)) throw Error(Code::backup_unverified, copy, Text{"the copy is missing", "副本缺失"});
  copy_file(copy, staged);
  const auto folder = calls::open_folder(parent);
  const auto name = fs::path(staged).filename().string();
  if (with_owner) calls::set_owner(folder.get(), name, wanted.uid, wanted.gid, staged);
  calls::set_mode(folder.get(), name, wanted.mode, staged);
  sync_file_system(parent);
  if (digest_of_file(staged) == wanted.digest) return;
  fs::remove(staged);
  throw Error(Code::backup_unverified, copy,
              Text{"its content is not what was recorded when it was taken", "内容与取恢复点时的记录不符"});
}

bool restore_files(const std::string& folder, const std::vector<PointFile>& files, const RestoreOptions& options) {
  bool changed = false;
  for (const auto& file : files) changed = FileBack(folder, file, options).run() || changed;
  return changed;
}

}  // namespace ferry
