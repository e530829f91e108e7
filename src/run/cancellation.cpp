#include "run/cancellation.h"

#include <csignal>

#include <array>

#include "base/error.h"

namespace ferry {
namespace {

constexpr std::array signals{SIGINT, SIGTERM, SIGHUP};

// A handler can reach nothing but a global. Set only while a SignalCancellation lives.
std::atomic<std::atomic<bool>*> flag_of_process{nullptr};
static_assert(std::atomic<bool>::is_always_lock_free);

void on_signal(int) {
  if (auto* flag = flag_of_process.load()) *flag = true;
}

}  // namespace

void Cancellation::check() const {
  if (requested()) throw Error(Code::interrupted);
}

struct SignalCancellation::Saved {
  Cancellation cancellation;
  std::array<struct sigaction, signals.size()> actions{};
};

SignalCancellation::SignalCancellation(Cancellation cancellation) : saved_(std::make_unique<Saved>()) {
  saved_->cancellation = std::move(cancellation);
  std::atomic<bool>* none = nullptr;
  FERRY_INVARIANT(flag_of_process.compare_exchange_strong(none, saved_->cancellation.flag_.get()));
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  for (std::size_t i = 0; i < signals.size(); ++i) ::sigaction(signals[i], &action, &saved_->actions[i]);
}

SignalCancellation::~SignalCancellation() {
  for (std::size_t i = 0; i < signals.size(); ++i) ::sigaction(signals[i], &saved_->actions[i], nullptr);
  flag_of_process = nullptr;
}

}  // namespace ferry
