// What a runtime (java, node, php) says about itself, and which binary that is.
#pragma once
#include <string>
#include <vector>

#include "model/environment.h"
#include "model/inventory.h"
#include "model/profile.h"

namespace ferry {

struct RuntimeQuestion {
  std::map<std::string, std::string> environment;  // of the service that needs it: its PATH decides
  std::vector<std::string> prefix;                 // enters namespaces, then executes the rest
  std::string user;                                // without a prefix
};

// Never throws for what is missing or silent: that stands in `problem`.
RuntimeFacts ask_runtime(const Runtime& runtime, const Environment& environment, const RuntimeQuestion& question);

// Absolute path of the program that is asked, links not resolved; empty when PATH has none.
std::string runtime_program(const Runtime& runtime, const Environment& environment,
                            const std::map<std::string, std::string>& variables);

// Asked where a package names a runtime of which the profile says nothing: java, node. nullptr: nobody knows.
const Runtime* usual_runtime(const std::string& id);

}  // namespace ferry
