#include "deploy/draft.h"

#include <map>
#include <set>

#include "base/error.h"
#include "deploy/beneath.h"
#include "deploy/parallel.h"
#include "deploy/slots.h"

namespace ferry {
namespace {

Identity identity_now(const calls::Status& status, const Entry& planned) {
  Identity out{planned, status.inode};
  out.entry.type = status.type;
  out.entry.mode = status.mode;
  out.entry.uid = status.uid;
  out.entry.gid = status.gid;
  out.entry.mtime_ns = status.mtime_ns;
  if (status.type == EntryType::file) out.entry.size = status.size;
  return out;
}

// What is staged must be what was recorded: the journal may name nothing that was not seen.
void identify_staged(Operation& operation, const StagedRecord& record, Slots& slots) {
  const auto found = record.objects.find(operation.number);
  const auto status = slots.look(operation.number, SlotPlace::main);
  if (found == record.objects.end() || !status || !found->second.is(*status))
    throw Error(Code::usage, printable(operation.path.bytes()),
                Text{"its new object is not staged; stage again", "新文件尚未暂存，请重新暂存"});
  const Entry planned = operation.after ? operation.after->entry : Entry{};
  operation.after = identity_now(*status, planned);
}

void identify(Examined& examined, const StagedRecord& record, const DeployPlace& place, std::size_t first,
              std::size_t last) {
  Slots slots(place.run_folder());
  Beneath tree(place.root);
  for (std::size_t i = first; i < last; ++i) {
    auto& operation = examined.operations[i];
    const auto& now = examined.now[i];
    if (now) operation.before = identity_now(*now, operation.before ? operation.before->entry : Entry{});
    if (operation.kind == OperationKind::drop || (operation.has_slot() && operation.after))
      identify_staged(operation, record, slots);
    if (operation.kind != OperationKind::attributes || !now || now->type != EntryType::file) continue;
    const auto attributes =
        calls::extended_attributes(*tree.parent_of(operation.path), name_in_parent(operation.path), "attributes");
    const auto capability = attributes.find("security.capability");
    if (capability != attributes.end()) operation.capability = capability->second;
  }
}

// The folders in which a name gets another object. Operations come sorted, so that most have the folder of the one
// before.
std::set<RelativePath> changed_parents(const Examined& examined) {
  std::set<RelativePath> out;
  const RelativePath* last = nullptr;
  for (const auto& operation : examined.operations) {
    if (!operation.has_slot()) continue;
    auto parent = operation.path.parent();
    if (last == nullptr || *last != parent) last = &*out.insert(std::move(parent)).first;
  }
  return out;
}

// All folders whose times the operations change, as they are and as they shall be.
std::vector<FolderTime> folder_times(const Examined& examined) {
  std::map<RelativePath, FolderTime> times;
  for (std::size_t i = 0; i < examined.operations.size(); ++i) {
    const auto& operation = examined.operations[i];
    const bool was = examined.now[i] && examined.now[i]->type == EntryType::folder;
    if (!was && !is_folder(operation.after)) continue;
    FolderTime time{operation.path, {}, {}};
    if (was) time.before = examined.now[i]->mtime_ns;
    // Also of the empty one that replaces a generated folder: on xfs a folder that is moved gets a new time.
    if (is_folder(operation.after)) time.after = operation.after->entry.mtime_ns;
    times.emplace(operation.path, time);
  }
  for (const auto& parent : changed_parents(examined)) {
    const auto found = examined.parents.find(parent);
    if (found != examined.parents.end())
      times.emplace(parent, FolderTime{parent, found->second.mtime_ns, found->second.mtime_ns});
  }
  std::vector<FolderTime> out;
  for (auto& [path, time] : times) out.push_back(time);
  return out;
}

}  // namespace

Journal draft_journal(const DeployPlace& place, Examined examined, const StagedRecord& record) {
  Journal out;
  out.root = place.root;
  out.root_inode = calls::status_of(calls::open_folder(place.root).get(), place.root).inode;
  in_parallel(examined.operations.size(), slots_per_shard, look_up_threads(),
              [&](std::size_t first, std::size_t last) { identify(examined, record, place, first, last); });
  out.times = folder_times(examined);
  out.operations = std::move(examined.operations);
  return out;
}

}  // namespace ferry
