// Small readers of /proc that several files of this room share.
#pragma once
#include <string>
#include <vector>

namespace ferry {

std::vector<int> all_pids();  // sorted
// Content of /proc/PID/<what>; empty when it can't be read or the process is gone.
std::string read_proc(int pid, const char* what);
// The target of a link in /proc/PID, empty when it can't be read (then errno).
std::string proc_link(const std::string& path);

}  // namespace ferry
