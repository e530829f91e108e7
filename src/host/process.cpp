#include "host/process.h"

#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <ctime>
#include <set>

#include "base/error.h"
#include "host/account.h"
#include "host/descriptor.h"
#include "host/files.h"
#include "host/proc.h"

namespace ferry {
namespace {

const std::string& boot_id() {
  static const std::string id = [] {
    std::string text = read_file_if_there("/proc/sys/kernel/random/boot_id").value_or("");
    while (!text.empty() && text.back() == '\n') text.pop_back();
    return text;
  }();
  return id;
}

// Milliseconds since 1970 at which the machine booted. Not the line "btime" of /proc/stat: that is cut to whole
// seconds, so that a process could seem to have begun before the step that started it.
std::int64_t boot_time() {
  timespec wall{};
  timespec since_boot{};
  clock_gettime(CLOCK_REALTIME, &wall);
  clock_gettime(CLOCK_BOOTTIME, &since_boot);
  return (wall.tv_sec - since_boot.tv_sec) * 1000 + (wall.tv_nsec - since_boot.tv_nsec) / 1'000'000;
}

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> out;
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = std::min(text.find(' ', begin), text.size());
    if (end > begin) out.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return out;
}

// /proc/PID/stat (proc(5)). The name in brackets may itself hold brackets and blanks, so fields are counted from the
// last ')'.
bool parse_stat(const std::string& text, ProcessInfo& out) {
  const auto open = text.find('(');
  const auto close = text.rfind(')');
  if (open == std::string::npos || close == std::string::npos || close + 2 > text.size()) return false;
  const auto fields = words(std::string_view(text).substr(close + 2));  // [0] is field 3
  if (fields.size() < 20) return false;
  out.command = "[" + text.substr(open + 1, close - open - 1) + "]";
  out.state = fields[0][0];
  out.parent = std::atoi(fields[1].c_str());
  out.group = std::atoi(fields[2].c_str());
  out.session = std::atoi(fields[3].c_str());
  out.start_ticks = std::strtoull(fields[19].c_str(), nullptr, 10);
  return true;
}

std::string account_name_of(unsigned uid) {
  const auto account = account_of(uid);
  return account ? account->name : std::to_string(uid);
}

Descriptor open_pidfd(const ProcessIdentity& identity) {
  Descriptor fd(static_cast<int>(syscall(SYS_pidfd_open, identity.pid, 0U)));
  // Only after it is open is the pid pinned; so the identity is compared now, not before.
  if (fd.valid() && !is_alive(identity)) return {};
  return fd;
}

}  // namespace

std::vector<int> all_pids() {
  DIR* stream = opendir("/proc");
  if (stream == nullptr) throw system_error("/proc", errno);
  std::vector<int> out;
  while (const dirent* item = readdir(stream)) {
    const std::string_view name = item->d_name;
    int pid = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (error == std::errc() && end == name.data() + name.size()) out.push_back(pid);
  }
  closedir(stream);
  std::sort(out.begin(), out.end());
  return out;
}

std::string read_proc(int pid, const char* what) {
  try {
    return read_file_if_there("/proc/" + std::to_string(pid) + "/" + what).value_or("");
  } catch (const Error&) {
    return {};  // ended while it was read (ESRCH), or another account's
  }
}

std::optional<ProcessInfo> read_process(int pid) {
  ProcessInfo out;
  out.pid = pid;
  if (!parse_stat(read_proc(pid, "stat"), out)) return std::nullopt;
  struct stat status {};
  if (stat(("/proc/" + std::to_string(pid)).c_str(), &status) != 0) return std::nullopt;
  out.uid = status.st_uid;
  out.account = account_name_of(out.uid);
  std::string command = read_proc(pid, "cmdline");
  while (!command.empty() && command.back() == '\0') command.pop_back();
  std::replace(command.begin(), command.end(), '\0', ' ');
  if (!command.empty()) out.command = std::move(command);
  static const auto ticks = static_cast<std::uint64_t>(sysconf(_SC_CLK_TCK));
  out.started = Moment(Milliseconds(boot_time() + static_cast<std::int64_t>(out.start_ticks * 1000 / ticks)));
  return out;
}

