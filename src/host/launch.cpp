#include "host/launch.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "base/error.h"
#include "host/account.h"
#include "host/program.h"

extern char** environ;  // NOLINT: POSIX names it

namespace ferry {
namespace {

[[noreturn]] void fail(const LaunchPlan& plan, LaunchFailure::Stage stage) {
  const LaunchFailure failure{stage, errno};
  // Smaller than PIPE_BUF, so it arrives whole; if the parent is gone nobody wants it.
  if (write(plan.report, &failure, sizeof failure) < 0) _exit(126);
  _exit(127);
}

void reset_signals() {
  for (int signal_id = 1; signal_id < 65; ++signal_id) signal(signal_id, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

// What other libraries opened without close-on-exec must not leak into services that outlive us.
void close_others() {
  if (syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC) == 0) return;
  for (int fd = 3; fd < 4096; ++fd) fcntl(fd, F_SETFD, FD_CLOEXEC);
}

bool is_program(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) && access(path.c_str(), X_OK) == 0;
}

}  // namespace

void become(const LaunchPlan& plan, char* const* argv, char* const* environment) {
  if (plan.new_session)
    setsid();
  else
    setpgid(0, 0);
  reset_signals();
  umask(022);
  if (plan.wait_for >= 0) {
    char go = 0;
    ssize_t got = 0;
    do got = read(plan.wait_for, &go, 1);
    while (got < 0 && errno == EINTR);
    if (got != 1) _exit(125);
  }
  if (dup2(plan.in, 0) < 0 || dup2(plan.out, 1) < 0 || dup2(plan.err, 2) < 0) fail(plan, LaunchFailure::descriptors);
  close_others();
  if (plan.change_user &&
      (setgroups(plan.groups.size(), plan.groups.data()) != 0 || setgid(plan.gid) != 0 || setuid(plan.uid) != 0))
    fail(plan, LaunchFailure::user);
  if (!plan.directory.empty() && chdir(plan.directory.c_str()) != 0) fail(plan, LaunchFailure::directory);
  // After the change of user, which clears it.
  if (plan.die_with_parent) prctl(PR_SET_PDEATHSIG, SIGKILL);
  execve(plan.program.c_str(), argv, environment);
  fail(plan, LaunchFailure::execute);
}

void read_account(const std::string& user, LaunchPlan& plan) {
  const auto account = account_named(user);
  if (!account) throw Error(Code::not_found, Text{"account " + user, "账号 " + user});
  if (account->uid == geteuid()) return;
  if (geteuid() != 0) throw Error(Code::needs_root, Text{"account " + user, "账号 " + user});
  plan.change_user = true;
  plan.uid = account->uid;
  plan.gid = account->gid;
  const auto groups = groups_of(*account);
  plan.groups.assign(groups.begin(), groups.end());
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (auto& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

std::vector<std::string> environment_list(const std::map<std::string, std::string>& variables) {
  std::vector<std::string> out;
  for (const auto& [name, value] : variables) out.push_back(name + "=" + value);
  return out;
}

std::map<std::string, std::string> own_environment() {
  std::map<std::string, std::string> out;
  for (char** item = environ; item != nullptr && *item != nullptr; ++item) {
    const std::string_view text = *item;
    const auto equals = text.find('=');
    if (equals != std::string_view::npos) out.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return out;
}

std::string find_program(const std::string& name, const std::string& given) {
  if (name.find('/') != std::string::npos) return is_program(name) ? name : std::string();
  const char* configured = std::getenv("PATH");
  const std::string own = configured != nullptr ? configured : "/usr/local/bin:/usr/bin:/bin";
  const std::string& path = given.empty() ? own : given;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find(':', begin), path.size());
    std::string candidate = path.substr(begin, end - begin) + "/" + name;
    // Relative entries of PATH would make the result depend on the working folder.
    if (candidate.starts_with('/') && is_program(candidate)) return candidate;
    begin = end + 1;
  }
  return {};
}

std::string require_found(const std::string& name) {
  std::string path = name.empty() ? std::string() : find_program(name);
  if (path.empty()) throw Error(Code::program_missing, name);
  return path;
}

void throw_failure(const LaunchFailure& failure, const LaunchPlan& plan) {
  const Error cause = system_error({}, failure.error_number);
  switch (failure.stage) {
    case LaunchFailure::directory:
      throw Error(is_fault_of_machine(cause.code()) ? cause.code() : Code::io, plan.directory,
                  Text{"can't be entered: " + cause.detail(), "无法进入：" + cause.detail_text().zh});
    case LaunchFailure::user:
      throw Error(Code::needs_root, plan.program,
                  Text{"the account can't be changed: " + cause.detail(), "无法切换账号：" + cause.detail_text().zh});
    case LaunchFailure::descriptors:
      throw system_error(plan.program, failure.error_number);
    case LaunchFailure::execute:
      break;
  }
  throw Error(Code::program_missing, plan.program, cause.detail_text());
}

}  // namespace ferry
