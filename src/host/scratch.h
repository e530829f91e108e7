// A large folder of one's own that goes away with this process, also when that is killed: a small process of its own
// waits for the end and sweeps.
#pragma once
#include <string>
#include <vector>

#include "host/files.h"

namespace ferry {

class Scratch {
 public:
  // Below the folder `parent`. Throws Error.
  Scratch(const std::string& prefix, const std::string& parent);

  const std::string& path() const { return folder_.path(); }
  std::string operator/(std::string_view name) const { return folder_ / name; }

 private:
  TempFolder folder_;
};

// Gives a folder and all that is in it to an account; empty: nothing is done. Links themselves, not what they lead to.
// Throws Error(not_found, permission).
void give_to(const std::string& folder, const std::string& account);

// The hidden command: FOLDER and the owner's identity.
int sweep_scratch(const std::vector<std::string>& arguments);

}  // namespace ferry
