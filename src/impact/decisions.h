// What people decided, remembered under hash(base, mine, theirs): replayed wherever these three meet again, expired
// when one of them changes (docs/formats/decisions.md).
#pragma once
#include <map>
#include <string>
#include <vector>

#include "impact/three_way.h"

namespace ferry {

class DecisionMemory {
 public:
  // JSON lines, append only; the last decision of a key counts. A file that does not exist is an empty memory; a last
  // line that was cut off by a crash is ignored and overwritten by the next remember(). Throws Error(invalid_document)
  // naming file:line for any other damage.
  explicit DecisionMemory(std::string file);

  // Durable when it returns. Throws Error(invalid_document) without person or reason, or for a merge without `merged`.
  void remember(const Decision& decision);
  const Decision* find(const RelativePath& path, const Digest& key) const;
  // The latest one about a path, whatever contents met.
  const Decision* latest(const RelativePath& path) const;
  const std::vector<Decision>& all() const { return all_; }  // in the order of their making

 private:
  void index(const Decision& decision);

  std::string file_;
  std::uint64_t good_bytes_ = 0;  // end of the last whole line
  std::vector<Decision> all_;
  std::map<std::pair<RelativePath, Digest>, std::size_t> by_key_;
  std::map<RelativePath, std::size_t> by_path_;
};

// A decision about an item, ready to be remembered.
Decision decide(const ThreeWayItem& item, Choice choice, std::string reason, std::string person, std::string at,
                const Digest& merged = {});

struct ExpiredDecision {
  Decision decision;  // what was decided then
  Text why;           // which of the three changed since
};
struct Resolution {
  std::vector<Decision> decisions;        // for this comparison, sorted by path: into the recipe
  std::vector<const ThreeWayItem*> open;  // conflicts nobody decided; point into the comparison
  std::vector<ExpiredDecision> expired;   // decisions about open ones that no longer fit
};
Resolution resolve(const ThreeWay& comparison, const DecisionMemory& memory);
// Throws Error(undecided) that lists every open conflict, and for expired decisions why.
void require_decided(const Resolution& resolution);
// "1 conflict", "2 conflicts": what a refusal for want of decisions is about.
Text counted_conflicts(std::size_t count);

}  // namespace ferry
