#include "host/occupants.h"

#include <unistd.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "host/busy.h"
#include "host/proc.h"

namespace ferry {
namespace {

constexpr std::size_t most_paths = 1000;

std::vector<std::string> arguments_of(int pid) {
  std::vector<std::string> out;
  const auto text = read_proc(pid, "cmdline");
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = std::min(text.find('\0', begin), text.size());
    out.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  // A program that rewrote its command line leaves zeros behind it.
  while (!out.empty() && out.back().empty()) out.pop_back();
  return out;
}

// "0::/system.slice/notes.service" (cgroups(7)): the innermost service.
std::string unit_of(int pid) {
  std::istringstream lines(read_proc(pid, "cgroup"));
  std::string line;
  while (std::getline(lines, line)) {
    const auto end = line.rfind(".service");
    if (end == std::string::npos) continue;
    const auto begin = line.rfind('/', end) + 1;
    // user@1000.service holds a whole session and is nobody's unit.
    const auto name = line.substr(begin, end - begin) + ".service";
    if (!name.starts_with("user@")) return name;
  }
  return {};
}

// /opt/oa in -Dcatalina.base=/opt/oa counts, /opt/oa-old does not.
bool names(const std::vector<std::string>& arguments, const std::string& folder) {
  return std::any_of(arguments.begin(), arguments.end(), [&](const std::string& argument) {
    for (auto at = argument.find(folder); at != std::string::npos; at = argument.find(folder, at + 1)) {
      const char next = at + folder.size() < argument.size() ? argument[at + folder.size()] : '\0';
      const char before = at > 0 ? argument[at - 1] : '\0';
      if ((next == '/' || next == '\0' || next == ':') && (before == '\0' || before == '=' || before == ':'))
        return true;
    }
    return false;
  });
}

void describe(Occupant& out) {
  const auto process = read_process(out.pid);
  if (process) {
    out.parent = process->parent;
    out.account = process->account;
  }
  const std::string proc = "/proc/" + std::to_string(out.pid) + "/";
  out.argv = arguments_of(out.pid);
  out.executable = proc_link(proc + "exe");
  out.directory = proc_link(proc + "cwd");
  out.environment = environment_of(out.pid);
  out.unit = unit_of(out.pid);
}

}  // namespace

Occupants occupants_of(const std::string& folder) {
  auto busy = busy_processes({folder});
  Occupants out;
  out.unreadable = std::move(busy.unreadable);
  std::map<int, Occupant> found;
  for (auto& item : busy.processes) {
    auto& occupant = found[item.pid];
    if (occupant.inside.size() < most_paths) occupant.inside.push_back(std::move(item.path));
  }
  // Ferry itself was told the folder, and so was whoever started it.
  std::set<int> own{getpid()};
  for (auto process = read_process(getpid()); process && process->parent > 1; process = read_process(process->parent))
    own.insert(process->parent);
  for (const int pid : all_pids())
    if (!found.contains(pid) && !own.contains(pid) && names(arguments_of(pid), folder)) found[pid];
  for (auto& [pid, occupant] : found) {
    occupant.pid = pid;
    describe(occupant);
  }
  for (const auto& listener : listening_ports()) {
    const auto at = found.find(listener.pid);
    if (at != found.end()) at->second.listens.push_back(listener);
  }
  for (auto& [pid, occupant] : found)
    if (!own.contains(pid)) out.processes.push_back(std::move(occupant));
  return out;
}

}  // namespace ferry
