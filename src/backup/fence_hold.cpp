// `fence-hold`: makes the namespaces, leaves process 1 inside and the forwarders, writes the state, ends.
#include <fcntl.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <iostream>
#include <iterator>

#include "backup/fence_parts.h"
#include "base/id.h"
#include "host/files.h"

namespace ferry::fence {
namespace {

constexpr int namespaces = CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS;
constexpr int sink_restarts = 5;
const Text holder_ended{"the holder ended", "隔离进程已结束"};

struct Pipe {
  Descriptor read_end, write_end;
  Pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw refused("pipe");
    read_end = Descriptor(ends[0]);
    write_end = Descriptor(ends[1]);
  }
};

// Opened before the new mount namespace is born: a file open for writing would keep the mount that it was opened on
// from becoming read-only (EBUSY).
struct Outputs {
  Descriptor log, record;
};

Descriptor open_output(const std::filesystem::path& file) {
  Descriptor out(::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!out.valid()) throw system_error(file.string(), errno);
  return out;
}

// Nothing of the caller is kept: its pipes would never see their end, its terminal would send signals.
void detach_from_caller(const Descriptor& log) {
  ::setsid();
  const Descriptor null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!null.valid()) throw refused("/dev/null");
  ::dup2(null.get(), 0);
  ::dup2(log.get(), 1);
  ::dup2(log.get(), 2);
  for (const int signal : {SIGINT, SIGHUP, SIGQUIT, SIGPIPE}) ::signal(signal, SIG_IGN);
}

// A child made without exec has all of the parent's descriptors, the lock of the folder among them.
void close_all_but(std::set<int> kept) {
  kept.insert({0, 1, 2});
  int next = 0;
  for (const int fd : kept) {
    if (fd > next) ::close_range(static_cast<unsigned>(next), static_cast<unsigned>(fd - 1), 0);
    next = fd + 1;
  }
  ::close_range(static_cast<unsigned>(next), ~0U, 0);
}

pid_t fork_sink(const SinkSockets& sockets, int record, const FenceState& state, const std::set<int>& own) {
  const pid_t pid = ::fork();
  if (pid == 0) run_sink(sockets, record, state.id, own);
  return pid;
}

// A sink that ended is started again and the gap is written down: a proof after that fails. One that ends again and
// again ends the fence, since a clone whose attempts nobody records must not run.
[[noreturn]] void hold(const SinkSockets& sockets, int record, const FenceState& state, const std::set<int>& own,
                       pid_t sink) {
  for (int restarts = 0;;) {
    int status = 0;
    const pid_t ended = ::waitpid(-1, &status, 0);
    if (ended != sink) continue;
    if (++restarts > sink_restarts) ::_exit(4);
    SinkEvent event;
    event.kind = SinkEvent::Kind::gap;
    event.when = to_string(system_now());
    event.detail = {{"status", status}};
    const std::string line = Json(event).dump() + "\n";
    if (::write(record, line.data(), line.size()) < 0) ::_exit(4);
    sink = fork_sink(sockets, record, state, own);
  }
}

// Process 1 of the fence. `ready` gets "ok" or the reason; it goes on when `go` has a byte and gives up when that is
// closed: then nobody has written down that this fence exists.
[[noreturn]] void run_holder(const FenceState& state, const Outputs& outputs, const Pipe& ready, const Pipe& go) {
  const auto say = [&](const std::string& text) {
    if (::write(ready.write_end.get(), text.data(), text.size()) < 0) ::_exit(2);
  };
  try {
    close_all_but({ready.write_end.get(), go.read_end.get(), outputs.log.get(), outputs.record.get()});
    detach_from_caller(outputs.log);
    ::prctl(PR_SET_NAME, "ferry-fence");
    ::umask(022);
    std::vector<std::string> sockets_outside;
    for (const auto& socket : foreign_sockets()) sockets_outside.push_back(socket.path);
    std::set<int> own;
    for (const auto& forward : state.options.forwards) own.insert(forward.inside);
    const bool ipv6 = set_up_network();
    const SinkSockets sockets = open_sink_sockets(ipv6, own);
    set_up_mounts(mount_view(state.options, sockets_outside));
    const pid_t sink = fork_sink(sockets, outputs.record.get(), state, own);
    if (sink < 0) throw refused("fork");
    say("ok");
    char byte = 0;
    if (::read(go.read_end.get(), &byte, 1) != 1) ::_exit(2);
    hold(sockets, outputs.record.get(), state, own, sink);
  } catch (const Error& error) {
    say(error.about() + ": " + error.detail());
  } catch (const std::exception& error) {
    say(error.what());
  }
  ::_exit(1);
}

