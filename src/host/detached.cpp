// Programs that outlive Ferry. Two forks: the middle process ends at once, so that the program becomes nobody's child;
// it then waits for a byte, so that its identity can be written down before it does anything.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "host/descriptor.h"
#include "host/launch.h"
#include "host/program.h"

namespace ferry {
namespace {

Descriptor open_log(const std::string& file, const LaunchPlan& plan) {
  if (file.empty()) return Descriptor(open("/dev/null", O_WRONLY | O_CLOEXEC));
  const bool is_new = access(file.c_str(), F_OK) != 0;
  Descriptor fd(open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_NOCTTY | O_CLOEXEC, 0644));
  if (!fd.valid()) throw system_error(file, errno);
  // The service rotates and removes its own log.
  if (is_new && plan.change_user && fchown(fd.get(), plan.uid, plan.gid) != 0) throw system_error(file, errno);
  return fd;
}

void make_pipe(Descriptor& read_end, Descriptor& write_end) {
  int fds[2];
  if (pipe2(fds, O_CLOEXEC) != 0) throw system_error("pipe", errno);
  read_end = Descriptor(fds[0]);
  write_end = Descriptor(fds[1]);
}

// The middle process: forks once more, tells the pid and ends.
[[noreturn]] void middle(const LaunchPlan& plan, char* const* argv, char* const* environment, int pid_pipe,
                         int go_write) {
  close(go_write);  // else the program itself would keep open what tells it that Ferry died
  const pid_t pid = fork();
  if (pid == 0) {
    close(pid_pipe);
    become(plan, argv, environment);
  }
  const bool told = write(pid_pipe, &pid, sizeof pid) == static_cast<ssize_t>(sizeof pid);
  _exit(pid > 0 && told ? 0 : 1);
}

}  // namespace

ProcessIdentity spawn_detached(const std::vector<std::string>& argv, const DetachedOptions& options) {
  if (argv.empty()) throw Error(Code::program_missing, "", Text{"empty command", "命令为空"});
  LaunchPlan plan;
  plan.argv = options.prefix;
  plan.argv.insert(plan.argv.end(), argv.begin(), argv.end());
  plan.program = require_found(plan.argv[0]);
  plan.environment = environment_list(options.environment);
  plan.directory = options.directory;
  plan.new_session = true;
  if (!options.user.empty() && options.prefix.empty()) read_account(options.user, plan);
  auto argv_pointers = pointers(plan.argv);
  auto environment_pointers = pointers(plan.environment);
  const Descriptor in(open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!in.valid()) throw system_error("/dev/null", errno);
  const Descriptor log = open_log(options.log_file, plan);
  Descriptor report_read, report_write, pid_read, pid_write, go_read, go_write;
  make_pipe(report_read, report_write);
  make_pipe(pid_read, pid_write);
  make_pipe(go_read, go_write);
  plan.in = in.get();
  plan.out = plan.err = log.get();
  plan.report = report_write.get();
  plan.wait_for = go_read.get();
  const pid_t child = fork();
  if (child < 0) throw system_error("fork", errno);
  if (child == 0) middle(plan, argv_pointers.data(), environment_pointers.data(), pid_write.get(), go_write.get());
  report_write.reset();
  pid_write.reset();
  go_read.reset();
  pid_t pid = -1;
  const bool told = ::read(pid_read.get(), &pid, sizeof pid) == static_cast<ssize_t>(sizeof pid);
  while (waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
  if (!told || pid <= 0) throw Error(Code::io, plan.program, Text{"fork failed", "无法创建进程"});
  ProcessIdentity identity = identify(pid);
  if (options.before_begin) options.before_begin(identity);  // if it throws, go_write closes and the child ends
  const char go = 1;
  if (::write(go_write.get(), &go, 1) != 1) throw system_error(plan.program, errno);
  LaunchFailure failure{};
  if (::read(report_read.get(), &failure, sizeof failure) == static_cast<ssize_t>(sizeof failure))
    throw_failure(failure, plan);
  return identity;
}

}  // namespace ferry
