// The fence around a clone's services: network, mount, process, IPC and host name namespaces of their own. Needs root
// and Linux 5.14 or newer; no helper programs. Nothing outside the namespaces made here is touched.
//
// Network: only `lo`; every address of IPv4 and IPv6 is local to it (route type local, "AnyIP"), and an sk_lookup
// BPF program in the namespace gives every connection and datagram that the clone's own services do not listen for to
// the sink, whatever address and port it was meant for. So the original destination is simply the socket's own
// address; there is no NAT and no list of ports. Without sink the program drops: nothing can leave in any case,
// because there is no device that leads out.
//
// Life: `start_fence` runs the hidden command `fence-hold`, which makes the namespaces and leaves a holder (process 1
// inside) that survives Ferry. The state file names it by pid, start time and boot id. When the holder dies the kernel
// ends everything inside; the forwarders watch it and end too.
#pragma once
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "backup/sink_record.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "host/process.h"
#include "model/value.h"

namespace ferry {

// A door for users: 127.0.0.1:outside is passed on to 127.0.0.1:inside of the fence.
struct FenceForward {
  int outside = 0;
  int inside = 0;
  std::string listen = "127.0.0.1";
};

struct FenceOptions {
  std::filesystem::path folder;                 // state, record, log; made; inside the clone's staging
  std::vector<std::filesystem::path> writable;  // the clone's root and staging; absolute, existing
  std::vector<std::filesystem::path> hidden;    // shown empty inside: production's root, the backups
  std::vector<FenceForward> forwards;
  std::string program;  // a program that calls fence_main; default: the running one
};

struct FenceProcess {
  std::string role;  // holder, forward
  ProcessIdentity identity;
};

// fence.json in the fence's folder.
struct FenceState {
  int format = 1;
  std::string id;
  std::string started;  // RFC 3339
  FenceOptions options;
  std::vector<FenceProcess> processes;  // holder first
};

struct FenceStatus {
  enum class Kind { none, running, dead, no_forward } kind = Kind::none;
  std::optional<FenceState> state;
  Text text;
  bool running() const { return kind == Kind::running || kind == Kind::no_forward; }
};

// Whether a fence can be made here: empty text = yes, else why not (not root, namespaces or BPF refused).
Text fence_obstacle();

// Errors: needs_root, already_exists (one is running for this folder), port_in_use (forward), fence_unproven (the
// kernel refused a namespace, mount or BPF; detail says which), program_failed.
FenceState start_fence(const FenceOptions& options);
FenceStatus fence_status(const std::filesystem::path& folder);
// Ends the holder, everything inside, and the forwarders, by their own ids; waits until they are gone. Ending what is
// not running is fine. Returns false when nothing was running.
bool end_fence(const std::filesystem::path& folder);

// Argv prefix that starts a command inside: {program, "fence-exec", "--folder", F, "--user", U, "--"}. That process
// stays outside as the command's parent: passes TERM, INT, HUP, QUIT, USR1, USR2 on, ends with its status; when it is
// killed the command is killed too. The command runs without capabilities to leave the fence.
std::vector<std::string> fence_prefix(const FenceState& state, const std::string& user = {});

// Pids (outside numbering) of all processes inside, the fence's own left out.
std::vector<int> fence_processes(const FenceState& state);

// Variables for the templates of silence rules: fence.smtp, fence.smtp_port, fence.http, fence.host: addresses from
// RFC 5737 that end in the sink.
Variables fence_variables();

std::filesystem::path fence_record(const std::filesystem::path& folder);  // sink.jsonl

struct FenceCondition {
  std::string id;  // stable: interfaces, routes, sink_tcp4, ...
  Text text;       // what must hold
  bool passed = false;
  std::string detail;  // what was seen
};

struct FenceProof {
  bool proved = false;
  std::string when;  // RFC 3339
  std::string fence;
  std::vector<FenceCondition> conditions;
  std::vector<SinkDestination> attempts;   // everything recorded since this fence began
  std::vector<SinkDestination> uncovered;  // suggestions
  std::int64_t ms = 0;
};

// "127.0.0.1:8080", "[::1]:8080": where something real listens outside, production above all.
struct FenceProofOptions {
  std::vector<std::string> outside;             // must not be reached from inside
  std::vector<std::filesystem::path> no_write;  // places that must refuse, beside /, /etc, /usr, /var, /home ...
  std::vector<int> services;                    // pids (outside numbering) that must be inside
  std::set<std::string> covered;                // for suggestions()
};
// Active proof from inside. Never throws for a fence that does not hold: the conditions say it.
FenceProof prove_fence(const std::filesystem::path& folder, const FenceProofOptions& options = {});
// Error(fence_unproven) that names the conditions which failed.
void require_proved(const FenceProof& proof);

// Hidden sub-commands: fence-hold, fence-exec, fence-probe. The program's main calls this first.
bool is_fence_command(int argc, char** argv);
int fence_main(int argc, char** argv);

void to_json(Json& json, const FenceOptions& value);
void from_json(const Json& json, FenceOptions& value);
void to_json(Json& json, const FenceState& value);
void from_json(const Json& json, FenceState& value);
void to_json(Json& json, const FenceProof& value);
void from_json(const Json& json, FenceProof& value);

}  // namespace ferry
