#include "app/capture_compare.h"

#include <algorithm>
#include <map>
#include <optional>
#include <unordered_set>

#include "base/error.h"
#include "host/tree.h"
#include "model/path_pattern.h"
#include "package/run_comparison.h"
#include "survey/survey.h"

namespace ferry {
namespace {

Manifest present(const Target& target, Reporter& reporter) {
  TreeOptions options;
  options.extended_attributes = false;
  for (const auto* list : {&target.profile.paths.data, &target.profile.paths.generated, &target.profile.paths.ignored})
    options.exclude.insert(options.exclude.end(), list->begin(), list->end());
  options.progress = [&](const TreeProgress& progress) {
    reporter.progress(progress.files_done, progress.walked ? progress.files : 0, Unit::files);
  };
  reporter.begin({"read " + target.root(), "读取 " + target.root()});
  return program_files(target.profile, read_tree(target.root(), options).manifest);
}

bool is_below(const RelativePath& path, const std::unordered_set<RelativePath>& folders) {
  for (auto at = path; !at.empty(); at = at.parent())
    if (folders.contains(at)) return true;
  return false;
}

// What must be there afterwards; null: must be gone.
using Expected = std::map<RelativePath, const Entry*>;

Expected expected_of(const Package& package, const Manifest* before, const Manifest& now) {
  Expected out;
  if (before != nullptr)
    for (const auto& [path, entry] : before->items())
      if (entry.type != EntryType::folder) out[path] = &entry;
  const std::unordered_set<RelativePath> removes(package.meta.removes.begin(), package.meta.removes.end());
  for (const auto* tree : {before, &now})
    if (tree != nullptr)
      for (const auto& [path, entry] : tree->items())
        if (entry.type != EntryType::folder && is_below(path, removes)) out[path] = nullptr;
  for (const auto& [path, entry] : package.files.items())
    if (entry.type != EntryType::folder) out[path] = &entry;
  return out;
}

}  // namespace

std::size_t CaptureComparison::unexplained() const {
  return static_cast<std::size_t>(std::count_if(differences.begin(), differences.end(),
                                                [](const Difference& difference) { return !difference.explained; }));
}

CaptureComparison compare_with_capture(const Target& target, const Package& package, const Manifest* before,
                                       Reporter& reporter) {
  if (!package.meta.capture)
    throw Error(Code::usage, package.meta.id,
                Text{"it was not captured: nothing to compare with", "该包并非采集所得：无从比较"});
  const auto now = present(target, reporter);
  std::optional<Manifest> source;
  if (before != nullptr) source = program_files(target.profile, *before);
  CaptureComparison out;
  out.whole = source && source_digest(*source).hex() == package.meta.capture->source;
  std::vector<PathPattern> explained;
  for (const auto& rule : package.meta.capture->explained) explained.emplace_back(rule.path);
  const auto expected = expected_of(package, out.whole ? &*source : nullptr, now);
  const auto note = [&](const RelativePath& path, Text what) {
    const bool known =
        std::any_of(explained.begin(), explained.end(), [&](const auto& rule) { return rule.matches(path); });
    out.differences.push_back({path, std::move(what), known});
  };
  for (const auto& [path, wanted] : expected) {
    const auto* found = now.find(path);
    if (wanted == nullptr && found != nullptr)
      note(path, {"should be gone", "应已删除"});
    else if (wanted != nullptr && found == nullptr)
      note(path, {"is missing", "缺失"});
    else if (wanted != nullptr && !wanted->same_content(*found))
      note(path, {"has other content", "内容不同"});
    else
      ++out.same;
  }
  if (out.whole)
    for (const auto& [path, entry] : now.items())
      if (entry.type != EntryType::folder && !expected.contains(path))
        note(path, {"was not captured", "采集结果中没有"});
  std::sort(out.differences.begin(), out.differences.end(),
            [](const auto& a, const auto& b) { return a.path < b.path; });
  return out;
}

}  // namespace ferry
