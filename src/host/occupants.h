// Whose folder is this? The processes that live in it, with what they were started with. Looks at /proc only.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "host/process.h"

namespace ferry {

struct Occupant {
  int pid = 0;
  int parent = 0;
  std::string account;
  std::vector<std::string> argv;                   // bytes; as the process shows itself, which it may have rewritten
  std::string executable;                          // absolute, links resolved
  std::string directory;                           // working folder
  std::map<std::string, std::string> environment;  // that it was started with
  std::vector<Listener> listens;
  std::vector<std::string> inside;  // files and folders of the folder that it uses, absolute, each once; at most 1000
  std::string unit;                 // of systemd, by its control group: "notes.service"; empty: none
};

struct Occupants {
  std::vector<Occupant> processes;  // by pid
  // Processes that could not be looked into (of other accounts, unless root): some of them may live there too.
  std::vector<int> unreadable;
};

// Processes with working folder, executable, open or mapped files inside, or with the folder in an argument. Throws
// Error(io) when /proc is not there.
Occupants occupants_of(const std::string& folder);

}  // namespace ferry
