#include <charconv>

#include "survey/facts_reader.h"

namespace ferry {
namespace {

bool blank(char c) {
  return c == ' ' || c == '\t' || c == '\f';
}

// One logical line: continuation lines joined, without the blanks they begin with.
std::string next_line(std::string_view& text) {
  std::string out;
  for (bool more = true; more && !text.empty();) {
    const auto end = std::min(text.find_first_of("\r\n"), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + (text.substr(end).starts_with("\r\n") ? 2 : 1), text.size()));
    while (!line.empty() && blank(line.front())) line.remove_prefix(1);
    if (out.empty() && !line.empty() && (line.front() == '#' || line.front() == '!')) return {};
    std::size_t slashes = 0;
    while (slashes < line.size() && line[line.size() - 1 - slashes] == '\\') ++slashes;
    more = slashes % 2 == 1;
    if (more) line.remove_suffix(1);
    out += line;
  }
  return out;
}

void append_utf8(std::string& out, unsigned code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0U | code >> 6U);
    out += static_cast<char>(0x80U | (code & 0x3FU));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0U | code >> 12U);
    out += static_cast<char>(0x80U | (code >> 6U & 0x3FU));
    out += static_cast<char>(0x80U | (code & 0x3FU));
  } else {
    out += static_cast<char>(0xF0U | code >> 18U);
    out += static_cast<char>(0x80U | (code >> 12U & 0x3FU));
    out += static_cast<char>(0x80U | (code >> 6U & 0x3FU));
    out += static_cast<char>(0x80U | (code & 0x3FU));
  }
}

std::optional<unsigned> hex4(std::string_view text, std::size_t at) {
  unsigned code = 0;
  if (at + 4 > text.size()) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data() + at, text.data() + at + 4, code, 16);
  if (error != std::errc() || end != text.data() + at + 4) return std::nullopt;
  return code;
}

std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 >= text.size()) {
      out += text[i];
      continue;
    }
    const char c = text[++i];
    const auto code = c == 'u' ? hex4(text, i + 1) : std::nullopt;
    if (code) {
      i += 4;
      unsigned value = *code;
      // A character beyond the first plane is written as two halves (UTF-16).
      const auto low =
          value >= 0xD800 && value < 0xDC00 && text.substr(i + 1).starts_with("\\u") ? hex4(text, i + 3) : std::nullopt;
      if (low && *low >= 0xDC00 && *low < 0xE000) {
        value = 0x10000 + ((value - 0xD800) << 10U) + (*low - 0xDC00);
        i += 6;
      }
      append_utf8(out, value);
    } else {
      out += c == 't' ? '\t' : c == 'n' ? '\n' : c == 'r' ? '\r' : c == 'f' ? '\f' : c;
    }
  }
  return out;
}

}  // namespace

std::optional<std::string> property(std::string_view text, std::string_view key) {
  std::optional<std::string> out;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  while (!text.empty()) {
    const std::string line = next_line(text);
    std::size_t end = 0;
    while (end < line.size() && line[end] != '=' && line[end] != ':' && !blank(line[end]))
      end += line[end] == '\\' ? 2 : 1;
    end = std::min(end, line.size());
    if (line.empty() || unescaped(std::string_view(line).substr(0, end)) != key) continue;
    std::size_t value = end;
    while (value < line.size() && blank(line[value])) ++value;
    if (value < line.size() && (line[value] == '=' || line[value] == ':')) ++value;
    while (value < line.size() && blank(line[value])) ++value;
    out = unescaped(std::string_view(line).substr(value));
  }
  return out;
}

}  // namespace ferry
