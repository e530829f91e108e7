// The pure parts of actions: changing one value in a file's bytes and nothing else.
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <optional>

#include "backup/actions.h"
#include "base/error.h"
#include "base/path.h"

namespace ferry {
namespace {

// In GBK the second byte of a character may be a backslash (0x5C). A file that is not UTF-8 is read pairwise, or such a
// character would be taken for an escape.
struct Bytes {
  std::string_view text;
  bool pairs = false;
  std::size_t length(std::size_t at) const {
    const auto lead = static_cast<unsigned char>(text[at]);
    if (!pairs || lead < 0x81 || lead == 0xff || at + 1 >= text.size()) return 1;
    const auto trail = static_cast<unsigned char>(text[at + 1]);
    return trail >= 0x40 && trail != 0x7f && trail != 0xff ? 2 : 1;
  }
};

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\f';
}
bool is_end(char c) {
  return c == '\n' || c == '\r';
}

std::size_t skip_line_end(std::string_view text, std::size_t at) {
  if (at < text.size() && text[at] == '\r') ++at;
  if (at < text.size() && text[at] == '\n') ++at;
  return at;
}

std::string_view line_end_of(std::string_view text) {
  const auto at = text.find('\n');
  if (at == std::string_view::npos) return "\n";
  return at > 0 && text[at - 1] == '\r' ? "\r\n" : "\n";
}

void append_utf8(std::string& out, std::uint32_t code) {
  const auto put = [&](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xc0 | code >> 6);
  } else if (code < 0x10000) {
    put(0xe0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3f));
  } else {
    put(0xf0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3f));
    put(0x80 | (code >> 6 & 0x3f));
  }
  put(0x80 | (code & 0x3f));
}

std::uint32_t next_code_point(std::string_view utf8, std::size_t& at) {
  const auto lead = static_cast<unsigned char>(utf8[at++]);
  if (lead < 0x80) return lead;
  const int more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
  std::uint32_t code = lead & (0x3fU >> more);
  for (int i = 0; i < more; ++i) code = code << 6 | (static_cast<unsigned char>(utf8[at++]) & 0x3fU);
  return code;
}

// Undoes java.util.Properties' escapes; `raw` may hold line continuations.
std::string decode_property(const Bytes& bytes, std::size_t begin, std::size_t end) {
  const std::string_view text = bytes.text;
  std::string out;
  std::uint32_t high = 0;
  for (std::size_t at = begin; at < end;) {
    if (text[at] != '\\' || at + 1 >= end) {
      const std::size_t length = std::min(bytes.length(at), end - at);
      out.append(text.substr(at, length));
      at += length;
      continue;
    }
    const char c = text[at + 1];
    at += 2;
    if (c == 'u' && at + 4 <= end) {
      const auto code = static_cast<std::uint32_t>(std::strtoul(std::string(text.substr(at, 4)).c_str(), nullptr, 16));
      at += 4;
      if (code >= 0xd800 && code < 0xdc00) {
        high = code;
      } else if (code >= 0xdc00 && code < 0xe000 && high != 0) {
        append_utf8(out, 0x10000 + ((high - 0xd800) << 10) + (code - 0xdc00));
      } else {
        append_utf8(out, code);
      }
    } else if (is_end(c)) {
      at = c == '\r' && at < end && text[at] == '\n' ? at + 1 : at;
      while (at < end && is_blank(text[at])) ++at;
    } else {
      out.push_back(c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c == 'f' ? '\f' : c);
    }
  }
  return out;
}

