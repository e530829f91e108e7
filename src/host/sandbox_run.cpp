// `sandbox-run`: three processes. The outer one stays in the machine's network and is the proxy; process 1 of the new
// namespaces makes the view; the runner below it gives up its rights and starts the commands. When process 1 ends the
// kernel ends whatever the commands have left running.
#include <arpa/inet.h>
#include <grp.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <iostream>
#include <iterator>
#include <optional>
#include <thread>

#include "base/error.h"
#include "host/account.h"
#include "host/confine.h"
#include "host/program.h"
#include "host/sandbox_parts.h"
#include "host/scratch.h"

namespace ferry {
namespace {

constexpr int namespaces = CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS;
constexpr std::size_t kept_output = 1U << 20U;
constexpr std::size_t kept_lines = 30;
constexpr std::size_t longest_line = 2000;

// One write for a line: several processes use this pipe.
void tell(const Json& json) {
  std::string line = json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  std::string_view rest = line;
  while (!rest.empty()) {
    const auto written = ::write(1, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) ::_exit(3);  // nobody listens any more
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
}

void tell(const Error& error) {
  tell(Json{
      {"error", {{"code", info(error.code()).name}, {"about", error.about_text()}, {"detail", error.detail_text()}}}});
}

struct Identity {
  Account account;
  std::vector<gid_t> groups;
};

// Looked up outside: directory services are out of reach inside.
std::optional<Identity> look_up(const std::string& user) {
  if (user.empty()) return std::nullopt;
  const auto account = account_named(user);
  if (!account) throw Error(Code::not_found, Text{"account " + user, "账号 " + user});
  const auto groups = groups_of(*account);
  return Identity{*account, {groups.begin(), groups.end()}};
}

void become(const Identity& identity) {
  if (::setgroups(identity.groups.size(), identity.groups.data()) != 0 || ::setgid(identity.account.gid) != 0 ||
      ::setuid(identity.account.uid) != 0)
    throw kernel_refused("become " + identity.account.name);
}

void send_descriptor(int socket, int fd) {
  char byte = 'd';
  iovec data{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))]{};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  auto* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
  if (::sendmsg(socket, &message, 0) != 1) throw kernel_refused("send the listener");
}

Descriptor receive_descriptor(int socket) {
  char byte = 0;
  iovec data{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))]{};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  if (::recvmsg(socket, &message, MSG_CMSG_CLOEXEC) != 1) return {};
  const auto* header = CMSG_FIRSTHDR(&message);
  if (header == nullptr || header->cmsg_type != SCM_RIGHTS) return {};
  int fd = -1;
  std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
  return Descriptor(fd);
}

// The proxy's socket belongs to the network inside, its connections to the one outside. Nobody else is inside, so the
// port can be always the same: what programs write down of their environment must not differ from run to run.
constexpr int proxy_port = 3128;
Descriptor listen_inside() {
  Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(proxy_port);
  if (!socket.valid() || ::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(socket.get(), 512) != 0)
    throw kernel_refused("listen for the proxy");
  return socket;
}

void set_environment(const std::map<std::string, std::string>& variables) {
  ::clearenv();
  for (const auto& [name, value] : variables) ::setenv(name.c_str(), value.c_str(), 1);
  const std::string proxy = "http://127.0.0.1:" + std::to_string(proxy_port);
  for (const char* name : {"HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "npm_config_proxy",
                           "npm_config_https_proxy", "YARN_HTTP_PROXY", "YARN_HTTPS_PROXY"})
    ::setenv(name, proxy.c_str(), 1);
  // What listens inside is reached directly.
  for (const char* name : {"NO_PROXY", "no_proxy", "npm_config_noproxy"}) ::setenv(name, "127.0.0.1,localhost,::1", 1);
}

