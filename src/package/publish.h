// A finished file gets its name. Not for other rooms.
#pragma once
#include <string>

namespace ferry {

// fsync of `made`, rename to `name` (same file system, not replaced if it exists), fsync of the folder: the name shows
// only a whole file. Throws Error(already_exists, sync_failed, io).
void publish(const std::string& made, const std::string& name);

}  // namespace ferry
