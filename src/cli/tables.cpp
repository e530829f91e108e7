#include "cli/tables.h"

#include <algorithm>

#include "base/text.h"

namespace ferry::cli {

std::vector<std::string> table(const std::vector<Row>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], display_width(row[i]));
  }
  std::vector<std::string> out;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      if (i + 1 < row.size()) line += std::string(widths[i] - display_width(row[i]) + 2, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out.push_back(line);
    if (out.size() == 1) {
      std::size_t total = 0;
      for (const auto width : widths) total += width + 2;
      out.emplace_back(total > 2 ? total - 2 : 0, '-');
    }
  }
  return out;
}

}  // namespace ferry::cli
