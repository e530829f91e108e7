#include "base/mask_secrets.h"

#include <optional>

#include "base/secret_name.h"

namespace ferry {
namespace {

constexpr std::string_view blanks = " \t";

bool of_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
}

struct Range {
  std::size_t begin = 0;
  std::size_t end = 0;
};

// One line; finds the values in it from left to right.
class Line {
 public:
  Line(std::string_view line, bool code) : line_(line), code_(code) {}

  MaskedText mask() {
    MaskedText out;
    std::size_t done = 0;
    for (std::size_t at = 0; at < line_.size(); ++at) {
      const auto value = value_at(at);
      if (!value || value->begin < done || !is_value(*value)) continue;
      out.text += line_.substr(done, value->begin - done);
      out.text += secret_mask;
      done = value->end;
      at = done - 1;
      ++out.masked;
    }
    out.text += line_.substr(done);
    return out;
  }

 private:
  // A secret's value behind the separator, or the end of a tag, at this place.
  std::optional<Range> value_at(std::size_t at) {
    const char c = line_[at];
    if (c == '>') return element(at);
    if (c != '=' && c != ':') return std::nullopt;
    // "==", ":=" and "://" assign nothing.
    if (at + 1 < line_.size() && (line_[at + 1] == '=' || (c == ':' && line_[at + 1] == '/'))) return std::nullopt;
    const auto name = name_before(at);
    const auto value = value_behind(at + 1);
    if (name == "name" || name == "key") {
      named_ = value ? std::string_view(line_).substr(value->begin, value->end - value->begin) : std::string_view{};
      return std::nullopt;
    }
    const bool by_attribute = name == "value" && names_a_secret(named_);
    return by_attribute || names_a_secret(name) ? value : std::nullopt;
  }

  std::string_view name_before(std::size_t at) const {
    auto end = at;
    while (end > 0 &&
           (blanks.find(line_[end - 1]) != std::string_view::npos || line_[end - 1] == '"' || line_[end - 1] == '\''))
      --end;
    auto begin = end;
    while (begin > 0 && of_name(line_[begin - 1])) --begin;
    return line_.substr(begin, end - begin);
  }

  std::optional<Range> value_behind(std::size_t at) const {
    at = line_.find_first_not_of(blanks, at);
    if (at == std::string_view::npos) return std::nullopt;
    const char quote = line_[at];
    if (quote == '"' || quote == '\'') {
      const auto end = line_.find(quote, at + 1);
      if (end == std::string_view::npos) return std::nullopt;
      return Range{at + 1, end};
    }
    if (code_) return std::nullopt;
    return Range{at, std::min(line_.find_first_of("\r\n<>\"'", at), line_.size())};
  }

  // <password>value</password>
  std::optional<Range> element(std::size_t at) const {
    auto begin = at;
    while (begin > 0 && of_name(line_[begin - 1])) --begin;
    if (begin == 0 || line_[begin - 1] != '<' || !names_a_secret(line_.substr(begin, at - begin))) return std::nullopt;
    const auto end = line_.find("</", at);
    if (end == std::string_view::npos) return std::nullopt;
    return Range{at + 1, end};
  }

  bool is_value(const Range& range) const {
    const auto value = line_.substr(range.begin, range.end - range.begin);
    return value.find_first_not_of(" \t\r\n") != std::string_view::npos && value.find("${") == std::string_view::npos &&
           value != secret_mask;
  }

  std::string_view line_;
  bool code_;
  std::string_view named_;  // what a name="..." in front said
};

}  // namespace

MaskedText mask_secrets(std::string_view bytes, bool code) {
  MaskedText out;
  out.text.reserve(bytes.size());
  for (std::size_t begin = 0; begin < bytes.size();) {
    const auto end = std::min(bytes.find('\n', begin), bytes.size() - 1) + 1;
    const auto line = Line(bytes.substr(begin, end - begin), code).mask();
    out.text += line.text;
    out.masked += line.masked;
    begin = end;
  }
  return out;
}

}  // namespace ferry
