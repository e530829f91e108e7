// Program and database of one version: what an upgrade may start from. A database of another version is what an upgrade
// that was left half-way or a restore of the files alone leaves; scripts for the program's version would ruin it.
#pragma once
#include "model/inventory.h"

namespace ferry {

// Throws Error(database_version) where the survey found a database of another version than the program.
void require_matching_databases(const Inventory& inventory);

}  // namespace ferry
