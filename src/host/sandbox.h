// Other people's programs, run where they can do no harm: namespaces of their own for network, mounts, processes, IPC
// and host name; everything read-only but the places named; a network without a way out but a proxy that lets through
// what a list names. All of it ends with Ferry, however Ferry ends. Needs root and Linux 5.12; no helper programs.
//
// The work is done by the hidden command `sandbox-run`, which the program's main calls first, as it does the fence's.
#pragma once
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/text.h"
#include "host/forward_proxy.h"
#include "host/mount_view.h"

namespace ferry {

struct SandboxOptions {
  MountView view;
  std::vector<std::string> network;                // places that may be reached
  std::string user;                                // account to become; empty: root without most of its rights
  std::string directory;                           // where the commands begin
  std::map<std::string, std::string> environment;  // the whole of it; the proxy's variables are added
  std::vector<std::vector<std::string>> commands;  // one after the other, until one fails
  Milliseconds timeout{0};                         // of all of them; then everything inside ends. 0: none
  std::string program;                             // a program that calls sandbox_main; default: the running one
};

struct SandboxCommand {
  int status = -1;
  int signal = 0;
  std::string out;                      // as far as it was kept: the first megabyte
  std::string found;                    // full path of the program
  std::string missing;                  // why it could not be started
  std::vector<std::string> last_lines;  // of both streams
  bool ok() const { return status == 0; }
};

struct SandboxResult {
  std::vector<SandboxCommand> commands;  // those that ran; the last one may have failed
  std::vector<NetworkAttempt> network;   // by place; not known when the time ran out
  bool timed_out = false;
};

// `line` gets each line of the commands' output as it comes; it may throw: everything inside ends.
// Throws Error(needs_root, kernel_refused, not_found, program_failed).
SandboxResult run_sandbox(const SandboxOptions& options,
                          const std::function<void(std::size_t command, std::string_view line)>& line = nullptr);

// Error(needs_root): said before anything is copied.
void require_sandbox();

// Hidden commands: sandbox-run, and scratch-sweep of scratch.h. The program's main calls this first.
bool is_sandbox_command(int argc, char** argv);
int sandbox_main(int argc, char** argv);

}  // namespace ferry
