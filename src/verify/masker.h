// Keeps secrets out of evidence: every secret that was looked up is remembered and replaced wherever it turns up.
#pragma once
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "model/evidence.h"
#include "model/value.h"

namespace ferry {

class Masker {
 public:
  // A lookup that remembers what it handed out. The masker must outlive it.
  SecretLookup watch(SecretLookup lookup);
  void add(const std::string& secret);

  // Replaces the secrets by "***", also in their URL-encoded, JSON-escaped and base64 forms.
  std::string mask(std::string_view text) const;
  void mask(Evidence& evidence) const;

 private:
  std::set<std::string> forms_;
};

}  // namespace ferry
