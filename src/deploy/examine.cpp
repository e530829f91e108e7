#include "deploy/examine.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>
#include <set>

#include "base/error.h"
#include "deploy/beneath.h"
#include "deploy/parallel.h"
#include "host/files.h"

namespace ferry {
namespace {

constexpr std::size_t operations_per_range = 2000;

[[noreturn]] void refuse(Code code, const RelativePath& path, Text why) {
  throw Error(code, path.empty() ? "." : printable(path.bytes()), std::move(why));
}

Text another_mount() {
  return {"another file system or mount stands here", "此处为另一文件系统或挂载点"};
}

std::string existing_ancestor(std::string path) {
  while (!path_exists(path)) {
    const auto slash = path.rfind('/');
    if (slash == std::string::npos || slash == 0) return "/";
    path.resize(slash);
  }
  return path;
}

bool is_below(const std::string& path, const std::string& folder) {
  return path == folder || (path.starts_with(folder) && path[folder.size()] == '/');
}

bool is_root() {
  return ::geteuid() == 0;
}

bool in_group(std::uint32_t gid) {
  if (::getegid() == gid) return true;
  std::vector<gid_t> groups(static_cast<std::size_t>(std::max(::getgroups(0, nullptr), 0)));
  if (::getgroups(static_cast<int>(groups.size()), groups.data()) < 0) return false;
  return std::find(groups.begin(), groups.end(), gid) != groups.end();
}

// Folders that the switch puts into their places.
using MadeFolders = std::set<RelativePath>;

class Examiner {
 public:
  Examiner(const DeployPlace& place, const MadeFolders& made) : tree_(place.root), made_(made) {
    if (is_below(place.staging, place.root))
      throw Error(Code::out_of_bounds_path, place.staging,
                  Text{"the staging folder lies inside the installation", "暂存目录位于安装实例内"});
    const auto near = existing_ancestor(place.staging);
    staging_ = calls::status_of(calls::open_folder(near).get(), near);
    if (!same_mount(calls::status_of(tree_.root(), place.root)))
      throw Error(Code::other_device, place.staging,
                  Text{"not on the file system (or mount) of " + place.root,
                       "与 " + place.root + " 不在同一文件系统（或挂载点）"});
  }

  const std::map<RelativePath, calls::Status>& parents() const { return checked_; }

  // Operations come sorted: one folder after the other.
  std::optional<calls::Status> examine(const Operation& operation) {
    const auto now = inside_made(operation.path) ? std::nullopt : look_at(operation);
    check_object(operation, now);
    if (operation.after) check_owner(operation);
    return now;
  }

 private:
  bool same_mount(const calls::Status& status) const {
    return status.device == staging_.device && status.mount == staging_.mount;
  }

  // Below a folder that the switch itself puts there nothing can exist yet.
  bool inside_made(const RelativePath& path) const {
    if (made_.empty()) return false;
    for (auto above = path.parent(); !above.empty(); above = above.parent())
      if (made_.contains(above)) return true;
    return false;
  }

  std::optional<calls::Status> look_at(const Operation& operation) {
    const auto& path = operation.path;
    const auto parent = tree_.parent_of(path);
    // A generated folder that was never made, nor the folder it would be made in.
    if (!parent && operation.kind == OperationKind::drop) return std::nullopt;
    if (!parent) {
      if (path.parent().empty()) refuse(Code::not_found, path, {"the installation is gone", "安装实例已不存在"});
      // Drift, but a clearer word for it than "was expected".
      refuse(Code::drift, path.parent(), {"the folder does not exist", "该文件夹不存在"});
    }
    if (!last_parent_ || !is_in(path, *last_parent_)) {
      last_parent_ = path.parent();
      check_folder(*last_parent_, *parent);
    }
    return calls::status(*parent, name_in_parent(path), path.bytes());
  }

  static bool is_in(const RelativePath& path, const RelativePath& folder) {
    const auto slash = path.bytes().rfind('/');
    return std::string_view(path.bytes()).substr(0, slash == std::string::npos ? 0 : slash) == folder.bytes();
  }

  void check_folder(const RelativePath& path, int folder) {
    if (checked_.contains(path)) return;
    const auto status = calls::status_of(folder, path.bytes());
    checked_.emplace(path, status);
    if (!same_mount(status)) refuse(Code::other_device, path, another_mount());
    if (status.immutable) refuse(Code::immutable_file, path, {"folder, chattr +i", "文件夹带 chattr +i 属性"});
    if (status.append_only) refuse(Code::immutable_file, path, {"folder, chattr +a", "文件夹带 chattr +a 属性"});
    if (!calls::may_change(folder))
      refuse(Code::permission, path, {"this account may not change the folder", "当前账号无权更改该文件夹"});
    if (!root_ && status.uid != ::geteuid())
      refuse(Code::permission, path,
             {"its time can be restored only by its owner or root", "只有其所有者或 root 能恢复它的时间"});
  }

