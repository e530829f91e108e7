// preflight, stage, verify_before.
#include <chrono>

#include "base/error.h"
#include "deploy/deployment.h"
#include "deploy/draft.h"
#include "deploy/journal.h"
#include "deploy/parallel.h"
#include "deploy/prepared.h"
#include "deploy/stager.h"
#include "host/files.h"

namespace ferry {
namespace {

using Stopwatch = std::chrono::steady_clock;

std::int64_t ms_since(Stopwatch::time_point begin) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(Stopwatch::now() - begin).count();
}

bool wants_object(const Operation& operation) {
  return operation.kind == OperationKind::drop || (operation.kind == OperationKind::place && operation.after);
}

// A flush that had begun and was not finished may have failed: then nothing can be believed.
bool believable(const StagedRecord& record) {
  return record.synced || !record.syncing;
}

bool still_there(const Operation& operation, const StagedRecord& record, Slots& slots, bool read) {
  const auto found = record.objects.find(operation.number);
  if (found == record.objects.end()) return false;
  const auto status = slots.look(operation.number, SlotPlace::main);
  if (!status || !found->second.is(*status)) return false;
  if (!read) return true;
  // Another boot, not flushed: only the content itself can tell. Links and folders are cheaper made again.
  if (operation.kind == OperationKind::drop || operation.after->entry.type != EntryType::file) return false;
  const auto folder = slots.shard(operation.number);
  return calls::digest_of(*folder, slot_name(operation.number, SlotPlace::main), "staged") ==
         operation.after->entry.digest;
}

// What of an earlier attempt can be kept.
StagedRecord kept_record(const DeployPlace& place, const std::vector<Operation>& operations, const Digest& input) {
  StagedRecord fresh{input, present_boot(), {}, {}, false, false};
  auto record = read_staged_record(place.run_folder());
  if (!record) return fresh;
  if (record->input != input)
    throw Error(Code::stale_plan, place.run,
                Text{"another plan was staged under this run; discard it first", "此执行下已暂存另一方案，请先放弃它"});
  fresh.old = record->old;
  if (!believable(*record)) return fresh;
  Slots slots(place.run_folder());
  const bool read = !record->synced && record->boot != fresh.boot;
  bool all = true;
  for (const auto& operation : operations) {
    if (!wants_object(operation)) continue;
    if (still_there(operation, *record, slots, read))
      fresh.objects.emplace(operation.number, record->objects.at(operation.number));
    else
      all = false;
  }
  fresh.synced = record->synced && all;
  return fresh;
}

void require_room_for(const DeployPlace& place, const std::vector<Operation>& operations, const StagedRecord& record,
                      std::uint64_t reserve) {
  std::uint64_t bytes = 0;
  std::uint64_t files = 0;
  for (const auto& operation : operations) {
    if (record.objects.contains(operation.number)) continue;
    bytes += room_of(operation);
    ++files;
  }
  require_room(place, bytes, files, reserve);
}

// The journal's list, while there is time. Returns what makes it valid.
std::string prepare_list(const DeployPlace& place, const Examined& examined, std::int64_t looked_ns) {
  const auto record = read_staged_record(place.run_folder());
  if (!record) return {};  // damaged just now: the switch will say so
  return write_prepared_list(place.run_folder(), examined, draft_journal(place, examined, *record), record->input,
                             looked_ns);
}

// `prepare` is called when everything is written and before it is flushed.
void write_objects(const DeployPlace& place, const Examined& examined, const StagedRecord& record,
                   const ContentSource& content, const DeployOptions& options, StageReport& report,
                   const std::function<void()>& prepare) {
  auto begin = Stopwatch::now();
  // Opened before the first byte is written: syncfs reports the errors since then, also those of earlier write-back.
  const auto file_system = calls::open_folder(place.staging);
  Stager stager(place, examined, record, content, options);
  in_parallel(examined.operations.size(), slots_per_shard, options.threads,
              [&](std::size_t first, std::size_t last) { stager.stage(first, last); });
  report.files = stager.files();
  report.bytes = stager.bytes();
  prepare();
  report.write_ms = ms_since(begin);
  begin = Stopwatch::now();
  stager.sync(file_system.get());
  report.sync_ms = ms_since(begin);
}

StageReport stage_with(const DeployPlace& place, const DeployInput& input, const ContentSource& content,
                       const DeployOptions& options, const Ahead* ahead) {
  StageReport report;
  if (read_journal(place.run_folder())) return report;  // already being switched: the slots hold old objects
  const auto looked = std::chrono::nanoseconds(options.now().time_since_epoch()).count();
  const auto examined = examine(place, operations_of(input), ahead);
  durable::make_folders(place.run_folder());
  forget_prepared(place.run_folder());
  auto record = kept_record(place, examined.operations, digest_of_input(input));
  require_room_for(place, examined.operations, record, options.reserve_bytes);
  auto before = require_before(place, examined, record.old, look_up_threads(), ahead);
  report.checked = before.checked;
  report.kept = record.objects.size();
  record.old = std::move(before.signs);
  write_staged_record(place.run_folder(), record);
  std::string signs;
  const auto prepare = [&] {
    // What comes after other switches can't be listed yet.
    if (ahead == nullptr) signs = prepare_list(place, examined, looked);
  };
  if (record.synced)
    prepare();
  else
    write_objects(place, examined, record, content, options, report, prepare);
  validate_prepared_list(place.run_folder(), signs);
  return report;
}

}  // namespace

void preflight(const DeployPlace& place, const DeployInput& input, const DeployOptions& options) {
  const auto examined = examine(place, operations_of(input));
  const auto record = read_staged_record(place.run_folder());
  require_room_for(place, examined.operations, record.value_or(StagedRecord{}), options.reserve_bytes);
}

StageReport stage(const DeployPlace& place, const DeployInput& input, const ContentSource& content,
                  const DeployOptions& options) {
  return stage_with(place, input, content, options, nullptr);
}

StageReport stage_ahead(const DeployPlace& place, const DeployInput& input,
                        const std::vector<const std::vector<PlannedChange>*>& earlier, const ContentSource& content,
                        const DeployOptions& options) {
  const auto is_there = [](const std::optional<Entry>& entry) { return entry && entry->type == EntryType::folder; };
  Ahead ahead;
  for (const auto* changes : earlier)
    for (const auto& change : *changes) {
      const auto [known, first] = ahead.planned.insert_or_assign(change.path, change.after);
      if (first && is_there(change.after) && !is_there(change.before)) ahead.made.insert(change.path);
      if (!is_there(change.after)) ahead.made.erase(change.path);
    }
  return stage_with(place, input, content, options, &ahead);
}

void verify_before(const DeployPlace& place, const DeployInput& input) {
  const auto record = read_staged_record(place.run_folder());
  const auto examined = examine(place, operations_of(input));
  require_before(place, examined, record ? record->old : ContentSigns{}, look_up_threads());
}

}  // namespace ferry
