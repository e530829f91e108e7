// Two runs of an upgrader on the same source: what they agree in becomes the package, what they differ in must be
// explained by a rule.
#pragma once
#include <string>
#include <vector>

#include "model/capture.h"
#include "model/manifest.h"

namespace ferry {

struct RunDifference {
  RelativePath path;
  Text what;
  std::string proposal;  // a rule, one line of YAML
};

struct RunTree {
  std::string root;  // absolute; contents are read there
  const Manifest& files;
};

struct RunComparison {
  Manifest result;  // the first run's, without what is no part of the package
  std::vector<RunDifference> unexplained;
  std::vector<CaptureRecord::Explained> explained;  // by rule, those that were used
  std::vector<std::size_t> unused;                  // rules, by their place
};

// `second` null: nothing to compare with, only what is dropped is left out. Owners and times are no difference.
RunComparison compare_runs(const Manifest& source, const RunTree& first, const RunTree* second,
                           const std::vector<DifferenceRule>& rules);

// Whether two texts are the same but for what matches the expression. Looked at is a window around each difference, so
// that a line may be of any length.
bool same_but_for(const std::string& a, const std::string& b, const std::string& expression);

// Error(runs_differ) that lists the first of them and the rules that would explain them.
[[noreturn]] void throw_differences(const std::vector<RunDifference>& differences);
// All of them, as a file for people.
std::string to_text(const std::vector<RunDifference>& differences);

// What names the source of a capture: the content digest with modes as far as packages carry them (0644, 0755), since
// the same program has other ones under another mask.
Digest source_digest(const Manifest& program);

// What leads from the source to the result, as a package says it.
struct CapturedChange {
  Manifest files;                       // added and changed
  std::vector<RelativePath> removes;    // gone; a folder that is gone stands for all that was in it
  std::vector<RelativePath> mode_only;  // same content, other mode: a package does not carry that
};
// Throws Error(package_content) for what no package can hold: devices, sockets, a folder in a file's place.
CapturedChange captured_change(const Manifest& source, const Manifest& result);

}  // namespace ferry
