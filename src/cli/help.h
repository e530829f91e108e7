// What --help prints, and what is said about a command line that can't be understood: in the chosen language.
#pragma once
#include <CLI/CLI.hpp>

#include "base/text.h"

namespace ferry::cli {

// Before any command is added: they take the help flag and the layout over from `root`.
void prepare_help(CLI::App& root, Language language);
// After all commands are added: describes the arguments that mean the same everywhere (environment, file ...).
void describe_arguments(CLI::App& root, Language language);
// Says which word is wrong or missing and what there is instead.
Text problem_of(const CLI::App& root, const CLI::ParseError& error);

}  // namespace ferry::cli
