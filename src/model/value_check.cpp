#include "model/value_check.h"

#include <algorithm>
#include <regex>

namespace ferry::document {
namespace {

constexpr std::size_t longest_regex = 1000;  // std::regex recurses while it compiles

bool is_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.';
  });
}

Text wrong_range(const std::string& text) {
  try {
    const VersionRange range(text);
    return {};
  } catch (const Error&) {
    return {"'" + text + "' is no version range; examples: '>=7.4 <8', '7.4', '8.*', '*'",
            "“" + text + "”不是版本范围；示例：'>=7.4 <8'、'7.4'、'8.*'、'*'"};
  }
}

Text wrong_absolute(const std::string& text) {
  bool good = text.starts_with('/') && text.size() > 1;
  try {
    if (good) good = "/" + RelativePath(text.substr(1)).bytes() == text;
  } catch (const Error&) {
    good = false;
  }
  if (good) return {};
  return {"'" + text + "' is not allowed here; expected: an absolute path without '.', '..', '//' and a '/' at its end",
          "此处不允许“" + text + "”；应为绝对路径，不含“.”“..”“//”，且不以“/”结尾"};
}

Text wrong_url(const std::string& text) {
  const auto rest = text.starts_with("http://") ? 7U : text.starts_with("https://") ? 8U : 0U;
  const bool blank = text.find_first_of(" \t\r\n") != std::string::npos;
  if (rest != 0 && text.size() > rest && text[rest] != '/' && !blank) return {};
  return {"'" + text + "' is no address; expected: http://HOST[:PORT] or https://HOST[:PORT]",
          "“" + text + "”不是网址；应为 http://HOST[:PORT] 或 https://HOST[:PORT]"};
}

using OneCheck = Text (*)(const std::string&);
OneCheck check_for_text(const std::string& name) {
  if (name == "path") return wrong_path;
  if (name == "pointer") return wrong_pointer;
  if (name == "pick") return wrong_pick;
  if (name == "range") return wrong_range;
  if (name == "regex") return wrong_regex;
  if (name == "absolute") return wrong_absolute;
  if (name == "url") return wrong_url;
  return nullptr;
}

Text wrong_key(const std::string& check, const std::string& key) {
  if (check == "pointer-keys") return wrong_pointer(key);
  if (check == "paths-keys") return wrong_path(key);
  if (check == "names" && !is_name(key))
    return {"'" + key + "' is not allowed as a name; expected: letters, digits, '_', '-', '.'",
            "“" + key + "”不能作为名称；应为字母、数字、“_”“-”“.”"};
  return {};
}

}  // namespace

Text wrong_pointer(const std::string& text) {
  bool good = text.empty() || text.starts_with('/');
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] == '~') good = good && i + 1 < text.size() && (text[i + 1] == '0' || text[i + 1] == '1');
  if (good) return {};
  return {"'" + text + "' is no JSON pointer; expected: /KEY/KEY (a '/' inside a key is written ~1, a '~' ~0)",
          "“" + text + "”不是 JSON pointer；应为 /键/键（键内的“/”写作 ~1，“~”写作 ~0）"};
}

Text wrong_regex(const std::string& text) {
  if (text.size() > longest_regex) return {"the regular expression is too long", "正则表达式过长"};
  try {
    const auto groups = std::regex(text).mark_count();
    if (groups == 1) return {};
    const auto count = std::to_string(groups);
    return {"the regular expression must have exactly one group ( ) and has " + count,
            "正则表达式必须恰好有一个分组 ( )，现有 " + count + " 个"};
  } catch (const std::regex_error& e) {
    return {"'" + text + "' is no regular expression (ECMAScript): " + e.what(),
            "“" + text + "”不是正则表达式（ECMAScript）：" + e.what()};
  }
}

Text wrong_pick(const std::string& text) {
  if (text.starts_with(regex_prefix)) return wrong_regex(text.substr(regex_prefix.size()));
  return wrong_pointer(text);
}

Text wrong_path(const std::string& text) {
  try {
    const RelativePath path(unescape(text));
    return {};
  } catch (const Error& e) {
    return {"'" + text + "' is not allowed here; expected: a path below the root, with '/' (" + e.detail() + ")",
            "此处不允许“" + text + "”；应为安装目录下的相对路径，以“/”分隔（" + e.detail_text().zh + "）"};
  }
}

void check_values(const Schema& schema, Typed& document) {
  const auto report = [&](const Place& place, const std::string& pointer, Text message) {
    if (!message.empty()) document::report(document.problems, place, pointer, std::move(message));
  };
  schema.walk(document.json, [&](const Json& value, const Schema::Rules& rules, const std::string& pointer) {
    const auto check = check_named(rules);
    if (check.empty()) return;
    if (value.is_string()) {
      const auto& text = value.get_ref<const std::string&>();
      if (const auto one = check_for_text(check); one != nullptr && !text.empty())
        report(document.place_of(pointer), pointer, one(text));
    } else if (value.is_object()) {
      for (const auto& [key, unused] : value.items()) {
        const auto about = child(pointer, key);
        report(document.keys.contains(about) ? document.keys.at(about) : document.place_of(about), about,
               wrong_key(check, key));
      }
    }
  });
}

}  // namespace ferry::document
