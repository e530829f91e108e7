// What is already staged: <run folder>/staged. Lets staging go on after a crash, and the switch know what it moves.
// Sealed lines: "ferry-staged 1 INPUT BOOT", then in any order
//   object NUMBER INODE SIZE MTIME_NS          the new object of an operation is complete
//   old NUMBER INODE SIZE MTIME_NS CTIME_NS    the present object was read and is the planned one
//   syncing                                    everything is written, the flush begins
//   synced                                     everything is on the medium
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "deploy/examine.h"

namespace ferry {

struct StagedObject {
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  std::int64_t mtime_ns = 0;

  // True if `status` can only be what was recorded (as long as nobody works in the staging folder).
  bool is(const calls::Status& status) const {
    return status.inode == inode && status.size == size && status.mtime_ns == mtime_ns;
  }
};

struct StagedRecord {
  Digest input;      // digest_of_input: what is staged belongs to this plan only
  std::string boot;  // id of the boot in which it was written: before the flush nothing survives a power cut for sure
  std::map<std::uint32_t, StagedObject> objects;
  ContentSigns old;
  bool syncing = false;
  bool synced = false;
};

std::string staged_record_path(const std::string& run_folder);
std::string present_boot();

// Empty optional: none, or one damaged so that nothing can be taken from it.
std::optional<StagedRecord> read_staged_record(const std::string& run_folder);
// Replaces it, durably.
void write_staged_record(const std::string& run_folder, const StagedRecord& record);

// Lines to append.
std::string staged_object_line(std::uint32_t number, const StagedObject& object);
std::string staged_word_line(std::string_view word);  // syncing, synced

}  // namespace ferry
