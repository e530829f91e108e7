// What a restored backup must look like. Inner part of this room.
#pragma once
#include <filesystem>
#include <vector>

#include "backup/repository.h"
#include "host/tree.h"

namespace ferry {

// The tree as it was when the backup began and when it ended: a file that changed meanwhile may be either.
struct Comparison {
  Manifest before;
  Manifest after;
};

Manifest read_manifest(const std::filesystem::path& file);
// Paths that are not the same in both, sorted.
std::vector<RelativePath> differing_paths(const Manifest& before, const Manifest& after);

// Fills in differences, files and bytes. Compared: kind, content, link target, mode, and owner when run by root.
// Sockets are not (restic leaves them out), nor are the databases' own files (compared by digest when they were put
// there).
void compare_restored(const Comparison& expected, const BackupContent& content, const TreeResult& restored,
                      BackupVerification& result);

// Puts the dumps that have a place below the root there. Throws Error(backup_damaged) when a dump has another digest.
void put_databases(const BackupContent& content, const std::filesystem::path& root, const std::filesystem::path& dumps);

}  // namespace ferry
