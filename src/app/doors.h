// Users out while an environment is being upgraded, and Ferry's own way through (host/door.h).
#pragma once
#include <optional>
#include <string>

#include "app/workspace.h"
#include "host/door.h"
#include "run/run_state.h"
#include "verify/http.h"

namespace ferry {

// How Ferry talks to the application at this moment: as people do, or through the closed door to the program itself.
struct WayIn {
  std::string url;
  HttpReach reach;
};
WayIn way_in(const Target& target);

// What people read. The end is that of the agreed window while that lasts, else unknown.
DoorPage door_page(const Workspace& workspace, const Target& target);

// The ports of all services. Empty: the profile names none, there is nothing to close.
std::set<int> door_ports(const Target& target);

// Closes it, or renews the page of one that is closed. Empty optional, with the reason, where this machine can't keep
// people out of a running application; then stand_in() shows the page at least while it is stopped.
std::optional<DoorState> keep_users_out(const Workspace& workspace, const Target& target, Text& why_not);
void stand_in(const Workspace& workspace, const Target& target);
// Before services start: a page that listens on their port must go, a real door stays.
void end_stand_in(const Target& target);
bool let_users_in(const Target& target);

// Between the step that closes the door and the opening, whether it goes forward or back.
bool wants_closed_door(const RunState& state);

// Outside a run. Closing throws Error(kernel_refused) where users can't be kept out of a running application; opening
// throws Error(run_unfinished) while a run stands between closing and opening: that is opened by `run open` only.
void close_by_hand(Workspace& workspace, const Target& target, const std::string& person);
void open_by_hand(Workspace& workspace, const Target& target, const std::string& person);

}  // namespace ferry
