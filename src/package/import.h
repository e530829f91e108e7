// A vendor's zip becomes a package by the hand of a named person. That proves who imported it, no more.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "model/package.h"
#include "package/build.h"
#include "package/limits.h"

namespace ferry {

struct ImportOptions {
  std::string person;  // required
  Moment at = system_now();
  // Code page of names that are not marked as UTF-8 in the zip (Profile::archive_names, "GBK"); empty: UTF-8.
  std::string archive_names;
  bool keep_names = false;           // true: the bytes stay as they are in the zip (installations on a GBK locale)
  RelativePath strip;                // folder in front of all paths: "ecology"
  std::vector<RelativePath> ignore;  // entries (before stripping) that are left out on purpose: read-me files
  // Folders (after stripping) whose files are scripts, to dialect: {"sqlupgrade/SQLite", "sqlite"}.
  std::map<RelativePath, std::string> scripts;
  BuildOptions build;
  ArchiveLimits limits;
};

// Writes `output` and `<output>.origin.json` (person, time, digests of package and zip). Same checks as open_package.
// Throws Error(hostile_archive, truncated_archive, already_exists), Error(package_content) for an entry outside `strip`
// that is not in `ignore`, for encrypted entries, and for a name that is not valid in the code page; Error(usage)
// without a person.
Package import_zip(const std::string& zip, const PackageMeta& meta, const std::string& output,
                   const ImportOptions& options);

}  // namespace ferry
