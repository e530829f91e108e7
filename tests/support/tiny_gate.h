// The tiny product's production brought to an open gate: rehearsed, looked at, signed, approved.
#pragma once
#include "support/tiny_world.h"

namespace ferry::test {

// Everything that the gate asks of people, as of now; the window has begun and ends in a day.
void complete_project(const TinyWorld& world);
// In a tree of six files two changed ones look like another version; two persons accept that.
void accept_small_tree(const TinyWorld& world);
// All of it, with production running and a clone on which the way there and back was rehearsed.
void open_gate(const TinyWorld& world);

}  // namespace ferry::test
