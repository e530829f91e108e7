// Native modules beside the runtime that the upgrade leaves: what must be rebuilt, what was captured on another one.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "model/finding.h"
#include "model/native_module.h"
#include "model/package.h"

namespace ferry {

// A runtime before and after a jump. Versions and what they load are empty where that is not known.
struct RuntimeChange {
  std::string runtime;  // node, php, java
  std::string from, from_loads;
  std::string to, to_loads;
};

// A module as it stands after the jump.
struct NativeAfter {
  NativeModule module;
  std::string package;  // that brought it; empty: it was installed and stays
};

// Whether this runtime can load the module; none: nobody can tell.
std::optional<bool> loads(const RuntimeChange& runtime, const NativeModule& module);

// One finding for each library (a folder of node_modules, else the folder it lies in) with a module that does not fit.
// A library that brings one build for each version is right when one of them is. What did not fit before either is of
// low severity: the product gets by without it.
std::vector<Finding> unfit_modules(const std::vector<NativeAfter>& modules, const std::vector<RuntimeChange>& runtimes,
                                   const Version& to);

// What the package's capture says it ran on, held against the runtimes of the version that it leads to. `bound`: the
// package brings modules that were built there for one version of it.
std::vector<Finding> other_runtime(const Package& package, const std::vector<RuntimeChange>& runtimes,
                                   const std::vector<NativeModule>& brought);

}  // namespace ferry
