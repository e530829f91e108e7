// The customer's changes on their way to the vendor and back (B3): what was handed over, and whether what was returned
// contains each of them.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/digest.h"
#include "base/json.h"
#include "base/path.h"
#include "base/text.h"

namespace ferry {

enum class ChangeKind { modified, added, deleted };
std::string_view name_of(ChangeKind kind);
ChangeKind change_kind(std::string_view name);

// One change of the customer's, as the bundle's list says it.
struct HandedChange {
  RelativePath path;
  ChangeKind kind = ChangeKind::modified;
  Digest mine;  // content; empty: deleted
  Digest base;  // the vendor's old content; empty: not there, or not known
  bool config = false;
  std::string withheld;      // why the content was not handed over: "link", "too large"; empty: it was
  std::uint64_t masked = 0;  // secrets hidden in what was handed over
  std::string choice;        // decision: keep, take, merge, retire; empty: none was needed
  std::string reason;
  Digest merged;  // decision merge: the content agreed on
};

// Contained: unchanged, merged, kept. Given up: by a decision. The rest is for people to look at.
enum class Containment {
  unchanged,  // the very content of the customer, or the one that was agreed on
  merged,     // differs from both, and every line that the customer changed is there
  kept,       // no package touches it: it stays as it is
  given_up,   // decided: take or retire
  accepted,   // somebody has looked at it and answers for it
  unproved,   // differs from both, and can't be compared line by line
  partial,    // some of the customer's lines are not there
  missing     // the vendor's own content without the change, or gone
};
std::string_view name_of(Containment value);
Containment containment_of(std::string_view name);
Text title_of(Containment value);
bool is_open(Containment value);  // unproved, partial, missing

struct ReturnedChange {
  RelativePath path;
  Containment state = Containment::missing;
  std::string package;  // that decides it
  Digest content;       // in it; empty: none
  Text why;
  std::string person, reason;  // accepted
};

// What became of a bundle so far.
struct CustomisationReturn {
  Digest bundle;  // of its list
  Moment handed;
  std::vector<HandedChange> changes;
  std::optional<Moment> looked;       // at what was returned
  std::vector<std::string> packages;  // digests of the packages looked at, sorted
  std::vector<ReturnedChange> returned;

  std::size_t count(Containment state) const;
};

void to_json(Json& json, const HandedChange& value);
void from_json(const Json& json, HandedChange& value);
void to_json(Json& json, const ReturnedChange& value);
void from_json(const Json& json, ReturnedChange& value);
void to_json(Json& json, const CustomisationReturn& value);
void from_json(const Json& json, CustomisationReturn& value);

}  // namespace ferry
