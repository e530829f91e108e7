// Which package every installed file comes from, and which packages are really there (C5.1).
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "impact/three_way.h"
#include "model/finding.h"

namespace ferry {

enum class FileState {
  right,        // content of the last package that brings it
  decided,      // other than that, as somebody has decided it: a decision, configuration, what the plan lays down
  overwritten,  // content of an earlier package or of the base: a later package is not, or no longer, in it
  unrecorded,   // content of a known package that is not said to be there
  changed,      // content of none of them: customised, or of an unknown patch
  missing,      // a package brings it, it is not there
  left_over,    // a package removes it, it is there
  foreign       // no package and no base knows it
};
enum class PackageState {
  present,         // all its files that count are right
  partly_applied,  // some are right, some are not
  missing,         // none is right
  superseded,      // later packages bring all its files, or name it in `supersedes`
  unrecorded       // not said to be there, and some of its files are
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
  std::uint64_t right = 0;  // with those decided otherwise
  std::uint64_t wrong = 0;  // all others of the files for which it is the last
  Text text;
};
struct Forensics {
  std::vector<PackageVerdict> packages;  // in the order given
  std::vector<FileAttribution> files;    // sorted by path; all that a package or, with a base, the vendor knows,
                                         // and foreign ones
  std::uint64_t count(FileState state) const;
};

struct ForensicsInput {
  const Manifest* base = nullptr;  // nullptr: foreign files can't be told and are left out
  const Manifest& installed;
  const Paths& paths;
  std::vector<Package> packages = {};             // that should be there, in the order in which they were laid
  std::vector<Package> others = {};               // all others that are known
  std::vector<Decision> decisions = {};           // by which files may be as none of them brings them
  std::map<RelativePath, Digest> laid_down = {};  // content_key of what plans lay beside packages: licence, rewriting
};
Forensics attribute_files(const ForensicsInput& input);

// A key per package, so that it is found again at the next look; `unknown`: recorded as applied, and nobody has given
// the package to Ferry.
std::vector<Finding> forensic_findings(const Forensics& forensics, const std::vector<std::string>& unknown);

}  // namespace ferry
