// Collecting what a survey has to say. Keys are stable over surveys, so that decisions and waivers find their finding.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "model/finding.h"

namespace ferry {

// Program and database are of different versions; asked for by name before anything is composed or planned.
inline constexpr std::string_view version_mismatch_rule = "version-mismatch";

class Findings {
 public:
  // `about` becomes part of the key (escaped where it is no UTF-8).
  Finding& add(const std::string& rule, const std::string& about, Severity severity, Text title, Text detail,
               Text remedy, std::vector<std::string> covers);
  // For what went wrong while looking: rule "not-readable".
  Finding& add_error(const std::string& about, const Error& error, bool blocking, std::vector<std::string> covers);
  // High severity first, then by key.
  std::vector<Finding> sorted() &&;

 private:
  std::vector<Finding> all_;
};

// "a, b, c and 12 more".
Text listing(const std::vector<std::string>& items, std::size_t most = 5);

}  // namespace ferry
