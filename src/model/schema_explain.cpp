// What is wrong with one value, in words a person can act on.
#include <algorithm>
#include <limits>
#include <regex>

#include "model/schema.h"

namespace ferry::document {
namespace {

Text type_name(std::string_view type) {
  if (type == "string") return {"a text", "文字"};
  if (type == "integer") return {"a whole number", "整数"};
  if (type == "number") return {"a number", "数字"};
  if (type == "boolean") return {"true or false", "true 或 false"};
  if (type == "array") return {"a list", "列表"};
  if (type == "object") return {"keys and values", "键值对"};
  return {"nothing", "空"};
}

std::string_view type_of(const Json& value) {
  if (value.is_string()) return "string";
  if (value.is_boolean()) return "boolean";
  if (value.is_number_integer()) return "integer";
  if (value.is_array()) return "array";
  if (value.is_object()) return "object";
  return "null";
}

Text wanted_types(const std::vector<std::string>& types) {
  Text out;
  for (const auto& type : types) {
    const auto name = type_name(type);
    out.en += (out.en.empty() ? "" : " or ") + name.en;
    out.zh += (out.zh.empty() ? "" : "或") + name.zh;
  }
  return out;
}

bool type_fits(const Json& value, const std::vector<std::string>& types) {
  const auto type = type_of(value);
  return types.empty() || std::find(types.begin(), types.end(), type) != types.end() ||
         (type == "integer" && std::find(types.begin(), types.end(), "number") != types.end());
}

std::vector<std::string> required_alternatives(const Json& alternatives) {
  std::vector<std::string> out;
  for (const auto& one : alternatives)
    for (const auto& key : one.value("required", Json::array())) out.push_back(key.get<std::string>());
  return out;
}

class Explainer {
 public:
  Explainer(const Json& value, const Schema::Rules& rules, const AddProblem& add)
      : value_(value), rules_(rules), add_(add) {}

  void all() {
    const auto types = types_of(rules_);
    if (!type_fits(value_, types)) return wrong_type(types);
    for (const auto* rule : rules_) {
      enumeration(*rule);
      if (value_.is_string()) text(*rule);
      if (value_.is_number_integer()) number(*rule);
      if (value_.is_array() && value_.size() < rule->value("minItems", std::size_t{0}))
        say({"the list must not be empty", "列表不能为空"});
      if (value_.is_object()) object(*rule);
    }
    if (value_.is_object()) unknown_keys();
  }

 private:
  void say(Text message) { add_(nullptr, std::move(message), Code::invalid_document); }
  void say_of(const std::string& key, Text message) { add_(&key, std::move(message), Code::invalid_document); }

  void wrong_type(const std::vector<std::string>& types) {
    const auto wanted = wanted_types(types);
    if (value_.is_null())
      return say({"the value is missing; " + wanted.en + " is expected", "缺少值；应为" + wanted.zh});
    const auto found = type_name(type_of(value_));
    const std::string en = value_.is_boolean() ? value_.dump() : found.en;
    const std::string zh = value_.is_boolean() ? value_.dump() : found.zh;
    say({wanted.en + " is expected here, not " + en, "此处应为" + wanted.zh + "，而不是" + zh});
  }

  void enumeration(const Json& rule) {
    if (!rule.contains("enum")) return;
    const auto& choices = rule.at("enum");
    if (std::find(choices.begin(), choices.end(), value_) != choices.end()) return;
    std::vector<std::string> words;
    for (const auto& choice : choices) words.push_back(choice.is_string() ? choice.get<std::string>() : choice.dump());
    const auto found = value_.is_string() ? value_.get<std::string>() : value_.dump();
    const auto near = suggestion(found, words);
    say({"'" + found + "' is not allowed here; allowed: " + join(words) + near.en,
         "此处不允许“" + found + "”；允许：" + join(words) + near.zh});
  }

