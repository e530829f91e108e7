// The wish to stop, asked for at safe points only.
#pragma once
#include <atomic>
#include <memory>

namespace ferry {

// Copies share the flag. Set by a signal, by the server, by a test.
class Cancellation {
 public:
  Cancellation() : flag_(std::make_shared<std::atomic<bool>>(false)) {}

  void request() { *flag_ = true; }
  bool requested() const { return *flag_; }
  void check() const;  // Error(interrupted) if requested

 private:
  friend class SignalCancellation;
  std::shared_ptr<std::atomic<bool>> flag_;
};

// While it lives, SIGINT and SIGTERM (and SIGHUP: a lost session) set the flag instead of ending the process. A second
// signal does nothing more: what is in the air is finished. One at a time in a process.
class SignalCancellation {
 public:
  explicit SignalCancellation(Cancellation cancellation);
  ~SignalCancellation();
  SignalCancellation(const SignalCancellation&) = delete;
  SignalCancellation& operator=(const SignalCancellation&) = delete;

 private:
  struct Saved;
  std::unique_ptr<Saved> saved_;
};

}  // namespace ferry
