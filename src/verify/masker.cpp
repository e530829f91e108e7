#include "verify/masker.h"

#include <algorithm>
#include <span>
#include <vector>

#include "base/digest.h"
#include "base/json.h"
#include "verify/http.h"

namespace ferry {

SecretLookup Masker::watch(SecretLookup lookup) {
  if (!lookup) return nullptr;
  return [this, lookup = std::move(lookup)](const std::string& name) {
    auto value = lookup(name);
    add(value);
    return value;
  };
}

void Masker::add(const std::string& secret) {
  if (secret.empty()) return;
  forms_.insert(secret);
  forms_.insert(to_base64({reinterpret_cast<const std::uint8_t*>(secret.data()), secret.size()}));
  if (!is_utf8(secret)) return;
  const auto form = form_encoded({{"", secret}}).substr(1);
  forms_.insert(form);
  auto with_blanks = form;
  for (std::size_t at = 0; (at = with_blanks.find('+', at)) != std::string::npos;) with_blanks.replace(at, 1, "%20");
  forms_.insert(with_blanks);
  const auto json = Json(secret).dump();
  forms_.insert(json.substr(1, json.size() - 2));
}

std::string Masker::mask(std::string_view text) const {
  // The longest first: one secret may begin with another.
  std::vector<std::string_view> forms(forms_.begin(), forms_.end());
  std::sort(forms.begin(), forms.end(), [](auto a, auto b) { return a.size() > b.size(); });
  std::string out(text);
  for (const auto form : forms)
    for (std::size_t at = 0; (at = out.find(form, at)) != std::string::npos; at += 3)
      out.replace(at, form.size(), "***");
  return out;
}

void Masker::mask(Evidence& evidence) const {
  evidence.summary = {mask(evidence.summary.en), mask(evidence.summary.zh)};
  for (auto& step : evidence.steps) {
    step.action = mask(step.action);
    step.expected = mask(step.expected);
    step.observed = mask(step.observed);
  }
  for (auto& [name, value] : evidence.values) value = mask(value);
}

}  // namespace ferry
