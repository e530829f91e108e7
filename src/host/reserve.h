// Room on a disk that is taken before it is needed: a file with blocks and nothing in them. Giving it up frees the room
// even where the disk is full.
#pragma once
#include <cstdint>
#include <string>

namespace ferry {

// Makes the file hold so many bytes, more or fewer than before; its folder must exist. By fallocate(2), or by writing
// zeros where the file system can't. Throws Error(disk_full): then it holds what it held before.
void hold_room(const std::string& file, std::uint64_t bytes);
// Bytes on the disk; 0 when there is no such file.
std::uint64_t held_room(const std::string& file);
// No such file is fine.
void give_up_room(const std::string& file);

}  // namespace ferry
