// The room's tests, and the parts that run as programs of their own: the holder of a door, the sandbox.
#include <gtest/gtest.h>

#include "host/door.h"
#include "host/sandbox.h"

int main(int argc, char** argv) {
  if (ferry::is_door_command(argc, argv)) return ferry::door_main(argc, argv);
  if (ferry::is_sandbox_command(argc, argv)) return ferry::sandbox_main(argc, argv);
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
