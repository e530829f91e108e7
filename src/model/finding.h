// What a survey or an impact analysis says to people: stable key, severity, whether it blocks, why, what to do, for
// whom.
#pragma once
#include <string>
#include <vector>

#include "base/json.h"

namespace ferry {

enum class Severity { info, low, medium, high };
std::string_view name_of(Severity severity);
Severity severity_of(std::string_view name);

struct Finding {
  std::string key;   // stable over surveys: rule id, then what it is about: "modified-file:webapp/login.jsp"
  std::string rule;  // "modified-file"
  Severity severity = Severity::info;
  bool blocking = false;
  Text title;
  Text detail;
  Text remedy;
  std::string audience;  // role
  std::vector<std::string> covers;
};

void to_json(Json& json, const Finding& value);
void from_json(const Json& json, Finding& value);

}  // namespace ferry
