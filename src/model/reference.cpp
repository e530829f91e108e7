#include "model/reference.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "model/schemas.h"

namespace ferry {
namespace {

// Keys are told in the order of the schema's file.
using Ordered = nlohmann::ordered_json;

std::string cell(std::string text) {
  for (auto at = text.find('|'); at != std::string::npos; at = text.find('|', at + 2)) text.replace(at, 1, "\\|");
  return text;
}

std::string code(const std::string& text) {
  return "`" + text + "`";
}

// As GitHub makes anchors of headings.
std::string anchor(const std::string& heading) {
  std::string out;
  for (const char c : heading) {
    const auto letter = static_cast<unsigned char>(c);
    if (std::isalnum(letter) != 0 || c == '_' || c == '-') out += static_cast<char>(std::tolower(letter));
    if (c == ' ') out += '-';
  }
  return out;
}

std::string joined(const std::vector<std::string>& parts, const std::string& between) {
  std::string out;
  for (const auto& part : parts) out += (out.empty() ? "" : between) + part;
  return out;
}

std::vector<std::string> types_of(const Ordered& rule) {
  if (!rule.contains("type")) return {};
  const auto& type = rule.at("type");
  return type.is_array() ? type.get<std::vector<std::string>>() : std::vector{type.get<std::string>()};
}

bool has_type(const Ordered& rule, std::string_view type) {
  const auto types = types_of(rule);
  return std::find(types.begin(), types.end(), type) != types.end();
}

// The definition that a rule stands for: {"$ref": ...} or {"allOf": [{"$ref": ...}, ...]}. Empty: it stands for itself.
std::string reference_of(const Ordered& rule) {
  const auto name = [](const Ordered& one) {
    const auto path = one.at("$ref").get<std::string>();
    return path.substr(path.rfind('/') + 1);
  };
  if (rule.contains("$ref")) return name(rule);
  if (rule.contains("allOf") && rule.at("allOf").front().contains("$ref")) return name(rule.at("allOf").front());
  return {};
}

std::vector<std::string> alternatives(const Ordered& list) {
  std::vector<std::string> out;
  for (const auto& one : list) {
    const auto required = one.value("required", Ordered::array());
    for (const auto& key : required) out.push_back(code(key.get<std::string>()));
  }
  return out;
}

// One schema becomes sections: the top, each object below it, then the forms that they share.
class Writer {
 public:
  Writer(std::string_view schema, std::string prefix, Language language)
      : schema_(Ordered::parse(schema)), prefix_(std::move(prefix)), language_(language) {}

  void write(const Text& title, std::string& out) {
    section("# " + title.in(language_), schema_, prefix_, out);
    for (std::size_t i = 0; i < waiting_.size(); ++i) {
      const auto [name, rule] = waiting_[i];  // a copy: the list grows
      section("## " + name, *rule, name, out);
    }
    forms(out);
  }

 private:
  std::string say(const char* english, const char* chinese) const {
    return language_ == Language::chinese ? chinese : english;
  }

  std::string described(const Ordered& rule) const {
    const char* key = language_ == Language::chinese ? "x-zh" : "description";
    if (rule.contains(key)) return rule.at(key).get<std::string>();
    const auto name = reference_of(rule);
    return name.empty() ? std::string() : described(schema_.at("definitions").at(name));
  }

  // A section for this object, once; the link to it.
  std::string link_to(const std::string& name, const Ordered& rule) {
    const bool known =
        std::any_of(waiting_.begin(), waiting_.end(), [&](const auto& one) { return one.first == name; });
    if (!known) waiting_.emplace_back(name, &rule);
    return "[" + name + "](#" + anchor(name) + ")";
  }

  // A definition of the schema: an object has its section, a choice its values, everything else stands among the forms.
  std::string named(const std::string& name) {
    const auto& target = schema_.at("definitions").at(name);
    if (target.contains("properties") && !has_type(target, "string")) return link_to(name, target);
    if (target.contains("enum")) return values(target);
    if (std::find(forms_.begin(), forms_.end(), name) == forms_.end()) forms_.push_back(name);
    return "[" + name + "](#" + anchor(forms_heading()) + ")";
  }

