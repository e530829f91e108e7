#include "host/reserve.h"

#include <gtest/gtest.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/error.h"
#include "host/files.h"

namespace ferry {
namespace {

constexpr std::uint64_t mebibyte = 1U << 20U;

TEST(Reserve, TakesRoomMoreOrLessAndGivesItBack) {
  const TempFolder folder("ferry-reserve");
  const std::string file = folder / "reserve";
  EXPECT_EQ(held_room(file), 0U);
  hold_room(file, 8 * mebibyte);
  EXPECT_GE(held_room(file), 8 * mebibyte);
  hold_room(file, 12 * mebibyte);
  EXPECT_GE(held_room(file), 12 * mebibyte);
  hold_room(file, 2 * mebibyte);
  EXPECT_LT(held_room(file), 3 * mebibyte);
  give_up_room(file);
  give_up_room(file);
  EXPECT_FALSE(path_exists(file));
}

TEST(Reserve, OnAFullDiskItIsRefusedKeepsWhatItHeldAndCanBeGivenUp) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root for a small disk";
  const TempFolder folder("ferry-reserve");
  ASSERT_EQ(::mount("tmpfs", folder.path().c_str(), "tmpfs", 0, "size=8m"), 0);
  const std::string file = folder / "reserve";
  hold_room(file, 4 * mebibyte);
  try {
    hold_room(file, 64 * mebibyte);
    ADD_FAILURE() << "no disk has that room";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::disk_full) << error.what();
  }
  const auto held = held_room(file);
  EXPECT_GE(held, 4 * mebibyte);
  EXPECT_LT(held, 5 * mebibyte);
  const auto before = free_space(folder.path()).free;
  give_up_room(file);
  EXPECT_GE(free_space(folder.path()).free, before + 4 * mebibyte);
  ::umount2(folder.path().c_str(), MNT_DETACH);
}

}  // namespace
}  // namespace ferry
