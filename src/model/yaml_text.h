// Writing YAML by hand, with comments, which no library keeps: the one thing that must be right is the scalar.
#pragma once
#include <string>
#include <string_view>

namespace ferry {

// The text as a YAML scalar on one line: plain where it can't be taken for anything else, double-quoted otherwise (YAML
// 1.2, section 7.3.1). It stays readable inside flow collections. Bytes that are no UTF-8 must have been escaped
// before.
std::string yaml_scalar(std::string_view text);
// Always in quotes: for texts that people edit as such.
std::string yaml_quoted(std::string_view text);

}  // namespace ferry
