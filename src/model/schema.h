// The published JSON Schemas (src/model/schema, draft-07) at work: they decide how unquoted scalars are read, whether
// a document is valid, and, by our own keywords, which further checks apply to a value:
//   x-wanted    {en, zh}: what a `pattern` wants, for people
//   x-template  the text may contain ${...}
//   x-check     path, paths-keys, pointer, pointer-keys, pick, range, regex, names, absolute, url
//   x-zh        `description` in Chinese
// For this room, and for the project file (src/project).
#pragma once
#include <functional>
#include <string_view>
#include <vector>

#include "model/document.h"

namespace ferry::document {

class Schema {
 public:
  explicit Schema(std::string_view text);

  // All parts of the schema that speak about one value (with $ref and allOf resolved).
  using Rules = std::vector<const Json*>;
  Rules top() const;
  Rules member(const Rules& rules, const std::string& key) const;
  Rules item(const Rules& rules) const;

  // The tree as JSON: quoted scalars are texts, plain ones become what the schema wants.
  Typed typed(const Node& node) const;

  // Reports everything that the schema forbids.
  void validate(Typed& document) const;

  // Visits every value with its rules and pointer.
  using Visit = std::function<void(const Json& value, const Rules& rules, const std::string& pointer)>;
  void walk(const Json& json, const Visit& visit) const;

 private:
  void add(const Json& rule, Rules& out) const;
  void walk(const Json& json, const Rules& rules, const std::string& pointer, const Visit& visit) const;

  Json schema_;
};

// The value of our own keyword; empty when no rule carries it.
std::string check_named(const Schema::Rules& rules);
bool is_template(const Schema::Rules& rules);
std::vector<std::string> types_of(const Schema::Rules& rules);  // empty: any

// Problems of one value by itself, in words (schema_explain.cpp). `add` gets the key concerned, or nothing for the
// value as a whole.
using AddProblem = std::function<void(const std::string* key, Text message, Code code)>;
void explain(const Json& value, const Schema::Rules& rules, const AddProblem& add);

}  // namespace ferry::document
