// The files that belong to a recovery point beside the database itself.
#pragma once
#include <string>
#include <vector>

#include "point/point.h"

namespace ferry {

// A copy of `wanted` under the name `staged`: content verified, mode (and owner) set, flushed. Throws
// Error(backup_unverified) when the copy is missing or not what was recorded, Error(disk_full).
void stage_copy(const std::string& copy, const PointFile& wanted, const std::string& staged, bool with_owner);

// Puts each file back as it was, or aside when it was not there; what is replaced is kept aside. At every instant each
// name holds the old file or the new one, whole; called again after a kill it goes on. True: something was changed.
// Throws Error(busy_files) with the list of `options.in_use`, and as stage_copy.
bool restore_files(const std::string& folder, const std::vector<PointFile>& files, const RestoreOptions& options);

}  // namespace ferry