std::string encode_property(const std::string& value, bool is_key) {
  if (!is_utf8(value))
    throw Error(Code::invalid_document, printable(value), Text{"a value must be UTF-8", "值须为 UTF-8 编码"});
  std::string out;
  for (std::size_t at = 0; at < value.size();) {
    const bool first = at == 0;
    const std::uint32_t code = next_code_point(value, at);
    const auto put_unit = [&](std::uint32_t unit) {
      std::array<char, 8> buffer{};
      std::snprintf(buffer.data(), buffer.size(), "\\u%04X", unit & 0xffffU);
      out += buffer.data();
    };
    if (code >= 0x10000) {
      put_unit(0xd800 + ((code - 0x10000) >> 10));
      put_unit(0xdc00 + ((code - 0x10000) & 0x3ff));
    } else if (code >= 0x7f) {
      put_unit(code);
    } else if (code == '\n' || code == '\t' || code == '\r' || code == '\f') {
      out += code == '\n' ? "\\n" : code == '\t' ? "\\t" : code == '\r' ? "\\r" : "\\f";
    } else {
      const char c = static_cast<char>(code);
      const bool special =
          c == '\\' || (c == ' ' && (first || is_key)) || (is_key && (c == '=' || c == ':' || c == '#' || c == '!'));
      if (special) out.push_back('\\');
      out.push_back(c);
    }
  }
  return out;
}

// One logical line: where its key and its value stand in the bytes.
struct PropertyLine {
  std::size_t key_begin = 0, key_end = 0, value_begin = 0, value_end = 0, next = 0;
};

// End of the logical line that begins at `at` (before its line end), continuation lines included.
std::size_t logical_end(const Bytes& bytes, std::size_t at) {
  const std::string_view text = bytes.text;
  while (at < text.size() && !is_end(text[at])) {
    if (text[at] == '\\' && at + 1 < text.size()) {
      at = is_end(text[at + 1]) ? skip_line_end(text, at + 1) : at + 1 + bytes.length(at + 1);
    } else {
      at += bytes.length(at);
    }
  }
  return std::min(at, text.size());
}

// False for blank lines and comments; `line.next` is always set.
bool read_property_line(const Bytes& bytes, std::size_t at, PropertyLine& line) {
  const std::string_view text = bytes.text;
  while (at < text.size() && is_blank(text[at])) ++at;
  if (at >= text.size() || is_end(text[at]) || text[at] == '#' || text[at] == '!') {
    while (at < text.size() && !is_end(text[at])) ++at;  // a comment is not continued
    line.next = skip_line_end(text, at);
    return false;
  }
  line.key_begin = at;
  line.value_end = logical_end(bytes, at);
  line.next = skip_line_end(text, line.value_end);
  while (at < line.value_end && !is_blank(text[at]) && text[at] != '=' && text[at] != ':') {
    at += text[at] == '\\' && at + 1 < line.value_end ? 1 + bytes.length(at + 1) : bytes.length(at);
  }
  line.key_end = at = std::min(at, line.value_end);
  while (at < line.value_end && is_blank(text[at])) ++at;
  if (at < line.value_end && (text[at] == '=' || text[at] == ':')) ++at;
  while (at < line.value_end && is_blank(text[at])) ++at;
  line.value_begin = at;
  return true;
}

void append_line(TextEdit& edit, std::string_view original, const std::string& line) {
  const std::string_view end = line_end_of(original);
  if (!edit.text.empty() && !is_end(edit.text.back())) edit.text += end;
  edit.text += line;
  edit.text += end;
  edit.added = true;
  edit.changed = 1;
}

}  // namespace

TextEdit set_property(std::string_view text, const std::string& key, const std::string& value) {
  const Bytes bytes{text, !is_utf8(text)};
  const std::string encoded = encode_property(value, false);
  TextEdit edit;
  std::size_t copied = 0;
  for (std::size_t at = 0; at < text.size();) {
    PropertyLine line;
    const bool is_entry = read_property_line(bytes, at, line);
    at = line.next;
    if (!is_entry || decode_property(bytes, line.key_begin, line.key_end) != key) continue;
    const std::string before = decode_property(bytes, line.value_begin, line.value_end);
    ++edit.matched;
    edit.before = before;
    if (before == value) continue;
    ++edit.changed;
    edit.text += text.substr(copied, line.value_begin - copied);
    if (line.value_begin == line.key_end) edit.text += '=';  // "key" alone has no separator yet
    edit.text += encoded;
    copied = line.value_end;
  }
  edit.text += text.substr(copied);
  if (edit.matched == 0) append_line(edit, text, encode_property(key, true) + "=" + encoded);
  return edit;
}

