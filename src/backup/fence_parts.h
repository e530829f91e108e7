// The inner parts of the fence, shared between the files of this room; not for other rooms.
#pragma once
#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "backup/fence.h"
#include "base/error.h"
#include "host/descriptor.h"
#include "host/mount_view.h"

namespace ferry::fence {

// --- network (fence_network.cpp), called inside the new namespace
// lo up, every address local to it with 127.0.0.1 / ::1 as source. Returns whether the kernel has IPv6.
bool set_up_network();

// What the sink listens with. Held by the holder too, so that a sink that is started again has the same sockets.
struct SinkSockets {
  Descriptor tcp4, tcp6, udp4, udp6;
  Descriptor packets;    // AF_PACKET on lo: everything that is not TCP
  Descriptor own_ports;  // BPF hash: TCP ports on loopback that the clone itself serves
  Descriptor sockets;    // BPF sockmap
  Descriptor link;       // the program's attachment; closing it detaches
};
// The program: docs in fence_steer.cpp. `own` are ports that always belong to the clone (forwards).
SinkSockets open_sink_sockets(bool ipv6, const std::set<int>& own);
void mark_own_port(const SinkSockets& sockets, int port, bool own);

// --- mounts (fence_mount.cpp)
// What a clone may see and write.
MountView mount_view(const FenceOptions& options, const std::vector<std::string>& foreign_sockets);

// A UNIX socket that somebody outside has bound to a path.
struct ForeignSocket {
  std::string path;
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
};
// Of every network namespace but those in `except` (inode numbers of /proc/PID/ns/net).
std::vector<ForeignSocket> foreign_sockets(const std::set<std::uint64_t>& except = {});

// --- sink (sink.cpp)
[[noreturn]] void run_sink(const SinkSockets& sockets, int record, const std::string& fence_id,
                           const std::set<int>& own);

// --- forwarder (fence_forward.cpp)
[[noreturn]] void run_forwarder(Descriptor listener, int port_inside, Descriptor holder_pidfd);
Descriptor listen_outside(const FenceForward& forward);

// --- joining (fence_exec.cpp)
// Enters the namespaces of the holder; the pid namespace holds for children only. Throws.
void join_fence(const ProcessIdentity& holder);
int run_exec(const std::filesystem::path& folder, const std::string& user, char** command);

// --- sub-commands
int run_hold();                                      // options on stdin
int run_probe(const std::filesystem::path& folder);  // questions on stdin, conditions on stdout

// --- helpers
int pidfd_of(const ProcessIdentity& identity);  // -1 when it is gone
std::uint64_t namespace_inode(int pid, const std::string& kind);
FenceState load_state(const std::filesystem::path& folder);  // Error(not_found)
std::filesystem::path state_file(const std::filesystem::path& folder);
// The program that closed the fence, or the running one where that has been replaced since: the namespaces do not mind.
std::string program_of(const FenceState& state);
Error refused(const std::string& what);  // fence_unproven with errno

}  // namespace ferry::fence
