#include "host/service.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "base/error.h"
#include "host/account.h"
#include "host/crash_point.h"
#include "host/files.h"
#include "host/program.h"
#include "host/service_files.h"

namespace ferry {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr int log_lines = 20;
constexpr Milliseconds first_pause{50};
constexpr Milliseconds longest_pause{1000};
// Children often end a moment after their parent.
constexpr Milliseconds for_children{3000};
constexpr Milliseconds after_kill{10000};

Milliseconds since(SteadyClock::time_point begin) {
  return std::chrono::duration_cast<Milliseconds>(SteadyClock::now() - begin);
}

std::string named(const ProcessInfo& process) {
  return "process " + std::to_string(process.pid) + " (" + process.command.substr(0, 200) + ")";
}

std::string in_root(const std::string& path, const Environment& environment) {
  return path.starts_with('/') ? path : environment.root + "/" + path;
}

// What a service manager would give, not what happens to be set in the shell that started Ferry.
std::map<std::string, std::string> base_environment(const std::string& user) {
  std::map<std::string, std::string> out{{"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}};
  for (const char* name :
       {"PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "JAVA_HOME", "CATALINA_HOME"})
    if (const char* value = std::getenv(name)) out[name] = value;
  if (user.empty()) return out;
  if (const auto account = account_named(user)) {
    out["HOME"] = account->home;
    out["USER"] = out["LOGNAME"] = account->name;
    out["SHELL"] = account->shell;
  }
  return out;
}

std::string log_of(const Service& service, const Environment& environment) {
  return service.log.empty() ? std::string() : in_root(expand(service.log, environment.as_variables()), environment);
}

void require_free_port(const Service& service, const Environment& environment) {
  const auto listeners = listeners_on(service_port(service, environment));
  if (listeners.empty()) return;
  const auto& other = listeners.front();
  throw Error(Code::port_in_use,
              Text{"port " + std::to_string(other.port) + " for service " + service.id,
                   "服务 " + service.id + " 的端口 " + std::to_string(other.port)},
              other.pid > 0 ? Text{"process " + std::to_string(other.pid) + ": " + other.command.substr(0, 200),
                                   "进程 " + std::to_string(other.pid) + "：" + other.command.substr(0, 200)}
                            : Text{"a process of another account listens on it", "由其他账号的进程占用"});
}

ProcessIdentity spawn(const Service& service, const Environment& environment, const StartOptions& options) {
  const Variables variables = environment.as_variables();
  std::vector<std::string> argv;
  for (const auto& word : service.run) argv.push_back(expand(word, variables));
  DetachedOptions how;
  how.directory = service.directory.empty() ? environment.root : expand(service.directory, variables);
  how.environment = service_environment(service, environment, options.secret);
  how.log_file = log_of(service, environment);
  how.prefix = options.prefix;
  how.user = environment.user;
  if (!how.log_file.empty()) make_folders(how.log_file.substr(0, how.log_file.rfind('/')));
  std::string command;
  for (const auto& word : argv) command += (command.empty() ? "" : " ") + word;
  how.before_begin = [&](const ProcessIdentity& identity) {
    write_service_record(environment, {service.id, identity, to_string(system_now()), command});
  };
  return spawn_detached(argv, how);
}

Error not_ready(const Service& service, const Environment& environment, Text why) {
  const std::string tail = last_lines(log_of(service, environment), log_lines);
  if (!tail.empty()) {
    why.en += "\n" + tail;
    why.zh += "\n" + tail;
  } else if (service.log.empty()) {
    why.en += "; the profile names no log for it (services.log), so there is nothing to show";
    why.zh += "；产品档案未指定其日志（services 的 log 项），无日志可显示";
  }
  return Error(Code::service_not_ready, service.id, why);
}

// Whether the port is served by this very service; another process that answers there would fool the ready check.
bool serves_port(const Service& service, const Environment& environment, Text& why) {
  const int port = service_port(service, environment);
  if (port == 0) return true;
  const auto listeners = listeners_on(port);
  const auto state = service_state(service, environment);
  for (const auto& listener : listeners)
    if (listener.pid == 0 || std::find(state.pids.begin(), state.pids.end(), listener.pid) != state.pids.end())
      return true;
  const auto number = std::to_string(port);
  if (listeners.empty()) {
    why = {"nothing listens on port " + number, "端口 " + number + " 上没有程序监听"};
    return false;
  }
  const auto& other = listeners.front();
  const auto who = std::to_string(other.pid) + " " + other.command.substr(0, 200);
  why = {"port " + number + " is served by another process: " + who, "端口 " + number + " 由另一进程提供服务：" + who};
  return false;
}

void await_ready(const Service& service, const Environment& environment, const StartOptions& options,
                 const ProcessIdentity& process) {
  const auto begin = SteadyClock::now();
  Milliseconds pause = first_pause;
  Milliseconds told{0};
  for (;;) {
    Text why;
    if ((options.port_elsewhere || serves_port(service, environment, why)) && (!options.ready || options.ready(why)))
      return;
    const Milliseconds waited = since(begin);
    if (waited >= service.ready_within)
      throw not_ready(service, environment,
                      {"not ready after " + human_duration(waited) + ": " + why.en,
                       human_duration(waited) + " 后仍未就绪：" + why.in(Language::chinese)});
    if (options.waiting && waited - told >= Milliseconds(1000)) {
      told = waited;
      options.waiting(waited, why);
    }
    if (wait_for_end(process, std::min(pause, service.ready_within - waited))) {
      remove_service_record(environment, service.id);
      const std::string took = human_duration(since(begin));
      throw not_ready(service, environment, {"it ended by itself after " + took, "启动 " + took + " 后自行结束"});
    }
    pause = std::min(pause * 3 / 2, longest_pause);
  }
}

bool wait_with_progress(const ProcessIdentity& process, Milliseconds longest, const StopOptions& options) {
  const auto begin = SteadyClock::now();
  for (;;) {
    const Milliseconds waited = since(begin);
    if (waited >= longest) return !is_alive(process);
    if (wait_for_end(process, std::min(longest - waited, longest_pause))) return true;
    if (options.waiting) options.waiting(since(begin));
  }
}

std::vector<ProcessIdentity> family_of(const ServiceState& state) {
  std::vector<ProcessIdentity> out;
  for (const int pid : state.pids)
    if (const auto process = read_process(pid)) out.push_back({pid, process->start_ticks, state.process.boot});
  return out;
}

// Those that still live after a last moment of patience.
std::vector<ProcessIdentity> survivors(std::vector<ProcessIdentity> family, Milliseconds patience) {
  const auto begin = SteadyClock::now();
  std::erase_if(family, [&](const ProcessIdentity& process) {
    return wait_for_end(process, std::max(Milliseconds(0), patience - since(begin)));
  });
  return family;
}

void add_marked(const Service& service, const Environment& environment, std::vector<ProcessIdentity>& family) {
  for (const auto& process : marked_processes(environment, service.id)) {
    const ProcessIdentity identity{process.pid, process.start_ticks, identify(getpid()).boot};
    if (std::find(family.begin(), family.end(), identity) == family.end()) family.push_back(identity);
  }
}

void require_nothing_left(const Service& service, const Environment& environment, std::vector<ProcessIdentity> family) {
  add_marked(service, environment, family);
  auto left = survivors(std::move(family), for_children);
  if (service.kill_after_grace && !left.empty()) {
    for (const auto& process : left) send_signal(process, SIGKILL);
    left = survivors(std::move(left), after_kill);
  }
  std::string who;
  for (const auto& identity : left)
    if (const auto process = read_process(identity.pid)) who += (who.empty() ? "" : ", ") + named(*process);
  if (!who.empty()) throw Error(Code::service_left_behind, service.id, who);
}

}  // namespace

std::map<std::string, std::string> service_environment(const Service& service, const Environment& environment,
                                                       const SecretLookup& secret) {
  auto out = base_environment(environment.user);
  if (!service.environment_file.empty()) {
    const std::string file = in_root(expand(service.environment_file, environment.as_variables()), environment);
    for (auto& [name, value] : parse_environment_file(read_file(file), file)) out[name] = value;
  }
  for (const auto& [name, value] : service.variables) out[name] = expand(value, environment.as_variables(), secret);
  out[service_mark_name] = service_mark(environment, service.id);
  return out;
}

ServiceState start_service(const Service& service, const Environment& environment, const StartOptions& options) {
  ServiceState state = service_state(service, environment);
  ProcessIdentity process = state.process;
  if (!state.running) {
    if (!options.port_elsewhere) require_free_port(service, environment);
    process = spawn(service, environment, options);
    crash_point(CrashPoint::service_spawned);
  } else if (state.found_by == ServiceState::FoundBy::mark) {
    write_service_record(environment, {service.id, process, state.started, state.command});
  }
  await_ready(service, environment, options, process);
  return service_state(service, environment);
}

void stop_service(const Service& service, const Environment& environment, const StopOptions& options) {
  const ServiceState state = service_state(service, environment);
  std::vector<ProcessIdentity> family;
  if (state.running) {
    family = family_of(state);
    send_signal(state.process, signal_number(service.stop_signal));
    crash_point(CrashPoint::service_signalled);
    if (!wait_with_progress(state.process, service.grace, options)) {
      const auto process = read_process(state.process.pid);
      if (!service.kill_after_grace)
        throw Error(Code::service_not_stopping, service.id,
                    Text{(process ? named(*process) : std::string("process")) + " still runs after " +
                             human_duration(service.grace),
                         (process ? named(*process) : std::string("进程")) + " 在 " + human_duration(service.grace) +
                             " 后仍在运行"});
      send_signal(state.process, SIGKILL);
      wait_with_progress(state.process, after_kill, options);
    }
  }
  require_nothing_left(service, environment, std::move(family));
  crash_point(CrashPoint::service_stopped);
  remove_service_record(environment, service.id);
}

}  // namespace ferry
