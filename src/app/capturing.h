// Capture: a product's own upgrader, run on a copy at production's place, becomes a package (docs/formats/capture.md).
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "app/reporter.h"
#include "app/workspace.h"

namespace ferry {

struct CaptureRequest {
  std::string order;             // capture.yaml
  std::optional<Target> target;  // production: its tree is the source
  std::string source;            // or a folder: a pristine installation; both empty: an installer begins with nothing
  std::string output;            // the package; for a baseline FOLDER, with FOLDER.mtree beside it
  std::string key, password_variable;  // signs the package; empty: not signed
  std::string work;                    // where the copies are made; beside the output when empty
  std::string tree;  // also keeps the result as a pristine installation: FOLDER and FOLDER.mtree; empty: not
  bool once = false;
  bool baseline = false;  // the result is a pristine installation, not a package
};

struct CaptureOutcome {
  CaptureRecord record;
  std::optional<Package> package;
  std::uint64_t files = 0;  // of the result
  std::uint64_t bytes = 0;
  Digest digest;  // content of the result's program
  std::uint64_t added = 0, changed = 0, removed = 0, mode_only = 0;
  std::vector<std::string> unused_rules;
};

// Throws Error(needs_root), Error(program_failed) with the last lines of a command that failed and what it was refused,
// Error(runs_differ), Error(package_content), Error(protected_path) for a database that is changed without being
// declared. Whatever happens the copies go away and nothing of the source is touched.
CaptureOutcome capture(const CaptureRequest& request, Reporter& reporter);

}  // namespace ferry
