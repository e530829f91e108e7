// The same work on many numbered things by a few threads.
#pragma once
#include <cstdint>
#include <functional>

namespace ferry {

// Calls work(first, last) for the ranges of `chunk` numbers that make up [0, count), each by one thread. The first
// exception stops the others at their next range and is thrown again on the caller's thread.
void in_parallel(std::size_t count, std::size_t chunk, int threads,
                 const std::function<void(std::size_t first, std::size_t last)>& work);

// Threads for looking at many names and for hashing what is in memory: one per core, but not more than four.
int look_up_threads();

}  // namespace ferry
