// Native modules and runtimes of a recipe: which modules stand there after each jump, and what will load them.
#pragma once
#include <map>
#include <vector>

#include "app/workspace.h"
#include "impact/decisions.h"
#include "impact/native_fit.h"
#include "package/native.h"

namespace ferry {

// What lies in a package, remembered under its digest: an archive is read once for it.
NativeContents remembered_native(Workspace& workspace, const Package& package);

// Follows the native modules of an installation over the jumps of a recipe.
class NativeModules {
 public:
  NativeModules(Workspace& workspace, const Target& target, const Inventory& inventory);

  // After the jump from `from` to `to` by these packages and decisions.
  std::vector<Finding> after(const Version& from, const Version& to, const std::vector<Package>& packages,
                             const std::vector<Decision>& decisions);

 private:
  std::vector<RuntimeChange> runtimes(const Version& from, const Version& to) const;
  void lay(const std::vector<Package>& packages, const std::vector<Decision>& decisions);

  Workspace& workspace_;
  const Target& target_;
  std::map<RelativePath, NativeAfter> modules_;
  std::map<RelativePath, RuntimeProgram> brought_, brought_before_;  // runtimes inside the root
};

}  // namespace ferry
