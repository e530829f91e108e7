#include "backup/restic.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <deque>
#include <exception>
#include <mutex>
#include <sstream>
#include <thread>

#include "backup/restic_json.h"
#include "base/id.h"
#include "host/files.h"
#include "host/process.h"

namespace ferry::restic {
namespace {

constexpr auto look_again = std::chrono::milliseconds(100);
constexpr auto patience = std::chrono::seconds(20);  // for restic to clean up after SIGINT

std::string last_lines(const std::string& text, std::size_t count) {
  std::deque<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    if (line.empty()) continue;
    lines.push_back(line);
    if (lines.size() > count) lines.pop_front();
  }
  std::string result;
  for (const auto& line : lines) result += (result.empty() ? "" : "\n") + printable(line);
  return result;
}

bool contains_any(const std::string& text, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return text.find(word) != std::string::npos; });
}

// Runs restic in a thread of its own, so that this one can show progress and cancel while restic says nothing.
class Watched {
 public:
  Watched(const Call& call, const BackupWatch& watch) : call_(call), watch_(watch) {}

  ProgramResult run(std::vector<std::string> argv, ProgramOptions options) {
    mark_ = new_id("restic", system_now()) + std::to_string(::getpid());
    options.add_environment["FERRY_RESTIC"] = mark_;
    options.on_line = [this](std::string_view line, bool is_err) {
      const std::lock_guard lock(mutex_);
      if (!is_err) lines_.emplace_back(line);
    };
    std::thread worker([&] {
      try {
        result_ = run_program(argv, options);
      } catch (...) {
        failure_ = std::current_exception();
      }
      const std::lock_guard lock(mutex_);
      done_ = true;
      changed_.notify_all();
    });
    std::exception_ptr stopped;
    try {
      follow();
    } catch (...) {
      stopped = std::current_exception();
      end_restic();
    }
    worker.join();
    if (stopped) std::rethrow_exception(stopped);
    if (failure_) std::rethrow_exception(failure_);
    take_lines();
    return std::move(result_);
  }

  Json summary;
  std::vector<std::string> unread;

 private:
  void follow() {
    std::unique_lock lock(mutex_);
    while (!done_) {
      changed_.wait_for(lock, look_again);
      lock.unlock();
      take_lines();
      if (call_.bytes_total > 0) count_written();
      if (watch_.cancelled && watch_.cancelled()) throw Error(Code::interrupted, "restic");
      lock.lock();
    }
  }

  void take_lines() {
    std::vector<std::string> lines;
    {
      const std::lock_guard lock(mutex_);
      lines.swap(lines_);
    }
    for (const auto& line : lines) {
      auto message = message_of(line);
      if (message.kind == Message::Kind::status) show(message.progress);
      if (message.kind == Message::Kind::summary) summary = std::move(message.summary);
      if (message.kind == Message::Kind::unread) unread.push_back(std::move(message.item));
    }
  }

  void show(BackupProgress progress) {
    if (!watch_.progress) return;
    progress.phase = call_.phase;
    watch_.progress(progress);
  }

  // restic 0.14 says nothing while it restores: what the kernel counted as written by it is near enough.
  void count_written() {
    if (!watch_.progress) return;
    const auto process = find_restic();
    if (!process) return;
    std::istringstream lines(read_file_if_there("/proc/" + std::to_string(process->pid) + "/io").value_or(""));
    for (std::string line; std::getline(lines, line);) {
      if (!line.starts_with("wchar:")) continue;
      BackupProgress progress;
      progress.phase = call_.phase;
      progress.bytes_total = call_.bytes_total;
      progress.bytes_done = std::min<std::uint64_t>(std::strtoull(line.c_str() + 6, nullptr, 10), call_.bytes_total);
      watch_.progress(progress);
    }
  }

  std::optional<ProcessIdentity> find_restic() {
    if (process_) return process_;
    for (const auto& process : descendants(::getpid(), all_processes())) {
      const auto variables = environment_of(process.pid);
      const auto mark = variables.find("FERRY_RESTIC");
      if (mark != variables.end() && mark->second == mark_) {
        process_ = ProcessIdentity{process.pid, process.start_ticks, identify(::getpid()).boot};
        return process_;
      }
    }
    return std::nullopt;
  }

  // SIGINT lets restic remove its lock; only if it does not end it is killed, and the lock is removed by the next call.
  void end_restic() {
    const auto until = std::chrono::steady_clock::now() + patience;
    std::unique_lock lock(mutex_);
    while (!done_) {
      lock.unlock();
      const bool late = std::chrono::steady_clock::now() > until;
      if (const auto process = find_restic()) send_signal(*process, late ? SIGKILL : SIGINT);
      lock.lock();
      if (!done_) changed_.wait_for(lock, std::chrono::seconds(1));
    }
  }

