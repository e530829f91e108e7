#include "app/programs.h"
#include "cli/command_line.h"

int main(int argc, char** argv) {
  // Commands that Ferry starts inside a fence; they know nothing of projects.
  if (ferry::is_fence_command(argc, argv)) return ferry::fence_main(argc, argv);
  ferry::cli::CommandLine line;
  return line.run(argc, argv);
}
