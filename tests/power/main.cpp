// Trees are built and thrown away by the thousand: in memory, where that can keep extended attributes.
#include <gtest/gtest.h>
#include <sys/xattr.h>

#include <cstdlib>
#include <filesystem>

#include "host/files.h"

namespace {

bool keeps_attributes(const char* folder) {
  try {
    const ferry::TempFolder probe("ferry-probe", folder);
    return ::setxattr(probe.path().c_str(), "user.probe", "x", 1, 0) == 0;
  } catch (const std::exception&) {
    return false;
  }
}

}  // namespace

int main(int count, char** arguments) {
  if (keeps_attributes("/dev/shm")) ::setenv("TMPDIR", "/dev/shm", 1);
  ::testing::InitGoogleTest(&count, arguments);
  return RUN_ALL_TESTS();
}
