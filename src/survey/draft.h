// A proposal on its way: what the rules of this room share.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "survey/proposal.h"

namespace ferry {

class Draft {
 public:
  Draft(const Sighting& seen, const Answers& given, Proposal& proposal) : sight(seen), answers(given), out(proposal) {}

  const Sighting& sight;
  const Answers& answers;
  Proposal& out;

  // The answer, or the proposal. The question is remembered. Throws Error(usage).
  std::string ask(Question question);
  void note(Text text) { out.notes.push_back(std::move(text)); }

  // As a template: the root becomes ${environment.root}, a literal "${" is kept one.
  std::string templated(std::string_view text) const;
  static std::string templated_literal(std::string_view text);  // stands for exactly this text
  bool is_inside(std::string_view path) const;                  // below the root, or the root
  std::string below_root(std::string_view path) const;          // without the root and its '/'
  bool has(std::string_view path) const;                        // seen in the tree
  bool is_folder(std::string_view path) const;
  const Occupant* process = nullptr;  // the one chosen
  std::vector<int> ports;             // of the process chosen, the one asked for first
  bool tomcat = false;
};

std::string lower_case(std::string_view text);
std::string id_of(std::string_view text);  // letters, digits, '-': made of any text
// A path as the profile writes it.
std::string profile_path(const RelativePath& path);

// Each fills its part of the proposal. The order matters: later ones use what earlier ones decided.
void propose_service(Draft& draft);  // process, port, command, health
void propose_version(Draft& draft);  // version, migration
void propose_databases(Draft& draft);
void propose_paths(Draft& draft);
void propose_outside(Draft& draft);  // rewrite, silence
void propose_environments(Draft& draft);

}  // namespace ferry
