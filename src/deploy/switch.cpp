// switch_tree, take_back, recover, switch_state, discard.
#include <algorithm>
#include <chrono>
#include <future>

#include "base/error.h"
#include "deploy/draft.h"
#include "deploy/examine.h"
#include "deploy/journal.h"
#include "deploy/look_ahead.h"
#include "deploy/mover.h"
#include "deploy/parallel.h"
#include "deploy/prepared.h"
#include "deploy/staged_record.h"
#include "host/crash_point.h"
#include "host/files.h"

namespace ferry {
namespace {

using Stopwatch = std::chrono::steady_clock;

std::int64_t ms_since(Stopwatch::time_point begin) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(Stopwatch::now() - begin).count();
}

// What is staged belongs to this plan and is on the medium, or Error(usage).
void require_staged(const std::optional<StagedRecord>& record, const Digest& input, const DeployPlace& place) {
  if (!record || !record->synced || record->input != input)
    throw Error(Code::usage, place.run, Text{"not everything is staged; stage first", "尚未全部暂存，请先暂存"});
}

// The names of <staging>/runs/<run> itself must survive a power cut before the journal says that they matter.
Journal make_journal(const DeployPlace& place, const DeployInput& input, std::int64_t& verify_ms) {
  const auto begin = Stopwatch::now();
  // Read on one core while the other puts the operations in order.
  auto reading = std::async(std::launch::async, [&] { return read_staged_record(place.run_folder()); });
  auto operations = operations_of(input);
  const auto wanted = digest_of_input(input);
  const auto record = reading.get();
  require_staged(record, wanted, place);
  auto examined = examine(place, std::move(operations));
  require_before(place, examined, record->old, look_up_threads());
  verify_ms = ms_since(begin);
  return draft_journal(place, std::move(examined), *record);
}

Mark begun(Direction direction) {
  return direction == Direction::forward ? Mark::forward_begun : Mark::back_begun;
}
Mark done(Direction direction) {
  return direction == Direction::forward ? Mark::forward_done : Mark::back_done;
}

SwitchPosition position_of(Mark mark) {
  switch (mark) {
    case Mark::forward_begun:
      return SwitchPosition::partly_done;
    case Mark::forward_done:
      return SwitchPosition::done;
    case Mark::back_begun:
      return SwitchPosition::partly_back;
    default:
      return SwitchPosition::back;
  }
}

// Folders that went to their slot with something in them that nobody planned.
void report_full_folders(const std::string& run_folder, const Journal& journal, SwitchReport& report) {
  Slots slots(run_folder);
  for (const auto& operation : journal.operations) {
    if (operation.kind != OperationKind::place || (!is_folder(operation.before) && !is_folder(operation.after)))
      continue;
    for (const auto place : {SlotPlace::main, SlotPlace::aside}) {
      const auto status = slots.look(operation.number, place);
      if (!status || status->type != EntryType::folder) continue;
      const auto where = slot_path(run_folder, operation.number, place);
      if (calls::list_folder(*slots.shard(operation.number), slot_name(operation.number, place), where).empty())
        continue;
      report.third.push_back({operation.path,
                              where,
                              {"the folder held more than planned; kept with its content",
                               "文件夹中有方案之外的内容；已连同内容一起保留"}});
    }
  }
}

void do_operations(const std::string& run_folder, const Journal& journal, Direction direction,
                   const DeployOptions& options, Mover& mover) {
  DeployProgress progress;
  progress.total = journal.operations.size();
  std::vector<const Operation*> order;
  for (const auto& operation : journal.operations) order.push_back(&operation);
  if (direction == Direction::backward) std::reverse(order.begin(), order.end());
  LookAhead look_ahead(journal.root, run_folder, order);
  for (std::size_t i = 0; i < order.size(); ++i) {
    mover.settle(*order[i], direction, look_ahead.at(i));
    if (options.progress && (++progress.done % 256 == 0 || progress.done == progress.total)) options.progress(progress);
  }
  for (const auto& time : journal.times) mover.settle_time(time, direction);
}

[[noreturn]] void throw_lost(const std::vector<RelativePath>& lost, const std::string& run_folder) {
  std::string list;
  for (const auto& path : lost) list += (list.empty() ? "" : "; ") + printable(path.bytes());
  throw Error(Code::third_state, run_folder,
              Text{"not found anywhere, left as they were: " + list, "到处都找不到，保持原状：" + list});
}

// Everything between the begun and the done mark.
SwitchReport complete(const std::string& run_folder, Journal& journal, Direction direction,
                      const DeployOptions& options) {
  SwitchReport report;
  report.operations = journal.operations.size();
  report.position = position_of(done(direction));
  if (journal.position() == done(direction)) {
    report.third = kept_third(run_folder, journal);
    return report;
  }
  if (journal.discarded())
    throw Error(Code::cannot_roll_back, run_folder, Text{"the old objects were discarded", "旧文件已清除"});
  Mover mover(run_folder, journal, options.use_exchange);
  mover.require_root();
  if (journal.position() != begun(direction)) append_mark(journal_path(run_folder), journal, begun(direction));
  crash_point(CrashPoint::switch_begun);
  // Opened before the first operation: syncfs reports the errors since then.
  const auto file_system = calls::open_folder(run_folder);
  auto begin = Stopwatch::now();
  do_operations(run_folder, journal, direction, options, mover);
  report.operations_ms = ms_since(begin);
  crash_point(CrashPoint::switch_before_sync);
  begin = Stopwatch::now();
  calls::sync_whole_file_system(file_system.get(), run_folder);
  report.sync_ms = ms_since(begin);
  if (!mover.lost().empty()) throw_lost(mover.lost(), run_folder);
  crash_point(CrashPoint::switch_before_mark);
  append_mark(journal_path(run_folder), journal, done(direction));
  crash_point(CrashPoint::switch_marked);
  report.moved = mover.moved();
  report.third = kept_third(run_folder, journal);
  report.third.insert(report.third.end(), mover.left().begin(), mover.left().end());
  report_full_folders(run_folder, journal, report);
  return report;
}

// Going forward once more after having been taken back: it must still be what it was.
void require_old(const std::string& run_folder, const Journal& journal) {
  Mover mover(run_folder, journal, true);
  mover.require_root();
  for (const auto& operation : journal.operations)
    if (!mover.position(operation).at_old)
      throw Error(Code::drift, printable(operation.path.bytes()),
                  Text{"changed since the switch was taken back", "换回之后有变化"});
}

}  // namespace

