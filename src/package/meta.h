// package.yaml: what a package says about itself. Keys and allowed values: docs/formats/package.md.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/package.h"
#include "model/profile.h"

namespace ferry {

struct MetaResult {
  std::optional<PackageMeta> meta;        // empty when there is any problem
  std::vector<DocumentProblem> problems;  // all of them, with line, column and what is allowed
};
MetaResult parse_meta(std::string_view yaml, const std::string& file);

// Throws Error(yaml_syntax) for a text that is no YAML, Error(unknown_key) when unknown keys are all that is wrong,
// Error(unsupported_format) for another format number, else Error(invalid_document); the detail lists every problem
// as "file:line: ...".
PackageMeta require_meta(std::string_view yaml, const std::string& file);

// The canonical form that stands in packages: fixed order of keys, no defaults, strings in double quotes.
std::string meta_to_yaml(const PackageMeta& meta);

}  // namespace ferry
