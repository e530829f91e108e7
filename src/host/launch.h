// The fork and exec that program.h stands on: everything that can allocate or fail for a reason worth telling happens
// before the fork, since only async-signal-safe calls are allowed in the child of a program with threads.
#pragma once
#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

namespace ferry {

struct LaunchPlan {
  std::string program;  // full path
  std::vector<std::string> argv;
  std::vector<std::string> environment;  // KEY=VALUE
  std::string directory;
  int in = -1;  // become 0, 1, 2
  int out = -1;
  int err = -1;
  bool new_session = false;  // else a new process group
  bool die_with_parent = false;
  bool change_user = false;
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;
  int report = -1;    // where the child writes a LaunchFailure; closed by the exec
  int wait_for = -1;  // a byte is awaited here before the exec; end of file: the child ends. -1: not
};

struct LaunchFailure {
  enum Stage : int { directory, user, descriptors, execute } stage;
  int error_number;
};

// Only in the child: never returns.
[[noreturn]] void become(const LaunchPlan& plan, char* const* argv, char* const* environment);

// Fills in the account that the child becomes, unless it is the present one. Error(not_found, needs_root).
void read_account(const std::string& user, LaunchPlan& plan);

std::vector<char*> pointers(std::vector<std::string>& texts);  // with the closing null
std::vector<std::string> environment_list(const std::map<std::string, std::string>& variables);
std::map<std::string, std::string> own_environment();
// Full path; throws Error(program_missing).
std::string require_found(const std::string& name);
[[noreturn]] void throw_failure(const LaunchFailure& failure, const LaunchPlan& plan);

}  // namespace ferry
