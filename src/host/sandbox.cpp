// The side of Ferry: asks the hidden command and listens to what it tells, a JSON object for each line:
//   {"line": TEXT, "command": N}   output as it comes
//   {"command": N, "result": {...}}  one has ended
//   {"network": [...]}               at the end
//   {"error": {...}}                 the sandbox itself could not be made
#include "host/sandbox.h"

#include <unistd.h>

#include <filesystem>

#include "base/error.h"
#include "host/program.h"
#include "host/sandbox_parts.h"

namespace ferry {
namespace {

Code code_named(const std::string& name) {
  for (const auto code : {Code::needs_root, Code::not_found, Code::permission, Code::disk_full, Code::io})
    if (info(code).name == name) return code;
  return Code::kernel_refused;
}

Json places_json(const std::vector<MountView::Place>& places) {
  Json out = Json::array();
  for (const auto& place : places) out.push_back({place.from, place.to});
  return out;
}
std::vector<MountView::Place> places_of(const Json& json) {
  std::vector<MountView::Place> out;
  for (const auto& place : json) out.push_back({place.at(0).get<std::string>(), place.at(1).get<std::string>()});
  return out;
}

// What the hidden command tells, put together.
class Teller {
 public:
  explicit Teller(const std::function<void(std::size_t, std::string_view)>& line) : line_(line) {}

  void take(std::string_view text) {
    const Json json = parse_json(text, "sandbox");
    const auto command = json.value("command", std::size_t{0});
    if (json.contains("line")) {
      if (line_) line_(command, json.at("line").get_ref<const std::string&>());
    } else if (json.contains("result")) {
      result.commands.push_back(json.at("result").get<SandboxCommand>());
    } else if (json.contains("network")) {
      result.network = json.at("network").get<std::vector<NetworkAttempt>>();
    } else if (json.contains("error")) {
      const auto& error = json.at("error");
      throw Error(code_named(error.value("code", "")), error.value("about", Text{}), error.value("detail", Text{}));
    }
  }

  SandboxResult result;

 private:
  const std::function<void(std::size_t, std::string_view)>& line_;
};

}  // namespace

Text ended_by_signal(int signal) {
  return {"ended by signal " + std::to_string(signal), "被信号 " + std::to_string(signal) + " 终止"};
}

void require_sandbox() {
  if (::geteuid() == 0) return;
  throw Error(Code::needs_root, "sandbox",
              Text{"only root can make the namespaces in which a foreign program does no harm",
                   "只有 root 才能建立使外部程序无法造成破坏的命名空间"});
}

SandboxResult run_sandbox(const SandboxOptions& options,
                          const std::function<void(std::size_t command, std::string_view line)>& line) {
  require_sandbox();
  const std::string program =
      options.program.empty() ? std::filesystem::read_symlink("/proc/self/exe").string() : options.program;
  Teller teller(line);
  ProgramOptions run;
  run.input = Json(options).dump(-1, ' ', false, Json::error_handler_t::replace);
  run.output_limit = 16U << 20U;
  run.timeout = options.timeout;
  run.on_line = [&](std::string_view text, bool is_err) {
    if (!is_err) teller.take(text);
  };
  const auto ended = run_program({program, "sandbox-run"}, run);
  teller.result.timed_out = ended.timed_out;
  if (!ended.ok() && !ended.timed_out)
    throw Error(Code::program_failed, "sandbox-run",
                ended.err.empty() ? ended_by_signal(ended.signal) : Text{ended.err, ended.err});
  return std::move(teller.result);
}

void to_json(Json& json, const SandboxOptions& value) {
  json = {{"writable", places_json(value.view.writable)},
          {"readable", places_json(value.view.readable)},
          {"hidden", value.view.hidden},
          {"covered", value.view.covered},
          {"network", value.network},
          {"user", value.user},
          {"directory", value.directory},
          {"environment", value.environment},
          {"commands", value.commands}};
}
void from_json(const Json& json, SandboxOptions& value) {
  value.view.writable = places_of(json.at("writable"));
  value.view.readable = places_of(json.at("readable"));
  json.at("hidden").get_to(value.view.hidden);
  json.at("covered").get_to(value.view.covered);
  json.at("network").get_to(value.network);
  json.at("user").get_to(value.user);
  json.at("directory").get_to(value.directory);
  json.at("environment").get_to(value.environment);
  json.at("commands").get_to(value.commands);
}
void to_json(Json& json, const SandboxCommand& value) {
  json = {{"status", value.status}, {"signal", value.signal},   {"out", value.out},
          {"found", value.found},   {"missing", value.missing}, {"last_lines", value.last_lines}};
}
void from_json(const Json& json, SandboxCommand& value) {
  json.at("status").get_to(value.status);
  json.at("signal").get_to(value.signal);
  json.at("out").get_to(value.out);
  json.at("found").get_to(value.found);
  json.at("missing").get_to(value.missing);
  json.at("last_lines").get_to(value.last_lines);
}

}  // namespace ferry
