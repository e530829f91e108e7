// Starting and stopping an environment's services, inside the fence where there is one.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "app/reporter.h"
#include "app/workspace.h"
#include "host/lock.h"
#include "host/service.h"
#include "verify/context.h"

namespace ferry {

// How the services of an environment are started: prefix that enters the fence, or nothing. A clone whose fence is not
// running gets none (it was made without root): it is silenced, but nothing is proved.
struct ServicePlace {
  std::vector<std::string> prefix;
  bool fenced = false;
};
ServicePlace service_place(const Target& target);

// Held while a command works on the installation outside a run: a run must not find its services started or stopped by
// somebody else. Error(locked).
InstallationLock hold_installation(const Target& target, const std::string& command);

// Why this address does not answer as the profile wants; empty: it does.
Text http_missing(const Target& target, const HttpReady& ready);

// All services of a version in the profile's order, each until it is ready; those that run are only waited for. An
// empty version: the present one. Throws as start_service.
void start_services(const Target& target, Reporter& reporter, const Version& version = {});
// The version by which services are told apart: present_version where the profile has services of single versions, else
// (and when it can't be read) empty, which means all.
Version service_version(const Target& target);
// In reverse order, then proves that no process uses the installation's files. Throws as stop_service,
// Error(busy_files) with what holds which file.
void stop_services(const Target& target, Reporter& reporter, const Version& version = {});
// Error(busy_files) unless no process has anything open below the program, configuration and data paths.
void require_unused(const Target& target);

struct ServiceLine {
  std::string id;
  Text title;
  ServiceState state;
};
std::vector<ServiceLine> services_of(const Target& target);
bool any_running(const Target& target);

// What process checks ask. Behind a fence the service listens in a network of its own: whether it listens is then asked
// at its address, where only the clone itself can answer (the sink never does on a forwarded port). `target` must
// outlive the hook.
ProcessHook process_facts(const Target& target);

}  // namespace ferry
