// Finding a service again, whoever started it.
#include <unistd.h>

#include <algorithm>

#include "base/error.h"
#include "host/proc.h"
#include "host/service.h"
#include "host/service_files.h"

namespace ferry {
namespace {

bool below(const std::string& path, const std::string& root) {
  return !root.empty() && path.starts_with(root) && (path.size() == root.size() || path[root.size()] == '/');
}

// Whether a process works for the installation: its working folder, its executable or an argument lies in the root.
// Arguments like -Dcatalina.base=/opt/oa count, /opt/oa-old does not.
bool belongs(int pid, const std::string& root) {
  const std::string proc = "/proc/" + std::to_string(pid) + "/";
  if (below(proc_link(proc + "cwd"), root) || below(proc_link(proc + "exe"), root)) return true;
  const std::string command = read_proc(pid, "cmdline");
  for (auto at = command.find(root); at != std::string::npos; at = command.find(root, at + 1)) {
    const char next = at + root.size() < command.size() ? command[at + root.size()] : '\0';
    const char before = at > 0 ? command[at - 1] : '\0';
    if ((next == '/' || next == '\0' || next == ':') && (before == '\0' || before == '=' || before == ':')) return true;
  }
  return false;
}

// A server that shares its socket with workers is their parent.
int top_of(int pid, const std::string& root) {
  for (;;) {
    const auto process = read_process(pid);
    if (!process || process->parent <= 1) return pid;
    const auto exe = [](int number) { return proc_link("/proc/" + std::to_string(number) + "/exe"); };
    if (exe(pid) != exe(process->parent) || !belongs(process->parent, root)) return pid;
    pid = process->parent;
  }
}

int find_by_port(const Service& service, const Environment& environment) {
  const int port = service_port(service, environment);
  for (const auto& listener : listeners_on(port))
    if (listener.pid > 0 && listener.pid != getpid() && belongs(listener.pid, environment.root))
      return top_of(listener.pid, environment.root);
  return 0;
}

bool is_dead(const ProcessInfo& process) {
  return process.state == 'Z' || process.state == 'X';
}

// The oldest one that nobody else of them started.
int head_of(const std::vector<ProcessInfo>& family) {
  for (const auto& process : family)
    if (std::none_of(family.begin(), family.end(),
                     [&](const ProcessInfo& other) { return other.pid == process.parent; }))
      return process.pid;
  return family.empty() ? 0 : family.front().pid;
}

void describe(ServiceState& state, int pid) {
  const auto process = read_process(pid);
  if (!process || is_dead(*process)) return;
  state.running = true;
  state.process = identify(pid);
  state.started = to_string(process->started);
  state.account = process->account;
  state.command = process->command;
}

}  // namespace

std::vector<ProcessInfo> marked_processes(const Environment& environment, const std::string& service_id) {
  const std::string mark = service_mark(environment, service_id);
  const auto record = read_service_record(environment, service_id);
  const auto all = all_processes();
  // A session keeps its number from being used again while somebody is in it. If the leader is another process now, the
  // session has ended and a new one has its number.
  int session = record ? record->process.pid : 0;
  for (const auto& process : all)
    if (process.pid == session && process.start_ticks != record->process.start_ticks) session = 0;
  if (record && record->process.boot != identify(getpid()).boot) session = 0;
  std::vector<ProcessInfo> out;
  for (const auto& process : all) {
    if (is_dead(process) || process.pid == getpid()) continue;
    const bool same_session = session != 0 && process.session == session;
    if (!same_session) {
      const auto variables = environment_of(process.pid);
      const auto at = variables.find(service_mark_name);
      if (at == variables.end() || at->second != mark) continue;
    }
    out.push_back(process);
  }
  return out;
}

ServiceState service_state(const Service& service, const Environment& environment) {
  ServiceState state;
  if (!service.port.empty()) state.port = expand(service.port, environment.as_variables());
  const auto record = read_service_record(environment, service.id);
  const auto marked = marked_processes(environment, service.id);
  if (record && is_alive(record->process)) {
    describe(state, record->process.pid);
    if (state.running) state.found_by = ServiceState::FoundBy::state_file;
  }
  if (!state.running && !marked.empty()) {
    describe(state, head_of(marked));
    if (state.running) state.found_by = ServiceState::FoundBy::mark;
  }
  if (!state.running) {
    const int pid = find_by_port(service, environment);
    if (pid > 0) describe(state, pid);
    if (state.running) state.found_by = ServiceState::FoundBy::port;
  }
  if (!state.running) return state;
  state.pids.push_back(state.process.pid);
  for (const auto& process : descendants(state.process.pid, all_processes()))
    if (!is_dead(process)) state.pids.push_back(process.pid);
  for (const auto& process : marked)
    if (std::find(state.pids.begin(), state.pids.end(), process.pid) == state.pids.end())
      state.pids.push_back(process.pid);
  return state;
}

}  // namespace ferry
