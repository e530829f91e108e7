// Test aid, always compiled in: with FERRY_CRASH="name:N" in the environment the process kills itself (signal 9) when
// it passes the point of that name for the N-th time. So the very program that customers run is killed at every place
// that matters. Costs a look into the environment.
#pragma once
#include <optional>
#include <string_view>
#include <vector>

namespace ferry {

enum class CrashPoint {
  // host: a document replaced as a whole
  durable_written,   // complete and flushed under its temporary name
  durable_in_place,  // has its name, the folder not flushed
  // deploy: staging
  stage_file_begun,   // a staged file is half written
  stage_file_done,    // written, not yet recorded
  stage_recorded,     // recorded as staged
  stage_before_sync,  // everything written, nothing flushed
  stage_done,         // flushed and recorded
  // deploy: the switch, forward, back and in recovery
  journal_written,       // complete under its temporary name
  journal_in_place,      // durable, no operation done
  switch_begun,          // the mark of the direction is durable
  switch_operation,      // before each operation
  switch_half_exchange,  // between the renames that stand for one exchange
  switch_operation_done,
  switch_times,  // before each folder time
  switch_before_sync,
  switch_before_mark,  // synced, result not yet recorded
  switch_marked,
  discard_begun,
  discard_half,  // the old objects are gone, the rest is not
  // run
  run_before_record,  // before each record of the run log
  run_after_record,   // it is durable
  // database
  point_copied,         // the copy of a recovery point is complete, its record not written
  restore_staged,       // the copy lies beside the database, nothing moved
  restore_intended,     // the intent is durable
  restore_moved,        // after each file that was moved aside
  restore_half_placed,  // between the two moves that put the copy into place
  restore_placed,       // not yet flushed
  restore_verified,     // the intent not yet removed
  script_statement,     // after each statement, before its commit
  script_committed,
  // services and the door
  service_spawned,    // runs, not ready yet
  service_signalled,  // asked to end, has not ended
  service_stopped,    // has ended, its record not removed
  job_begun,          // a command of the product's runs
  job_ended,          // it has ended, nobody has said so
  door_spawned,       // its holder runs, not closed yet
  door_lifted,        // open, its state not removed
};

// All of them, in the order of the enum: for test matrices.
const std::vector<CrashPoint>& crash_points();
std::string_view name_of(CrashPoint point);
std::optional<CrashPoint> crash_point_named(std::string_view name);

void crash_point(CrashPoint point);

// From now on every write of this process that would make a file grow fails, as on a full disk; programs started later
// too (RLIMIT_FSIZE). For chaos rehearsals.
void refuse_growing_files();

}  // namespace ferry
