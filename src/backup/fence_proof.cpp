// The active proof: questions put to fence-probe inside, and what only the outside can see.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <map>
#include <sstream>

#include "backup/fence_parts.h"
#include "base/id.h"
#include "host/files.h"
#include "host/program.h"

namespace ferry {
namespace {

const std::map<std::string, Text>& condition_texts() {
  static const std::map<std::string, Text> texts{
      {"running", {"the fence is running", "隔离环境正在运行"}},
      {"namespaces",
       {"network, mounts, processes, IPC and host name are its own", "网络、挂载、进程、IPC、主机名均为独立命名空间"}},
      {"interfaces", {"there is no network device but the loopback", "除回环外没有任何网络设备"}},
      {"routes", {"every route ends inside", "所有路由都终止于隔离环境内"}},
      {"sink_tcp4", {"connections to any IPv4 address end in the sink", "任意 IPv4 连接都终止于记录器"}},
      {"sink_tcp6", {"connections to any IPv6 address end in the sink", "任意 IPv6 连接都终止于记录器"}},
      {"sink_udp", {"datagrams to any address end in the sink", "任意数据报都终止于记录器"}},
      {"recorded", {"what was tried has been recorded", "上述尝试均已被记录"}},
      {"no_gap", {"the record has no gap", "记录没有中断"}},
      {"outside", {"services outside can't be reached", "无法访问外部服务"}},
      {"unix_sockets", {"UNIX sockets outside are not visible", "看不到外部的 UNIX 套接字"}},
      {"abstract_sockets", {"abstract sockets outside can't be reached", "无法连接外部的抽象套接字"}},
      {"read_only", {"nothing outside the clone can be written", "克隆之外不可写"}},
      {"clone_writable", {"the clone itself can be written", "克隆自身可写"}},
      {"private_tmp", {"/tmp is its own", "/tmp 为独立目录"}},
      {"devices", {"no disk can be opened", "无法打开磁盘设备"}},
      {"processes", {"processes outside are not visible", "看不到外部进程"}},
      {"services", {"the clone's services run inside, without rights to leave", "克隆的服务在隔离内运行，且无权离开"}},
      {"probe", {"the probe inside could be run", "探测程序可在隔离内运行"}},
  };
  return texts;
}

void add(FenceProof& proof, const std::string& id, bool passed, const std::string& detail,
         const std::string& place = {}) {
  auto text = condition_texts().at(id);
  if (!place.empty()) text = {text.en + ": " + place, text.zh + "：" + place};
  proof.conditions.push_back({id, std::move(text), passed, detail});
}

struct Target {
  std::string host;
  int port = 0;
};

// "127.0.0.1:80", "[::1]:80".
Target parse_target(const std::string& text) {
  const auto colon = text.rfind(':');
  Target target;
  if (colon != std::string::npos) {
    target.host = text.substr(0, colon);
    target.port = std::atoi(text.substr(colon + 1).c_str());
  }
  if (target.host.starts_with('[') && target.host.ends_with(']'))
    target.host = target.host.substr(1, target.host.size() - 2);
  in6_addr address{};
  const bool known = ::inet_pton(AF_INET, target.host.c_str(), &address) == 1 ||
                     ::inet_pton(AF_INET6, target.host.c_str(), &address) == 1;
  if (!known || target.port < 1 || target.port > 65535) {
    throw Error(Code::invalid_document, text,
                Text{"an address and port is needed, like 127.0.0.1:8080 or [::1]:8080",
                     "须为地址和端口，如 127.0.0.1:8080 或 [::1]:8080"});
  }
  return target;
}

// Whether anybody answers there as seen from here; otherwise the probe from inside says little.
bool answers_here(const Target& target) {
  const bool v6 = target.host.find(':') != std::string::npos;
  const Descriptor socket(::socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_storage address{};
  address.ss_family = v6 ? AF_INET6 : AF_INET;
  auto& in4 = reinterpret_cast<sockaddr_in&>(address);
  auto& in6 = reinterpret_cast<sockaddr_in6&>(address);
  in4.sin_port = htons(static_cast<std::uint16_t>(target.port));  // the port stands at the same place in both
  ::inet_pton(address.ss_family, target.host.c_str(), v6 ? static_cast<void*>(&in6.sin6_addr) : &in4.sin_addr);
  const socklen_t size = v6 ? sizeof in6 : sizeof in4;
  if (::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), size) == 0) return true;
  pollfd entry{socket.get(), POLLOUT, 0};
  int error = errno;
  socklen_t length = sizeof error;
  if (error != EINPROGRESS || ::poll(&entry, 1, 1000) != 1) return false;
  return ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &length) == 0 && error == 0;
}