ProcessIdentity start_holder(const FenceState& state, const Outputs& outputs, Pipe& ready, Pipe& go) {
  // Like fork, but the child is born in the new namespaces, and as process 1; the parent stays where it is.
  const auto pid = static_cast<pid_t>(::syscall(SYS_clone, namespaces | SIGCHLD, nullptr, nullptr, nullptr, 0UL));
  if (pid < 0) throw refused("clone with namespaces");
  if (pid == 0) {
    ready.read_end.reset();
    go.write_end.reset();
    run_holder(state, outputs, ready, go);
  }
  ready.write_end.reset();
  go.read_end.reset();
  ProcessIdentity identity = identify(pid);
  std::string answer;
  char bytes[4096];
  for (ssize_t got; answer.size() < 2 && (got = ::read(ready.read_end.get(), bytes, sizeof bytes)) > 0;) {
    answer.append(bytes, static_cast<std::size_t>(got));
  }
  if (answer == "ok") return identity;
  int status = 0;
  ::waitpid(pid, &status, 0);
  throw Error(Code::fence_unproven, "fence", answer.empty() ? holder_ended : Text{answer, answer});
}

ProcessIdentity start_forwarder(const Descriptor& log, const FenceForward& forward, Descriptor listener,
                                const ProcessIdentity& holder) {
  Descriptor watch(pidfd_of(holder));
  if (!watch.valid()) throw Error(Code::fence_unproven, "fence", holder_ended);
  const Descriptor net(::open(("/proc/" + std::to_string(holder.pid) + "/ns/net").c_str(), O_RDONLY | O_CLOEXEC));
  const pid_t pid = ::fork();
  if (pid < 0) throw refused("fork");
  if (pid == 0) {
    try {
      close_all_but({listener.get(), watch.get(), net.get(), log.get()});
      detach_from_caller(log);
      if (::setns(net.get(), CLONE_NEWNET) != 0) throw refused("setns");
      run_forwarder(std::move(listener), forward.inside, std::move(watch));
    } catch (const std::exception& error) {
      std::fprintf(stderr, "forwarder: %s\n", error.what());
    }
    ::_exit(1);
  }
  return identify(pid);
}

// Only one start at a time; the lock ends with this process and is not handed on.
Descriptor lock_folder(const std::filesystem::path& folder) {
  Descriptor lock(::open((folder / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock.valid()) throw system_error((folder / "lock").string(), errno);
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) throw Error(Code::locked, folder.string());
  return lock;
}

void check(const FenceOptions& options) {
  if (::geteuid() != 0)
    throw Error(Code::needs_root, "fence",
                Text{"namespaces of a clone are made by root", "克隆的命名空间须由 root 建立"});
  if (fence_status(options.folder).running()) throw Error(Code::already_exists, options.folder.string());
  for (const auto& path : options.writable) {
    if (!path.is_absolute() || !is_folder(path.string()))
      throw Error(Code::not_found, path.string(), Text{"no folder", "不是文件夹"});
  }
}

void hold_fence(const FenceOptions& options) {
  make_folders(options.folder.string(), 0700);
  Descriptor lock = lock_folder(options.folder);
  check(options);
  FenceState state;
  state.id = new_id("fnc", system_now());
  state.started = to_string(system_now());
  state.options = options;
  std::vector<Descriptor> listeners;
  for (const auto& forward : options.forwards) listeners.push_back(listen_outside(forward));
  Pipe ready;
  Pipe go;
  const Outputs outputs{open_output(options.folder / "holder.log"), open_output(fence_record(options.folder))};
  state.processes.push_back({"holder", start_holder(state, outputs, ready, go)});
  for (std::size_t i = 0; i < listeners.size(); ++i) {
    state.processes.push_back({"forward", start_forwarder(outputs.log, options.forwards[i], std::move(listeners[i]),
                                                          state.processes.front().identity)});
  }
  // From here on whoever comes later finds the fence; only then may it live without this process.
  write_file_atomic(state_file(options.folder).string(), Json(state).dump(2) + "\n", 0600);
  if (::write(go.write_end.get(), "g", 1) != 1) throw refused("holder");
}

}  // namespace

int run_hold() {
  try {
    const std::string text{std::istreambuf_iterator<char>(std::cin), {}};
    hold_fence(parse_json(text, "fence-hold").get<FenceOptions>());
    return 0;
  } catch (const Error& error) {
    const Json answer{
        {"code", info(error.code()).name}, {"about", error.about_text()}, {"detail", error.detail_text()}};
    std::cout << answer.dump(-1, ' ', false, Json::error_handler_t::replace) << std::endl;
    return 1;
  }
}

}  // namespace ferry::fence
