#include "deploy/mover.h"

#include "base/error.h"
#include "host/crash_point.h"
#include "host/files.h"

namespace ferry {
namespace {

const std::optional<Identity>& target(const Operation& operation, Direction direction) {
  return direction == Direction::forward ? operation.after : operation.before;
}
const std::optional<Identity>& opposite_of(const Operation& operation, Direction direction) {
  return direction == Direction::forward ? operation.before : operation.after;
}

// The quick sign. ext4 gives an inode number out again at once, so that it counts only with type, size and time.
bool quick(const Identity& identity, const calls::Status& status) {
  return identity.inode == status.inode && identity.entry.type == status.type &&
         (status.type == EntryType::folder ||
          (identity.entry.mtime_ns == status.mtime_ns && identity.entry.size == status.size));
}

}  // namespace

struct Mover::Here {
  std::optional<int> folder;  // empty: the folder that should hold the name does not exist
  bool in_slot = false;       // it exists, but lies in a slot itself
  std::string name;
  std::optional<calls::Status> status;
};

Mover::Mover(const std::string& run_folder, const Journal& journal, bool use_exchange)
    : run_folder_(run_folder), journal_(journal), tree_(journal.root), slots_(run_folder), use_exchange_(use_exchange) {
  for (const auto& operation : journal.operations)
    if (operation.kind == OperationKind::place && (is_folder(operation.before) || is_folder(operation.after)))
      folders_.emplace(operation.path, operation.number);
}

void Mover::require_root() const {
  if (calls::status_of(tree_.root(), journal_.root).inode != journal_.root_inode)
    throw Error(Code::drift, journal_.root,
                Text{"another folder stands here than when the switch began", "此处的文件夹已不是切换开始时的那一个"});
}

Mover::Here Mover::here(const Operation& operation) {
  Here out;
  out.folder = tree_.parent_if_there(operation.path);
  out.name = name_in_parent(operation.path);
  if (!out.folder && operation.kind == OperationKind::place) {
    out.folder = folder_in_slot(operation.path.parent());
    out.in_slot = out.folder.has_value();
  }
  if (out.folder) out.status = calls::status(*out.folder, out.name, operation.path.bytes());
  return out;
}

// Where the file system does not keep the order of renames over a power cut, a folder can have gone to its slot, or
// have stayed there, while the move of something inside it was lost or kept: then that lies in the slot's folder.
std::optional<int> Mover::folder_in_slot(const RelativePath& folder) {
  for (auto above = folder; !above.empty(); above = above.parent()) {
    const auto found = folders_.find(above);
    if (found == folders_.end()) continue;
    for (const auto place : {SlotPlace::main, SlotPlace::aside}) {
      const auto status = slots_.look(found->second, place);
      if (!status || status->type != EntryType::folder) continue;
      const auto rest = folder.bytes().substr(above.bytes().size());
      auto open = calls::open_folder_beneath(*slots_.shard(found->second),
                                             RelativePath(slot_name(found->second, place) + rest));
      if (!open) return std::nullopt;
      in_slot_ = std::move(*open);
      return in_slot_.get();
    }
  }
  return std::nullopt;
}

// Drops are told apart by inode alone, since both are folders whose content is nobody's concern.
bool Mover::is(const Operation& operation, const Identity& identity, int folder, const std::string& name,
               const calls::Status& status) const {
  if (identity.entry.type != status.type) return false;
  if (operation.kind == OperationKind::drop) return identity.inode == status.inode;
  if (status.type == EntryType::folder || quick(identity, status)) return true;
  if (status.type == EntryType::link)
    return calls::read_link(folder, name, operation.path.bytes()) == identity.entry.link;
  return status.size == identity.entry.size &&
         calls::digest_of(folder, name, operation.path.bytes()) == identity.entry.digest;
}

Mover::Match Mover::match(const Operation& operation, const Here& at, const std::optional<Identity>& wanted,
                          const std::optional<Identity>& opposite) const {
  if (!at.status) return wanted ? Match::opposite : Match::wanted;
  const auto& status = *at.status;
  // Both quick signs before any reading: only a third state has to be read twice.
  if (wanted && quick(*wanted, status)) return Match::wanted;
  if (opposite && quick(*opposite, status)) return Match::opposite;
  if (wanted && is(operation, *wanted, *at.folder, at.name, status)) return Match::wanted;
  if (opposite && is(operation, *opposite, *at.folder, at.name, status)) return Match::opposite;
  return Match::other;
}

std::optional<SlotPlace> Mover::find(const Operation& operation, const Identity& identity) {
  for (const auto place : {SlotPlace::main, SlotPlace::aside}) {
    const auto status = slots_.look(operation.number, place);
    if (status && is(operation, identity, *slots_.shard(operation.number), slot_name(operation.number, place), *status))
      return place;
  }
  return std::nullopt;
}

void Mover::settle(const Operation& operation, Direction direction, const Seen* seen) {
  crash_point(CrashPoint::switch_operation);
  switch (operation.kind) {
    case OperationKind::place:
      if (seen == nullptr || !swapped_as_seen(operation, direction, *seen)) settle_place(operation, direction);
      break;
    case OperationKind::attributes:
      settle_attributes(operation, direction);
      break;
    case OperationKind::drop:
      settle_drop(operation, direction);
      break;
  }
  crash_point(CrashPoint::switch_operation_done);
}

bool Mover::swapped_as_seen(const Operation& operation, Direction direction, const Seen& seen) {
  const auto& wanted = target(operation, direction);
  const auto& opposite = opposite_of(operation, direction);
  if (!use_exchange_ || !wanted || !opposite || !seen.here || !seen.slot) return false;
  if (!quick(*opposite, *seen.here) || !quick(*wanted, *seen.slot)) return false;
  const auto folder = tree_.parent_if_there(operation.path);
  if (!folder || !slots_.shard(operation.number)) return false;
  swap(operation, {folder, false, name_in_parent(operation.path), seen.here}, SlotPlace::main);
  ++moved_;
  return true;
}

void Mover::settle_place(const Operation& operation, Direction direction) {
  const auto& wanted = target(operation, direction);
  auto at = here(operation);
  const auto found = match(operation, at, wanted, opposite_of(operation, direction));
  if (at.in_slot) {
    // Out of its folder into its own slot. If it is wanted, its folder is not to be found.
    if (wanted)
      lost_.push_back(operation.path);
    else if (found == Match::opposite)
      move_to_slot(operation, at);
    return;
  }
  if (found == Match::wanted) return;
  std::optional<SlotPlace> from;
  if (wanted) {
    from = find(operation, *wanted);
    if (!from || !at.folder) {
      // Not to be found, or no folder to put it in. What stands there is not worse than nothing.
      lost_.push_back(operation.path);
      return;
    }
  }
  if (found == Match::other) {
    keep_third(operation, at);
    at.status.reset();
  }
  if (!wanted) {
    if (at.status) move_to_slot(operation, at);
  } else if (at.status) {
    swap(operation, at, *from);
  } else {
    put(operation, at, *from);
  }
  ++moved_;
}

void Mover::settle_drop(const Operation& operation, Direction direction) {
  const auto& old = operation.before;
  const auto at = here(operation);
  const bool old_here = at.status && old && at.status->inode == old->inode && at.status->type == EntryType::folder;
  // Forward any other folder will do, but none at all is the middle of an exchange.
  if (direction == Direction::backward ? old_here : at.status && !old_here) return;
  const auto wanted = find(operation, direction == Direction::forward ? *operation.after : *old);
  // Generated again anyway: nobody misses an empty one, and compiled pages of the old version can be made anew.
  if (!wanted || !at.folder) {
    if (direction == Direction::forward && old_here) move_to_slot(operation, at);
    return;
  }
  if (at.status)
    swap(operation, at, *wanted);
  else
    put(operation, at, *wanted);
  ++moved_;
}

void Mover::settle_attributes(const Operation& operation, Direction direction) {
  const auto at = here(operation);
  const auto& wanted = target(operation, direction)->entry;
  if (!at.status) {
    lost_.push_back(operation.path);
    return;
  }
  const auto& status = *at.status;
  bool same_content = status.type == wanted.type;
  if (same_content && status.type == EntryType::file) {
    const bool known_time =
        status.mtime_ns == operation.before->entry.mtime_ns || status.mtime_ns == operation.after->entry.mtime_ns;
    same_content = status.size == wanted.size &&
                   (known_time || calls::digest_of(*at.folder, at.name, operation.path.bytes()) == wanted.digest);
  }
  if (!same_content) {
    left_.push_back({operation.path, {}, {"changed by somebody; left in its place", "已被他人修改；保留原处"}});
    if (status.type != wanted.type) return;
  }
  if (status.uid != wanted.uid || status.gid != wanted.gid) {
    calls::set_owner(*at.folder, at.name, wanted.uid, wanted.gid, operation.path.bytes());
    ++moved_;
  }
  // After chown, which takes both away. Set again even if nothing seems changed: the chown may have been done by a
  // process that was killed right after it.
  if (!operation.capability.empty())
    calls::set_extended_attributes(*at.folder, at.name, {{"security.capability", operation.capability}},
                                   operation.path.bytes());
  if (wanted.type != EntryType::link) calls::set_mode(*at.folder, at.name, wanted.mode, operation.path.bytes());
  if (same_content && wanted.type != EntryType::folder)
    calls::set_mtime(*at.folder, at.name, wanted.mtime_ns, operation.path.bytes());
}

void Mover::put(const Operation& operation, const Here& at, SlotPlace from) {
  tree_.forget(operation.path);
  calls::move(*slots_.shard(operation.number), slot_name(operation.number, from), *at.folder, at.name,
              operation.path.bytes(), !use_exchange_);
}

void Mover::swap(const Operation& operation, const Here& at, SlotPlace from) {
  tree_.forget(operation.path);
  if (use_exchange_ && calls::exchange(*slots_.shard(operation.number), slot_name(operation.number, from), *at.folder,
                                       at.name, operation.path.bytes()))
    return;
  use_exchange_ = false;
  move_to_slot(operation, at);
  crash_point(CrashPoint::switch_half_exchange);
  put(operation, at, from);
}

void Mover::move_to_slot(const Operation& operation, const Here& at) {
  tree_.forget(operation.path);
  const auto folder = slots_.shard(operation.number);
  if (!folder)
    throw Error(Code::corrupt_log, run_folder_, Text{"the slots of the run are gone", "该次执行的暂存位置已不存在"});
  for (const auto place : {SlotPlace::aside, SlotPlace::main}) {
    if (slots_.look(operation.number, place)) continue;
    calls::move(*at.folder, at.name, *folder, slot_name(operation.number, place), operation.path.bytes(),
                !use_exchange_);
    return;
  }
  throw Error(Code::third_state, printable(operation.path.bytes()),
              Text{"both places for it in the run folder are taken", "执行目录中为其准备的两个位置都已被占用"});
}

void Mover::keep_third(const Operation& operation, const Here& at) {
  tree_.forget(operation.path);
  const auto run = calls::open_folder(run_folder_);
  calls::make_folder(run.get(), "third", run_folder_);
  const auto third = calls::open_folder(run_folder_ + "/third");
  for (int n = 1;; ++n) {
    const auto name = std::to_string(operation.number) + "-" + std::to_string(n);
    if (calls::status(third.get(), name, operation.path.bytes())) continue;
    calls::move(*at.folder, at.name, third.get(), name, operation.path.bytes(), !use_exchange_);
    return;
  }
}

void Mover::settle_time(const FolderTime& time, Direction direction) {
  crash_point(CrashPoint::switch_times);
  const auto& wanted = direction == Direction::forward ? time.after : time.before;
  if (!wanted) return;
  const auto status = tree_.look_if_there(time.path);
  if (!status || status->type != EntryType::folder || status->mtime_ns == *wanted) return;
  calls::set_mtime(*tree_.parent_of(time.path), name_in_parent(time.path), *wanted, printable(time.path.bytes()));
}

Mover::Position Mover::position(const Operation& operation) {
  Position out;
  const auto at = here(operation);
  if (operation.kind == OperationKind::attributes) {
    const auto has = [&](const Entry& entry) {
      return at.status && at.status->type == entry.type && at.status->uid == entry.uid && at.status->gid == entry.gid &&
             (entry.type == EntryType::link || at.status->mode == entry.mode);
    };
    out.at_old = has(operation.before->entry);
    out.at_new = has(operation.after->entry);
    return out;
  }
  if (operation.kind == OperationKind::drop) {
    out.at_old = at.status && at.status->inode == operation.before->inode;
    out.at_new = at.status && !out.at_old;
    return out;
  }
  auto found = match(operation, at, operation.after, operation.before);
  const bool old_in_folder =
      at.in_slot && operation.before && at.status && is(operation, *operation.before, *at.folder, at.name, *at.status);
  if (at.in_slot) found = operation.after ? Match::opposite : Match::wanted;  // nothing stands at the path itself
  out.at_new = found == Match::wanted;
  // Absent where both states have an object is the middle of an exchange, neither the one nor the other.
  const bool here_now = at.status && !at.in_slot;
  out.at_old = found == Match::opposite && (here_now || !operation.before);
  out.old_kept = out.at_old || !operation.before || old_in_folder || find(operation, *operation.before).has_value();
  return out;
}

std::vector<ThirdState> kept_third(const std::string& run_folder, const Journal& journal) {
  std::vector<ThirdState> out;
  const auto folder = run_folder + "/third";
  if (!is_folder(folder)) return out;
  const auto run = calls::open_folder(run_folder);
  for (const auto& name : calls::list_folder(run.get(), "third", folder)) {
    for (const auto& operation : journal.operations) {
      if (name.substr(0, name.find('-')) != std::to_string(operation.number)) continue;
      out.push_back({operation.path,
                     folder + "/" + name,
                     {"neither the old nor the new one; kept aside", "既非旧版本也非新版本；已另存"}});
    }
  }
  return out;
}

}  // namespace ferry
