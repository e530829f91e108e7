// Identifiers of runs, clones, evidence: sortable by time, unique without a coordinator, easy to read out on the phone.
#pragma once
#include <string>
#include <string_view>

#include "base/clock.h"

namespace ferry {

// "run-20260131-080000-k3f9": prefix, UTC time, four random characters without 0/o/1/l.
std::string new_id(std::string_view prefix, Moment now);

// `bytes` random bytes of the operating system's generator, as hexadecimal digits: for passwords and tokens.
std::string random_hex(std::size_t bytes);

}  // namespace ferry
