// JSON values and the canonical form that is hashed and signed.
#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/digest.h"
#include "base/path.h"
#include "base/text.h"

namespace ferry {

using Json = nlohmann::json;

// RFC 8785 (JSON Canonicalization Scheme) for the values this program makes: objects sorted by UTF-16 code units of
// their keys, no white space, integers as they are. Throws Error(invalid_document) on a string that is not UTF-8 and on
// a number with a fraction: nothing that is hashed holds one.
std::string canonical(const Json& value);
Digest digest_of(const Json& value);

// Parses; throws Error(invalid_document) naming `where` and the byte, also for more than 200 levels: stacks end.
Json parse_json(std::string_view text, const std::string& where);

// ADL hooks so that the library converts our basic types.
void to_json(Json& json, const Digest& value);
void from_json(const Json& json, Digest& value);
void to_json(Json& json, const RelativePath& value);  // escaped form
void from_json(const Json& json, RelativePath& value);
void to_json(Json& json, const Text& value);
void from_json(const Json& json, Text& value);

}  // namespace ferry
