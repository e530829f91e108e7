#include "app/services.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/checking.h"
#include "app/doors.h"
#include "backup/clone.h"
#include "base/error.h"
#include "host/busy.h"
#include "verify/http.h"

namespace ferry {
namespace {

// Asks the address of `ready` until it answers as the profile wants.
ReadyCheck ready_check(const Target& target, const Service& service) {
  if (!service.ready) return nullptr;
  return [&target, ready = *service.ready](Text& why) {
    why = http_missing(target, ready);
    return why.empty();
  };
}

Text title_of(const Service& service) {
  return service.title.empty() ? Text{service.id, service.id} : service.title;
}

}  // namespace

Text http_missing(const Target& target, const HttpReady& ready) {
  try {
    const auto way = way_in(target);
    HttpClient client(way.url, way.reach);
    HttpRequest request;
    request.path = expand(ready.path, target.variables);
    request.timeout = Milliseconds(5000);
    const auto response = client.send(request);
    if (response.status != ready.status)
      return {fmt::format("GET {} answers {} instead of {}", request.path, response.status, ready.status),
              fmt::format("GET {} 返回 {}，应为 {}", request.path, response.status, ready.status)};
    if (ready.json.empty()) return {};
    const Json body = Json::parse(response.text(), nullptr, false);
    for (const auto& [pointer, wanted] : ready.json) {
      const auto at = Json::json_pointer(pointer);
      const Text found = body.is_discarded() || !body.contains(at) ? Text{"nothing", "空"}
                         : body.at(at).is_string()                 ? Text{body.at(at).get<std::string>(), {}}
                                                                   : Text{body.at(at).dump(), {}};
      if (found.en != expand(wanted, target.variables))
        return {fmt::format("GET {}: {} is {} instead of {}", request.path, pointer, found.en, wanted),
                fmt::format("GET {}：{} 为 {}，应为 {}", request.path, pointer, found.in(Language::chinese), wanted)};
    }
    return {};
  } catch (const Error& error) {
    const auto why = error.detail().empty() ? error.about_text() : error.detail_text();
    return why.empty() ? Text{error.describe(Language::english), error.describe(Language::chinese)} : why;
  }
}

ServicePlace service_place(const Target& target) {
  if (!target.is_clone()) return {};
  const auto status = fence_status(clone_fence_folder(target.environment));
  if (!status.running()) return {};
  return {fence_prefix(*status.state, target.environment.user), true};
}

InstallationLock hold_installation(const Target& target, const std::string& command) {
  return InstallationLock(target.staging(), command);
}

Version service_version(const Target& target) {
  const auto& services = target.profile.services;
  const bool every = std::all_of(services.begin(), services.end(),
                                 [](const Service& service) { return service.version.text() == "*"; });
  if (every) return {};
  try {
    return present_version(target);
  } catch (const Error&) {
    return {};
  }
}

void start_services(const Target& target, Reporter& reporter, const Version& version) {
  const auto place = service_place(target);
  const auto services = services_of_version(target.profile, version.empty() ? service_version(target) : version);
  for (const auto& service : services) {
    const Text title = title_of(service);
    reporter.begin({"start " + title.en, "启动" + title.zh});
    StartOptions options;
    options.ready = ready_check(target, service);
    options.secret = target.secret;
    options.prefix = place.prefix;
    options.port_elsewhere = place.fenced;
    options.waiting = [&](Milliseconds waited, const Text&) {
      reporter.progress(static_cast<std::uint64_t>(waited.count() / 1000),
                        static_cast<std::uint64_t>(service.ready_within.count() / 1000), Unit::none);
    };
    Environment environment = target.environment;
    // Inside the fence the account is chosen by the prefix: who enters namespaces must still be root.
    if (place.fenced) environment.user.clear();
    const auto state = start_service(service, environment, options);
    reporter.done(
        {fmt::format("ready, process {}", state.process.pid), fmt::format("已就绪，进程 {}", state.process.pid)});
  }
}

void stop_services(const Target& target, Reporter& reporter, const Version& version) {
  const auto known = version.empty() ? service_version(target) : version;
  // Those of other versions too: whoever was killed may have left one of them running.
  const auto all = services_of_version(target.profile, {});
  for (auto service = all.rbegin(); service != all.rend(); ++service) {
    const Text title = title_of(*service);
    reporter.begin({"stop " + title.en, "停止" + title.zh});
    stop_service(*find_service(target.profile, service->id, known), target.environment);
    reporter.done({"stopped", "已停止"});
  }
  require_unused(target);
}

void require_unused(const Target& target) {
  std::vector<std::string> paths;
  const auto add = [&](const std::vector<RelativePath>& list) {
    for (const auto& path : list) paths.push_back(path.empty() ? target.root() : target.root() + "/" + path.bytes());
  };
  add(target.profile.paths.program);
  add(target.profile.paths.config);
  add(target.profile.paths.data);
  if (paths.empty()) paths.push_back(target.root());
  const auto report = busy_processes(paths);
  if (report.processes.empty()) {
    // Without root other accounts' processes stay unseen; the lock and the port are then all that is known.
    return;
  }
  std::string detail;
  for (const auto& process : report.processes)
    detail += fmt::format("  pid {} {}: {} ({})\n", process.pid, process.command, printable(process.path), process.how);
  throw Error(Code::busy_files, target.root(), detail);
}

std::vector<ServiceLine> services_of(const Target& target) {
  std::vector<ServiceLine> out;
  for (const auto& service : services_of_version(target.profile, service_version(target)))
    out.push_back({service.id, title_of(service), service_state(service, target.environment)});
  return out;
}

ProcessHook process_facts(const Target& target) {
  auto local = local_process_facts(target.environment);
  if (!service_place(target).fenced) return local;
  return [&target, local](const Service& service) {
    ProcessFacts facts = local(service);
    const auto ready = ready_check(target, service);
    Text why;
    facts.listening = ready && ready(why);
    if (!facts.listening) facts.detail += "; behind the fence: " + why.en;
    return facts;
  };
}

bool any_running(const Target& target) {
  for (const auto& line : services_of(target))
    if (line.state.running) return true;
  return false;
}

}  // namespace ferry
