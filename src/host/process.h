// Processes of this machine as /proc shows them. A pid alone names nobody, since the kernel uses it again: identity is
// pid, start time and boot.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json.h"

namespace ferry {

struct ProcessIdentity {
  int pid = 0;
  std::uint64_t start_ticks = 0;  // field 22 of /proc/PID/stat: clock ticks since boot
  std::string boot;               // /proc/sys/kernel/random/boot_id
  bool operator==(const ProcessIdentity&) const = default;
};
void to_json(Json& json, const ProcessIdentity& value);
void from_json(const Json& json, ProcessIdentity& value);

struct ProcessInfo {
  int pid = 0;
  int parent = 0;
  int group = 0;
  int session = 0;
  char state = '?';  // field 3 of stat: R S D Z T ...
  std::uint64_t start_ticks = 0;
  unsigned uid = 0;
  std::string account;  // name of uid, or its number
  std::string command;  // command line joined with blanks; kernel name in brackets when it has none
  Moment started{};
};

// Empty when there is no such process. Zombies are there (state 'Z').
std::optional<ProcessInfo> read_process(int pid);
std::vector<ProcessInfo> all_processes();  // by pid
// Every process below `pid` in the tree of parents, without itself.
std::vector<ProcessInfo> descendants(int pid, const std::vector<ProcessInfo>& all);
// Variables of its environment; empty when unreadable (other account) or gone.
std::map<std::string, std::string> environment_of(int pid);

// Identity of a process that runs now; Error(not_found) when there is none.
ProcessIdentity identify(int pid);
// True while exactly this process runs (a zombie does not).
bool is_alive(const ProcessIdentity& identity);
// Waits until it ends; true when it has. Returns at once when it is gone already. By pidfd, so that the end is noticed
// immediately.
bool wait_for_end(const ProcessIdentity& identity, Milliseconds longest);
// Sends the signal to exactly this process (pidfd, no race with a reused pid); false when it is gone. Throws
// Error(permission).
bool send_signal(const ProcessIdentity& identity, int signal);
// "TERM", "SIGTERM" or "15" -> 15; throws Error(invalid_document).
int signal_number(const std::string& name);

// A TCP socket that waits for connections.
struct Listener {
  std::string address;  // "127.0.0.1", "::"
  int port = 0;
  int pid = 0;  // 0: another account's process, which this account may not see
  std::string command;
};
std::vector<Listener> listening_ports();  // by port
// Who listens on the port, whatever the address; several when several do.
std::vector<Listener> listeners_on(int port);

}  // namespace ferry
