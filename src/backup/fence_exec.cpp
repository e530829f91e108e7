// `fence-exec`: starts a command inside the fence and stands for it outside.
#include <fcntl.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pwd.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <initializer_list>
#include <optional>

#include "backup/fence_parts.h"

namespace ferry::fence {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t machine = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t machine = AUDIT_ARCH_AARCH64;
#else
#error "name the machine's AUDIT_ARCH here and try the fence on it"
#endif

// What a service that starts as root still needs. Everything else goes, above all SYS_ADMIN (mounts, namespaces),
// NET_ADMIN, SYS_PTRACE, MKNOD, DAC_READ_SEARCH (opening files by handle behind the mounts).
constexpr std::initializer_list<int> kept_capabilities = {
    CAP_CHOWN,  CAP_DAC_OVERRIDE,     CAP_FOWNER,   CAP_FSETID,   CAP_KILL,        CAP_SETGID,
    CAP_SETUID, CAP_NET_BIND_SERVICE, CAP_IPC_LOCK, CAP_SYS_NICE, CAP_SYS_RESOURCE};

void drop_capabilities() {
  std::uint64_t kept = 0;
  for (const int capability : kept_capabilities) kept |= std::uint64_t{1} << capability;
  for (int capability = 0; ::prctl(PR_CAPBSET_READ, capability) >= 0; ++capability) {
    if ((kept >> capability & 1U) == 0 && ::prctl(PR_CAPBSET_DROP, capability) != 0) throw refused("capability");
  }
  ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2]{};
  if (::syscall(SYS_capget, &header, data) != 0) throw refused("capget");
  for (int half = 0; half < 2; ++half) {
    const auto bits = static_cast<std::uint32_t>(kept >> (32 * half));
    const std::uint32_t had = data[half].permitted;  // in a container root may have less
    data[half] = {bits & had, bits & had, 0};
  }
  if (::syscall(SYS_capset, &header, data) != 0) throw refused("capset");
}

// Some address families know no network namespace (AF_VSOCK reaches the host of a virtual machine): only UNIX, IPv4,
// IPv6 and netlink are left. io_uring could make sockets past this filter: it is not there. 32-bit programs neither.
void restrict_sockets() {
  constexpr auto word = [](std::size_t offset) { return static_cast<std::uint32_t>(offset); };
  sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, word(offsetof(seccomp_data, arch))),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, machine, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, word(offsetof(seccomp_data, nr))),
      BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000U, 0, 1),  // x32
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, word(offsetof(seccomp_data, args[0]))),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_UNIX, 4, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_INET, 3, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_INET6, 2, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_NETLINK, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EAFNOSUPPORT),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog filter{static_cast<unsigned short>(std::size(code)), code};
  if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) throw refused("seccomp");
}

struct Account {
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;
};

// Looked up outside: directory services may be out of reach inside.
std::optional<Account> look_up(const std::string& user) {
  if (user.empty()) return std::nullopt;
  const passwd* entry = ::getpwnam(user.c_str());
  if (entry == nullptr) throw Error(Code::not_found, user, "no such account");
  Account account{entry->pw_uid, entry->pw_gid, std::vector<gid_t>(64)};
  int count = static_cast<int>(account.groups.size());
  if (::getgrouplist(user.c_str(), account.gid, account.groups.data(), &count) < 0) {
    account.groups.resize(static_cast<std::size_t>(count));
    ::getgrouplist(user.c_str(), account.gid, account.groups.data(), &count);
  }
  account.groups.resize(static_cast<std::size_t>(count));
  return account;
}

void become(const std::optional<Account>& account) {
  if (!account) return;
  if (::setgroups(account->groups.size(), account->groups.data()) != 0 || ::setgid(account->gid) != 0 ||
      ::setuid(account->uid) != 0) {
    throw refused("become another account");
  }
}

[[noreturn]] void run_inside(const std::string& directory, const std::optional<Account>& account, const sigset_t& mask,
                             char** command) {
  try {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::chdir(directory.c_str()) != 0 && ::chdir("/") != 0) throw refused("chdir");
    restrict_sockets();
    drop_capabilities();
    become(account);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // becoming another user has cleared it
    ::close_range(3, ~0U, 0);
    ::sigprocmask(SIG_SETMASK, &mask, nullptr);
    ::execvp(command[0], command);
    std::fprintf(stderr, "fence-exec: %s: %s\n", command[0], std::strerror(errno));
  } catch (const Error& error) {
    std::fprintf(stderr, "fence-exec: %s: %s\n", error.about().c_str(), error.detail().c_str());
  }
  ::_exit(127);
}

// Passes signals on until the command has ended; its status.
int stand_for(pid_t child, const sigset_t& signals) {
  for (;;) {
    int status = 0;
    if (::waitpid(child, &status, WNOHANG) == child) {
      if (WIFEXITED(status)) return WEXITSTATUS(status);
      ::signal(WTERMSIG(status), SIG_DFL);
      sigset_t none;
      ::sigemptyset(&none);
      ::sigprocmask(SIG_SETMASK, &none, nullptr);
      ::raise(WTERMSIG(status));
      return 128 + WTERMSIG(status);
    }
    siginfo_t received{};
    if (::sigwaitinfo(&signals, &received) > 0 && received.si_signo != SIGCHLD) ::kill(child, received.si_signo);
  }
}

}  // namespace

void join_fence(const ProcessIdentity& holder) {
  const Descriptor pidfd(pidfd_of(holder));
  if (!pidfd.valid()) throw Error(Code::fence_unproven, "fence", "the fence is not running");
  if (::setns(pidfd.get(), CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS) != 0) {
    throw refused("setns");
  }
}

int run_exec(const std::filesystem::path& folder, const std::string& user, char** command) {
  const std::string directory = std::filesystem::current_path().string();
  const auto account = look_up(user);
  join_fence(load_state(folder).processes.front().identity);
  sigset_t signals, before;
  ::sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGCHLD}) ::sigaddset(&signals, signal);
  ::sigprocmask(SIG_BLOCK, &signals, &before);
  const pid_t child = ::fork();
  if (child < 0) throw refused("fork");
  if (child == 0) run_inside(directory, account, before, command);
  return stand_for(child, signals);
}

}  // namespace ferry::fence
