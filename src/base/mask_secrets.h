// Hides the values of secrets in a text that leaves the house: settings, attributes, assignments in source code.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace ferry {

inline constexpr std::string_view secret_mask = "***";

struct MaskedText {
  std::string text;
  std::size_t masked = 0;  // values
};

// Line by line, in any charset that keeps ASCII: NAME=VALUE, NAME: VALUE, "NAME": "VALUE", <NAME>VALUE</NAME>, and
// name="NAME" value="VALUE", where NAME names a secret (secret_name.h). In source code (`code`) only quoted values are
// secrets: what stands there without quotes is an expression. Templates such as ${...} are no secrets.
MaskedText mask_secrets(std::string_view bytes, bool code);

}  // namespace ferry
