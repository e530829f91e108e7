// The program that recovers an installation when everything else is gone lies beside the installation itself.
#pragma once
#include <string>

namespace ferry {

// Copies the `ferry-host` that stands beside the running program into the staging folder, unless it is there already.
// Without one (an incomplete copy of Ferry) nothing is done: a run must not depend on it. Throws Error when copying
// fails.
void keep_host_program(const std::string& staging);

}  // namespace ferry
