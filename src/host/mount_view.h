// The file systems as a process in a mount namespace of its own is to see them: everything read-only and without
// devices, a private /tmp and /run, a handful of device files, and the places that are named.
#pragma once
#include <string>
#include <vector>

namespace ferry {

struct MountView {
  struct Place {
    std::string from;  // a folder, absolute, existing
    std::string to;    // where it is seen; made where it is missing, without a trace outside
  };
  std::vector<Place> writable;
  std::vector<Place> readable;       // the same, read-only; shown although a hidden folder lies around it
  std::vector<std::string> hidden;   // shown empty
  std::vector<std::string> covered;  // sockets of others: an empty file in their place
};

// Called by process 1 of a new mount and process namespace. Throws Error(kernel_refused), Error(not_found).
void set_up_mounts(const MountView& view);

}  // namespace ferry
