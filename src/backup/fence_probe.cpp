// `fence-probe`: tries from inside what must not be possible. Questions come on stdin, findings go to stdout as a list
// of {id, passed, detail}. Everything it makes it removes again.
#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <iostream>
#include <iterator>
#include <sstream>

#include "backup/fence_parts.h"
#include "backup/sink_protocol.h"
#include "host/files.h"

namespace ferry::fence {
namespace {

struct Probe {
  Json findings = Json::array();
  // `place`: where it was tried, for conditions that are asked of several.
  void add(const std::string& id, bool passed, const std::string& detail, const std::string& place = {}) {
    findings.push_back({{"id", id}, {"passed", passed}, {"detail", printable(detail)}, {"place", place}});
  }
};

void probe_interfaces(Probe& probe) {
  std::string names;
  bool only_lo = true;
  struct if_nameindex* list = ::if_nameindex();
  for (auto* entry = list; entry != nullptr && entry->if_index != 0; ++entry) {
    names += (names.empty() ? "" : " ") + std::string(entry->if_name);
    if (std::string_view(entry->if_name) != "lo") only_lo = false;
  }
  ::if_freenameindex(list);
  probe.add("interfaces", only_lo && names == "lo", names);
}

void probe_routes(Probe& probe) {
  std::string foreign;
  for (const auto& [file, column] : {std::pair{"/proc/net/route", 0}, {"/proc/net/ipv6_route", 9}}) {
    std::istringstream lines(read_file_if_there(file).value_or(""));
    for (std::string line; std::getline(lines, line);) {
      std::istringstream words(line);
      std::string word;
      for (int i = 0; i <= column; ++i) words >> word;
      if (word != "lo" && word != "Iface" && !word.empty()) foreign += word + " ";
    }
  }
  probe.add("routes", foreign.empty(), foreign.empty() ? "all on lo" : foreign);
}

// What a connection to the address finds: "sink", "refused", "connected" (somebody else), or an errno text.
std::string ask(const std::string& host, int port, const std::string& token, const std::string& fence) {
  const bool v6 = host.find(':') != std::string::npos;
  const Descriptor socket(::socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.valid()) return std::strerror(errno);
  sockaddr_in v4_address{};
  sockaddr_in6 v6_address{};
  v4_address.sin_family = AF_INET;
  v6_address.sin6_family = AF_INET6;
  v4_address.sin_port = v6_address.sin6_port = htons(static_cast<std::uint16_t>(port));
  ::inet_pton(v6 ? AF_INET6 : AF_INET, host.c_str(),
              v6 ? static_cast<void*>(&v6_address.sin6_addr) : static_cast<void*>(&v4_address.sin_addr));
  const auto* address = v6 ? reinterpret_cast<sockaddr*>(&v6_address) : reinterpret_cast<sockaddr*>(&v4_address);
  if (::connect(socket.get(), address, v6 ? sizeof v6_address : sizeof v4_address) != 0 && errno != EINPROGRESS) {
    return errno == ECONNREFUSED ? "refused" : std::strerror(errno);
  }
  pollfd entry{socket.get(), POLLOUT, 0};
  int error = 0;
  socklen_t size = sizeof error;
  if (::poll(&entry, 1, 3000) != 1) return "no answer";
  ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return error == ECONNREFUSED ? "refused" : std::strerror(error);
  SinkStream stream(socket.get());
  stream.write("GET /" + token + " HTTP/1.1\r\nHost: ferry-proof.invalid\r\nConnection: close\r\n\r\n");
  while (stream.buffer().size() < 4096 && stream.fill(3000)) {
  }
  return stream.buffer().find("X-Ferry-Fence: " + fence) != std::string::npos ? "sink" : "connected";
}

bool listened_inside(int port) {
  for (const auto& listener : listeners_on(port)) {
    if (listener.port == port) return true;
  }
  return false;
}

void probe_sink(Probe& probe, const Json& questions) {
  const std::string token = questions.at("token");
  const std::string fence = questions.at("fence");
  const std::string v4 = ask("203.0.113.250", 47001, token + "-tcp4", fence);
  probe.add("sink_tcp4", v4 == "sink", v4);
  if (path_exists("/proc/net/if_inet6")) {
    const std::string v6 = ask("2001:db8:ffff::250", 47001, token + "-tcp6", fence);
    probe.add("sink_tcp6", v6 == "sink", v6);
  } else {
    probe.add("sink_tcp6", true, "this kernel has no IPv6");
  }
  const Descriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(47002);
  ::inet_pton(AF_INET, "203.0.113.250", &address.sin_addr);
  const std::string text = token + "-udp";
  const auto sent =
      ::sendto(socket.get(), text.data(), text.size(), 0, reinterpret_cast<sockaddr*>(&address), sizeof address);
  probe.add("sink_udp", sent == static_cast<ssize_t>(text.size()), sent < 0 ? std::strerror(errno) : "sent");
}

// Production's own ports. Reaching the sink is the proof; a service of the clone on the same port is fine, since that
// is inside too; anything else that answers is not.
void probe_outside(Probe& probe, const Json& questions) {
  for (const auto& item : questions.at("outside")) {
    const std::string host = item.at("host");
    const int port = item.at("port");
    const std::string shown = host + " port " + std::to_string(port);
    const std::string found = ask(host, port, questions.at("token"), questions.at("fence"));
    const bool own = found == "connected" && listened_inside(port);
    const bool passed = found == "sink" || found == "refused" || own;
    probe.add("outside", passed,
              shown + ": " + (own ? "a service of the clone itself" : found) +
                  (item.at("answers").get<bool>() ? " (outside it answers)" : " (nothing there outside)"),
              host.find(':') == std::string::npos ? host + ":" + std::to_string(port)
                                                  : "[" + host + "]:" + std::to_string(port));
  }
}

bool connects(const sockaddr_un& address, socklen_t size) {
  const Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), size) == 0;
}

