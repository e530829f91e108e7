// Where the other object of an operation lies: <run folder>/swap/<number / 500>/<number>. Before the switch that is the
// new one, afterwards the old one: taking back is the same exchange again. A second place, "<number>.a", is used when
// an exchange has to be made of two renames, and for old objects that nothing replaces.
//
// 500 names per folder let several threads stage without waiting for each other's folder.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "host/switch_calls.h"

namespace ferry {

enum class SlotPlace { main, aside };

std::string slot_name(std::uint32_t number, SlotPlace place);
std::string slot_shard(std::uint32_t number);  // name of the folder inside swap/
std::string swap_folder(const std::string& run_folder);
// Absolute, for people.
std::string slot_path(const std::string& run_folder, std::uint32_t number, SlotPlace place);

constexpr std::uint32_t slots_per_shard = 500;

// Opens one shard at a time. Not for several threads.
class Slots {
 public:
  explicit Slots(const std::string& run_folder) : run_folder_(run_folder) {}

  // The folder that holds the slot; made if `make`, else an empty optional when it is not there.
  std::optional<int> shard(std::uint32_t number, bool make = false);
  std::optional<calls::Status> look(std::uint32_t number, SlotPlace place);

 private:
  std::string run_folder_;
  std::optional<std::uint32_t> open_number_;
  Descriptor open_;
};

}  // namespace ferry