  const Call& call_;
  const BackupWatch& watch_;
  std::string mark_;
  std::optional<ProcessIdentity> process_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool done_ = false;
  std::vector<std::string> lines_;
  ProgramResult result_;
  std::exception_ptr failure_;
};

}  // namespace

Error error_from(const std::string& folder, const ProgramResult& result) {
  const std::string& text = result.err;
  Code code = Code::program_failed;
  if (contains_any(text, {"wrong password or no key found"})) {
    code = Code::wrong_secret;
  } else if (contains_any(text, {"no space left on device", "disk quota exceeded"})) {
    code = Code::disk_full;
  } else if (contains_any(text, {"too many open files"})) {
    code = Code::too_many_files;
  } else if (contains_any(text, {"cannot allocate memory", "out of memory"})) {
    code = Code::out_of_memory;
  } else if (contains_any(text, {"already locked", "unable to create lock"})) {
    code = Code::locked;
  } else if (contains_any(text, {"empty password", "an empty password is not"})) {
    code = Code::missing_secret;
  } else if (contains_any(text, {"Is there a repository at", "config file: stat", "ciphertext verification failed",
                                 "invalid data returned", "hash mismatch", "wrong hash", "does not match id",
                                 "unable to load index", "not found in index", "unable to load tree",
                                 "repository contains errors", "config cannot be loaded", "Load(<", "load <",
                                 "not found in repository", "index.ID"})) {
    code = Code::backup_damaged;
  } else if (contains_any(text, {"permission denied"})) {
    code = Code::permission;
  }
  const auto signal = std::to_string(result.signal);
  const Text why = result.timed_out     ? Text{"timed out", "超时"}
                   : result.signal != 0 ? Text{"signal " + signal, "被信号 " + signal + " 终止"}
                                        : Text{};
  const auto said = last_lines(text, 5);
  return Error(code, folder, Text{said + why.en, said + why.zh});
}

std::string Restic::password() const {
  const auto& reference = options_.password;
  std::string value;
  if (!reference.environment_variable.empty()) {
    const char* found = std::getenv(reference.environment_variable.c_str());
    value = found == nullptr ? "" : found;
  } else if (!reference.file.empty()) {
    value = read_file_if_there(reference.file).value_or("");
    value = value.substr(0, value.find_first_of("\r\n"));
  }
  const std::string about = reference.file.empty() ? reference.environment_variable : reference.file;
  if (value.empty())
    throw Error(Code::missing_secret,
                about.empty() ? Text{"repository password", "备份仓库的口令"} : Text{about, about});
  return value;
}

namespace {

// restic asks kill(2) whether the owner of a lock lives, and takes a zombie for alive. Whoever should collect it may
// need a moment.
void wait_for_zombie(const std::string& message) {
  static constexpr std::string_view before = "by PID ";
  const auto at = message.find(before);
  if (at == std::string::npos) return;
  const int pid = std::atoi(message.c_str() + at + before.size());
  const auto until = std::chrono::steady_clock::now() + patience;
  for (auto process = read_process(pid); process && process->state == 'Z'; process = read_process(pid)) {
    if (std::chrono::steady_clock::now() > until) return;
    std::this_thread::sleep_for(look_again);
  }
}

}  // namespace

Answer Restic::run(const Call& call, const BackupWatch& watch) const {
  try {
    return run_once(call, watch);
  } catch (const Error& error) {
    if (error.code() != Code::locked) throw;
    wait_for_zombie(error.detail());
  }
  Call unlock;
  unlock.arguments = {"unlock"};  // only locks of processes that are gone, or older than half an hour
  run_once(unlock, watch);
  return run_once(call, watch);
}

Answer Restic::run_once(const Call& call, const BackupWatch& watch) const {
  std::vector<std::string> argv{options_.program, "--repo", options_.folder.string(), "--password-file", "/dev/stdin"};
  argv.insert(argv.end(), call.arguments.begin(), call.arguments.end());
  ProgramOptions options;
  options.directory = call.directory;
  options.input = password() + "\n";
  options.add_environment = {
      {"RESTIC_PROGRESS_FPS", "4"}, {"RESTIC_CACHE_DIR", (options_.records / "cache").string()}, {"LC_ALL", "C.UTF-8"}};
  if (!call.directory.empty()) options.add_environment["PWD"] = call.directory;
  Watched watched(call, watch);
  ProgramResult result = watched.run(argv, options);
  const bool partial = result.status == 3 && call.partial_is_fine;
  if (!result.ok() && !partial) {
    auto error = error_from(options_.folder.string(), result);
    if (error.code() != Code::wrong_secret) throw error;
    const auto& from = options_.password;
    throw Error(Code::wrong_secret, from.file.empty() ? from.environment_variable : from.file,
                Text{"it does not open " + options_.folder.string(), "无法打开 " + options_.folder.string()});
  }
  return {std::move(result.out), std::move(watched.summary), std::move(watched.unread)};
}

}  // namespace ferry::restic
