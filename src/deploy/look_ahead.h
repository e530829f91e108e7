// Looks at the operations to come while the present ones are done: on a second core a look costs nothing, and looks
// (two for each exchange) are half the work of a switch.
#pragma once
#include <cstdint>
#include <future>
#include <optional>
#include <string>
#include <vector>

#include "deploy/operation.h"
#include "host/switch_calls.h"

namespace ferry {

// How a path and its slot looked a moment ago.
struct Seen {
  std::optional<calls::Status> here;
  std::optional<calls::Status> slot;  // SlotPlace::main
};

// Asked about the operations one after the other in the order given. Only for operations on files and links, during
// which no folder moves: what else is asked gets no answer, and the caller looks for itself.
class LookAhead {
 public:
  LookAhead(std::string root, std::string run_folder, std::vector<const Operation*> order);

  // Null: not looked at. Valid until the next call.
  const Seen* at(std::size_t index);

 private:
  using Block = std::vector<Seen>;
  void begin(std::size_t block);
  Block look(std::size_t block) const;

  std::string root_;
  std::string run_folder_;
  std::vector<const Operation*> order_;
  std::optional<std::size_t> block_;
  Block seen_;
  std::size_t looked_at_ = 0;  // the block that next_ is about
  std::future<Block> next_;    // last, so that it ends before the rest goes
};

}  // namespace ferry
