#include "host/program.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>

#include "base/error.h"
#include "host/descriptor.h"
#include "host/launch.h"

namespace ferry {
namespace {

using SteadyClock = std::chrono::steady_clock;

// Where the program has ended but a process it left behind keeps its output open: how long we wait for more.
constexpr Milliseconds after_end{500};
constexpr Milliseconds between_words{1000};

struct Pipe {
  Descriptor read;
  Descriptor write;
};

Pipe make_pipe() {
  int fds[2];
  if (pipe2(fds, O_CLOEXEC) != 0) throw system_error("pipe", errno);
  return {Descriptor(fds[0]), Descriptor(fds[1])};
}

// Writing to a program that does not read its input raises SIGPIPE, which would end Ferry: blocked for this thread
// while it talks to the program, and taken away if it came.
class NoSigpipe {
 public:
  NoSigpipe() {
    sigset_t pending;
    sigpending(&pending);
    was_pending_ = sigismember(&pending, SIGPIPE) == 1;
    sigemptyset(&set_);
    sigaddset(&set_, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &set_, &old_);
  }
  ~NoSigpipe() {
    const timespec at_once{0, 0};
    if (!was_pending_)
      while (sigtimedwait(&set_, nullptr, &at_once) > 0) {
      }
    pthread_sigmask(SIG_SETMASK, &old_, nullptr);
  }
  NoSigpipe(const NoSigpipe&) = delete;
  NoSigpipe& operator=(const NoSigpipe&) = delete;

 private:
  sigset_t set_{};
  sigset_t old_{};
  bool was_pending_ = false;
};

// One output stream: kept up to the limit, told line by line.
class Stream {
 public:
  Stream(Descriptor fd, bool is_err, const ProgramOptions& options, ProgramResult& result)
      : fd_(std::move(fd)), is_err_(is_err), options_(options), result_(result) {}

  int fd() const { return fd_.get(); }
  bool open() const { return fd_.valid(); }
  void close() {
    if (!line_.empty()) tell();
    fd_.reset();
  }

  void take() {
    char buffer[65536];
    const ssize_t got = ::read(fd_.get(), buffer, sizeof buffer);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) return;
    if (got <= 0) return close();
    const std::string_view bytes(buffer, static_cast<std::size_t>(got));
    std::string& kept = is_err_ ? result_.err : result_.out;
    const std::size_t room = options_.output_limit - std::min(options_.output_limit, kept.size());
    kept += bytes.substr(0, room);
    if (bytes.size() > room) result_.truncated = true;
    if (options_.on_line) split(bytes);
  }

 private:
  void split(std::string_view bytes) {
    for (const char c : bytes) {
      // A "line" without an end must not eat all memory.
      if (c == '\n' || line_.size() >= options_.output_limit) tell();
      if (c != '\n') line_ += c;
    }
  }

  void tell() {
    std::string line;
    line.swap(line_);
    if (line.ends_with('\r')) line.pop_back();
    if (options_.on_line) options_.on_line(line, is_err_);
  }

