#include "support/program.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <poll.h>
#include <csignal>
#include <stdexcept>

#include "host/files.h"

namespace ferry::test {
namespace {

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> out;
  for (auto& string : strings) out.push_back(string.data());
  out.push_back(nullptr);
  return out;
}

[[noreturn]] void become(std::vector<std::string> argv, std::vector<std::string> environment, const std::string& out,
                         const std::string& err, const std::string& directory) {
  const int null = ::open("/dev/null", O_RDONLY);
  const int out_fd = ::open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  const int err_fd = ::open(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (null < 0 || out_fd < 0 || err_fd < 0 || ::chdir(directory.c_str()) != 0) ::_exit(126);
  ::dup2(null, 0);
  ::dup2(out_fd, 1);
  ::dup2(err_fd, 2);
  ::closefrom(3);
  ::execve(argv[0].c_str(), pointers(argv).data(), pointers(environment).data());
  ::_exit(127);
}

}  // namespace

Json Ended::json() const {
  return Json::parse(out, nullptr, false);
}

std::string Ended::error() const {
  const Json value = json();
  return value.is_object() && value.contains("error") ? value.at("error").at("code").get<std::string>() : std::string();
}

std::string Ended::all() const {
  return "status " + std::to_string(status) + ", signal " + std::to_string(signal) + "\n" + out + "\n" + err;
}

Program::Program(const std::vector<std::string>& argv, const std::map<std::string, std::string>& environment,
                 const std::string& logs, const std::string& directory) {
  static int number = 0;
  const std::string base = logs + "/" + std::to_string(++number);
  out_file_ = base + ".out";
  err_file_ = base + ".err";
  std::vector<std::string> variables;
  for (const auto& [name, value] : environment) variables.push_back(name + "=" + value);
  pid_ = ::fork();
  if (pid_ == 0) become(argv, variables, out_file_, err_file_, directory);
  if (pid_ < 0) throw std::runtime_error("fork");
}

Program::~Program() {
  if (reaped_) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void Program::signal(int number) const {
  if (!reaped_) ::kill(pid_, number);
}

bool Program::running() {
  if (reaped_) return false;
  int raw = 0;
  if (::waitpid(pid_, &raw, WNOHANG) != pid_) return true;
  collect(raw);
  return false;
}

Ended Program::wait(std::chrono::milliseconds longest) {
  if (!reaped_) {
    const int handle = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
    pollfd end{handle, POLLIN, 0};
    if (::poll(&end, 1, static_cast<int>(longest.count())) == 0) ::kill(pid_, SIGKILL);
    ::close(handle);
    int raw = 0;
    ::waitpid(pid_, &raw, 0);
    collect(raw);
  }
  return ended_;
}

void Program::collect(int raw) {
  reaped_ = true;
  ended_.status = WIFEXITED(raw) ? WEXITSTATUS(raw) : -1;
  ended_.signal = WIFSIGNALED(raw) ? WTERMSIG(raw) : 0;
  ended_.out = read_file(out_file_);
  ended_.err = read_file(err_file_);
}

}  // namespace ferry::test
