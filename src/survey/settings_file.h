// Settings files of unknown products, read line by line for what matters in an upgrade: addresses, ports, paths,
// connections. Not a parser of their formats: whatever looks like KEY and VALUE on one line.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "survey/sighting.h"

namespace ferry {

// Whether a file of that name is one of settings, and how its values can be changed.
std::optional<SettingsForm> settings_form(const RelativePath& path);

// Secrets are masked already: their values never leave this function. Lines longer than 4096 bytes are left out.
std::vector<Setting> read_settings(std::string_view text, SettingsForm form);

// An address as far as it matters here.
struct Address {
  std::string scheme, user, host, path;  // path with '?...'; user without a password
  int port = 0;                          // 0: none given
};
// "https://user:word@host:8443/hook?x=1"; also jdbc: in front. Nothing when it is none.
std::optional<Address> parse_address(std::string_view text);
// A password between ':' and '@', and one given as password=..., becomes ***.
std::string without_password(std::string_view text);

// PostgreSQL, MySQL, ...: what an address or JDBC address connects to, other than SQLite. Empty: no database.
std::string database_product(const Address& address);

}  // namespace ferry
