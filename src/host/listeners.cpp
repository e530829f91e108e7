// Who listens on TCP ports: /proc/net/tcp and tcp6 name the socket's inode, /proc/PID/fd the process that has it.
#include <arpa/inet.h>
#include <dirent.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <map>
#include <set>
#include <sstream>

#include "base/error.h"
#include "host/files.h"
#include "host/proc.h"
#include "host/process.h"

namespace ferry {
namespace {

constexpr std::string_view state_listen = "0A";  // TCP_LISTEN in the kernel's numbering

struct Socket {
  std::string address;
  int port = 0;
  std::string inode;
};

// "0100007F:1F90": the address in groups of four bytes, each in the machine's byte order, then the port.
bool parse_address(const std::string& text, Socket& out) {
  const auto colon = text.find(':');
  if (colon != 8 && colon != 32) return false;
  unsigned char bytes[16] = {};
  for (std::size_t i = 0; i < colon; i += 8) {
    std::uint32_t group = 0;
    std::from_chars(text.data() + i, text.data() + i + 8, group, 16);
    std::memcpy(bytes + i / 2, &group, 4);
  }
  char shown[INET6_ADDRSTRLEN] = {};
  inet_ntop(colon == 8 ? AF_INET : AF_INET6, bytes, shown, sizeof shown);
  out.address = shown;
  std::from_chars(text.data() + colon + 1, text.data() + text.size(), out.port, 16);
  return true;
}

void read_sockets(const char* file, std::vector<Socket>& out) {
  std::istringstream lines(read_file_if_there(file).value_or(""));
  std::string line;
  std::getline(lines, line);  // heading
  while (std::getline(lines, line)) {
    std::istringstream fields(line);
    std::string slot, local, remote, state, queues, timer, retransmits, uid, timeout, inode;
    fields >> slot >> local >> remote >> state >> queues >> timer >> retransmits >> uid >> timeout >> inode;
    Socket socket;
    if (state != state_listen || !parse_address(local, socket)) continue;
    socket.inode = inode;
    out.push_back(std::move(socket));
  }
}

// Inode -> pid for those asked for.
std::map<std::string, int> owners_of(const std::set<std::string>& inodes) {
  std::map<std::string, int> out;
  for (const int pid : all_pids()) {
    const std::string folder = "/proc/" + std::to_string(pid) + "/fd";
    DIR* stream = opendir(folder.c_str());
    if (stream == nullptr) continue;
    while (const dirent* item = readdir(stream)) {
      const std::string target = proc_link(folder + "/" + item->d_name);
      if (!target.starts_with("socket:[")) continue;
      const std::string inode = target.substr(8, target.size() - 9);
      // The first wins: a server that shares its socket with children is the one with the lowest pid.
      if (inodes.contains(inode)) out.try_emplace(inode, pid);
    }
    closedir(stream);
    if (out.size() == inodes.size()) break;
  }
  return out;
}

std::vector<Listener> listeners(int wanted) {
  std::vector<Socket> sockets;
  read_sockets("/proc/net/tcp", sockets);
  read_sockets("/proc/net/tcp6", sockets);
  std::set<std::string> inodes;
  for (const auto& socket : sockets)
    if (wanted == 0 || socket.port == wanted) inodes.insert(socket.inode);
  const auto owners = inodes.empty() ? std::map<std::string, int>{} : owners_of(inodes);
  std::vector<Listener> out;
  for (const auto& socket : sockets) {
    if (!inodes.contains(socket.inode)) continue;
    Listener listener{socket.address, socket.port, 0, {}};
    const auto owner = owners.find(socket.inode);
    if (owner != owners.end()) {
      listener.pid = owner->second;
      const auto process = read_process(owner->second);
      if (process) listener.command = process->command;
    }
    out.push_back(std::move(listener));
  }
  std::stable_sort(out.begin(), out.end(), [](const Listener& a, const Listener& b) { return a.port < b.port; });
  return out;
}

}  // namespace

std::string proc_link(const std::string& path) {
  char buffer[4097];
  const ssize_t size = readlink(path.c_str(), buffer, sizeof buffer);
  return size < 0 ? std::string() : std::string(buffer, static_cast<std::size_t>(size));
}

std::vector<Listener> listening_ports() {
  return listeners(0);
}

std::vector<Listener> listeners_on(int port) {
  return port > 0 ? listeners(port) : std::vector<Listener>{};
}

}  // namespace ferry
