// Closing and lifting, as seen from the Ferry that orders it; the process that holds the door is in door_hold.cpp.
#include "host/door.h"

#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <random>
#include <thread>

#include "base/clock.h"
#include "base/error.h"
#include "host/crash_point.h"
#include "host/door_hold.h"
#include "host/files.h"
#include "host/program.h"
#include "host/service.h"

namespace ferry {
namespace {

constexpr Milliseconds longest_wait{15000};

// 127.64.0.0/10 is rarely used by anybody; every byte below 128, which the comparison in the program needs.
std::string new_pass() {
  std::random_device random;
  std::uniform_int_distribution<int> byte(1, 126);
  return "127." + std::to_string(64 + byte(random) % 63) + "." + std::to_string(byte(random)) + "." +
         std::to_string(byte(random));
}

void write_state(const DoorState& state) {
  write_file_atomic(door::state_file(state.options.folder), Json(state).dump(1), 0600);
}

// What the holder wrote before it gave up.
[[noreturn]] void throw_problem(const std::string& folder) {
  const auto file = door::state_file(folder);
  const auto json = parse_json(read_file(file), file);
  if (!json.contains("problem")) throw Error(Code::program_failed, "door-hold", last_lines(folder + "/door.log", 5));
  const auto& problem = json.at("problem");
  const std::string name = problem.at("code").get<std::string>();
  for (int i = 0; i <= static_cast<int>(Code::internal); ++i)
    if (info(static_cast<Code>(i)).name == name)
      throw Error(static_cast<Code>(i), problem.at("about").get<Text>(), problem.at("detail").get<Text>());
  throw Error(Code::program_failed, "door-hold", name);
}

// A holder that lives, whether it has closed the door yet or not.
std::optional<DoorState> held_door(const std::string& folder) {
  const auto file = door::state_file(folder);
  const auto text = read_file_if_there(file);
  if (!text) return std::nullopt;
  const auto json = parse_json(*text, file);
  if (json.contains("problem")) return std::nullopt;
  auto state = json.get<DoorState>();
  state.options.folder = folder;
  return is_alive(state.holder) ? std::optional(state) : std::nullopt;
}

DoorState wait_until_closed(const std::string& folder, const ProcessIdentity& holder) {
  const auto end = std::chrono::steady_clock::now() + longest_wait;
  while (std::chrono::steady_clock::now() < end) {
    if (auto state = closed_door(folder)) return *state;
    if (!is_alive(holder)) throw_problem(folder);
    std::this_thread::sleep_for(Milliseconds(5));
  }
  send_signal(holder, SIGKILL);
  throw Error(Code::program_failed, "door-hold", Text{"not ready within 15 s", "15 秒内未就绪"});
}

}  // namespace

void to_json(Json& json, const DoorState& value) {
  const auto& page = value.options.page;
  json = {{"format", 1},
          {"program", value.options.program},
          {"ports", value.options.ports},
          {"mode", value.options.mode == DoorMode::steer ? "steer" : "listen"},
          {"page", {{"title", page.title}, {"owner", page.owner}, {"until", page.until}, {"contact", page.contact}}},
          {"pass", value.pass},
          {"since", value.since},
          {"holder", value.holder},
          {"ready", value.ready}};
}

void from_json(const Json& json, DoorState& value) {
  value.options.program = json.at("program").get<std::string>();
  value.options.ports = json.at("ports").get<std::set<int>>();
  value.options.mode = json.at("mode") == "steer" ? DoorMode::steer : DoorMode::listen;
  const auto& page = json.at("page");
  value.options.page = {page.at("title").get<Text>(), page.at("owner").get<std::string>(),
                        page.at("until").get<std::string>(), page.at("contact").get<std::string>()};
  value.pass = json.at("pass").get<std::string>();
  value.since = json.at("since").get<std::string>();
  value.holder = json.at("holder").get<ProcessIdentity>();
  value.ready = json.at("ready").get<bool>();
}

Text door_obstacle() {
  try {
    door::try_steering();
    return {};
  } catch (const Error& error) {
    return {error.describe(Language::english), error.describe(Language::chinese)};
  }
}

std::optional<DoorState> closed_door(const std::string& folder) {
  auto state = held_door(folder);
  return state && state->ready ? state : std::nullopt;
}

DoorState close_door(const DoorOptions& given) {
  if (given.ports.empty()) throw Error(Code::usage, "door", Text{"no port to close", "没有需要关闭的端口"});
  if (auto state = held_door(given.folder)) {
    if (state->ready && state->options.ports == given.ports && state->options.mode == given.mode) {
      state->options.page = given.page;
      write_state(*state);
      return *state;
    }
    lift_door(given.folder);
  }
  DoorState state{given, given.mode == DoorMode::steer ? new_pass() : "", to_string(system_now()), {}, false};
  if (state.options.program.empty()) state.options.program = std::filesystem::read_symlink("/proc/self/exe").string();
  make_folders(given.folder, 0700);
  DetachedOptions detached;
  // Who holds the door is written down before he begins: a Ferry that dies in this moment leaves nobody in it whom the
  // next one does not know.
  detached.before_begin = [&](const ProcessIdentity& holder) {
    state.holder = holder;
    write_state(state);
  };
  detached.directory = "/";
  detached.environment = {{"PATH", "/usr/bin:/bin"}};
  if (const char* zone = ::getenv("TZ")) detached.environment["TZ"] = zone;
  detached.log_file = given.folder + "/door.log";
  const auto holder = spawn_detached({state.options.program, std::string(door::command), given.folder}, detached);
  crash_point(CrashPoint::door_spawned);
  return wait_until_closed(given.folder, holder);
}

bool lift_door(const std::string& folder) {
  const auto state = held_door(folder);
  if (state) {
    // It sends what is half sent before it ends.
    send_signal(state->holder, SIGTERM);
    if (!wait_for_end(state->holder, Milliseconds(3000))) send_signal(state->holder, SIGKILL);
    if (!wait_for_end(state->holder, Milliseconds(10000)))
      throw Error(Code::service_not_stopping, "door-hold",
                  Text{"pid " + std::to_string(state->holder.pid), "进程 " + std::to_string(state->holder.pid)});
  }
  crash_point(CrashPoint::door_lifted);
  remove_tree(door::state_file(folder));
  return state.has_value();
}

}  // namespace ferry
