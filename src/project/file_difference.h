// What changed in a tree of files between two moments, told so that a person can look for who did it. Pure.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "model/manifest.h"

namespace ferry {

struct FileDifference {
  enum class How { added, missing, kind, content, link, mode, owner };
  RelativePath path;
  How how = How::content;
  std::optional<Entry> then, now;

  // "content changed (120 → 134 bytes), last written 2026-01-31T08:00:00.000Z"
  Text describe() const;
  // Of the state found: whoever accepts the difference accepts this content, mode and owner.
  Digest state() const;
};
std::string_view name_of(FileDifference::How how);
void to_json(Json& json, const FileDifference& value);

// Sorted by path. Times alone are no difference: a file that was restored as it was counts as unchanged.
std::vector<FileDifference> file_differences(const Manifest& then, const Manifest& now);

}  // namespace ferry