SandboxCommand run_one(std::size_t number, const std::vector<std::string>& argv, const std::string& directory) {
  SandboxCommand out;
  std::deque<std::string> last;
  ProgramOptions options;
  options.directory = directory;
  options.output_limit = kept_output;
  options.on_line = [&](std::string_view line, bool) {
    const std::string text(line.substr(0, longest_line));
    last.push_back(text);
    if (last.size() > kept_lines) last.pop_front();
    tell(Json{{"command", number}, {"line", text}});
  };
  try {
    out.found = find_program(argv.front());
    const auto result = run_program(argv, options);
    out.status = result.status;
    out.signal = result.signal;
    out.out = result.out;
  } catch (const Error& error) {
    out.missing = error.about() + (error.detail().empty() ? "" : ": " + error.detail());
  }
  out.last_lines.assign(last.begin(), last.end());
  return out;
}

[[noreturn]] void run_commands(const SandboxOptions& options, const std::optional<Identity>& identity) {
  try {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    restrict_sockets();
    drop_capabilities();
    if (identity) become(*identity);
    ::close_range(3, ~0U, 0);
    set_environment(options.environment);
    if (::chdir(options.directory.c_str()) != 0) throw system_error(options.directory, errno);
    for (std::size_t i = 0; i < options.commands.size(); ++i) {
      const auto result = run_one(i, options.commands[i], options.directory);
      tell(Json{{"command", i}, {"result", result}});
      if (!result.ok()) break;
    }
    ::_exit(0);
  } catch (const Error& error) {
    tell(error);
  }
  ::_exit(1);
}

[[noreturn]] void be_first(const SandboxOptions& options, const std::optional<Identity>& identity, int channel) {
  try {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::prctl(PR_SET_NAME, "ferry-sandbox");
    ::umask(022);
    ::sethostname("localhost", 9);
    bring_loopback_up();
    const Descriptor listener = listen_inside();
    send_descriptor(channel, listener.get());
    set_up_mounts(options.view);
    const pid_t runner = ::fork();
    if (runner < 0) throw kernel_refused("fork");
    if (runner == 0) run_commands(options, identity);
    for (;;) {
      int status = 0;
      if (::waitpid(-1, &status, 0) != runner) continue;
      ::_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
    }
  } catch (const Error& error) {
    tell(error);
  }
  ::_exit(1);
}

void run(const SandboxOptions& options) {
  const auto identity = look_up(options.user);
  int channel[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel) != 0) throw kernel_refused("socketpair");
  Descriptor ours(channel[0]), theirs(channel[1]);
  // Like fork, but the child is born in the new namespaces, and as process 1.
  const auto pid = static_cast<pid_t>(::syscall(SYS_clone, namespaces | SIGCHLD, nullptr, nullptr, nullptr, 0UL));
  if (pid < 0) throw kernel_refused("clone with namespaces");
  if (pid == 0) {
    ours.reset();
    be_first(options, identity, theirs.get());
  }
  theirs.reset();
  ForwardProxy proxy({options.network.begin(), options.network.end()});
  std::thread([&proxy, listener = receive_descriptor(ours.get())] {
    if (listener.valid()) proxy.serve(listener);
  }).detach();
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  Json attempts = Json::array();
  for (const auto& [place, attempt] : proxy.attempts()) attempts.push_back(attempt);
  tell(Json{{"network", attempts}});
  if (WIFSIGNALED(status)) tell(Error(Code::kernel_refused, "sandbox", ended_by_signal(WTERMSIG(status))));
  ::_exit(0);  // threads may still stand in the proxy
}

}  // namespace

bool is_sandbox_command(int argc, char** argv) {
  const std::string_view command = argc < 2 ? "" : argv[1];
  return command == "sandbox-run" || command == "scratch-sweep";
}

int sandbox_main(int argc, char** argv) {
  if (std::string_view(argv[1]) == "scratch-sweep") return sweep_scratch({argv + 2, argv + argc});
  try {
    const std::string text{std::istreambuf_iterator<char>(std::cin), {}};
    ::signal(SIGPIPE, SIG_IGN);
    run(parse_json(text, "sandbox-run").get<SandboxOptions>());
  } catch (const Error& error) {
    tell(error);
  }
  return 0;
}

}  // namespace ferry
