// Puts what was restored into the place where it belongs, after the loss of a disk. What stands there is kept aside.
#pragma once
#include <cstdint>
#include <filesystem>

namespace ferry {

// True where nothing would be overwritten: no such name, or an empty folder.
bool is_free_place(const std::filesystem::path& place);

// Where this is run by root; else it stays who runs this.
void give_to(const std::filesystem::path& file, std::uint32_t uid, std::uint32_t gid);

// `made` (same parent folder) gets the name `place`, durably. What stood there is moved to `aside`, which must not
// exist, and its path returned; empty: the place was free. An exchange where the file system can, so that there is
// always one of the two. Throws Error.
std::filesystem::path put_in_place(const std::filesystem::path& made, const std::filesystem::path& place,
                                   const std::filesystem::path& aside);

}  // namespace ferry