  std::string form(const Ordered& rule, const std::string& path) {
    const auto name = reference_of(rule);
    if (!name.empty()) {
      const bool or_list = has_type(rule, "object") && has_type(rule, "array");
      return named(name) + (or_list ? say(" or a list", "或列表") : "");
    }
    if (rule.contains("enum")) return values(rule);
    const bool one = has_type(rule, "string");
    if (has_type(rule, "array")) return list(rule, path, types_of(rule).size() > 1);
    if (has_type(rule, "object")) return object(rule, path);
    if (has_type(rule, "integer")) return number(rule);
    if (has_type(rule, "boolean")) return say("true or false", "true 或 false");
    if (rule.value("x-check", "") == "regex") return say("expression", "正则表达式");
    if (one) return rule.value("x-template", false) ? say("template", "模板") : say("text", "文字");
    return say("any value", "任意值");
  }

  std::string list(const Ordered& rule, const std::string& path, bool or_one) {
    const auto items = rule.contains("items") ? form(rule.at("items"), path) : say("values", "值");
    return or_one ? items + say(" or a list", "或列表") : say("list of ", "列表：") + items;
  }

  std::string object(const Ordered& rule, const std::string& path) {
    if (rule.contains("properties"))
      return (has_type(rule, "string") ? say("text or ", "文字或") : "") + link_to(path, rule);
    if (!rule.contains("additionalProperties") || !rule.at("additionalProperties").is_object())
      return say("keys and values", "键值对");
    const auto& value = rule.at("additionalProperties");
    const auto check = rule.value("x-check", "");
    const auto key = check == "pointer-keys" ? say("POINTER", "指针")
                     : check == "paths-keys" ? say("PATH", "路径")
                                             : say("NAME", "名称");
    return "{" + key + ": " + form(value, path + "." + say("NAME", "名称")) + "}";
  }

  std::string values(const Ordered& rule) const {
    std::vector<std::string> out;
    for (const auto& value : rule.at("enum"))
      out.push_back(code(value.is_string() ? value.get<std::string>() : value.dump()));
    return joined(out, ", ");
  }

  std::string number(const Ordered& rule) const {
    const auto whole = say("number", "整数");
    if (!rule.contains("minimum")) return whole;
    const auto least = rule.at("minimum").dump();
    if (!rule.contains("maximum")) return whole + say(", at least ", "，不小于 ") + least;
    return least + " - " + rule.at("maximum").dump();
  }

  void section(const std::string& heading, const Ordered& rule, const std::string& path, std::string& out) {
    out += heading + "\n\n";
    const auto about = described(rule);
    if (!about.empty()) out += about + "\n\n";
    const auto required = rule.value("required", std::vector<std::string>{});
    out += say("| key | value | meaning |\n", "| 键 | 值 | 含义 |\n") + "| --- | --- | --- |\n";
    for (const auto& [key, value] : rule.at("properties").items()) {
      const bool needed = std::find(required.begin(), required.end(), key) != required.end();
      const auto below = path.empty() ? key : path + "." + key;
      out += "| " + code(key) + (needed ? " *" : "") + " | " + cell(form(value, below)) + " | " +
             cell(described(value)) + " |\n";
    }
    out += "\n";
    conditions(rule, out);
  }

  // What a table can't show: which keys exclude or need each other.
  void conditions(const Ordered& rule, std::string& out) const {
    std::vector<std::string> lines;
    if (rule.contains("oneOf"))
      lines.push_back(say("Exactly one of ", "以下键恰有一个：") + joined(alternatives(rule.at("oneOf")), ", ") +
                      say(".", "。"));
    const auto dependencies = rule.value("dependencies", Ordered::object());
    for (const auto& [key, needs] : dependencies.items()) lines.push_back(condition(key, needs));
    for (const auto& line : lines) out += "- " + line + "\n";
    if (!lines.empty()) out += "\n";
  }

