// Writes the new objects of a deployment into their slots.
#pragma once
#include <atomic>
#include <mutex>
#include <string>

#include "deploy/beneath.h"
#include "deploy/examine.h"
#include "deploy/slots.h"
#include "deploy/staged_record.h"
#include "host/durable.h"

namespace ferry {

class Stager {
 public:
  // `record` says what is already there; it is added to on disk while the work goes on.
  Stager(const DeployPlace& place, const Examined& examined, const StagedRecord& record, const ContentSource& content,
         const DeployOptions& options);

  // Stages operations [first, last) of `examined` that the record does not have. For several threads.
  void stage(std::size_t first, std::size_t last);
  // Flushes everything once. Its error is final.
  void sync(int file_system);

  std::uint64_t files() const { return files_; }
  std::uint64_t bytes() const { return bytes_; }

 private:
  struct Slot;
  StagedObject stage_one(Beneath& tree, const Operation& operation, const std::optional<calls::Status>& now,
                         const Slot& slot);
  void stage_file(const Operation& operation, const Slot& slot, const calls::ExtendedAttributes& attributes);
  static void stage_drop(Beneath& tree, const Operation& operation, const calls::Status& now, const Slot& slot);
  void write_content(const Operation& operation, int file, const Slot& slot);
  static calls::ExtendedAttributes attributes_for(Beneath& tree, const Operation& operation,
                                                  const std::optional<calls::Status>& now);
  void recorded(const Operation& operation, const StagedObject& object);

  const DeployPlace& place_;
  const Examined& examined_;
  const StagedRecord& record_;
  const ContentSource& content_;
  const DeployOptions& options_;
  DeployProgress progress_;
  durable::Appender log_;
  std::mutex guard_;  // log_, progress_
  std::atomic<std::uint64_t> files_{0};
  std::atomic<std::uint64_t> bytes_{0};
};

}  // namespace ferry
