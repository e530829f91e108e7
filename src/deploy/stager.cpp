#include "deploy/stager.h"

#include <unistd.h>

#include "base/error.h"
#include "host/crash_point.h"

namespace ferry {
namespace {

constexpr const char* access_acl = "system.posix_acl_access";
constexpr const char* default_acl = "system.posix_acl_default";
constexpr std::size_t write_buffer = 256U << 10U;
constexpr std::size_t smallest_hole = 64U << 10U;

// What an object made in this folder would have inherited; it is made in the staging folder, which has no such list.
calls::ExtendedAttributes inherited(Beneath& tree, RelativePath folder, bool for_folder) {
  for (;;) {
    // A file or link in the way is one that the switch turns into a folder.
    const auto open = tree.parent_if_there(folder / "any");
    if (open) {
      const auto all = calls::extended_attributes(*open, ".", printable(folder.bytes()));
      const auto found = all.find(default_acl);
      if (found == all.end()) return {};
      calls::ExtendedAttributes out{{access_acl, found->second}};
      if (for_folder) out[default_acl] = found->second;
      return out;
    }
    if (folder.empty()) return {};
    folder = folder.parent();
  }
}

}  // namespace

struct Stager::Slot {
  int folder;
  std::string name;
  std::string where;
};

Stager::Stager(const DeployPlace& place, const Examined& examined, const StagedRecord& record,
               const ContentSource& content, const DeployOptions& options)
    : place_(place),
      examined_(examined),
      record_(record),
      content_(content),
      options_(options),
      log_(staged_record_path(place.run_folder())) {
  for (const auto& operation : examined.operations) {
    if (!operation.has_slot() || record.objects.contains(operation.number)) continue;
    ++progress_.total;
    if (operation.after) progress_.bytes_total += operation.after->entry.size;
  }
}

void Stager::stage(std::size_t first, std::size_t last) {
  Slots slots(place_.run_folder());
  Beneath tree(place_.root);
  for (std::size_t i = first; i < last; ++i) {
    const auto& operation = examined_.operations[i];
    if (!operation.has_slot()) continue;
    // The place for the old object must exist too, on the medium, before the switch.
    const int folder = *slots.shard(operation.number, true);
    const bool nothing_new = operation.kind == OperationKind::place && !operation.after;
    if (nothing_new || record_.objects.contains(operation.number)) continue;
    if (options_.cancelled && options_.cancelled()) throw Error(Code::interrupted, place_.run);
    const Slot slot{folder, slot_name(operation.number, SlotPlace::main),
                    slot_path(place_.run_folder(), operation.number, SlotPlace::main)};
    recorded(operation, stage_one(tree, operation, examined_.now[i], slot));
  }
}

StagedObject Stager::stage_one(Beneath& tree, const Operation& operation, const std::optional<calls::Status>& now,
                               const Slot& slot) {
  // What an interrupted attempt left. Of a folder nothing is ever put inside, so that it is simply used again.
  const auto left = calls::status(slot.folder, slot.name, slot.where);
  if (left && left->type != EntryType::folder) calls::remove_file(slot.folder, slot.name, slot.where);
  if (left && left->type == EntryType::folder) calls::remove_folder(slot.folder, slot.name, slot.where);
  if (operation.kind == OperationKind::drop) {
    stage_drop(tree, operation, *now, slot);
  } else {
    const auto& entry = operation.after->entry;
    if (entry.type == EntryType::link) {
      calls::make_link(slot.folder, slot.name, entry.link, slot.where);
      calls::set_owner(slot.folder, slot.name, entry.uid, entry.gid, slot.where);
      calls::set_mtime(slot.folder, slot.name, entry.mtime_ns, slot.where);
    } else {
      stage_file(operation, slot, attributes_for(tree, operation, now));
    }
  }
  const auto status = calls::status(slot.folder, slot.name, slot.where);
  if (!status) throw Error(Code::io, slot.where, Text{"vanished while staging", "暂存过程中消失"});
  return {status->inode, status->size, status->mtime_ns};
}

// Files and folders: both are made empty, closed to others, and get their attributes through the open descriptor.
void Stager::stage_file(const Operation& operation, const Slot& slot, const calls::ExtendedAttributes& attributes) {
  const auto& entry = operation.after->entry;
  Descriptor object;
  if (entry.type == EntryType::file) {
    object = calls::create_file(slot.folder, slot.name, slot.where);
    write_content(operation, object.get(), slot);
  } else {
    calls::make_folder(slot.folder, slot.name, slot.where);
    object = std::move(*calls::open_folder_beneath(slot.folder, RelativePath(slot.name)));
  }
  auto status = calls::status_of(object.get(), slot.where);
  if (!attributes.empty()) {
    // Owner first: chown takes capabilities away. Mode last: an ACL brings its own group bits.
    calls::set_owner(slot.folder, slot.name, entry.uid, entry.gid, slot.where);
    calls::set_extended_attributes(slot.folder, slot.name, attributes, slot.where);
    status.uid = entry.uid;
    status.gid = entry.gid;
  }
  calls::set_attributes(object.get(), status, entry, slot.where);
}

void Stager::stage_drop(Beneath& tree, const Operation& operation, const calls::Status& now, const Slot& slot) {
  const auto where = printable(operation.path.bytes());
  const auto parent = tree.parent_of(operation.path);
  if (!parent) throw Error(Code::drift, where, Text{"does not exist", "不存在"});
  calls::make_folder(slot.folder, slot.name, slot.where);
  calls::set_owner(slot.folder, slot.name, now.uid, now.gid, slot.where);
  calls::set_extended_attributes(
      slot.folder, slot.name, calls::extended_attributes(*parent, name_in_parent(operation.path), where), slot.where);
  calls::set_mode(slot.folder, slot.name, now.mode, slot.where);
  calls::set_mtime(slot.folder, slot.name, now.mtime_ns, slot.where);
}

void Stager::write_content(const Operation& operation, int file, const Slot& slot) {
  const auto& entry = operation.after->entry;
  Hasher hasher;
  std::uint64_t size = 0;
  bool holes = false;
  std::string buffer;
  // What is sparse at the vendor's (a database to begin with, a file of fixed size) stays so.
  const auto put = [&](std::string_view bytes) {
    const bool hole = bytes.size() >= smallest_hole && bytes.find_first_not_of('\0') == std::string_view::npos;
    holes |= hole;
    if (hole)
      calls::skip(file, bytes.size(), slot.where);
    else
      calls::write_all(file, bytes, slot.where);
  };
  const auto flush = [&] {
    put(buffer);
    buffer.clear();
  };
  content_(*operation.change, [&](std::string_view bytes) {
    hasher.update(bytes);
    size += bytes.size();
    if (size > entry.size) return;  // refused below; a source gone wild must not fill the disk
    if (buffer.size() + bytes.size() > write_buffer) flush();
    if (bytes.size() > write_buffer)
      put(bytes);
    else
      buffer += bytes;
  });
  crash_point(CrashPoint::stage_file_begun);
  flush();
  if (holes) calls::set_size(file, size, slot.where);
  if (size != entry.size || hasher.finish() != entry.digest)
    throw Error(Code::package_content, printable(operation.path.bytes()),
                Text{"the source gave " + std::to_string(size) + " bytes that are not the planned " +
                         std::to_string(entry.size),
                     "来源给出的 " + std::to_string(size) + " 字节与方案规定的 " + std::to_string(entry.size) +
                         " 字节内容不符"});
  bytes_ += size;
}

calls::ExtendedAttributes Stager::attributes_for(Beneath& tree, const Operation& operation,
                                                 const std::optional<calls::Status>& now) {
  const auto wanted = operation.after->entry.type;
  if (now && now->type == EntryType::file && wanted == EntryType::file) {
    const auto parent = tree.parent_of(operation.path);
    if (!parent) return {};
    return calls::extended_attributes(*parent, name_in_parent(operation.path), printable(operation.path.bytes()));
  }
  return inherited(tree, operation.path.parent(), wanted == EntryType::folder);
}

void Stager::recorded(const Operation& operation, const StagedObject& object) {
  crash_point(CrashPoint::stage_file_done);
  ++files_;
  const auto line = staged_object_line(operation.number, object);
  {
    const std::lock_guard hold(guard_);
    log_.append(line);
    ++progress_.done;
    if (operation.after) progress_.bytes_done += operation.after->entry.size;
    if (options_.progress && (progress_.done % 64 == 0 || progress_.done == progress_.total))
      options_.progress(progress_);
  }
  crash_point(CrashPoint::stage_recorded);
}

void Stager::sync(int file_system) {
  crash_point(CrashPoint::stage_before_sync);
  // Needs no flush of its own: after a power cut what is not known to be flushed is read again anyway.
  log_.append(staged_word_line("syncing"));
  try {
    calls::sync_whole_file_system(file_system, place_.staging);
  } catch (const Error&) {
    // The kernel may have dropped the pages and marked them clean: nothing that was staged can be believed, and a
    // second flush would succeed without having written anything.
    ::unlink(staged_record_path(place_.run_folder()).c_str());
    throw;
  }
  log_.append(staged_word_line("synced"));
  log_.sync();
  crash_point(CrashPoint::stage_done);
}

}  // namespace ferry
