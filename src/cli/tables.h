// Plain text tables whose columns fit their content, Chinese included.
#pragma once
#include <string>
#include <vector>

namespace ferry::cli {

using Row = std::vector<std::string>;
// Left-aligned columns with two blanks between; the first row is the heading, underlined.
std::vector<std::string> table(const std::vector<Row>& rows);

}  // namespace ferry::cli
