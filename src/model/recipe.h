// What shall become of an installation: package set, decisions, settings, profile, all by digest and the same for every
// environment (promise 4).
#pragma once
#include <map>
#include <string>
#include <vector>

#include "model/package.h"

namespace ferry {

enum class Choice { keep, take, merge, retire };
std::string_view name_of(Choice choice);
Choice choice_of(std::string_view name);

// What a person chose where the customer's change and the vendor's collide. Valid wherever these three contents meet
// again; expires when one of them changes (LESSONS, feature 5). An empty digest means "no such file there".
struct Decision {
  RelativePath path;
  Digest base, mine, theirs;
  Choice choice = Choice::keep;
  Digest merged;  // choice merge: content, kept in the store
  std::string reason;
  std::string person;
  std::string at;  // RFC 3339

  // hash(base, mine, theirs): under which the decision is remembered.
  Digest key() const;
};

struct RecipePackage {
  std::string id;
  Digest digest;
  bool operator==(const RecipePackage&) const = default;
};

// One jump of several: the packages that lead to a version at which the product must run before it goes on.
struct RecipeHop {
  Version to;
  std::vector<std::string> packages;  // ids, in the recipe's order
  bool operator==(const RecipeHop&) const = default;
};

struct Recipe {
  int format = 1;
  std::string product;
  Version from;
  Version to;
  std::vector<RecipePackage> packages;  // in the order in which they are laid over each other
  std::vector<RecipeHop> hops;          // with required stops between: all jumps, the last one leads to `to`; else none
  std::vector<Decision> decisions;      // sorted by path; only choice, digests and path are hashed
  std::map<std::string, std::string> settings;
  Digest profile;

  Digest digest() const;
  std::size_t jumps() const { return hops.empty() ? 1 : hops.size(); }
  // One jump as a recipe of its own, with all decisions.
  Recipe hop(std::size_t index) const;
};

void to_json(Json& json, const RecipePackage& value);
void from_json(const Json& json, RecipePackage& value);
void to_json(Json& json, const RecipeHop& value);
void from_json(const Json& json, RecipeHop& value);
void to_json(Json& json, const Decision& value);
void from_json(const Json& json, Decision& value);
void to_json(Json& json, const Recipe& value);
void from_json(const Json& json, Recipe& value);

}  // namespace ferry
