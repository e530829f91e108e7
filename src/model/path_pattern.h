// Paths by pattern: `*` and `?` inside a name, `**` for any number of folders. "**/.cache/**" is every .cache folder
// with all that is in it, at the top too; "node_modules/**" is the folder and all that is in it.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/path.h"

namespace ferry {

class PathPattern {
 public:
  PathPattern() = default;
  // Throws Error(invalid_document): absolute, empty, an empty name or '..' inside.
  explicit PathPattern(std::string_view text);
  bool matches(const RelativePath& path) const;
  const std::string& text() const { return text_; }

 private:
  std::string text_;
  std::vector<std::string> parts_;
};

}  // namespace ferry