  void text(const Json& rule) {
    const auto& value = value_.get_ref<const std::string&>();
    if (value.size() < rule.value("minLength", std::size_t{0})) return say({"must not be empty", "不能为空"});
    const bool too_long = rule.contains("maxLength") && value.size() > rule.at("maxLength").get<std::size_t>();
    const bool fits =
        !rule.contains("pattern") || std::regex_search(value, std::regex(rule.at("pattern").get<std::string>()));
    if (fits && !too_long) return;
    const auto wanted = rule.value("x-wanted", Text{rule.value("pattern", ""), ""});
    say({"'" + value + "' is not allowed here; expected: " + wanted.en,
         "此处不允许“" + value + "”；应为：" + wanted.in(Language::chinese)});
  }

  void number(const Json& rule) {
    const auto value = value_.get<std::int64_t>();
    const auto least = rule.value("minimum", std::numeric_limits<std::int64_t>::min());
    const auto most = rule.value("maximum", std::numeric_limits<std::int64_t>::max());
    if (value >= least && value <= most) return;
    const auto range = std::to_string(least) + " - " + std::to_string(most);
    say({value_.dump() + " is out of range; allowed: " + range, value_.dump() + " 超出范围；允许：" + range});
  }

  void object(const Json& rule) {
    for (const auto& key : rule.value("required", Json::array()))
      if (!value_.contains(key)) missing(key.get<std::string>());
    if (value_.size() < rule.value("minProperties", std::size_t{0})) say({"must not be empty", "不能为空"});
    if (rule.contains("oneOf")) exactly_one(required_alternatives(rule.at("oneOf")));
    if (!rule.contains("dependencies")) return;
    for (const auto& [key, needs] : rule.at("dependencies").items())
      if (value_.contains(key)) dependency(key, needs);
  }

  void missing(const std::string& key) { say({"the key '" + key + "' is missing", "缺少键“" + key + "”"}); }

  std::vector<std::string> present(const std::vector<std::string>& keys) const {
    std::vector<std::string> out;
    for (const auto& key : keys)
      if (value_.contains(key)) out.push_back(key);
    return out;
  }

  void exactly_one(const std::vector<std::string>& keys) {
    const auto found = present(keys);
    if (found.size() == 1) return;
    if (found.empty()) return say({"one of these keys is needed: " + join(keys), "需要以下键之一：" + join(keys)});
    say_of(found[1], {"only one of these keys is possible: " + join(found), "以下键只能出现一个：" + join(found)});
  }

  void dependency(const std::string& key, const Json& needs) {
    if (needs.is_array()) {
      for (const auto& needed : needs)
        if (!value_.contains(needed))
          say_of(key, {"'" + key + "' needs '" + needed.get<std::string>() + "' beside it",
                       "“" + key + "”需要与“" + needed.get<std::string>() + "”一起使用"});
      return;
    }
    if (needs.contains("oneOf")) exactly_one(required_alternatives(needs.at("oneOf")));
    if (needs.contains("anyOf")) {
      const auto keys = required_alternatives(needs.at("anyOf"));
      if (present(keys).empty())
        say_of(key, {"'" + key + "' is possible only beside one of: " + join(keys),
                     "“" + key + "”只能与以下键之一一起使用：" + join(keys)});
    }
  }

  void unknown_keys() {
    std::vector<std::string> allowed;
    for (const auto* rule : rules_) {
      if (!rule->contains("properties")) continue;
      for (const auto& [key, unused] : rule->at("properties").items()) allowed.push_back(key);
    }
    const bool closed = std::any_of(rules_.begin(), rules_.end(), [](const Json* rule) {
      return rule->contains("additionalProperties") && rule->at("additionalProperties") == false;
    });
    if (!closed) return;
    for (const auto& [key, unused] : value_.items()) {
      if (std::find(allowed.begin(), allowed.end(), key) != allowed.end()) continue;
      const auto near = suggestion(key, allowed);
      add_(&key,
           {"unknown key '" + key + "'" + near.en + " Allowed: " + join(allowed),
            "未知的键“" + key + "”" + near.zh + " 允许：" + join(allowed)},
           Code::unknown_key);
    }
  }

  const Json& value_;
  const Schema::Rules& rules_;
  const AddProblem& add_;
};

}  // namespace

void explain(const Json& value, const Schema::Rules& rules, const AddProblem& add) {
  Explainer(value, rules, add).all();
}

}  // namespace ferry::document
