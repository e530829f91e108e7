// The command line of ferry-host. Parsed by hand: the program shall depend on as little as possible.
#pragma once
#include <string>

#include "base/text.h"
#include "rescue/recovery.h"

namespace ferry::rescue {

struct Arguments {
  enum class Command { help, version, show, recover } command = Command::help;
  std::string folder;
  std::string run;
  RecoverOptions recover;
  bool json = false;
  bool yes = false;
  Language language = Language::english;
};

// --language, else LC_ALL, LC_MESSAGES, LANG. Never fails.
Language language_of(int argc, char** argv);
bool wants_json(int argc, char** argv);
// Throws Error(usage).
Arguments parse(int argc, char** argv);
Text help();

}  // namespace ferry::rescue
