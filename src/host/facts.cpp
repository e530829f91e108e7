#include "host/facts.h"

#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cstdlib>
#include <sstream>
#include <thread>

#include "base/error.h"
#include "host/account.h"
#include "host/files.h"
#include "host/proc.h"
#include "host/program.h"
#include "host/service.h"

namespace ferry {
namespace {

constexpr Milliseconds longest_version_call{10000};

std::string text_of(const std::string& file) {
  try {
    return read_file(file);
  } catch (const Error&) {
    return {};
  }
}

std::string os_name() {
  for (const char* file : {"/etc/os-release", "/usr/lib/os-release"}) {
    try {
      const auto values = parse_environment_file(text_of(file), file);
      const auto at = values.find("PRETTY_NAME");
      if (at != values.end()) return at->second;
    } catch (const Error&) {
      continue;
    }
  }
  return {};
}

// "model name : ..." on x86; ARM has no such line, its kernel names implementer and part by number.
std::string processor_name() {
  std::istringstream lines(text_of("/proc/cpuinfo"));
  for (std::string line; std::getline(lines, line);) {
    const bool named = line.starts_with("model name") || line.starts_with("Hardware") || line.starts_with("cpu model");
    const auto colon = line.find(": ");
    if (named && colon != std::string::npos) return line.substr(colon + 2);
  }
  utsname name{};
  return uname(&name) == 0 ? name.machine : "";
}

// Line by device number in /proc/self/mountinfo (proc(5)): "36 35 98:0 /root /mount options - type source options".
std::string file_system_of(const std::string& path) {
  struct stat status {};
  std::string there = path;
  while (stat(there.c_str(), &status) != 0) {
    const auto slash = there.rfind('/');
    if (slash == std::string::npos) return {};
    there = slash == 0 ? "/" : there.substr(0, slash);
  }
  char* resolved = realpath(there.c_str(), nullptr);
  const std::string full = resolved != nullptr ? resolved : there;
  std::free(resolved);
  // By mount point, the longest that is a prefix; device numbers differ between stat and mountinfo on btrfs.
  std::istringstream lines(text_of("/proc/self/mountinfo"));
  std::string best;
  std::string type;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::string id, parent, device, root, mount;
    fields >> id >> parent >> device >> root >> mount;
    const bool prefix = mount == "/" || full == mount || full.starts_with(mount + "/");
    const auto dash = line.find(" - ");
    if (!prefix || mount.size() < best.size() || dash == std::string::npos) continue;
    best = mount;
    type = line.substr(dash + 3, line.find(' ', dash + 3) - dash - 3);
  }
  return type;
}

std::string time_zone() {
  if (const char* configured = std::getenv("TZ"); configured != nullptr && *configured != '\0') return configured;
  const std::string target = proc_link("/etc/localtime");
  const auto at = target.find("zoneinfo/");
  if (at != std::string::npos) return target.substr(at + 9);
  std::string text = text_of("/etc/timezone");
  while (text.ends_with('\n')) text.pop_back();
  return text.empty() ? "UTC" : text;
}

std::string locale_name() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"})
    if (const char* value = std::getenv(name); value != nullptr && *value != '\0') return value;
  return "C";
}

std::map<std::string, std::string> versions(const RuntimeCommands& runtimes) {
  std::map<std::string, std::string> out;
  ProgramOptions options;
  options.timeout = longest_version_call;
  for (const auto& [name, argv] : runtimes) {
    try {
      const auto result = run_program(argv, options);
      std::istringstream lines(result.out.empty() ? result.err : result.out);
      std::string line;
      // A JVM tells first which options it took from the environment.
      while (std::getline(lines, line) && (line.empty() || line.starts_with("Picked up "))) {
      }
      if (result.ok() && !line.empty()) out[name] = is_utf8(line) ? line : escape(line);
    } catch (const Error&) {
      continue;  // not installed
    }
  }
  return out;
}

}  // namespace

RuntimeCommands usual_runtimes() {
  return {{"java", {"java", "-version"}}, {"node", {"node", "--version"}}};
}

HostFacts read_host_facts(const std::string& root, const RuntimeCommands& runtimes) {
  HostFacts facts;
  facts.os = os_name();
  utsname name{};
  if (uname(&name) == 0) facts.kernel = std::string(name.sysname) + " " + name.release + " " + name.machine;
  facts.cpu = processor_name();
  facts.cores = static_cast<int>(std::thread::hardware_concurrency());
  struct sysinfo memory {};
  if (sysinfo(&memory) == 0) facts.memory_bytes = static_cast<std::uint64_t>(memory.totalram) * memory.mem_unit;
  try {
    const Space space = free_space(root);
    facts.disk_free_bytes = space.free;
    facts.disk_total_bytes = space.total;
  } catch (const Error&) {
    facts.disk_total_bytes = 0;
  }
  facts.file_system = file_system_of(root);
  facts.time_zone = time_zone();
  facts.locale = locale_name();
  facts.runtimes = versions(runtimes);
  facts.root = geteuid() == 0;
  return facts;
}

std::string host_name() {
  utsname name{};
  return uname(&name) == 0 ? name.nodename : "";
}

std::string account_name() {
  const auto account = account_of(geteuid());
  return account ? account->name : std::to_string(geteuid());
}

}  // namespace ferry
