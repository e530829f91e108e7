#include "base/json.h"

#include <algorithm>
#include <vector>

#include "base/error.h"

namespace ferry {
namespace {

// RFC 8785 section 3.2.3 sorts by UTF-16 code units. That differs from byte order of UTF-8 only between characters
// above U+FFFF (surrogates, 0xD800...) and those from U+E000 to U+FFFF, so it is enough to map the lead byte.
bool utf16_less(const std::string& a, const std::string& b) {
  const auto rank = [](unsigned char c) { return c >= 0xF0 ? 0xED * 2 + 1 : c * 2; };
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) {
    return rank(static_cast<unsigned char>(x)) < rank(static_cast<unsigned char>(y));
  });
}

void write(const Json& value, std::string& out) {
  switch (value.type()) {
    case Json::value_t::object: {
      std::vector<std::string> keys;
      for (const auto& [key, unused] : value.items()) keys.push_back(key);
      std::sort(keys.begin(), keys.end(), utf16_less);
      out += '{';
      bool first = true;
      for (const auto& key : keys) {
        if (!first) out += ',';
        first = false;
        out += Json(key).dump();
        out += ':';
        write(value.at(key), out);
      }
      out += '}';
      return;
    }
    case Json::value_t::array: {
      out += '[';
      bool first = true;
      for (const auto& item : value) {
        if (!first) out += ',';
        first = false;
        write(item, out);
      }
      out += ']';
      return;
    }
    case Json::value_t::number_float:
      // A log or record from outside may hold one: refused like any other damage.
      throw Error(Code::invalid_document, "JSON",
                  Text{"a number with a fraction can't stand here", "此处不允许带小数的数字"});
    default:
      out += value.dump();
  }
}

constexpr int deepest = 200;

// Whoever walks through a value calls himself once a level: without a limit a small text of brackets ends the program.
void require_shallow(std::string_view text, const std::string& where) {
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      if (c == '"') quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '[' || c == '{') {
      if (++depth > deepest)
        throw Error(Code::invalid_document, where,
                    Text{"byte " + std::to_string(i) + ": nested deeper than " + std::to_string(deepest) + " levels",
                         "第 " + std::to_string(i) + " 字节：嵌套超过 " + std::to_string(deepest) + " 层"});
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
}

}  // namespace

std::string canonical(const Json& value) {
  std::string out;
  try {
    write(value, out);
  } catch (const Json::exception& e) {
    throw Error(Code::invalid_document, "JSON", e.what());
  }
  return out;
}

Digest digest_of(const Json& value) {
  return Digest::of(canonical(value));
}

Json parse_json(std::string_view text, const std::string& where) {
  require_shallow(text, where);
  try {
    return Json::parse(text);
  } catch (const Json::exception& e) {
    throw Error(Code::invalid_document, where, e.what());
  }
}

void to_json(Json& json, const Digest& value) {
  json = value.empty() ? "" : value.hex();
}
void from_json(const Json& json, Digest& value) {
  const auto text = json.get<std::string>();
  value = text.empty() ? Digest() : Digest::from_hex(text);
}
void to_json(Json& json, const RelativePath& value) {
  json = escape(value.bytes());
}
void from_json(const Json& json, RelativePath& value) {
  value = RelativePath(unescape(json.get<std::string>()));
}
void to_json(Json& json, const Text& value) {
  json = Json{{"en", value.en}, {"zh", value.zh}};
}
void from_json(const Json& json, Text& value) {
  if (json.is_string()) {
    value = Text{json.get<std::string>(), json.get<std::string>()};
    return;
  }
  value.en = json.value("en", "");
  value.zh = json.value("zh", "");
}

}  // namespace ferry