void probe_unix_sockets(Probe& probe, const Json& questions) {
  std::string reachable;
  const Json& list = questions.at("sockets");
  for (const auto& item : list) {
    const std::string path = unescape(item.at("path").get<std::string>());
    struct stat status {};
    if (::lstat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode) &&
        status.st_ino == item.at("inode").get<std::uint64_t>() &&
        status.st_dev == item.at("device").get<std::uint64_t>()) {
      reachable += path + " ";
    }
  }
  probe.add("unix_sockets", reachable.empty(),
            reachable.empty() ? std::to_string(list.size()) + " outside, none visible" : reachable);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = questions.at("abstract");
  std::memcpy(address.sun_path + 1, name.data(), name.size());
  const bool reached = connects(address, static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size()));
  probe.add("abstract_sockets", !reached, reached ? "reached a listener outside" : "not reached");
}

// 0 when a file could be made there (and was removed), else errno.
int try_write(const std::string& folder, const std::string& name) {
  const std::string file = folder + "/" + name;
  const Descriptor made(::open(file.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!made.valid()) return errno;
  ::unlink(file.c_str());
  return 0;
}

void probe_writing(Probe& probe, const Json& questions) {
  const std::string name = "." + questions.at("token").get<std::string>();
  std::string writable;
  std::string tried;
  for (const auto& item : questions.at("no_write")) {
    const std::string folder = unescape(item.get<std::string>());
    const int error = try_write(folder, name);
    if (error == 0) writable += folder + " ";
    if (error == EROFS) tried += folder + " ";
  }
  probe.add("read_only", writable.empty(), writable.empty() ? "refused: " + tried : "could write: " + writable);
  std::string not_writable;
  for (const auto& item : questions.at("writable")) {
    const std::string folder = unescape(item.get<std::string>());
    const int error = try_write(folder, name);
    if (error != 0) not_writable += folder + ": " + std::strerror(error) + " ";
  }
  probe.add("clone_writable", not_writable.empty(), not_writable);
  const std::string outer = questions.at("temporary");
  probe.add("private_tmp", !path_exists(outer), path_exists(outer) ? outer + " is visible" : "not visible");
}

// A disk could be read and written past the file system.
void probe_devices(Probe& probe, const Json& questions) {
  std::istringstream lines(read_file_if_there("/proc/partitions").value_or(""));
  unsigned major_number = 0;
  unsigned minor_number = 0;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    if (words >> major_number >> minor_number) break;
  }
  const std::string folder = unescape(questions.at("writable").at(0).get<std::string>());
  const std::string file = folder + "/." + questions.at("token").get<std::string>() + "-device";
  const bool made = ::mknod(file.c_str(), S_IFBLK | 0600, makedev(major_number, minor_number)) == 0;
  const Descriptor opened(made ? ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1);
  const int error = errno;
  if (made) ::unlink(file.c_str());
  probe.add("devices", !opened.valid(), opened.valid() ? "a disk could be opened" : std::strerror(error));
}

void probe_processes(Probe& probe) {
  const std::string first = read_file_if_there("/proc/1/comm").value_or("");
  probe.add("processes", first == "ferry-fence\n", "process 1: " + first.substr(0, first.find('\n')));
}

}  // namespace

int run_probe(const std::filesystem::path& folder) {
  const std::string text{std::istreambuf_iterator<char>(std::cin), {}};
  const Json questions = parse_json(text, "fence-probe");
  join_fence(load_state(folder).processes.front().identity);
  const pid_t child = ::fork();  // the pid namespace holds for children only
  if (child < 0) throw refused("fork");
  if (child > 0) {
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
  }
  Probe probe;
  probe_interfaces(probe);
  probe_routes(probe);
  probe_sink(probe, questions);
  probe_outside(probe, questions);
  probe_unix_sockets(probe, questions);
  probe_writing(probe, questions);
  probe_devices(probe, questions);
  probe_processes(probe);
  std::cout << probe.findings.dump() << std::endl;
  std::cout.flush();
  ::_exit(0);
}

}  // namespace ferry::fence