  void check_object(const Operation& operation, const std::optional<calls::Status>& now) {
    if (!now) return;
    if (!same_mount(*now)) refuse(Code::other_device, operation.path, elsewhere(*now));
    if (now->type == EntryType::folder && operation.kind != OperationKind::attributes && !moves_folders())
      refuse(
          Code::kernel_refused, operation.path,
          Text{"a folder of an overlay (a container's image) can't be moved: install on a volume, or mount the overlay "
               "with redirect_dir=on",
               "叠加文件系统（容器镜像）中的文件夹无法移动：请安装到数据卷上，或以 redirect_dir=on 挂载"});
    if (now->immutable) refuse(Code::immutable_file, operation.path, {"chattr +i", "带 chattr +i 属性"});
    if (now->append_only) refuse(Code::immutable_file, operation.path, {"chattr +a", "带 chattr +a 属性"});
    if (operation.kind == OperationKind::drop && now->type != EntryType::folder)
      refuse(now->type == EntryType::link ? Code::out_of_bounds_path : Code::not_a_directory, operation.path,
             {"a generated folder must be a real folder", "生成目录须为真实文件夹"});
    if (root_) return;
    const bool changes_itself = operation.kind == OperationKind::attributes || now->type == EntryType::folder;
    if (changes_itself && now->uid != ::geteuid())
      refuse(Code::permission, operation.path, {"it belongs to another account", "属于另一账号"});
  }

  void check_owner(const Operation& operation) const {
    const auto& wanted = operation.after->entry;
    if (root_) return;
    if (wanted.uid != ::geteuid())
      refuse(Code::needs_root, operation.path, {"it must belong to another account", "它须属于另一账号"});
    if (!in_group(wanted.gid))
      refuse(Code::needs_root, operation.path,
             {"it must belong to a group of other accounts", "它须属于其他账号的用户组"});
  }

  Beneath tree_;
  calls::Status staging_;
  const MadeFolders& made_;
  Text elsewhere(const calls::Status& now) const {
    if (now.mount != 0 && now.mount == staging_.mount)
      return {"it lies in another layer of an overlay (a container's image): install on a volume",
              "位于叠加文件系统（容器镜像）的另一层：请安装到数据卷上"};
    return another_mount();
  }

  bool moves_folders() {
    if (!moves_folders_) moves_folders_ = calls::can_move_folders(tree_.root(), staging_.mount, ".");
    return *moves_folders_;
  }

  bool root_ = is_root();
  std::optional<bool> moves_folders_;
  std::optional<RelativePath> last_parent_;
  std::map<RelativePath, calls::Status> checked_;
};

}  // namespace

Examined examine(const DeployPlace& place, std::vector<Operation> operations, const Ahead* ahead) {
  MadeFolders made;
  if (ahead != nullptr) made = ahead->made;
  for (const auto& operation : operations)
    if (operation.kind == OperationKind::place && is_folder(operation.after)) made.insert(operation.path);
  Examined out;
  std::vector<std::optional<calls::Status>> now(operations.size());
  std::mutex guard;
  const auto look = [&](std::size_t first, std::size_t last) {
    Examiner examiner(place, made);
    for (std::size_t i = first; i < last; ++i) now[i] = examiner.examine(operations[i]);
    const std::lock_guard hold(guard);
    out.parents.insert(examiner.parents().begin(), examiner.parents().end());
  };
  // Without operations the place itself is still to be looked at.
  if (operations.empty()) look(0, 0);
  in_parallel(operations.size(), operations_per_range, look_up_threads(), look);
  out.operations.reserve(operations.size());
  out.now.reserve(operations.size());
  for (std::size_t i = 0; i < operations.size(); ++i) {
    if (operations[i].kind == OperationKind::drop && !now[i]) continue;
    out.operations.push_back(std::move(operations[i]));
    out.now.push_back(now[i]);
  }
  return out;
}

std::uint64_t room_of(const Operation& operation) {
  constexpr std::uint64_t block = 4096;
  constexpr std::uint64_t journal_line = 512;
  if (!operation.has_slot() || !operation.after) return journal_line;
  const auto size = operation.after->entry.type == EntryType::file ? operation.after->entry.size : block;
  return (size + block - 1) / block * block + journal_line;
}

void require_room(const DeployPlace& place, std::uint64_t bytes, std::uint64_t files, std::uint64_t reserve) {
  const auto space = free_space(place.staging);
  if (space.free < bytes + reserve)
    throw Error(Code::disk_full, place.staging,
                Text{human_bytes(bytes) + " for the new files and " + human_bytes(reserve) +
                         " in reserve are needed, " + human_bytes(space.free) + " are free",
                     "新文件需要 " + human_bytes(bytes) + "，另须预留 " + human_bytes(reserve) + "，可用 " +
                         human_bytes(space.free)});
  if (space.free_inodes != 0 && space.free_inodes < files)
    throw Error(Code::disk_full, place.staging,
                Text{"too few free inodes for " + std::to_string(files) + " files",
                     "空闲 inode 不足，需要存放 " + std::to_string(files) + " 个文件"});
}

}  // namespace ferry
