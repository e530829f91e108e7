#include "app/doors.h"

#include <fmt/format.h>

#include "base/error.h"
#include "host/lock.h"

namespace ferry {
namespace {

std::string owner_contact(const Project& project) {
  const auto* owner = project.find_person(project.owner);
  if (owner == nullptr) return {};
  return owner->contact.empty() ? owner->name : owner->name + "  " + owner->contact;
}

DoorOptions options_of(const Workspace& workspace, const Target& target, DoorMode mode) {
  DoorOptions options;
  options.folder = target.staging();
  options.ports = door_ports(target);
  options.mode = mode;
  options.page = door_page(workspace, target);
  return options;
}

}  // namespace

WayIn way_in(const Target& target) {
  const auto door = closed_door(target.staging());
  if (!door || door->pass.empty()) return {target.environment.url, {}};
  WayIn out{target.environment.direct.empty() ? target.environment.url : target.environment.direct, {}};
  out.reach.source = door->pass;
  return out;
}

DoorPage door_page(const Workspace& workspace, const Target& target) {
  const auto project = workspace.project();
  DoorPage page;
  page.title =
      target.profile.title.empty() ? Text{target.profile.product, target.profile.product} : target.profile.title;
  page.owner = project.customer;
  if (project.window && project.window->end > workspace.clock() && target.is_production())
    page.until = to_string(project.window->end);
  page.contact = owner_contact(project);
  return page;
}

std::set<int> door_ports(const Target& target) {
  std::set<int> out;
  for (const auto& service : target.profile.services)
    if (!service.port.empty()) out.insert(std::stoi(expand(service.port, target.variables, target.secret)));
  return out;
}

std::optional<DoorState> keep_users_out(const Workspace& workspace, const Target& target, Text& why_not) {
  if (door_ports(target).empty()) {
    why_not = {"the profile names no port of a service", "产品档案未给出服务端口"};
    return std::nullopt;
  }
  why_not = door_obstacle();
  if (!why_not.empty()) return std::nullopt;
  return close_door(options_of(workspace, target, DoorMode::steer));
}

void stand_in(const Workspace& workspace, const Target& target) {
  if (closed_door(target.staging()) || door_ports(target).empty()) return;
  close_door(options_of(workspace, target, DoorMode::listen));
}

void end_stand_in(const Target& target) {
  const auto door = closed_door(target.staging());
  if (door && door->options.mode == DoorMode::listen) lift_door(target.staging());
}

bool let_users_in(const Target& target) {
  return lift_door(target.staging());
}

void close_by_hand(Workspace& workspace, const Target& target, const std::string& person) {
  const InstallationLock alone(target.staging(), "ferry door close", workspace.clock());
  Text why_not;
  if (!keep_users_out(workspace, target, why_not)) throw Error(Code::kernel_refused, target.name(), why_not);
  workspace.audit("door.close", target.name(), person);
}

void open_by_hand(Workspace& workspace, const Target& target, const std::string& person) {
  const InstallationLock alone(target.staging(), "ferry door open", workspace.clock());
  for (const auto& listed : list_runs(target.staging()))
    if (listed.state && wants_closed_door(*listed.state))
      throw Error(Code::run_unfinished, listed.id,
                  Text{"this run keeps users out until 'ferry run open' or until it is taken back",
                       "该执行在 “ferry run open” 或回退之前须阻止用户访问"});
  if (let_users_in(target)) workspace.audit("door.open", target.name(), person);
}

bool wants_closed_door(const RunState& state) {
  const auto* close = state.find("close");
  return close != nullptr && close->attempts > 0 && close->status != StepStatus::undone && !state.opened &&
         state.unfinished() && state.phase != RunPhase::complete;
}

}  // namespace ferry
