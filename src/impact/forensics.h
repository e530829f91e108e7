// Which package every installed file comes from, and which packages are really there (C5.1).
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "impact/three_way.h"

namespace ferry {

enum class FileState {
  right,        // content of the last package that brings it
  overwritten,  // content of an earlier package or of the base: a later package is not, or no longer, in it
  changed,      // content of none of them: customised, or of an unknown patch
  missing,      // a package brings it, it is not there
  left_over,    // a package removes it, it is there
  foreign       // no package and no base knows it
};
enum class PackageState {
  present,         // all its files that count are right
  partly_applied,  // some are right, some are not
  missing,         // none is right
  superseded       // later packages bring all its files, or name it in `supersedes`
};
std::string_view name_of(FileState state);
std::string_view name_of(PackageState state);

struct FileAttribution {
  RelativePath path;
  FileState state = FileState::right;
  std::string expected;  // package id; "base"
  std::string found;     // package id or "base" that has exactly this content; empty: none
};
struct PackageVerdict {
  std::string id;
  PackageState state = PackageState::present;
  std::uint64_t right = 0;
  std::uint64_t wrong = 0;  // overwritten, changed, missing or left over, of the files for which it is the last
  Text text;
};
struct Forensics {
  std::vector<PackageVerdict> packages;  // in the order given
  std::vector<FileAttribution> files;    // sorted by path; all that a package or, with a base, the vendor knows,
                                         // and foreign ones
  std::uint64_t count(FileState state) const;
};

// `base` may be nullptr: then foreign files can't be told and are left out.
Forensics attribute_files(const Manifest* base, const Manifest& installed, const std::vector<Package>& packages,
                          const Paths& paths);

}  // namespace ferry
