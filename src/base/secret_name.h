// Whether a name - of a setting, a column, a variable - says that its value is a secret.
#pragma once
#include <string_view>

namespace ferry {

// password, passwd, pwd, secret, token, credential, salt, and keys (API_KEY, private.key; not "keyboard"), in any case.
bool names_a_secret(std::string_view name);

}  // namespace ferry
