#include "model/yaml_text.h"

#include <algorithm>
#include <cctype>
#include <set>

namespace ferry {
namespace {

// What YAML 1.1 or 1.2 readers take for something else than a text.
bool is_word_of_yaml(std::string_view text) {
  static const std::set<std::string, std::less<>> words = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"};
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  return words.contains(lower);
}

bool is_plain(std::string_view text) {
  if (text.empty() || is_word_of_yaml(text)) return false;
  const auto first = static_cast<unsigned char>(text.front());
  // A digit or dot in front might begin a number or a date.
  if (first < 0x80 && std::isalpha(first) == 0 && first != '/' && first != '_') return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x80 || std::isalnum(byte) != 0 || c == '_' || c == '-' || c == '.' || c == '/' || c == '+';
  });
}

}  // namespace

std::string yaml_quoted(std::string_view text) {
  static constexpr char digits[] = "0123456789ABCDEF";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (byte < 0x20 || byte == 0x7F) {
      out += "\\x";
      out += digits[byte >> 4U];
      out += digits[byte & 15U];
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string yaml_scalar(std::string_view text) {
  return is_plain(text) ? std::string(text) : yaml_quoted(text);
}

}  // namespace ferry
