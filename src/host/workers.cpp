#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>

#include "host/walk.h"

namespace ferry {

void with_workers(int threads, std::atomic<bool>& stop, const std::function<void(int)>& work,
                  const std::function<void()>& tick) {
  std::mutex mutex;
  std::condition_variable changed;
  int running = threads;
  std::exception_ptr failure;
  const auto body = [&](int number) {
    std::exception_ptr mine;
    try {
      work(number);
    } catch (...) {
      mine = std::current_exception();
      stop = true;
    }
    const std::lock_guard lock(mutex);
    if (mine && !failure) failure = mine;
    --running;
    changed.notify_all();
  };
  {
    std::vector<std::jthread> crew;
    for (int i = 0; i < threads; ++i) crew.emplace_back(body, i);
    std::unique_lock lock(mutex);
    while (!changed.wait_for(lock, Milliseconds(200), [&] { return running == 0; })) {
      if (!tick || stop) continue;
      lock.unlock();
      try {
        tick();
      } catch (...) {
        stop = true;
        lock.lock();
        if (!failure) failure = std::current_exception();
        continue;
      }
      lock.lock();
    }
  }
  if (failure) std::rethrow_exception(failure);
  if (tick) tick();
}

}  // namespace ferry
