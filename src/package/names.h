// Names inside archives from outside: what is refused before anything is written.
#pragma once
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/path.h"

namespace ferry {

// Checked path of an entry; throws Error(hostile_archive, name, reason) for absolute paths, '.' and '..' inside, empty
// components, NUL and control characters, backslashes (a separator on Windows), drive letters, more than 4096 bytes or
// a component of more than 255. A trailing '/' is dropped.
RelativePath checked_name(std::string_view bytes);

// Target of a symbolic link at `link`. '..' may stand only in front and may not climb above the top: behind a component
// it could go through another link. Throws Error(hostile_archive).
void check_link_target(const RelativePath& link, std::string_view target);

// Form under which names collide on systems that ignore case: Unicode simple case folding for UTF-8, else ASCII only,
// where the second byte of a two-byte character (GBK) is left alone.
std::string folded(std::string_view bytes);

// Remembers the names of one archive and refuses the second of a kind: duplicates, names that differ only in case, a
// file where a folder is needed.
class SeenNames {
 public:
  void add(const RelativePath& path, bool folder);  // throws Error(hostile_archive)

 private:
  struct Seen {
    std::string name;
    bool folder = false;
    bool entry = false;  // has an entry of its own, not only as parent
  };
  void add_one(const std::string& name, bool folder, bool entry);
  std::unordered_map<std::string, Seen> seen_;  // by folded form
};

}  // namespace ferry