std::vector<ProcessInfo> all_processes() {
  std::vector<ProcessInfo> out;
  for (const int pid : all_pids())
    if (auto process = read_process(pid)) out.push_back(std::move(*process));
  return out;
}

std::vector<ProcessInfo> descendants(int pid, const std::vector<ProcessInfo>& all) {
  std::set<int> family{pid};
  std::vector<ProcessInfo> out;
  for (bool grown = true; grown;) {
    grown = false;
    for (const auto& process : all) {
      if (family.contains(process.pid) || !family.contains(process.parent)) continue;
      family.insert(process.pid);
      out.push_back(process);
      grown = true;
    }
  }
  return out;
}

std::map<std::string, std::string> environment_of(int pid) {
  std::map<std::string, std::string> out;
  const std::string text = read_proc(pid, "environ");
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = std::min(text.find('\0', begin), text.size());
    const auto equals = text.find('=', begin);
    if (equals < end) out[text.substr(begin, equals - begin)] = text.substr(equals + 1, end - equals - 1);
    begin = end + 1;
  }
  return out;
}

ProcessIdentity identify(int pid) {
  const auto process = read_process(pid);
  if (!process) throw Error(Code::not_found, Text{"process " + std::to_string(pid), "进程 " + std::to_string(pid)});
  return {pid, process->start_ticks, boot_id()};
}

bool is_alive(const ProcessIdentity& identity) {
  if (identity.pid <= 0 || identity.boot != boot_id()) return false;
  ProcessInfo process;
  return parse_stat(read_proc(identity.pid, "stat"), process) && process.start_ticks == identity.start_ticks &&
         process.state != 'Z' && process.state != 'X';
}

bool wait_for_end(const ProcessIdentity& identity, Milliseconds longest) {
  const Descriptor fd = open_pidfd(identity);
  if (fd.valid()) {
    pollfd event{fd.get(), POLLIN, 0};
    const auto until = std::chrono::steady_clock::now() + longest;
    for (;;) {
      const auto rest = std::chrono::ceil<Milliseconds>(until - std::chrono::steady_clock::now());
      const int ready = poll(&event, 1, static_cast<int>(std::max<std::int64_t>(rest.count(), 0)));
      if (ready > 0) return true;
      if (ready == 0) return !is_alive(identity);
      if (errno != EINTR) break;
    }
  }
  // No pidfd (kernel before 5.3): look every now and then.
  for (Milliseconds waited{0}; is_alive(identity); waited += Milliseconds(50)) {
    if (waited >= longest) return false;
    const timespec pause{0, 50'000'000};
    nanosleep(&pause, nullptr);
  }
  return true;
}

bool send_signal(const ProcessIdentity& identity, int signal) {
  const Descriptor fd = open_pidfd(identity);
  if (!fd.valid() && !is_alive(identity)) return false;
  const long result =
      fd.valid() ? syscall(SYS_pidfd_send_signal, fd.get(), signal, nullptr, 0U) : kill(identity.pid, signal);
  if (result == 0) return true;
  if (errno == ESRCH) return false;
  throw system_error("signal to process " + std::to_string(identity.pid), errno);
}

int signal_number(const std::string& name) {
  static const std::map<std::string, int> known = {{"HUP", SIGHUP},   {"INT", SIGINT},    {"QUIT", SIGQUIT},
                                                   {"KILL", SIGKILL}, {"USR1", SIGUSR1},  {"USR2", SIGUSR2},
                                                   {"TERM", SIGTERM}, {"WINCH", SIGWINCH}};
  int number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error == std::errc() && end == name.data() + name.size() && number > 0 && number < 65) return number;
  const auto at = known.find(name.starts_with("SIG") ? name.substr(3) : name);
  if (at == known.end())
    throw Error(Code::invalid_document, Text{"signal " + name, "信号 " + name}, Text{"unknown signal", "未知的信号"});
  return at->second;
}

void to_json(Json& json, const ProcessIdentity& value) {
  json = Json{{"pid", value.pid}, {"start_ticks", value.start_ticks}, {"boot", value.boot}};
}

void from_json(const Json& json, ProcessIdentity& value) {
  json.at("pid").get_to(value.pid);
  json.at("start_ticks").get_to(value.start_ticks);
  json.at("boot").get_to(value.boot);
}

}  // namespace ferry
