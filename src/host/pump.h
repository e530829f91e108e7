// Two sockets joined.
#pragma once

namespace ferry {

// Passes bytes both ways until both directions have ended (half-close is passed on) or an error. Closes neither.
void pump(int a, int b);

}  // namespace ferry
