// A folder of verified packages: <digest>.fpk with its signature or import record, and an index record that lets `list`
// answer without reading everything again.
#pragma once
#include <string>
#include <vector>

#include "model/recipe.h"
#include "package/open.h"

namespace ferry {

class Library {
 public:
  // The folder is made when the first package is added. `keys` is the list of trusted keys, as it is now.
  Library(std::string folder, TrustedKeys keys, ArchiveLimits limits = {});

  // Verifies, copies in atomically (a crash leaves nothing that `list` shows), verifies the copy. Adding the same file
  // again is no error. Throws what open_package throws, and Error(already_exists) when another package with the same id
  // is there.
  Package add(const std::string& file, Moment now);

  // Sorted by product, kind, id. Files whose size, times and inode are those of their last verification are not read
  // again; keys are checked always. A package that is no longer acceptable (revoked key, changed file) is left out and
  // named in `rejected`.
  struct Rejected {
    std::string file;
    std::string why;  // Error::what()
    Text reason;      // its first line, without the remedy
  };
  std::vector<Package> list(Moment now, std::vector<Rejected>* rejected = nullptr) const;

  // Verified wholly at every call. Throw Error(not_found) and what open_package throws.
  Package get(const std::string& id, Moment now) const;
  Package get(const Digest& digest, Moment now) const;
  // The packages of a recipe in its order.
  std::vector<Package> get_all(const std::vector<RecipePackage>& packages, Moment now) const;

 private:
  std::string path_of(const Digest& digest) const;
  Package indexed(const std::string& file, Moment now) const;

  std::string folder_;
  TrustedKeys keys_;
  ArchiveLimits limits_;
};

}  // namespace ferry
