// The room's tests, and the holder of a door, which is a program of its own.
#include <gtest/gtest.h>

#include "host/door.h"

int main(int argc, char** argv) {
  if (ferry::is_door_command(argc, argv)) return ferry::door_main(argc, argv);
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
