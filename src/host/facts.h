// What the machine is (A3).
#pragma once
#include <map>
#include <string>
#include <vector>

#include "model/inventory.h"

namespace ferry {

// Name -> argv that prints a version on stdout or stderr: {"java", {"java", "-version"}}.
using RuntimeCommands = std::map<std::string, std::vector<std::string>>;
RuntimeCommands usual_runtimes();  // java, node

// Operating system, processor, memory, disk of the file system that holds `root` (or its nearest existing parent), time
// zone, locale, version lines of the runtimes (missing programs are left out, none may take longer than 10 seconds).
// What can't be found out stays empty or 0; nothing is thrown for it.
HostFacts read_host_facts(const std::string& root, const RuntimeCommands& runtimes = usual_runtimes());

std::string host_name();
// Account that runs Ferry: name, or the number where it has none.
std::string account_name();

}  // namespace ferry
