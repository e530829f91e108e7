// Start, stop and state of a service that a profile describes. Whoever starts it, another Ferry process finds it again:
// by the state file <staging>/services/<id>.json, else by the mark FERRY_SERVICE in its environment (Ferry was killed
// between start and writing), else - for a service that somebody else started - by its port, when the process that
// listens there belongs to this installation (working folder or command line below the root).
#pragma once
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/process.h"
#include "model/environment.h"
#include "model/profile.h"

namespace ferry {

// Asked again and again until it says yes; `why` receives what is still missing (for the error at the end).
using ReadyCheck = std::function<bool(Text& why)>;

struct ServiceState {
  bool running = false;
  enum class FoundBy { nothing, state_file, mark, port } found_by = FoundBy::nothing;
  ProcessIdentity process;  // the program itself, not the prefix that entered the namespaces
  std::vector<int> pids;    // process and everything that belongs to it
  std::string started;      // RFC 3339
  std::string account;
  std::string command;
  std::string port;  // expanded
};

struct StartOptions {
  ReadyCheck ready;                 // none: ready when it listens on its port; without a port: at once
  SecretLookup secret;              // for ${secret.NAME} in `variables` only: argv is public
  std::vector<std::string> prefix;  // enters namespaces, then executes the rest
  // The port is not asked on this host (service in a network namespace of its own, seen only through a forwarder).
  bool port_elsewhere = false;
  std::function<void(Milliseconds waited, const Text& why)> waiting;  // progress, about once a second
};

// Starts it and waits until it is ready. If it runs already (found as above), it is only waited for: a start can be
// repeated after a crash. Throws Error(port_in_use) that names the process, Error(service_not_ready) with the last 20
// log lines and the reason (also at once when the process ends; a service that does not get ready in time goes on
// running: stop_service it), Error(program_missing, not_found, invalid_document, needs_root, ...).
ServiceState start_service(const Service& service, const Environment& environment, const StartOptions& options = {});

struct StopOptions {
  std::function<void(Milliseconds waited)> waiting;
};
// Signals it, waits for the grace time, kills it if the profile allows. Not running is no error. Afterwards nothing of
// it is left: else Error(service_not_stopping) or Error(service_left_behind, pids and commands).
void stop_service(const Service& service, const Environment& environment, const StopOptions& options = {});

ServiceState service_state(const Service& service, const Environment& environment);

// All processes that carry the mark of this installation or stand in a session that Ferry made for one of its services.
std::vector<ProcessInfo> marked_processes(const Environment& environment, const std::string& service_id);

// The environment of its processes, with the mark by which they are found again.
std::map<std::string, std::string> service_environment(const Service& service, const Environment& environment,
                                                       const SecretLookup& secret = nullptr);

// KEY=VALUE lines as systemd.exec(5) reads EnvironmentFile= and a shell would source them: '#' and ';' comments, blank
// lines, optional "export ", single or double quotes, backslash at the end of a line continues it. No substitution.
// Throws Error(invalid_document, where:line).
std::map<std::string, std::string> parse_environment_file(std::string_view text, const std::string& where);

// The last lines of a (possibly huge) file; empty when it can't be read.
std::string last_lines(const std::string& path, int lines);

}  // namespace ferry
