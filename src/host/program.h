// Other programs: run and wait, or start and leave alone. Never through a shell. Every descriptor of Ferry is closed in
// the child but 0, 1, 2; signal mask and dispositions are the default ones.
#pragma once
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "host/process.h"

namespace ferry {

struct ProgramOptions {
  std::string directory;                                          // empty: Ferry's
  std::optional<std::map<std::string, std::string>> environment;  // empty: Ferry's
  std::map<std::string, std::string> add_environment;             // on top of either
  std::string input;                                              // stdin; empty: end of file at once
  std::string user;                                               // account to become; Error(not_found, needs_root)
  Milliseconds timeout{0};                // 0: none. Afterwards the program and its children get signal 9
  std::size_t output_limit = 64U << 20U;  // of each stream; more is read, dropped and said in `truncated`
  // Each line as it comes, without line end, on the caller's thread. May throw: the program is killed.
  std::function<void(std::string_view line, bool is_err)> on_line;
  std::function<void()> begun;                // it runs. May throw: the program is killed
  std::function<void(Milliseconds)> waiting;  // so long, about once a second. May throw: the program is killed
};

struct ProgramResult {
  int status = -1;  // exit status; -1 when it ended by a signal
  int signal = 0;
  bool timed_out = false;
  bool truncated = false;
  std::string out;
  std::string err;
  Milliseconds took{0};
  bool ok() const { return status == 0; }
};

// Runs argv[0] (looked up in PATH when it has no '/'). Throws Error(program_missing) when it isn't there or can't be
// executed, Error(io) when the directory can't be entered; everything else is in the result.
ProgramResult run_program(const std::vector<std::string>& argv, const ProgramOptions& options = {});
// The same, but throws Error(program_failed, "argv[0] ...", last lines of stderr) unless it ends with status 0.
ProgramResult require_program(const std::vector<std::string>& argv, const ProgramOptions& options = {});
// Full path, or empty when PATH (Ferry's, unless another is given) has no such program.
std::string find_program(const std::string& name, const std::string& path = {});

struct DetachedOptions {
  std::string directory;
  std::map<std::string, std::string> environment;  // the whole environment
  std::string log_file;  // stdout and stderr are appended; empty: /dev/null. Made with mode 0644
  // Put before argv: a program that enters namespaces and executes the rest. If it stays as parent it must pass signals
  // on. The account is its business then: `user` is not applied.
  std::vector<std::string> prefix;
  std::string user;  // account to become; needs root unless it is the present one: Error(needs_root)
  // Called when the process exists but the program has not begun; what it writes down survives Ferry's death at any
  // later moment. If Ferry dies before it returns, the program never begins. May throw.
  std::function<void(const ProcessIdentity&)> before_begin;
};

// Starts a program in a session of its own (session id = pid), as nobody's child, so that it survives Ferry's end and
// leaves no zombie. Throws Error(program_missing, not_found, permission, needs_root, io) when it can't be started.
ProcessIdentity spawn_detached(const std::vector<std::string>& argv, const DetachedOptions& options);

}  // namespace ferry
