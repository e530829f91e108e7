// "Rehearsal = production, or say why not" (LESSONS, feature 6; REQUIREMENTS A5.1, E7): in what production now is not
// what the clone was made from. Each difference is a finding of its own that is accepted, if at all, by itself. Pure.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "model/definition.h"
#include "model/finding.h"
#include "model/inventory.h"
#include "model/profile.h"
#include "project/approval.h"
#include "project/file_difference.h"

namespace ferry {

// What a difference asks for before production may be touched.
enum class Demand {
  nothing,     // told, no more
  waiver,      // a fresh clone, or two persons who accept exactly this
  fresh_clone  // what was rehearsed says nothing about it: a waiver does not help
};
std::string_view name_of(Demand demand);

struct Difference {
  std::string key;  // stable: "file:webapp/x.jsp", "rows:main.wf_request", "definition:node:12"
  Severity severity = Severity::medium;
  Demand demand = Demand::waiver;
  Text title;   // what it is about
  Text detail;  // then → now
  Text remedy;
  Digest state;                     // of what is found now: a waiver for another state does not count
  std::vector<std::string> checks;  // whose results it makes stale
  std::string waiver;               // id of the one in force
  Text waived;                      // until when, by whom, why; or why a waiver does not count
  bool asserted = false;            // the waiver rests on accounts of the operating system only

  bool open() const { return demand != Demand::nothing && waiver.empty(); }
};
void to_json(Json& json, const Difference& value);

// An amount of data that grows by itself: rows of a table, bytes of a database, bytes and files of a data folder.
struct Amount {
  enum class Unit { rows, bytes, files } unit = Unit::rows;
  std::uint64_t number = 0;
};

// One survey of production, with what its inventory names by digest.
struct SystemState {
  Inventory inventory;
  bool files_known = true;                // false: the manifest is not in the store
  Manifest program;                       // without data, generated and ignored paths
  std::map<std::string, Amount> amounts;  // key: "rows:main.wf_request", "bytes:main", "data:data/filesystem"
  DefinitionSnapshot definitions;
};

struct ComparisonRequest {
  const Profile& profile;
  const SystemState& then;  // from which the clone was made
  const SystemState& now;
  std::vector<RelativePath> planned;   // what the upgrade touches: a change there needs a fresh clone
  bool rehearsed_with_profile = true;  // the counting rehearsal was made with the present profile
};
// Sorted: what needs a fresh clone first, then by key. Empty: production is what the clone was made from.
std::vector<Difference> compare_with_clone(const ComparisonRequest& request);

// Only the definitions (E7), row by row: those that the profile has read on `version`.
std::vector<Difference> compare_definitions(const Profile& profile, const Version& version,
                                            const DefinitionSnapshot& then, const DefinitionSnapshot& now);

// The waiver's condition that belongs to a difference: "same-as-clone/KEY".
std::string waiver_subject(const std::string& key);
// Notes valid waivers in the differences, and why the others do not count.
void apply_waivers(std::vector<Difference>& differences, const Project& project, const std::vector<Waiver>& waivers,
                   const Digest& recipe, Moment now);

}  // namespace ferry
