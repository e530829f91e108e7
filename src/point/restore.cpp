// The way back to a recovery point. What must hold at every instant: the new database is never seen beside the old
// -wal or -journal (SQLite would write their pages into it), and nothing of the old is lost.
#include <algorithm>
#include <array>
#include <filesystem>

#include "base/error.h"
#include "base/id.h"
#include "base/path.h"
#include "host/crash_point.h"
#include "host/durable.h"
#include "host/files.h"
#include "host/switch_calls.h"
#include "host/tree.h"
#include "point/files.h"
#include "point/point.h"

namespace ferry {
namespace {

namespace fs = std::filesystem;

constexpr std::array sidecars{"-wal", "-shm", "-journal"};

bool has_content(const std::string& file) {
  std::error_code none;
  const auto size = fs::file_size(file, none);
  return !none && size > 0;
}

// A copy of the point under a name of its own, verified and flushed.
void stage(const std::string& copy, const RecoveryPoint& point, const std::string& staged, bool with_owner) {
  stage_copy(copy, {staged, copy, point.digest, point.bytes, point.mode, point.uid, point.gid}, staged, with_owner);
}

class Restore {
 public:
  Restore(const std::string& folder, const RecoveryPoint& point, const std::string& file, const RestoreOptions& options)
      // Links on the way are resolved, because SQLite keeps -wal and -journal beside the real file.
      : copy_(folder + "/" + point.file),
        file_(fs::weakly_canonical(file).string()),
        staged_(file_ + ".ferry-new"),
        intent_(file_ + ".ferry-restore"),
        point_(point),
        options_(options) {}

  Restored run() {
    const bool resumed = read_intent();
    if (resumed) keep_odd_staged();
    if (is_restored()) return finish(resumed);
    require_unused();
    if (!staged_is_point()) stage(copy_, point_, staged_, true);
    crash_point(CrashPoint::restore_staged);
    if (!resumed) aside_ = new_aside();
    write_intent();
    require_unused();
    if (path_exists(file_) || has_sidecars()) durable::make_folders(aside_, 0700);
    for (const char* suffix : sidecars) move_aside(file_ + suffix);
    sync_both();  // before the new file stands there
    place();
    return finish(true);
  }

 private:
  bool read_intent() {
    const auto text = read_file_if_there(intent_);
    if (!text) return false;
    const auto json = parse_json(*text, intent_);
    if (!json.is_object() || !json.contains("aside")) throw Error(Code::invalid_document, intent_);
    aside_ = unescape(json.at("aside").get<std::string>());
    return true;
  }

  void write_intent() {
    const Json json{{"format", 1}, {"point", point_.digest}, {"aside", escape(aside_)}};
    durable::write(intent_, json.dump() + "\n", 0644);
    crash_point(CrashPoint::restore_intended);
  }

  std::string new_aside() const {
    const auto parent = options_.aside_parent.empty() ? fs::path(file_).parent_path().string() : options_.aside_parent;
    const auto name = fs::path(file_).filename().string() + "." + new_id("ferry-aside", options_.now());
    durable::make_folders(parent);
    if (!same_device(parent, file_))
      throw Error(Code::other_device, parent,
                  Text{"must be on the file system of " + file_, "须与 " + file_ + " 在同一文件系统"});
    return parent + "/" + name;
  }

  bool staged_is_point() const {
    return resumed_staged_ && path_exists(staged_) && digest_of_file(staged_) == point_.digest;
  }

  // Once the intent stands, the staged name holds either the verified copy or, after half an exchange, the old
  // database.
  void keep_odd_staged() {
    resumed_staged_ = true;
    if (!path_exists(staged_) || digest_of_file(staged_) == point_.digest) return;
    durable::make_folders(aside_, 0700);
    move_to(staged_, free_name(fs::path(file_).filename().string()));
  }

  bool has_sidecars() const {
    return std::any_of(sidecars.begin(), sidecars.end(),
                       [this](const char* suffix) { return path_exists(file_ + suffix); });
  }

  bool is_restored() const {
    if (!path_exists(file_) || has_content(file_ + "-wal") || has_content(file_ + "-journal")) return false;
    return fs::file_size(file_) == point_.bytes && digest_of_file(file_) == point_.digest;
  }

