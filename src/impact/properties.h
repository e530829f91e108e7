// Files of KEY=VALUE lines: .properties (java.util.Properties.load) and .env. Not for other rooms.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "impact/merge.h"

namespace ferry {

bool is_properties(const RelativePath& path);

struct PropertyLine {
  std::string raw;  // with its line end; several physical lines where they are continued
  std::string key;  // empty: comment or blank
  std::string value;
};
std::vector<PropertyLine> property_lines(std::string_view text, bool continued);

// Empty when a key stands twice in one of the files: then what counts is a matter of order, and of lines.
std::optional<MergeProposal> merge_properties(const RelativePath& path, const std::optional<std::string>& base,
                                              std::string_view mine, std::string_view theirs);

}  // namespace ferry
