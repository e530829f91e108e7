#include <csignal>

#include "app/programs.h"
#include "cli/command_line.h"

int main(int argc, char** argv) {
  // Commands that Ferry starts itself, inside a fence or to outlive it; they know nothing of projects.
  if (ferry::is_door_command(argc, argv)) return ferry::door_main(argc, argv);
  if (ferry::is_call_command(argc, argv)) return ferry::call_main(argc, argv);
  if (ferry::is_sandbox_command(argc, argv)) return ferry::sandbox_main(argc, argv);
  if (ferry::is_fence_command(argc, argv)) return ferry::fence_main(argc, argv);
  // Whoever reads our progress may go away (`ferry ... | head`): that must not end a run in the middle. A handler that
  // does nothing, not SIG_IGN: programs that Ferry starts get the usual behaviour back.
  std::signal(SIGPIPE, [](int) {});
  ferry::cli::CommandLine line;
  return line.run(argc, argv);
}
