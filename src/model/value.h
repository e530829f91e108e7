// Small helpers of the model: templates with ${...}, version numbers and ranges.
#pragma once
#include <compare>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace ferry {

// Names to values for ${...}: "environment.port", "environment.root", "environment.url", "fence.smtp", ...
using Variables = std::map<std::string, std::string>;

// Replaces ${name}; "$${" stands for a literal "${". ${secret.NAME} is looked up with `secret` at the last moment and
// must never be stored. Throws Error(invalid_document) naming the unknown variable and the known ones.
using SecretLookup = std::function<std::string(const std::string& name)>;
std::string expand(std::string_view text, const Variables& variables, const SecretLookup& secret = nullptr);

// Names used by the ${...} of a text, in order, repeats included. Throws Error(invalid_document) on a "${" without end.
std::vector<std::string> variables_in(std::string_view text);

// A dotted version: 8.0, 7.4.2, 8.100.0531+KB81001603. Compared number by number, then letters, so that 7.10 > 7.9.
class Version {
 public:
  Version() = default;
  explicit Version(std::string text);
  const std::string& text() const { return text_; }
  bool empty() const { return text_.empty(); }
  std::strong_ordering operator<=>(const Version& other) const;
  bool operator==(const Version& other) const { return (*this <=> other) == 0; }

 private:
  std::string text_;
};

// ">=7.4 <8", "7.4", "8.*", "*": blanks mean "and". Throws Error(invalid_document).
class VersionRange {
 public:
  VersionRange() = default;  // everything
  explicit VersionRange(std::string text);
  bool contains(const Version& version) const;
  const std::string& text() const { return text_; }

 private:
  std::string text_ = "*";
};

// Is there a version that both contain?
bool overlap(const VersionRange& a, const VersionRange& b);

void to_json(Json& json, const Version& value);
void from_json(const Json& json, Version& value);
void to_json(Json& json, const VersionRange& value);
void from_json(const Json& json, VersionRange& value);

}  // namespace ferry
