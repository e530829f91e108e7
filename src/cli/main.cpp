#include "cli/command_line.h"

int main(int argc, char** argv) {
  ferry::cli::CommandLine line;
  return line.run(argc, argv);
}