// A listener outside with an abstract name, for the probe to fail on.
Descriptor listen_abstract(const std::string& name) {
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path + 1, name.data(), name.size());
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  if (::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(socket.get(), 1) != 0) {
    throw system_error("UNIX socket", errno);
  }
  return socket;
}

Json questions_for(const FenceState& state, const FenceProofOptions& options, const std::string& token) {
  Json outside = Json::array();
  const auto ask = [&](const Target& target) {
    outside.push_back({{"host", target.host}, {"port", target.port}, {"answers", answers_here(target)}});
  };
  for (const auto& text : options.outside) {
    const Target target = parse_target(text);
    ask(target);
    if (target.host == "127.0.0.1") ask({"::1", target.port});
  }
  Json sockets = Json::array();
  const auto inside = fence::namespace_inode(state.processes.front().identity.pid, "net");
  for (const auto& socket : fence::foreign_sockets({inside})) {
    sockets.push_back({{"path", escape(socket.path)}, {"device", socket.device}, {"inode", socket.inode}});
  }
  Json no_write =
      Json::array({"/", "/etc", "/usr", "/var", "/var/lib", "/home", "/root", "/opt", "/srv", "/boot", "/sys"});
  for (const auto& path : options.no_write) no_write.push_back(escape(path.string()));
  Json writable = Json::array();
  for (const auto& path : state.options.writable) writable.push_back(escape(path.string()));
  return {{"token", token},       {"fence", state.id},    {"outside", outside}, {"sockets", sockets},
          {"no_write", no_write}, {"writable", writable}, {"abstract", token}};
}

void prove_inside(FenceProof& proof, const FenceState& state, const FenceProofOptions& options,
                  const std::string& token) {
  Json questions = questions_for(state, options, token);
  const TempFolder temporary("ferry-proof", "/tmp");
  questions["temporary"] = temporary.path();
  const Descriptor listener = listen_abstract(token);
  ProgramOptions run;
  run.input = questions.dump();
  run.timeout = Milliseconds(120000);
  const auto result =
      run_program({fence::program_of(state), "fence-probe", "--folder", state.options.folder.string()}, run);
  if (!result.ok()) return add(proof, "probe", false, result.err);
  for (const auto& finding : parse_json(result.out, "fence-probe")) {
    add(proof, finding.at("id"), finding.at("passed"), finding.at("detail"), finding.at("place"));
  }
}

void prove_namespaces(FenceProof& proof, int holder) {
  std::string shared;
  for (const char* kind : {"net", "mnt", "pid", "ipc", "uts"}) {
    const auto inside = fence::namespace_inode(holder, kind);
    if (inside == 0 || inside == fence::namespace_inode(::getpid(), kind)) shared += std::string(kind) + " ";
  }
  add(proof, "namespaces", shared.empty(), shared.empty() ? "net mnt pid ipc uts" : "shared: " + shared);
}

// The sink writes a moment after it was spoken to.
void prove_record(FenceProof& proof, const std::filesystem::path& folder, const std::string& token) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  std::string missing;
  do {
    const std::string record = read_file_if_there(fence_record(folder).string(), 1ULL << 32U).value_or("");
    missing.clear();
    for (const auto& condition : proof.conditions) {
      const auto what = condition.id.starts_with("sink_") ? condition.id.substr(5) : "";
      if (what.empty() || !condition.passed || condition.detail.find("no IPv6") != std::string::npos) continue;
      if (record.find(token + "-" + what) == std::string::npos) missing += what + " ";
    }
    if (missing.empty()) break;
    ::poll(nullptr, 0, 20);
  } while (std::chrono::steady_clock::now() < until);
  add(proof, "recorded", missing.empty(), missing.empty() ? "all" : "not recorded: " + missing);
}

bool may_leave(int pid) {
  constexpr int sys_admin = 21;
  std::istringstream lines(read_file_if_there("/proc/" + std::to_string(pid) + "/status").value_or(""));
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("CapBnd:")) continue;
    return (std::strtoull(line.substr(7).c_str(), nullptr, 16) >> sys_admin & 1U) != 0;
  }
  return true;
}

// fence-exec stands outside for the command that it has started inside: it passes signals on and nothing else.
bool is_stand_in(const FenceState& state, int pid) {
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/" + std::to_string(pid) + "/exe", error);
  const std::string command = read_file_if_there("/proc/" + std::to_string(pid) + "/cmdline").value_or("");
  const auto second = command.find('\0');
  const bool ours = program == state.options.program || program == fence::program_of(state);
  return ours && second != std::string::npos && std::string_view(command.c_str() + second + 1) == "fence-exec";
}