  std::string condition(const std::string& key, const Ordered& needs) const {
    std::vector<std::string> keys;
    std::string word = say("needs", "需要");
    if (needs.is_array())
      for (const auto& needed : needs) keys.push_back(code(needed.get<std::string>()));
    else if (needs.contains("oneOf")) {
      keys = alternatives(needs.at("oneOf"));
      word = say("needs exactly one of", "恰需以下之一：");
    } else if (needs.contains("anyOf")) {
      keys = alternatives(needs.at("anyOf"));
      word = say("needs one of", "需要以下之一：");
    }
    return code(key) + " " + word + " " + joined(keys, ", ") + say(".", "。");
  }

  std::string forms_heading() const {
    // Headings of two chapters must not share an anchor.
    return (prefix_.empty() ? "profile" : prefix_) + ": forms";
  }

  void forms(std::string& out) {
    if (forms_.empty()) return;
    out += "## " + forms_heading() + "\n\n" + say("| form | what it is |\n", "| 形式 | 含义 |\n") + "| --- | --- |\n";
    for (const auto& name : forms_) {
      const auto& rule = schema_.at("definitions").at(name);
      auto about = described(rule);
      if (rule.contains("x-wanted")) {
        const auto wanted = rule.at("x-wanted").value(language_ == Language::chinese ? "zh" : "en", "");
        about += (about.empty() ? "" : " ") + say("Expected: ", "应为：") + wanted + say(".", "。");
      }
      out += "| " + name + " | " + cell(about) + " |\n";
    }
    out += "\n";
  }

  Ordered schema_;
  std::string prefix_;
  Language language_;
  std::vector<std::pair<std::string, const Ordered*>> waiting_;
  std::vector<std::string> forms_;
};

void undescribed(const Ordered& schema, const Ordered& rule, const std::string& where, std::vector<std::string>& out) {
  if (!rule.is_object()) return;
  if (rule.contains("properties"))
    for (const auto& [key, value] : rule.at("properties").items()) {
      const auto name = reference_of(value);
      const auto has = [&](const char* text) {
        return value.contains(text) || (!name.empty() && schema.at("definitions").at(name).contains(text));
      };
      if (!has("description") || !has("x-zh")) out.push_back(where + "/" + key);
      undescribed(schema, value, where + "/" + key, out);
    }
  for (const char* part : {"items", "additionalProperties"})
    if (rule.contains(part)) undescribed(schema, rule.at(part), where, out);
}

}  // namespace

std::string key_reference(Language language) {
  const bool chinese = language == Language::chinese;
  std::string out =
      chinese
          ? "<!-- 由 src/model/schema 生成：ferry profile reference --language zh。请勿手工修改。 -->\n\n"
          : "<!-- Made from src/model/schema by: ferry profile reference --language en. Not edited by hand. -->\n\n";
  out +=
      chinese
          ? "带 * 的键必须填写。写法、模板与继承：[产品档案](../formats/profile.md)。\n\n"
          : "Keys with * must be there. Ways of writing, templates, inheritance: [profile](../formats/profile.md).\n\n";
  for (const auto& source : document::published_schemas())
    Writer(source.text, source.prefix, language).write(source.title, out);
  while (out.ends_with("\n\n")) out.pop_back();
  return out;
}

std::vector<std::string> undescribed_keys() {
  std::vector<std::string> out;
  for (const auto& source : document::published_schemas()) {
    const auto schema = Ordered::parse(source.text);
    undescribed(schema, schema, source.title.en, out);
    const auto definitions = schema.value("definitions", Ordered::object());
    for (const auto& [name, rule] : definitions.items()) undescribed(schema, rule, source.title.en + ":" + name, out);
  }
  return out;
}

}  // namespace ferry
