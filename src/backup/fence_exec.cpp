// `fence-exec`: starts a command inside the fence and stands for it outside.
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <optional>

#include "backup/fence_parts.h"
#include "host/confine.h"

namespace ferry::fence {
namespace {

struct Account {
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;
};

// Looked up outside: directory services may be out of reach inside.
std::optional<Account> look_up(const std::string& user) {
  if (user.empty()) return std::nullopt;
  const passwd* entry = ::getpwnam(user.c_str());
  if (entry == nullptr) throw Error(Code::not_found, user, Text{"no such account", "没有该账号"});
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
  if (!pidfd.valid()) throw Error(Code::fence_unproven, "fence", Text{"the fence is not running", "出网隔离未在运行"});
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
