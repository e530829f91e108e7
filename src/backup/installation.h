// What a backup of an installation consists of, derived from its profile: the databases by recovery points, the files
// by one walk of the tree.
#pragma once
#include <string>

#include "backup/repository.h"
#include "model/environment.h"
#include "model/inventory.h"
#include "model/profile.h"

namespace ferry {

// Everything filled in: excluded = generated, ignored, and the live files of databases below the root (-wal, -shm,
// -journal too); dump_databases = take_point of each database, with its place below the root. `index_file` speeds the
// manifest up (host/tree.h); may be empty. `inventory` may be empty (no digest is noted then).
BackupRequest backup_request(const Profile& profile, const Environment& environment, const Digest& inventory = {},
                             const std::string& index_file = {});

// Paths that a backup of this installation leaves out.
std::vector<RelativePath> excluded_from_backup(const Profile& profile, const Environment& environment);

}  // namespace ferry
