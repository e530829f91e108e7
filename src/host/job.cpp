#include "host/job.h"

#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <deque>

#include "base/error.h"
#include "host/account.h"
#include "host/crash_point.h"
#include "host/durable.h"
#include "host/files.h"
#include "host/program.h"
#include "host/service.h"

namespace ferry {
namespace {

constexpr std::size_t kept_lines = 20;
constexpr std::size_t longest_line = 500;
constexpr Milliseconds after_kill{10000};

// Appends line by line, so that whoever follows the file sees what happens.
class JobLog {
 public:
  JobLog(const std::string& file, const std::string& user) {
    make_folders(file.substr(0, file.rfind('/')));
    const bool is_new = !path_exists(file);
    stream_ = std::fopen(file.c_str(), "ae");
    if (stream_ == nullptr) throw system_error(file, errno);
    const auto account = user.empty() ? std::nullopt : account_named(user);
    // The product may write into it and rotate it.
    if (is_new && account && ::geteuid() == 0 && ::fchown(::fileno(stream_), account->uid, account->gid) != 0)
      throw system_error(file, errno);
  }
  ~JobLog() { std::fclose(stream_); }
  JobLog(const JobLog&) = delete;
  JobLog& operator=(const JobLog&) = delete;

  void add(std::string_view line) {
    std::fwrite(line.data(), 1, line.size(), stream_);
    std::fputc('\n', stream_);
    std::fflush(stream_);
    last_.push_back(printable(std::string(line.substr(0, longest_line))));
    if (last_.size() > kept_lines) last_.pop_front();
  }
  std::string last() const { return last_.empty() ? std::string() : last_.back(); }
  std::string all_kept() const {
    std::string out;
    for (const auto& line : last_) out += (out.empty() ? "" : "\n") + line;
    return out;
  }

 private:
  std::FILE* stream_ = nullptr;
  std::deque<std::string> last_;
};

// The program as a shell in the job's folder with the job's PATH would find it.
std::vector<std::string> command_of(const Service& job, const Variables& variables, const ProgramOptions& how,
                                    const std::vector<std::string>& prefix) {
  std::vector<std::string> out = prefix;
  for (const auto& word : job.run) out.push_back(expand(word, variables));
  auto& program = out.at(prefix.size());
  if (program.find('/') != std::string::npos) {
    if (!program.starts_with('/')) program = how.directory + "/" + program;
    return out;
  }
  const auto path = how.environment->find("PATH");
  const auto found = find_program(program, path == how.environment->end() ? std::string() : path->second);
  if (!found.empty()) program = found;
  return out;
}

}  // namespace

Text JobResult::describe(Milliseconds within) const {
  if (timed_out)
    return {"not finished after " + human_duration(within) + ", ended", human_duration(within) + " 后仍未结束，已终止"};
  if (signal != 0) return {"ended by signal " + std::to_string(signal), "被信号 " + std::to_string(signal) + " 终止"};
  return {"exit status " + std::to_string(status), "退出状态 " + std::to_string(status)};
}

void end_job(const std::string& id, const Environment& environment) {
  auto left = marked_processes(environment, id);
  for (const auto& process : left) ::kill(process.pid, SIGKILL);
  const auto boot = identify(::getpid()).boot;
  for (const auto& process : left) wait_for_end({process.pid, process.start_ticks, boot}, after_kill);
  std::string who;
  for (const auto& process : marked_processes(environment, id))
    who += (who.empty() ? "" : ", ") + std::to_string(process.pid) + " " + process.command.substr(0, 200);
  if (!who.empty()) throw Error(Code::service_left_behind, id, who);
}

JobResult run_job(const Service& job, const Environment& environment, Milliseconds within, const JobOptions& options) {
  Variables variables = environment.as_variables();
  for (const auto& [name, value] : options.variables) variables[name] = value;
  JobLog log(options.log_file, environment.user);
  ProgramOptions how;
  how.directory = job.directory.empty() ? environment.root : expand(job.directory, variables);
  how.environment = service_environment(job, environment, options.secret);
  if (options.prefix.empty()) how.user = environment.user;
  how.timeout = within;
  how.output_limit = 1U << 16U;
  how.on_line = [&](std::string_view line, bool) { log.add(line); };
  how.begun = [] { crash_point(CrashPoint::job_begun); };
  if (options.waiting) how.waiting = [&](Milliseconds waited) { options.waiting(waited, log.last()); };
  ProgramResult result;
  try {
    result = run_program(command_of(job, variables, how, options.prefix), how);
  } catch (const Error&) {
    end_job(job.id, environment);
    throw;
  }
  // Children that left the group, and what stood behind a prefix that was killed.
  end_job(job.id, environment);
  crash_point(CrashPoint::job_ended);
  return {result.status, result.signal, result.timed_out, log.all_kept(), result.took};
}

}  // namespace ferry
