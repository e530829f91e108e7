// Names inside a tree, found without ever following a link.
#pragma once
#include <optional>
#include <string>

#include "base/path.h"
#include "host/switch_calls.h"

namespace ferry {

// Remembers the folder used last: operations come sorted, so that most need no look-up. Not for several threads.
class Beneath {
 public:
  explicit Beneath(const std::string& root) : root_(calls::open_folder(root)) {}

  int root() const { return root_.get(); }
  // The folder that holds the name. Empty optional: there is no such folder. Throws Error(out_of_bounds_path) when a
  // link stands on the way, Error(not_a_directory) when a file does.
  std::optional<int> parent_of(const RelativePath& path);
  // The same, but what is in the way counts as "no such folder".
  std::optional<int> parent_if_there(const RelativePath& path);
  // Must be called when a folder at this path is moved.
  void forget(const RelativePath& path);

  std::optional<calls::Status> look(const RelativePath& path);           // as parent_of
  std::optional<calls::Status> look_if_there(const RelativePath& path);  // as parent_if_there

 private:
  Descriptor root_;
  std::optional<RelativePath> last_path_;
  std::optional<Descriptor> last_;
};

// The last component, "." for the root itself: what the calls take beside the folder.
inline std::string name_in_parent(const RelativePath& path) {
  return path.empty() ? "." : std::string(path.name());
}

}  // namespace ferry
