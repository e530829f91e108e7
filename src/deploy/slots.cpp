#include "deploy/slots.h"

#include "base/error.h"

namespace ferry {

std::string slot_name(std::uint32_t number, SlotPlace place) {
  return std::to_string(number) + (place == SlotPlace::aside ? ".a" : "");
}

std::string slot_shard(std::uint32_t number) {
  return std::to_string(number / slots_per_shard);
}

std::string swap_folder(const std::string& run_folder) {
  return run_folder + "/swap";
}

std::string slot_path(const std::string& run_folder, std::uint32_t number, SlotPlace place) {
  return swap_folder(run_folder) + "/" + slot_shard(number) + "/" + slot_name(number, place);
}

std::optional<int> Slots::shard(std::uint32_t number, bool make) {
  const auto wanted = number / slots_per_shard;
  if (open_number_ == wanted) return open_.get();
  open_number_.reset();
  const auto run = calls::open_folder(run_folder_);
  if (make) {
    calls::make_folder(run.get(), "swap", swap_folder(run_folder_));
    const auto swap = calls::open_folder(swap_folder(run_folder_));
    calls::make_folder(swap.get(), slot_shard(number), swap_folder(run_folder_));
  }
  auto opened = calls::open_folder_beneath(run.get(), RelativePath("swap/" + slot_shard(number)));
  if (!opened) return std::nullopt;
  open_ = std::move(*opened);
  open_number_ = wanted;
  return open_.get();
}

std::optional<calls::Status> Slots::look(std::uint32_t number, SlotPlace place) {
  const auto folder = shard(number);
  if (!folder) return std::nullopt;
  return calls::status(*folder, slot_name(number, place), run_folder_);
}

}  // namespace ferry