namespace {

struct EnvValue {
  std::size_t begin = 0, end = 0;  // with quotes
  char quote = 0;
  std::string value;
};

EnvValue read_env_value(std::string_view text, std::size_t at) {
  EnvValue result;
  result.begin = at;
  if (at < text.size() && (text[at] == '"' || text[at] == '\'')) {
    result.quote = text[at++];
    while (at < text.size() && text[at] != result.quote) {
      if (result.quote == '"' && text[at] == '\\' && at + 1 < text.size()) ++at;
      result.value.push_back(text[at++]);
    }
    result.end = std::min(at + 1, text.size());
    return result;
  }
  while (at < text.size() && !is_end(text[at]) && !(is_blank(text[at]) && text.substr(at + 1, 1) == "#")) ++at;
  while (at > result.begin && is_blank(text[at - 1])) --at;
  result.end = at;
  result.value = text.substr(result.begin, at - result.begin);
  return result;
}

std::string encode_env(const std::string& value, char quote) {
  const auto is_plain = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view("_./:@%+,=-").find(c) != std::string_view::npos;
  };
  if (quote == 0 && std::all_of(value.begin(), value.end(), is_plain)) return value;
  if (quote == '\'' && value.find('\'') == std::string::npos) return "'" + value + "'";
  std::string out = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\' || c == '$' || c == '`') out.push_back('\\');
    out.push_back(c);
  }
  return out + "\"";
}

// Position behind "KEY=" when the line at `at` sets the key.
std::optional<std::size_t> env_value_at(std::string_view text, std::size_t at, const std::string& key) {
  const auto skip_blanks = [&] {
    while (at < text.size() && is_blank(text[at])) ++at;
  };
  skip_blanks();
  if (text.substr(at, 7) == "export " || text.substr(at, 7) == "export\t") {
    at += 7;
    skip_blanks();
  }
  if (text.substr(at, key.size()) != key) return std::nullopt;
  at += key.size();
  if (at >= text.size() || text[at] != '=') return std::nullopt;
  return at + 1;
}

}  // namespace

TextEdit set_env(std::string_view text, const std::string& key, const std::string& value) {
  if (value.find_first_of("\r\n") != std::string::npos || value.find('\0') != std::string::npos) {
    throw Error(Code::invalid_document, key,
                Text{"a value of an environment file can't hold a line break", "环境变量文件中的值不能含换行符"});
  }
  TextEdit edit;
  std::size_t copied = 0;
  for (std::size_t at = 0; at < text.size();) {
    if (const auto begin = env_value_at(text, at, key)) {
      const EnvValue old = read_env_value(text, *begin);
      ++edit.matched;
      edit.before = old.value;
      at = old.end;
      if (old.value != value) {
        ++edit.changed;
        edit.text += text.substr(copied, old.begin - copied);
        edit.text += encode_env(value, old.quote);
        copied = old.end;
      }
    }
    while (at < text.size() && !is_end(text[at])) ++at;
    at = skip_line_end(text, at);
  }
  edit.text += text.substr(copied);
  if (edit.matched == 0) append_line(edit, text, key + "=" + encode_env(value, 0));
  return edit;
}

TextEdit replace_text(std::string_view text, const std::string& before, const std::string& after) {
  if (before.empty())
    throw Error(Code::invalid_document, "replace", Text{"the text to replace is empty", "待替换的文本为空"});
  TextEdit edit;
  edit.before = before;
  const auto inside = after.find(before);  // then an occurrence may be one that was replaced already
  std::size_t copied = 0;
  for (std::size_t at = text.find(before); at != std::string_view::npos; at = text.find(before, at)) {
    ++edit.matched;
    if (inside != std::string::npos && at >= inside && text.substr(at - inside, after.size()) == after) {
      at += before.size();
      continue;
    }
    ++edit.changed;
    edit.text += text.substr(copied, at - copied);
    edit.text += after;
    copied = at += before.size();
  }
  edit.text += text.substr(copied);
  return edit;
}

}  // namespace ferry
