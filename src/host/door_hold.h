// The parts of the door that its two sides share; not for other rooms.
#pragma once
#include <string>
#include <string_view>

namespace ferry::door {

inline constexpr std::string_view command = "door-hold";
std::string state_file(const std::string& folder);
// Loads the steering program and throws it away. Throws Error(kernel_refused, needs_root).
void try_steering();

}  // namespace ferry::door
