// Checks of single values that a schema can't express; which one applies is said by `x-check` in the schema.
// Not for use outside this room.
#pragma once
#include "model/schema.h"

namespace ferry::document {

// Runs all x-check and reports.
void check_values(const Schema& schema, Typed& document);

// Why the text is no such thing, or an empty text.
Text wrong_pointer(const std::string& text);  // RFC 6901
Text wrong_regex(const std::string& text);    // ECMAScript with exactly one group
Text wrong_pick(const std::string& text);     // pointer or "regex:..."
Text wrong_path(const std::string& text);     // relative, escaped

inline constexpr std::string_view regex_prefix = "regex:";

}  // namespace ferry::document