SwitchReport switch_tree(const DeployPlace& place, const DeployInput& input, const DeployOptions& options) {
  const auto run_folder = place.run_folder();
  const auto begin = Stopwatch::now();
  std::int64_t verify_ms = 0;
  auto journal = read_journal(run_folder);
  if (!journal) {
    journal = unchanged_since_prepared(place, input);
    if (journal) {
      verify_ms = ms_since(begin);
      begin_prepared(run_folder, *journal);
    } else {
      // Something is not as it was: what, and whether it matters, is told by looking at everything.
      journal = make_journal(place, input, verify_ms);
      write_journal(run_folder, *journal);
    }
    crash_point(CrashPoint::journal_in_place);
  } else if (journal->position() == Mark::back_done) {
    require_old(run_folder, *journal);
    verify_ms = ms_since(begin);
  }
  const auto journal_ms = ms_since(begin) - verify_ms;
  auto report = complete(run_folder, *journal, Direction::forward, options);
  report.verify_ms = verify_ms;
  report.journal_ms = journal_ms;
  return report;
}

SwitchReport take_back(const DeployPlace& place, const DeployOptions& options) {
  auto journal = read_journal(place.run_folder());
  if (!journal) return {};
  return complete(place.run_folder(), *journal, Direction::backward, options);
}

SwitchReport recover(const std::string& run_folder, Direction direction, const DeployOptions& options) {
  auto journal = read_journal(run_folder);
  if (!journal) return {};
  return complete(run_folder, *journal, direction, options);
}

SwitchState switch_state(const std::string& run_folder) {
  SwitchState out;
  const auto journal = read_journal(run_folder);
  if (!journal) return out;
  out.position = position_of(journal->position());
  out.operations = journal->operations.size();
  out.way_back = !journal->discarded();
  Mover mover(run_folder, *journal, true);
  mover.require_root();
  for (const auto& operation : journal->operations) {
    const auto position = mover.position(operation);
    if (position.at_old) ++out.at_old;
    if (position.at_new) ++out.at_new;
    if (!position.at_old && !position.at_new) ++out.third;
    out.way_back = out.way_back && position.old_kept;
  }
  return out;
}

void discard(const DeployPlace& place) {
  const auto run_folder = place.run_folder();
  auto journal = read_journal(run_folder);
  if (journal) {
    const auto position = journal->position();
    if (position != Mark::forward_done && position != Mark::back_done) {
      const std::string name(name_of(position_of(position)));
      throw Error(Code::run_unfinished, run_folder, Text{name, name});
    }
    // Before the first removal: a crash in the middle must not leave a way back that is none.
    if (!journal->discarded()) append_mark(journal_path(run_folder), *journal, Mark::discarded);
  }
  crash_point(CrashPoint::discard_begun);
  remove_tree(swap_folder(run_folder));
  crash_point(CrashPoint::discard_half);
  remove_tree(run_folder + "/third");
  remove_tree(staged_record_path(run_folder));
  forget_prepared(run_folder);
}

}  // namespace ferry
