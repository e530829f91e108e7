#include "deploy/parallel.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace ferry {

void in_parallel(std::size_t count, std::size_t chunk, int threads,
                 const std::function<void(std::size_t, std::size_t)>& work) {
  std::atomic<std::size_t> next{0};
  std::atomic<bool> failed{false};
  std::exception_ptr first_error;
  std::mutex guard;
  const auto run = [&] {
    while (!failed) {
      const auto first = next.fetch_add(chunk);
      if (first >= count) return;
      try {
        work(first, std::min(first + chunk, count));
      } catch (...) {
        const std::lock_guard hold(guard);
        if (!first_error) first_error = std::current_exception();
        failed = true;
      }
    }
  };
  const auto ranges = (count + chunk - 1) / chunk;
  const auto helpers = std::min<std::size_t>(threads < 1 ? 0 : static_cast<std::size_t>(threads) - 1, ranges);
  {
    std::vector<std::jthread> others;
    for (std::size_t i = 0; i < helpers && ranges > 1; ++i) others.emplace_back(run);
    run();
  }
  if (first_error) std::rethrow_exception(first_error);
}

int look_up_threads() {
  return static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 1U, 4U));
}

}  // namespace ferry
