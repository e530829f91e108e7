#include "model/path_pattern.h"

#include "base/error.h"

namespace ferry {
namespace {

// One name. The last '*' is tried again further on when the rest does not fit: linear in what there is to look at.
bool fits(std::string_view pattern, std::string_view name) {
  std::size_t p = 0, n = 0;
  std::size_t star = std::string_view::npos, from = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      from = n;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++from;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

// The same over names, where "**" stands for any number of them.
bool fits(const std::vector<std::string>& pattern, const std::vector<std::string_view>& names) {
  std::size_t p = 0, n = 0;
  std::size_t star = std::string::npos, from = 0;
  while (n < names.size()) {
    if (p < pattern.size() && pattern[p] == "**") {
      star = p++;
      from = n;
    } else if (p < pattern.size() && fits(std::string_view(pattern[p]), names[n])) {
      ++p;
      ++n;
    } else if (star != std::string::npos) {
      p = star + 1;
      n = ++from;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == "**") ++p;
  return p == pattern.size();
}

template <class Text>
std::vector<Text> split(std::string_view text) {
  std::vector<Text> out;
  for (std::size_t begin = 0; begin <= text.size();) {
    const auto end = std::min(text.find('/', begin), text.size());
    out.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return out;
}

}  // namespace

PathPattern::PathPattern(std::string_view text) : text_(text), parts_(split<std::string>(text)) {
  for (const auto& part : parts_)
    if (part.empty() || part == "." || part == "..")
      throw Error(Code::invalid_document, text_,
                  Text{"a pattern is relative, without empty names, '.' and '..': **/.cache/**",
                       "模式应为相对路径，不含空名称、“.”“..”：**/.cache/**"});
}

bool PathPattern::matches(const RelativePath& path) const {
  return fits(parts_, split<std::string_view>(path.bytes()));
}

}  // namespace ferry
