// The door: keeps people out of an application's ports while it is being upgraded, and tells them so. Whoever connects
// gets 503 with a maintenance page (docs/formats/door.md); Ferry itself gets through, so that it can verify behind it.
//
// How: a process of its own, which outlives Ferry, holds an sk_lookup program (Linux 5.9, root). It gives every new TCP
// connection to the ports to the page's own socket, except those from one loopback address that only Ferry knows.
// Nothing of the application or its configuration changes, and it can start and listen behind the door. Where the
// kernel does not allow that, the page can only stand in while nothing else listens (DoorMode::listen).
//
// The door lasts until lift_door or until the machine ends. Connections that stood before stay; stopping the
// application ends them.
#pragma once
#include <optional>
#include <set>
#include <string>

#include "base/json.h"
#include "base/text.h"
#include "host/process.h"

namespace ferry {

struct DoorPage {
  Text title;           // what is closed: the product
  std::string owner;    // whose it is: the customer; may be empty
  std::string until;    // RFC 3339, expected end; empty: unknown
  std::string contact;  // whom to ask; may be empty
  bool operator==(const DoorPage&) const = default;
};

enum class DoorMode {
  steer,   // whatever listens on the ports is out of reach
  listen,  // the page listens on the ports itself, which must be free
};

struct DoorOptions {
  std::string folder;   // <folder>/door.json and door.log: the staging folder
  std::string program;  // the ferry that is started as `door-hold`; empty: the running one
  std::set<int> ports;
  DoorMode mode = DoorMode::steer;
  DoorPage page;
};

struct DoorState {
  DoorOptions options;
  std::string pass;  // IPv4 address in 127/8 from which connections get through; empty in mode listen
  std::string since;
  ProcessIdentity holder;
  bool ready = false;  // the holder has said that it is closed
};
void to_json(Json& json, const DoorState& value);
void from_json(const Json& json, DoorState& value);

// Why DoorMode::steer can't be had on this machine; empty: it can. Tries it out on no port.
Text door_obstacle();

// Closes it and returns when it is closed. One that is closed already for these ports in this mode stays, with the new
// page. Throws Error(kernel_refused, needs_root, port_in_use (listen), usage without ports).
DoorState close_door(const DoorOptions& options);
// The door that stands now; empty when there is none or its process has ended.
std::optional<DoorState> closed_door(const std::string& folder);
// True when one stood. Returns when it is gone.
bool lift_door(const std::string& folder);

// The holder's own program: `ferry door-hold FOLDER`.
bool is_door_command(int argc, char** argv);
int door_main(int argc, char** argv);

}  // namespace ferry
