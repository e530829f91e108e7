// Kinds of objects of a file tree, as people read them; name_of(EntryType) has mtree's words.
#pragma once
#include <string_view>

#include "model/entry.h"

namespace ferry {

std::string_view chinese_name_of(EntryType type);

}  // namespace ferry