  Descriptor fd_;
  bool is_err_;
  const ProgramOptions& options_;
  ProgramResult& result_;
  std::string line_;
};

// A child that is killed with its group and reaped if we leave early.
class Child {
 public:
  explicit Child(pid_t pid) : pid_(pid), pidfd_(static_cast<int>(syscall(SYS_pidfd_open, pid, 0U))) {}
  ~Child() {
    if (pid_ <= 0) return;
    kill_all();
    reap();
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  int pidfd() const { return pidfd_.get(); }
  void kill_all() const { kill(-pid_, SIGKILL); }
  // Whether it has ended; it is reaped only by reap(), so that its group id stays ours until then.
  bool ended() const {
    siginfo_t info{};
    return waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == pid_;
  }
  int reap() {
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return status;
  }

 private:
  pid_t pid_;
  Descriptor pidfd_;
};

void feed(Descriptor& in, std::string_view& rest) {
  if (!rest.empty()) {
    const ssize_t written = ::write(in.get(), rest.data(), rest.size());
    if (written < 0 && (errno == EINTR || errno == EAGAIN)) return;
    if (written < 0) rest = {};  // it does not want more
    if (written > 0) rest.remove_prefix(static_cast<std::size_t>(written));
  }
  if (rest.empty()) in.reset();
}

constexpr auto never = SteadyClock::time_point::max();

// Milliseconds until the moment, for poll(2); -1: no such moment.
int until(SteadyClock::time_point moment) {
  if (moment == never) return -1;
  const auto rest = std::chrono::ceil<Milliseconds>(moment - SteadyClock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(rest, 0, 3'600'000));
}

// Moves bytes until both outputs are closed and the program has ended, or its time is over.
void talk(Child& child, Descriptor in, Stream& out, Stream& err, const ProgramOptions& options, ProgramResult& result) {
  const NoSigpipe quiet;
  std::string_view rest = options.input;
  auto deadline = options.timeout.count() > 0 ? SteadyClock::now() + options.timeout : never;
  auto enough = never;
  const auto began = SteadyClock::now();
  auto next = options.waiting ? began + between_words : never;
  for (;;) {
    const bool ended = child.ended();
    if (ended && enough == never) enough = SteadyClock::now() + after_end;
    if (ended && !out.open() && !err.open()) return;
    // Without pidfd (kernel before 5.3) the end is noticed by looking again.
    pollfd events[4] = {
        {in.get(), POLLOUT, 0}, {out.fd(), POLLIN, 0}, {err.fd(), POLLIN, 0}, {ended ? -1 : child.pidfd(), POLLIN, 0}};
    int wait = until(std::min({deadline, enough, next}));
    if (child.pidfd() < 0 && (wait < 0 || wait > 50)) wait = 50;
    const int ready = poll(events, 4, wait);
    if (ready < 0 && errno != EINTR) throw system_error("poll", errno);
    const auto now = SteadyClock::now();
    if (now >= deadline) {
      result.timed_out = true;
      child.kill_all();
      deadline = never;
      continue;
    }
    if (now >= next) {
      options.waiting(std::chrono::duration_cast<Milliseconds>(now - began));
      next = now + between_words;
    }
    if (ready <= 0) {
      if (now >= enough) {
        out.close();
        err.close();
        return;
      }
      continue;
    }
    if (events[0].revents != 0) feed(in, rest);
    if (events[1].revents != 0) out.take();
    if (events[2].revents != 0) err.take();
    if (enough != never && (events[1].revents != 0 || events[2].revents != 0)) enough = now + after_end;
  }
}

std::map<std::string, std::string> environment_for(const ProgramOptions& options) {
  auto out = options.environment ? *options.environment : own_environment();
  for (const auto& [name, value] : options.add_environment) out[name] = value;
  return out;
}

}  // namespace

ProgramResult run_program(const std::vector<std::string>& argv, const ProgramOptions& options) {
  if (argv.empty()) throw Error(Code::program_missing, "", Text{"empty command", "命令为空"});
  LaunchPlan plan;
  plan.program = require_found(argv[0]);
  plan.argv = argv;
  plan.environment = environment_list(environment_for(options));
  plan.directory = options.directory;
  plan.die_with_parent = true;
  if (!options.user.empty()) read_account(options.user, plan);
  auto argv_pointers = pointers(plan.argv);
  auto environment_pointers = pointers(plan.environment);
  Pipe in = make_pipe();
  Pipe out = make_pipe();
  Pipe err = make_pipe();
  Pipe report = make_pipe();
  plan.in = in.read.get();
  plan.out = out.write.get();
  plan.err = err.write.get();
  plan.report = report.write.get();
  const auto began = SteadyClock::now();
  const pid_t pid = fork();
  if (pid < 0) throw system_error("fork", errno);
  if (pid == 0) become(plan, argv_pointers.data(), environment_pointers.data());
  setpgid(pid, pid);  // here too: whoever comes first
  Child child(pid);
  in.read.reset();
  out.write.reset();
  err.write.reset();
  report.write.reset();
  LaunchFailure failure{};
  if (::read(report.read.get(), &failure, sizeof failure) == sizeof failure) throw_failure(failure, plan);
  ProgramResult result;
  if (options.begun) options.begun();
  fcntl(in.write.get(), F_SETFL, O_NONBLOCK);
  Stream out_stream(std::move(out.read), false, options, result);
  Stream err_stream(std::move(err.read), true, options, result);
  talk(child, std::move(in.write), out_stream, err_stream, options, result);
  const int status = child.reap();
  if (WIFEXITED(status)) result.status = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) result.signal = WTERMSIG(status);
  result.took = std::chrono::duration_cast<Milliseconds>(SteadyClock::now() - began);
  return result;
}

ProgramResult require_program(const std::vector<std::string>& argv, const ProgramOptions& options) {
  ProgramResult result = run_program(argv, options);
  if (result.ok()) return result;
  std::string what = argv[0];
  for (std::size_t i = 1; i < argv.size() && what.size() < 200; ++i) what += " " + argv[i];
  std::string how = "exit status " + std::to_string(result.status);
  if (result.signal != 0) how = "ended by signal " + std::to_string(result.signal);
  if (result.timed_out) how = "not finished after " + human_duration(options.timeout);
  std::string_view tail = result.err.empty() ? result.out : result.err;
  while (tail.ends_with('\n')) tail.remove_suffix(1);
  if (tail.size() > 2000) tail.remove_prefix(tail.size() - 2000);
  throw Error(Code::program_failed, what, tail.empty() ? how : how + ": " + std::string(tail));
}

}  // namespace ferry