void prove_services(FenceProof& proof, const FenceState& state, const FenceProofOptions& options) {
  const int holder = state.processes.front().identity.pid;
  std::string outside;
  int looked_at = 0;
  auto pids = fence_processes(state);
  pids.insert(pids.end(), options.services.begin(), options.services.end());
  std::sort(pids.begin(), pids.end());
  pids.erase(std::unique(pids.begin(), pids.end()), pids.end());
  for (const int pid : pids) {
    if (!read_process(pid) || is_stand_in(state, pid)) continue;
    ++looked_at;
    bool in = !may_leave(pid);
    for (const char* kind : {"net", "mnt", "pid"}) {
      in = in && fence::namespace_inode(pid, kind) == fence::namespace_inode(holder, kind);
    }
    if (!in) outside += std::to_string(pid) + " ";
  }
  add(proof, "services", outside.empty(),
      outside.empty() ? std::to_string(looked_at) + " processes inside" : "not confined: pid " + outside);
}

}  // namespace

FenceProof prove_fence(const std::filesystem::path& folder, const FenceProofOptions& options) {
  const auto begin = std::chrono::steady_clock::now();
  FenceProof proof;
  proof.when = to_string(system_now());
  const FenceStatus status = fence_status(folder);
  if (!status.running()) {
    const Text obstacle = fence_obstacle();
    add(proof, "running", false, obstacle.empty() ? status.text.en : obstacle.en);
  } else if (::geteuid() != 0) {
    add(proof, "running", false, fence_obstacle().en);
  } else {
    proof.fence = status.state->id;
    // Only lower-case letters: the sink's record must show it as it was sent.
    const std::string token = "ferry-proof-" + Digest::of(new_id("p", system_now())).hex().substr(0, 20);
    add(proof, "running", true, status.text.en);
    prove_namespaces(proof, status.state->processes.front().identity.pid);
    prove_inside(proof, *status.state, options, token);
    prove_record(proof, folder, token);
    prove_services(proof, *status.state, options);
    auto events = read_sink_record(fence_record(folder));
    // The record goes on from fence to fence of a clone; this proof is about the one that runs now.
    std::erase_if(events, [&](const SinkEvent& event) { return event.when < status.state->started; });
    const auto gaps = std::count_if(events.begin(), events.end(),
                                    [](const SinkEvent& event) { return event.kind == SinkEvent::Kind::gap; });
    add(proof, "no_gap", gaps == 0, std::to_string(gaps) + " gaps");
    proof.attempts = destinations(events);
    proof.uncovered = suggestions(events, options.covered);
  }
  proof.proved = std::all_of(proof.conditions.begin(), proof.conditions.end(),
                             [](const FenceCondition& condition) { return condition.passed; });
  proof.ms = std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - begin).count();
  return proof;
}

void require_proved(const FenceProof& proof) {
  if (proof.proved) return;
  Text detail;
  for (const auto& condition : proof.conditions) {
    if (condition.passed) continue;
    detail.en += (detail.en.empty() ? "" : "; ") + condition.text.en + ": " + condition.detail;
    detail.zh += (detail.zh.empty() ? "" : "；") + condition.text.zh + "：" + condition.detail;
  }
  if (detail.empty()) detail = {"nothing was tried", "尚未做任何尝试"};
  throw Error(Code::fence_unproven, proof.fence, detail);
}

void to_json(Json& json, const FenceCondition& value) {
  json = {{"id", value.id}, {"text", value.text}, {"passed", value.passed}, {"detail", value.detail}};
}
void from_json(const Json& json, FenceCondition& value) {
  json.at("id").get_to(value.id);
  json.at("text").get_to(value.text);
  json.at("passed").get_to(value.passed);
  json.at("detail").get_to(value.detail);
}
void to_json(Json& json, const FenceProof& value) {
  json = {{"proved", value.proved},
          {"when", value.when},
          {"fence", value.fence},
          {"conditions", value.conditions},
          {"attempts", value.attempts},
          {"uncovered", value.uncovered},
          {"ms", value.ms}};
}
void from_json(const Json& json, FenceProof& value) {
  json.at("proved").get_to(value.proved);
  json.at("when").get_to(value.when);
  json.at("fence").get_to(value.fence);
  json.at("conditions").get_to(value.conditions);
  json.at("attempts").get_to(value.attempts);
  json.at("uncovered").get_to(value.uncovered);
  json.at("ms").get_to(value.ms);
}

}  // namespace ferry
