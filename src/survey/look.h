// A look at a folder of this machine that nobody has described yet: files, processes, units, settings, databases.
// Strictly reading, and it ends in bounded time however large the tree is.
#pragma once
#include <functional>
#include <string>

#include "base/clock.h"
#include "survey/sighting.h"

namespace ferry {

struct LookOptions {
  std::string system;            // put in front of /etc/systemd/system and the like; empty: this machine's own
  Milliseconds longest{20'000};  // for the tree, and once more for the databases
  Moment now = system_now();
  std::function<void(const Text& stage, std::uint64_t things)> progress;  // may throw to stop
};

// What can't be read is said in the result. Throws Error(not_found, not_a_directory, permission) for the folder itself,
// Error(unsupported_format) where there is no /proc.
Sighting look_at(const std::string& folder, const LookOptions& options = {});

// What is inside an SQLite file that matters when a copy of its application is made: settings, addresses, paths below
// `root`, versions. Opened for reading only; gives up after `longest`.
SeenDatabase look_into_database(const std::string& file, const std::string& root, Milliseconds longest);

// Units whose command, working folder or settings lie in the folder.
std::vector<SeenUnit> units_of(const std::string& root, const Occupants& occupants, const std::string& system);

// Splits as systemd and a shell split a command: blanks, quotes, backslash.
std::vector<std::string> split_command(std::string_view text);

}  // namespace ferry
