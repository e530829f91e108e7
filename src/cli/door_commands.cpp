#include <fmt/format.h>

#include "app/doors.h"
#include "cli/command_line.h"

namespace ferry::cli {
namespace {

Output show_door(CommandLine& line, const Target& target) {
  const auto door = closed_door(target.staging());
  Output out;
  out.json = {{"environment", target.name()}, {"closed", door.has_value()}};
  if (!door) {
    out.lines.push_back(line.say({"open: users reach the application", "开放：用户可访问系统"}));
    return out;
  }
  std::string ports;
  for (const int port : door->options.ports) ports += " " + std::to_string(port);
  out.json["ports"] = door->options.ports;
  out.json["since"] = door->since;
  out.json["until"] = door->options.page.until;
  out.json["only_while_stopped"] = door->options.mode == DoorMode::listen;
  out.json["pid"] = door->holder.pid;
  out.lines.push_back(line.say({"closed since ", "关闭，自 "}) + door->since + line.say({", port", "，端口"}) + ports);
  out.lines.push_back(door->options.mode == DoorMode::steer
                          ? line.say({"  users see the maintenance page, whatever listens behind it",
                                      "  用户看到的是维护页，无论系统是否在运行"})
                          : line.say({"  the maintenance page stands in while the application is stopped",
                                      "  系统停止期间由维护页代答"}));
  return out;
}

}  // namespace

void add_door_commands(CommandLine& line) {
  auto name = std::make_shared<std::string>();
  auto* noun =
      line.noun("door", {"users out, with a maintenance page, and in again", "阻止用户访问（维护页）与重新开放"});
  auto* show = line.verb(noun, "show", {"whether users get in", "用户能否访问"},
                         [&line, name] { return show_door(line, line.workspace().target(*name)); });
  auto* close =
      line.verb(noun, "close", {"users get the maintenance page from now on", "从现在起用户看到维护页"}, [&line, name] {
        const auto target = line.workspace().target(*name);
        line.confirm({"Keep the users of " + target.name() + " out?", "阻止用户访问 " + target.name() + "？"});
        close_by_hand(line.workspace(), target, line.person());
        return show_door(line, target);
      });
  auto* open = line.verb(noun, "open", {"let users in again", "重新允许用户访问"}, [&line, name] {
    const auto target = line.workspace().target(*name);
    open_by_hand(line.workspace(), target, line.person());
    return show_door(line, target);
  });
  for (auto* command : {show, close, open}) command->add_option("environment", *name)->required();
}

}  // namespace ferry::cli
