// From a folder to a package file (tar + zstd). The same content gives the same bytes: entries are sorted, owners are
// 0, modes 0644 or 0755, times one fixed moment, one compression thread.
//
// Folder: package.yaml, files/<path from the installation's root>, sql/<dialect>/NNN_name.sql, removes.list; nothing
// else may lie in it. Signing is a step of its own (sign_package).
#pragma once
#include <cstdint>
#include <string>

#include "model/package.h"
#include "package/key.h"

namespace ferry {

struct BuildOptions {
  // Time of every entry, seconds since 1970. The default is 2000-01-01; the planner takes care that a replaced file
  // never keeps its old time (planner.h).
  std::int64_t time = 946684800;
  int level = 9;  // zstd, 1-19
};

// Writes `output` atomically (temporary file beside it, fsync, rename). The Package returned has no origin yet: sign it
// or import it. Throws Error(not_found, io, disk_full), what require_meta throws, and Error(package_content) naming
// the file for: anything that does not belong, a link that leads out or is absolute, special files, hostile names
// (names.h), names that differ only in case, a path that is both brought and removed, an upgrade without `to`, a script
// with no number in front, scripts of one dialect with the same name, a package that brings nothing.
// Error(file_changed) when a file changes while it is packed; Error(already_exists) when `output` exists.
Package build_package(const std::string& folder, const std::string& output, const BuildOptions& options = {});

// The same from a tree that stands somewhere else: `files` (root-relative) are read below `root`. Modes become 0644 or
// 0755 as always. For captured packages.
Package build_package(const PackageMeta& meta, const std::string& root, const Manifest& files,
                      const std::string& output, const BuildOptions& options = {});

// Writes <package>.minisig. The trusted comment names file, size and SHA-256. Throws Error.
void sign_package(const std::string& package, const SecretKey& key, std::int64_t timestamp);

}  // namespace ferry
