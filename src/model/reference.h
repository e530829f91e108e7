// The reference of all keys of profiles, environments, profile tests, orders for a capture and project files, as
// Markdown, made from the published schemas: docs/reference/profile.md and profile.zh.md are its output.
#pragma once
#include <string>
#include <vector>

#include "base/text.h"

namespace ferry {

std::string key_reference(Language language);

// JSON pointers (with the schema's name in front) of keys that lack a description in one of the two languages.
std::vector<std::string> undescribed_keys();

}  // namespace ferry
