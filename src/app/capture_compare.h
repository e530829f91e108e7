// Where the vendor insists on his own upgrader in production: what it did there beside what was captured and rehearsed.
#pragma once
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
  std::uint64_t same = 0;
  std::vector<Difference> differences;  // by path
  // The survey of before is the source of the capture: then everything is compared, else only what the package names.
  bool whole = false;

  std::size_t unexplained() const;
};

// `before`: the files that were surveyed before the vendor's upgrader ran; may be null. Reads the tree as it is now.
// Throws Error(usage) for a package that was not captured.
CaptureComparison compare_with_capture(const Target& target, const Package& package, const Manifest* before,
                                       Reporter& reporter);

}  // namespace ferry
