#include "base/error.h"
#include "host/service.h"

namespace ferry {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

bool is_name(std::string_view text) {
  if (text.empty() || (text[0] >= '0' && text[0] <= '9')) return false;
  return text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") ==
         std::string_view::npos;
}

// Quotes are taken off; inside double quotes and outside of any, a backslash protects the next character. Bare '#'
// after a blank begins a comment, as for a shell.
std::string value_of(std::string_view text, const std::string& where) {
  std::string out;
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote == 0 && c == '#' && i > 0 && (text[i - 1] == ' ' || text[i - 1] == '\t')) {
      while (out.ends_with(' ') || out.ends_with('\t')) out.pop_back();
      break;
    }
    if (quote != 0 && c == quote) {
      quote = 0;
    } else if (quote == 0 && (c == '"' || c == '\'')) {
      quote = c;
    } else if (c == '\\' && quote != '\'' && i + 1 < text.size()) {
      out += text[++i];
    } else {
      out += c;
    }
  }
  // A process can't be given one: the rest of the value would be cut off without a word.
  if (out.find('\0') != std::string::npos)
    throw Error(Code::invalid_document, where, Text{"a NUL byte in a value", "值中含有 NUL 字节"});
  if (quote != 0) throw Error(Code::invalid_document, where, Text{"a quote is not closed", "引号未闭合"});
  return out;
}

}  // namespace

std::map<std::string, std::string> parse_environment_file(std::string_view text, const std::string& where) {
  std::map<std::string, std::string> out;
  int number = 0;
  while (!text.empty()) {
    std::string line;
    const int first = number + 1;
    for (bool more = true; more && !text.empty();) {
      const auto end = std::min(text.find('\n'), text.size());
      line += text.substr(0, end);
      text.remove_prefix(std::min(end + 1, text.size()));
      ++number;
      if (line.ends_with('\r')) line.pop_back();
      more = line.ends_with('\\');
      if (more) line.pop_back();
    }
    std::string_view bare = trimmed(line);
    if (bare.empty() || bare[0] == '#' || bare[0] == ';') continue;
    if (bare.starts_with("export ")) bare = trimmed(bare.substr(7));
    const std::string place = where + ":" + std::to_string(first);
    const auto equals = bare.find('=');
    if (equals == std::string_view::npos || !is_name(bare.substr(0, equals)))
      throw Error(Code::invalid_document, place, Text{"KEY=VALUE expected", "应为 键=值"});
    out[std::string(bare.substr(0, equals))] = value_of(trimmed(bare.substr(equals + 1)), place);
  }
  return out;
}

}  // namespace ferry
