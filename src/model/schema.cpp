#include "model/schema.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

namespace ferry::document {
namespace {

// std::regex recurses for every character of its subject, so a very long text where a short word is wanted must not
// get as far as the validator.
constexpr std::size_t longest_matched = 512;

bool contains(const std::vector<std::string>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool has_pattern(const Schema::Rules& rules) {
  return std::any_of(rules.begin(), rules.end(), [](const Json* rule) { return rule->contains("pattern"); });
}

std::optional<std::int64_t> as_integer(const std::string& text) {
  std::int64_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (text != std::to_string(out)) return std::nullopt;  // 007 and -0 are texts
  return out;
}

bool looks_like_fraction(const std::string& text) {
  return text.find_first_of("0123456789") != std::string::npos &&
         text.find_first_not_of("0123456789.eE+-") == std::string::npos && text.find('.') != std::string::npos &&
         std::count(text.begin(), text.end(), '.') == 1;
}

// YAML 1.2 core schema, without floating point numbers: nothing that is hashed holds one.
Json typed_scalar(const Node& node, const Schema::Rules& rules, const std::string& pointer, Problems& problems) {
  const auto types = types_of(rules);
  if (has_pattern(rules) && node.text.size() > longest_matched) {
    report(problems, node.place, pointer, {"this text is far too long here", "此处的文字过长"});
    return "";
  }
  if (!node.plain) return node.text;
  const auto integer = as_integer(node.text);
  if (integer && (types.empty() || contains(types, "integer"))) return *integer;
  const bool truth = node.text == "true" || node.text == "false";
  if (truth && (types.empty() || contains(types, "boolean"))) return node.text == "true";
  if (contains(types, "string")) return node.text;
  if (integer) return *integer;
  if (truth) return node.text == "true";
  if (looks_like_fraction(node.text)) {
    report(problems, node.place, pointer,
           {"fractions are not used here; quote it ('" + node.text + "') if it is a text",
            "此处不使用小数；如为文字请加引号（'" + node.text + "'）"});
    return 0;
  }
  return node.text;
}

class Typing {
 public:
  Typing(const Schema& schema, Typed& out) : schema_(schema), out_(out) {}

  Json value(const Node& node, const Schema::Rules& rules, const std::string& pointer) {
    out_.values[pointer] = node.place;
    if (!node.key_place.file.empty()) out_.keys[pointer] = node.key_place;
    switch (node.kind) {
      case Node::Kind::empty:
        return nullptr;
      case Node::Kind::scalar:
        return typed_scalar(node, rules, pointer, out_.problems);
      case Node::Kind::list: {
        Json list = Json::array();
        const auto item_rules = schema_.item(rules);
        for (const auto& item : node.items) list.push_back(value(item, item_rules, child(pointer, list.size())));
        return list;
      }
      case Node::Kind::mapping: {
        Json object = Json::object();
        for (const auto& item : node.items)
          object[item.key] = value(item, schema_.member(rules, item.key), child(pointer, item.key));
        return object;
      }
    }
    return nullptr;
  }

 private:
  const Schema& schema_;
  Typed& out_;
};

// {"<root>", "[steps]", "[0]"} -> tokens without brackets.
std::vector<std::string> tokens_of(const std::vector<std::string>& context) {
  std::vector<std::string> out;
  for (std::size_t i = 1; i < context.size(); ++i) {
    const auto& part = context[i];
    out.push_back(part.size() >= 2 && part.front() == '[' ? part.substr(1, part.size() - 2) : part);
  }
  return out;
}

struct Spot {
  const Json* value = nullptr;
  Schema::Rules rules;
  std::string pointer;
};

Spot locate(const Schema& schema, const Json& json, const std::vector<std::string>& tokens) {
  Spot spot{&json, schema.top(), ""};
  for (const auto& token : tokens) {
    if (spot.value->is_object() && spot.value->contains(token)) {
      spot.value = &spot.value->at(token);
      spot.rules = schema.member(spot.rules, token);
    } else if (const auto index = as_integer(token); spot.value->is_array() && index && *index >= 0 &&
                                                     static_cast<std::size_t>(*index) < spot.value->size()) {
      spot.value = &spot.value->at(static_cast<std::size_t>(*index));
      spot.rules = schema.item(spot.rules);
    } else {
      break;  // never where the validator and this walk agree; the nearest place around it still helps
    }
    spot.pointer = child(spot.pointer, token);
  }
  return spot;
}

}  // namespace

Schema::Schema(std::string_view text) : schema_(parse_json(text, "schema")) {}

void Schema::add(const Json& rule, Rules& out) const {
  if (!rule.is_object()) return;
  if (rule.contains("$ref")) {
    const auto target = rule.at("$ref").get<std::string>();
    add(schema_.at(Json::json_pointer(target.substr(1))), out);
    return;  // draft-07: what stands beside $ref is ignored
  }
  out.push_back(&rule);
  if (rule.contains("allOf"))
    for (const auto& part : rule.at("allOf")) add(part, out);
}

Schema::Rules Schema::top() const {
  Rules out;
  add(schema_, out);
  return out;
}

Schema::Rules Schema::member(const Rules& rules, const std::string& key) const {
  Rules out;
  for (const auto* rule : rules) {
    if (rule->contains("properties") && rule->at("properties").contains(key)) {
      add(rule->at("properties").at(key), out);
    } else if (rule->contains("additionalProperties")) {
      add(rule->at("additionalProperties"), out);
    } else if (!rule->contains("type") && rule->contains("x-template")) {
      out.push_back(rule);  // free JSON: all texts inside are templates too
    }
  }
  return out;
}

Schema::Rules Schema::item(const Rules& rules) const {
  Rules out;
  for (const auto* rule : rules) {
    if (rule->contains("items")) {
      add(rule->at("items"), out);
    } else if (!rule->contains("type") && rule->contains("x-template")) {
      out.push_back(rule);
    }
  }
  return out;
}

Typed Schema::typed(const Node& node) const {
  Typed out;
  Typing typing(*this, out);
  out.json = typing.value(node, top(), "");
  return out;
}

// valijson decides; the words come from explain(), because the library's own name neither places nor choices. A value
// that it refuses and that explain() has nothing to say about is still reported, in the library's words.
void Schema::validate(Typed& document) const {
  valijson::Schema compiled;
  valijson::SchemaParser parser;
  valijson::adapters::NlohmannJsonAdapter adapter(schema_);
  parser.populateSchema(adapter, compiled);
  valijson::Validator validator(valijson::Validator::kStrongTypes);
  valijson::ValidationResults results;
  const valijson::adapters::NlohmannJsonAdapter target(document.json);
  if (validator.validate(compiled, target, &results)) return;

  std::map<std::string, std::string> refused;  // pointer -> the library's description
  std::map<std::string, Spot> spots;
  for (const auto& error : results) {
    auto spot = locate(*this, document.json, tokens_of(error.context));
    refused.emplace(spot.pointer, error.description);
    spots.emplace(spot.pointer, std::move(spot));
  }
  std::set<std::string> reported;
  for (const auto& problem : document.problems) reported.insert(problem.pointer);
  for (const auto& [pointer, description] : refused) {
    if (reported.contains(pointer)) continue;
    bool explained = false;
    explain(*spots.at(pointer).value, spots.at(pointer).rules, [&](const std::string* key, Text message, Code code) {
      explained = true;
      const auto about = key == nullptr ? pointer : child(pointer, *key);
      const auto place =
          key != nullptr && document.keys.contains(about) ? document.keys.at(about) : document.place_of(pointer);
      document::report(document.problems, place, about, std::move(message), code);
    });
    const auto below = refused.upper_bound(pointer + "/");
    const bool has_deeper = below != refused.end() && below->first.starts_with(pointer + "/");
    if (!explained && !has_deeper) document.report(pointer, {description, "不符合格式：" + description});
  }
}

void Schema::walk(const Json& json, const Visit& visit) const {
  walk(json, top(), "", visit);
}

void Schema::walk(const Json& json, const Rules& rules, const std::string& pointer, const Visit& visit) const {
  visit(json, rules, pointer);
  if (json.is_object()) {
    for (const auto& [key, value] : json.items()) walk(value, member(rules, key), child(pointer, key), visit);
  } else if (json.is_array()) {
    const auto item_rules = item(rules);
    for (std::size_t i = 0; i < json.size(); ++i) walk(json[i], item_rules, child(pointer, i), visit);
  }
}

std::string check_named(const Schema::Rules& rules) {
  for (const auto* rule : rules)
    if (rule->contains("x-check")) return rule->at("x-check").get<std::string>();
  return {};
}

bool is_template(const Schema::Rules& rules) {
  return std::any_of(rules.begin(), rules.end(), [](const Json* rule) { return rule->contains("x-template"); });
}

std::vector<std::string> types_of(const Schema::Rules& rules) {
  for (const auto* rule : rules) {
    if (!rule->contains("type")) continue;
    const auto& type = rule->at("type");
    if (type.is_string()) return {type.get<std::string>()};
    return type.get<std::vector<std::string>>();
  }
  return {};
}

}  // namespace ferry::document
