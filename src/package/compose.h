// Which packages make up the upgrade, in which order, and why (B3, B6.3, B6.4, E10). Pure: no files are read.
//
// Order: upgrades (each after what it requires), then feature packs, then patches, each after what it requires.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "base/error.h"
#include "model/inventory.h"
#include "model/recipe.h"

namespace ferry {

struct ComposeRequest {
  std::string product;
  Version installed;
  Version target;                               // empty: the newest that the available upgrades reach
  std::vector<std::string> installed_packages;  // ids, as the product says
  struct InstalledModule {
    std::string id;
    Text title;
    bool separate = false;  // known to come as a feature pack; else that is learned from the available packages
  };
  std::vector<InstalledModule> modules;
  std::vector<Package> available;    // of any product and version; Package::files is not looked at
  std::vector<std::string> exclude;  // ids that a person left out on purpose
  std::vector<std::string> include;  // ids that a person wants: Error when they don't fit
};
// Product, version, packages and modules as the survey found them.
ComposeRequest compose_request(const Inventory& inventory, std::vector<Package> available, Version target = {});

struct ComposedPackage {
  PackageMeta meta;
  Digest digest;
  Text why;  // "brings 8.0", "feature pack of the installed module Travel", "required by patch-3"
};
enum class LeftOut {
  superseded,
  already_installed,
  other_product,
  not_applicable,
  module_not_installed,
  not_asked_for,
  excluded
};
struct LeftOutPackage {
  PackageMeta meta;
  Digest digest;
  LeftOut cause = LeftOut::not_applicable;
  Text why;
};
struct ComposeProblem {
  Code code = Code::package_missing;  // package_missing, package_conflict, wrong_product, wrong_version
  std::string about;                  // id of the package or module
  Text text;                          // what is wrong
  Text request;                       // package_missing: exactly what to request from the vendor
};

struct Composition {
  std::string product;
  Version from;
  Version to;
  std::vector<ComposedPackage> packages;  // in order
  std::vector<LeftOutPackage> left_out;
  std::vector<Version> stops;  // versions passed on the way, without from and to
  std::vector<ComposeProblem> problems;
};

// Never throws for what is wrong with the set: it stands in `problems`, all of it.
Composition explore(const ComposeRequest& request);
// Throws Error with the code of the first problem; the detail lists all of them in English.
Composition compose(const ComposeRequest& request);
void require_sound(const Composition& composition);

// What to ask the vendor for, one line each; empty when nothing is missing.
std::vector<Text> vendor_request(const Composition& composition);

// The jumps over the required stops; none where there is no stop.
std::vector<RecipeHop> jumps_of(const Composition& composition);

// `decisions` are sorted by path in it.
Recipe make_recipe(const Composition& composition, const Digest& profile, std::vector<Decision> decisions = {},
                   std::map<std::string, std::string> settings = {});

}  // namespace ferry
