#include "backup/fence.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "backup/fence_parts.h"
#include "host/files.h"
#include "host/program.h"

namespace ferry {
namespace fence {

Error refused(const std::string& what) {
  const std::string reason = errno == 0 ? "refused" : std::strerror(errno);
  return Error(Code::fence_unproven, what, reason);
}

std::string program_of(const FenceState& state) {
  if (path_exists(state.options.program)) return state.options.program;
  return std::filesystem::read_symlink("/proc/self/exe").string();
}

std::filesystem::path state_file(const std::filesystem::path& folder) {
  return folder / "fence.json";
}

FenceState load_state(const std::filesystem::path& folder) {
  const std::string file = state_file(folder).string();
  try {
    return parse_json(read_file(file), file).get<FenceState>();
  } catch (const Json::exception& error) {
    throw Error(Code::invalid_document, file, error.what());
  }
}

int pidfd_of(const ProcessIdentity& identity) {
  Descriptor fd(static_cast<int>(::syscall(SYS_pidfd_open, identity.pid, 0)));
  // Asked after opening: a pid that was reused in between is another start time now.
  if (!fd.valid() || !is_alive(identity)) return -1;
  return fd.release();
}

std::uint64_t namespace_inode(int pid, const std::string& kind) {
  struct stat status {};
  const std::string path = "/proc/" + std::to_string(pid) + "/ns/" + kind;
  return ::stat(path.c_str(), &status) == 0 ? status.st_ino : 0;
}

}  // namespace fence

namespace {

Error error_from(const Json& answer) {
  const std::string name = answer.value("code", "");
  for (int i = 0; i <= static_cast<int>(Code::internal); ++i) {
    if (info(static_cast<Code>(i)).name == name) {
      return Error(static_cast<Code>(i), answer.value("about", Text{}), answer.value("detail", Text{}));
    }
  }
  return Error(Code::program_failed, "fence-hold", answer.dump());
}

}  // namespace

Text fence_obstacle() {
  if (::geteuid() != 0) {
    return {"A fence needs root: network and mount namespaces of the clone.",
            "隔离克隆需要 root 权限（网络与挂载命名空间）。"};
  }
  for (const char* kind : {"net", "mnt", "pid", "ipc", "uts"}) {
    if (fence::namespace_inode(::getpid(), kind) == 0) {
      return {std::string("This kernel has no namespace of kind ") + kind + ".",
              std::string("内核不支持命名空间：") + kind};
    }
  }
  return {};
}

FenceState start_fence(const FenceOptions& given) {
  FenceOptions options = given;
  if (options.program.empty()) options.program = std::filesystem::read_symlink("/proc/self/exe").string();
  options.program = std::filesystem::canonical(options.program).string();
  if (::geteuid() != 0) throw Error(Code::needs_root, "fence", fence_obstacle());
  ProgramOptions run;
  run.input = Json(options).dump();
  const auto result = run_program({options.program, "fence-hold"}, run);
  if (result.ok()) return fence::load_state(options.folder);
  if (result.out.starts_with("{")) throw error_from(parse_json(result.out, "fence-hold"));
  throw Error(Code::program_failed, "fence-hold", result.err);
}

FenceStatus fence_status(const std::filesystem::path& folder) {
  FenceStatus status;
  if (!path_exists(fence::state_file(folder).string())) {
    status.text = {"There is no fence.", "没有隔离环境。"};
    return status;
  }
  status.state = fence::load_state(folder);
  const auto& processes = status.state->processes;
  if (processes.empty() || !is_alive(processes.front().identity)) {
    status.kind = FenceStatus::Kind::dead;
    status.text = {"The fence has ended, and everything inside with it.", "隔离环境已结束，其中的进程也已全部终止。"};
  } else if (!std::all_of(processes.begin(), processes.end(), [](const auto& p) { return is_alive(p.identity); })) {
    status.kind = FenceStatus::Kind::no_forward;
    status.text = {"The fence holds, but a forwarder has ended: users can't come in.",
                   "隔离有效，但转发进程已终止：用户无法访问克隆。"};
  } else {
    status.kind = FenceStatus::Kind::running;
    status.text = {"The fence holds.", "隔离有效。"};
  }
  return status;
}

bool end_fence(const std::filesystem::path& folder) {
  const FenceStatus status = fence_status(folder);
  if (!status.state) return false;
  bool any = false;
  for (const auto& process : status.state->processes) {
    any = send_signal(process.identity, SIGKILL) || any;
  }
  for (const auto& process : status.state->processes) {
    if (!wait_for_end(process.identity, Milliseconds(30000))) {
      throw Error(Code::service_not_stopping, process.role,
                  Text{"pid " + std::to_string(process.identity.pid), "进程 " + std::to_string(process.identity.pid)});
    }
  }
  return any;
}

std::vector<std::string> fence_prefix(const FenceState& state, const std::string& user) {
  std::vector<std::string> prefix{fence::program_of(state), "fence-exec", "--folder", state.options.folder.string()};
  if (!user.empty()) prefix.insert(prefix.end(), {"--user", user});
  prefix.emplace_back("--");
  return prefix;
}

std::vector<int> fence_processes(const FenceState& state) {
  std::vector<int> result;
  if (state.processes.empty() || !is_alive(state.processes.front().identity)) return result;
  const int holder = state.processes.front().identity.pid;
  const auto inside = fence::namespace_inode(holder, "pid");
  for (const auto& process : all_processes()) {
    if (process.pid == holder || fence::namespace_inode(process.pid, "pid") != inside) continue;
    const bool is_sink = process.parent == holder &&
                         read_file_if_there("/proc/" + std::to_string(process.pid) + "/comm") == "ferry-sink\n";
    if (!is_sink && process.state != 'Z') result.push_back(process.pid);
  }
  return result;
}

Variables fence_variables() {
  return {{"fence.host", "192.0.2.1"},
          {"fence.smtp", "192.0.2.25"},
          {"fence.smtp_port", "25"},
          {"fence.http", "http://192.0.2.80"}};
}

std::filesystem::path fence_record(const std::filesystem::path& folder) {
  return folder / "sink.jsonl";
}

bool is_fence_command(int argc, char** argv) {
  if (argc < 2) return false;
  const std::string_view command = argv[1];
  return command == "fence-hold" || command == "fence-exec" || command == "fence-probe";
}

int fence_main(int argc, char** argv) {
  const std::string command = argv[1];
  std::string folder;
  std::string user;
  int at = 2;
  for (; at < argc && std::string_view(argv[at]) != "--"; ++at) {
    const std::string_view option = argv[at];
    if (at + 1 >= argc) break;
    if (option == "--folder") folder = argv[++at];
    if (option == "--user") user = argv[++at];
  }
  try {
    if (command == "fence-hold") return fence::run_hold();
    if (command == "fence-probe") return fence::run_probe(folder);
    if (at + 1 >= argc) throw Error(Code::usage, command, Text{"no command after --", "-- 之后没有命令"});
    return fence::run_exec(folder, user, argv + at + 1);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", command.c_str(), error.what());
    return 126;
  }
}

void to_json(Json& json, const FenceForward& value) {
  json = {{"outside", value.outside}, {"inside", value.inside}, {"listen", value.listen}};
}
void from_json(const Json& json, FenceForward& value) {
  json.at("outside").get_to(value.outside);
  json.at("inside").get_to(value.inside);
  value.listen = json.value("listen", value.listen);
}

namespace {

// Paths are bytes: escaped in JSON.
Json escaped(const std::vector<std::filesystem::path>& paths) {
  Json json = Json::array();
  for (const auto& path : paths) json.push_back(escape(path.string()));
  return json;
}
std::vector<std::filesystem::path> unescaped(const Json& json) {
  std::vector<std::filesystem::path> paths;
  for (const auto& item : json) paths.emplace_back(unescape(item.get<std::string>()));
  return paths;
}

}  // namespace

void to_json(Json& json, const FenceOptions& value) {
  json = {{"folder", escape(value.folder.string())},
          {"writable", escaped(value.writable)},
          {"hidden", escaped(value.hidden)},
          {"forwards", value.forwards},
          {"program", escape(value.program)}};
}
void from_json(const Json& json, FenceOptions& value) {
  value.folder = unescape(json.at("folder").get<std::string>());
  value.writable = unescaped(json.at("writable"));
  value.hidden = unescaped(json.at("hidden"));
  json.at("forwards").get_to(value.forwards);
  value.program = unescape(json.at("program").get<std::string>());
}

void to_json(Json& json, const FenceProcess& value) {
  json = {{"role", value.role}, {"process", value.identity}};
}
void from_json(const Json& json, FenceProcess& value) {
  json.at("role").get_to(value.role);
  json.at("process").get_to(value.identity);
}

void to_json(Json& json, const FenceState& value) {
  json = {{"format", value.format},
          {"id", value.id},
          {"started", value.started},
          {"options", value.options},
          {"processes", value.processes}};
}
void from_json(const Json& json, FenceState& value) {
  json.at("format").get_to(value.format);
  if (value.format != 1) throw Error(Code::unsupported_format, "fence.json", std::to_string(value.format));
  json.at("id").get_to(value.id);
  json.at("started").get_to(value.started);
  json.at("options").get_to(value.options);
  json.at("processes").get_to(value.processes);
}

}  // namespace ferry
