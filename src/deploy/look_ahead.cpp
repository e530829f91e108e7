#include "deploy/look_ahead.h"

#include <algorithm>
#include <chrono>

#include "base/error.h"
#include "deploy/beneath.h"
#include "deploy/parallel.h"
#include "deploy/slots.h"

namespace ferry {
namespace {

// Small enough that a look is some milliseconds old at most, large enough that a thread for it is worth it.
constexpr std::size_t block_size = 500;

bool moves_no_folder(const Operation& operation) {
  return operation.kind == OperationKind::place && !is_folder(operation.before) && !is_folder(operation.after);
}

}  // namespace

LookAhead::LookAhead(std::string root, std::string run_folder, std::vector<const Operation*> order)
    : root_(std::move(root)), run_folder_(std::move(run_folder)), order_(std::move(order)) {}

void LookAhead::begin(std::size_t block) {
  if (look_up_threads() < 2 || order_.size() < block_size) return;  // no second core, or not worth a thread
  looked_at_ = block;
  next_ = std::async(std::launch::async, [this, block] { return look(block); });
}

LookAhead::Block LookAhead::look(std::size_t block) const {
  const auto first = block * block_size;
  const auto last = std::min(first + block_size, order_.size());
  // A folder that moves would take away what is looked at below it: such a block is left to the one who moves it.
  const bool still = std::all_of(order_.begin() + static_cast<std::ptrdiff_t>(first > 0 ? first - block_size : first),
                                 order_.begin() + static_cast<std::ptrdiff_t>(last),
                                 [](const auto* operation) { return moves_no_folder(*operation); });
  if (!still) return {};
  Block out(last - first);
  try {
    Beneath tree(root_);
    Slots slots(run_folder_);
    for (std::size_t i = first; i < last; ++i)
      out[i - first] = {tree.look_if_there(order_[i]->path), slots.look(order_[i]->number, SlotPlace::main)};
  } catch (const Error&) {
    return {};  // who looks for himself will say what is wrong
  }
  return out;
}

const Seen* LookAhead::at(std::size_t index) {
  const auto block = index / block_size;
  if (block_ != block) {
    block_ = block;
    // Never waited for: on a busy machine looking for oneself is quicker than waiting for another core.
    const bool ready = next_.valid() && next_.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
    seen_ = ready ? next_.get() : Block{};
    if (ready && looked_at_ != block) seen_.clear();
    if (!next_.valid() && (block + 1) * block_size < order_.size()) begin(block + 1);
  }
  const auto place = index % block_size;
  return place < seen_.size() ? &seen_[place] : nullptr;
}

}  // namespace ferry
