// Room for the way back: held from `prepare` until the way back begins or is given up.
#pragma once
#include <cstdint>
#include <string>

#include "app/upgrade_steps.h"

namespace ferry {

std::uint64_t database_bytes(const Target& target);
// What going back from the end of the run needs, with the copies that the way forward still takes, beyond what is held.
std::uint64_t way_back_not_held(const UpgradeRun& run);
// Makes the file hold what is needed from here on; `taking`: the folder of the copy that is taken next, whose room is
// given up. Throws Error(disk_full) that says for what.
void hold_way_back(const UpgradeRun& run, const std::string& taking = {});
// Before the first thing that going back writes; how much was held. Nothing while another process works there: it needs
// the room itself.
std::uint64_t free_way_back(const Target& target, const std::string& run);
// The way back was refused: the room is held again, as far as it is still there.
void hold_again(const Target& target, const std::string& run, std::uint64_t bytes) noexcept;

}  // namespace ferry