  void require_unused() const {
    std::vector<std::string> paths{file_};
    for (const char* suffix : sidecars) paths.push_back(file_ + suffix);
    std::string list;
    for (const auto& line : options_.in_use(paths)) list += (list.empty() ? "" : "\n") + line;
    if (!list.empty()) throw Error(Code::busy_files, file_, list);
  }

  std::string free_name(const std::string& name) const {
    for (int number = 0;; ++number) {
      auto candidate = aside_ + "/" + name + (number == 0 ? "" : "." + std::to_string(number));
      if (!path_exists(candidate)) return candidate;
    }
  }

  static void move_to(const std::string& from, const std::string& to) {
    const fs::path source(from), target(to);
    const auto from_folder = calls::open_folder(source.parent_path().string());
    const auto to_folder = calls::open_folder(target.parent_path().string());
    calls::move(from_folder.get(), source.filename().string(), to_folder.get(), target.filename().string(), from);
  }

  void move_aside(const std::string& path) {
    if (!path_exists(path)) return;
    move_to(path, free_name(fs::path(path).filename().string()));
    crash_point(CrashPoint::restore_moved);
  }

  // Exchanged, so that there is a database under its name at every instant: an application that is started by somebody
  // in between must not make itself an empty one.
  void place() {
    const auto parent = calls::open_folder(fs::path(file_).parent_path().string());
    const auto name = fs::path(file_).filename().string(), staged = fs::path(staged_).filename().string();
    if (path_exists(file_) && calls::exchange(parent.get(), staged, parent.get(), name, file_)) {
      crash_point(CrashPoint::restore_half_placed);
      move_to(staged_, free_name(name));
    } else {
      move_aside(file_);
      crash_point(CrashPoint::restore_half_placed);
      move_to(staged_, file_);
    }
    crash_point(CrashPoint::restore_placed);
    sync_both();
    if (!is_restored())
      throw Error(Code::backup_unverified, file_,
                  Text{"the restored file is not the recovery point", "还原出的文件与恢复点不符"});
  }

  void sync_both() const {
    if (path_exists(aside_)) durable::sync_folder(aside_);
    durable::sync_folder(fs::path(file_).parent_path().string());
  }

  Restored finish(bool changed) {
    crash_point(CrashPoint::restore_verified);
    fs::remove(staged_);
    if (path_exists(intent_)) {
      sync_both();  // a resumed call may find moves done but not flushed
      fs::remove(intent_);
      durable::sync_folder(fs::path(intent_).parent_path().string());
    }
    return {changed, changed && path_exists(aside_) ? aside_ : std::string()};
  }

  const std::string copy_, file_, staged_, intent_;
  const RecoveryPoint& point_;
  const RestoreOptions& options_;
  std::string aside_;
  bool resumed_staged_ = false;
};

}  // namespace

Restored restore_point(const std::string& folder, const RecoveryPoint& point, const std::string& file,
                       const RestoreOptions& options) {
  FERRY_INVARIANT(options.in_use != nullptr);
  const bool files_changed = restore_files(folder, point.files, options);
  auto out = Restore(folder, point, file, options).run();
  out.changed = out.changed || files_changed;
  return out;
}

bool restore_unfinished(const std::string& file) {
  return path_exists(fs::weakly_canonical(file).string() + ".ferry-restore");
}

void load_point(const std::string& folder, const RecoveryPoint& point, const std::string& file) {
  for (const char* suffix : {"", "-wal", "-journal"})
    if (path_exists(file + suffix)) throw Error(Code::already_exists, file + suffix);
  const fs::path target(file);
  durable::make_folders(target.parent_path().string(), 0755);
  const auto staged = file + ".ferry-new";
  fs::remove(staged);
  stage(folder + "/" + point.file, point, staged, false);
  const auto parent = calls::open_folder(target.parent_path().string());
  calls::move(parent.get(), fs::path(staged).filename().string(), parent.get(), target.filename().string(), file);
  durable::sync_folder(target.parent_path().string());
}

}  // namespace ferry
