// A licence on its way (B6.2): asked for, promised, received, installed; one for each environment.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/digest.h"
#include "project/project.h"

namespace ferry {

enum class LicenceState { applied, received, installed };
std::string_view name_of(LicenceState state);
Text title_of(LicenceState state);

struct LicenceApplication {
  std::string environment;
  std::string kind;  // of the environment: production, test, clone
  std::string product;
  Text title;                 // of the product
  std::string version;        // for which it is wanted
  std::string contract_name;  // letter by letter
  std::string machine_code;   // empty: the profile names none
  LicenceTerms terms;         // wanted
  Moment applied;
  std::string by;
  std::optional<Date> promised;
  std::optional<Moment> received;
  Digest file;  // what was received
  std::optional<Moment> installed;

  LicenceState state() const;
};
void to_json(Json& json, const LicenceApplication& value);
void from_json(const Json& json, LicenceApplication& value);

// The newest record of each environment, in the order of the environments' first application.
std::vector<LicenceApplication> latest_applications(const std::vector<LicenceApplication>& records);

// The text to be sent: to the vendor, in the language wanted.
Text application_text(const Project& project, const LicenceApplication& application);

// As a licence says it: "9999-99-99" and later years than 9000 are no end (none, and no problem); otherwise a day, or
// Error(invalid_document).
std::optional<Date> licence_end(const std::string& text);
// "a, b;c" or "a b": without blanks around, none empty.
std::vector<std::string> licence_modules(const std::string& text);

// What a licence lacks of the contract's terms; empty: nothing. `expires` counts only where `end_known`.
std::vector<Text> licence_shortfalls(const LicenceTerms& wanted, const std::optional<std::int64_t>& users,
                                     const std::optional<std::vector<std::string>>& modules,
                                     const std::optional<Date>& expires);

}  // namespace ferry
