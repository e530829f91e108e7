// Whose signatures count. A file of its own (docs/formats/package.md, "Trusted keys"), because the way to change it -
// who added or revoked which key, when and what for - must be visible.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "package/key.h"

namespace ferry {

struct TrustedKey {
  PublicKey key;
  std::string holder;         // whose key it is
  std::string purpose;        // "packages"; anything else is listed but not accepted for packages
  std::string added_by;       // as the operating system or the store knows the person
  Moment added_at{};          //
  std::optional<Date> until;  // last day on which packages signed with it are accepted
  std::string revoked_by;     // empty: not revoked
  std::optional<Moment> revoked_at;
  std::string revoked_why;
  bool revoked() const { return revoked_at.has_value(); }
};

class TrustedKeys {
 public:
  TrustedKeys() = default;
  // A file that does not exist is an empty list. Throws Error(invalid_document, unsupported_format).
  static TrustedKeys load(const std::string& file);
  void save(const std::string& file) const;  // atomic; throws Error

  const std::vector<TrustedKey>& keys() const { return keys_; }
  const TrustedKey* find(const std::string& key_id) const;  // 16 hexadecimal digits

  // Throws Error(already_exists) for a key id that stands there, also a revoked one.
  void add(TrustedKey key);
  // Stays in the list, so that what it once signed can be named. Throws Error(not_found).
  void revoke(const std::string& key_id, const std::string& by, Moment at, const std::string& why);
  // For a key that was added by mistake. Throws Error(not_found).
  void remove(const std::string& key_id);

  // The key if it may sign packages at `now`; throws Error(untrusted_key) that names the key id and says why not:
  // not in the list, revoked (by whom, why), after its last day, another purpose.
  const TrustedKey& require(const std::string& key_id, Moment now) const;

 private:
  std::vector<TrustedKey> keys_;
};

}  // namespace ferry
