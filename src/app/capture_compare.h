// Where the vendor insists on his own upgrader: what it did beside what was captured and rehearsed (E13).
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "app/reporter.h"
#include "app/workspace.h"

namespace ferry {

struct CaptureComparison {
  struct Difference {
    RelativePath path;
    Text what;
    bool explained = false;  // by a rule that stands in the package
  };
  struct Schema {
    std::string database;
    Text what;
    bool explained = false;  // declared, or as the rehearsed clone has it
  };
  std::uint64_t same = 0;
  std::vector<Difference> differences;  // by path
  std::vector<Schema> schemas;          // databases whose tables are not as before
  std::size_t databases = 0;            // whose tables were compared; 0: none could be
  std::string before;                   // the survey (its digest) or file that says how it was before
  std::string taken;                    // when; RFC 3339, empty for a file
  Version from, to;                     // as surveyed before and now; empty for a file

  std::size_t unexplained() const;
};

// How it was before the vendor's upgrader ran.
struct StateBefore {
  Manifest files;
  std::optional<Inventory> inventory;
  std::string name;  // digest of the survey, or file
};

// The survey of this environment, named by its digest (at least 8 digits) or a manifest by its file (*.mtree). An empty
// name: the newest one whose version the package can be laid on. Error(not_found) when there is none.
StateBefore state_before(const Workspace& workspace, const Target& target, const Package& package,
                         const std::string& name);

// Files now beside those of before and what the capture makes of them. Throws Error(usage) for a package that was not
// captured; Error(wrong_source) when `before` can't be from before: it is of another program than the capture's (nor is
// `baseline`), or has already most of what the package brings.
CaptureComparison compare_files(const Profile& profile, const Package& package, const StateBefore& before,
                                const std::optional<Manifest>& baseline, const Manifest& now);

// The tables of each database before and now; `rehearsed`: as a clone had them after the same upgrade.
void compare_schemas(const Package& package, const Inventory& before, const Inventory& now, const Inventory* rehearsed,
                     CaptureComparison& out);

// Without a project: `before` is a manifest of `ferry baseline make`. Databases are not compared, nothing is kept.
CaptureComparison compare_with_capture(const Target& target, const Package& package, const std::string& before,
                                       Reporter& reporter);
// In a project: surveys the environment, compares files and databases, keeps the result as evidence for E13.
CaptureComparison compare_with_capture(Workspace& workspace, const Target& target, const Package& package,
                                       const std::string& before, const std::string& person, Reporter& reporter);

// The last part of it, for an upgrader that has just run under supervision. `log` and `problem` go into the evidence;
// with a problem it fails.
void keep_upgrader_evidence(Workspace& workspace, const Target& target, const Inventory& now,
                            const CaptureComparison& compared, const std::string& person, const Text& problem,
                            Milliseconds took);
// The newest survey of a clone with this version, other than `but`.
std::optional<Inventory> rehearsed_inventory(const Workspace& workspace, const Version& version, const Digest& but);

}  // namespace ferry
