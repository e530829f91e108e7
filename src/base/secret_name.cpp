#include "base/secret_name.h"

#include <algorithm>
#include <cctype>
#include <string>

namespace ferry {
namespace {

bool is_letter(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0;
}

// "key" as a word at the end: APP_KEY, api-key, privateKey, secretkey; not monkey, not keys of a keyboard.
bool ends_with_key(std::string_view name, std::string_view lower) {
  if (!lower.ends_with("key")) return false;
  const auto begin = lower.size() - 3;
  if (begin == 0) return false;
  const bool word = !is_letter(name[begin - 1]) || std::isupper(static_cast<unsigned char>(name[begin])) != 0;
  return word || lower.ends_with("apikey") || lower.ends_with("accesskey") || lower.ends_with("privatekey");
}

}  // namespace

bool names_a_secret(std::string_view name) {
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  for (const char* word : {"passw", "pwd", "secret", "token", "credential", "salt"})
    if (lower.find(word) != std::string::npos) return true;
  return ends_with_key(name, lower);
}

}  // namespace ferry
