// The disturbed program itself: what `rehearse_chaos` starts once for each case.
#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <thread>

#include "app/chaos.h"
#include "app/planning.h"
#include "app/run_session.h"
#include "app/services.h"
#include "base/error.h"
#include "database/connection.h"
#include "host/crash_point.h"
#include "host/files.h"
#include "host/process.h"
#include "host/program.h"
#include "host/service_files.h"
#include "model/stops.h"
#include "project/predict.h"

namespace ferry {
namespace {

constexpr Milliseconds longest_hold{600000};

// Half of what the step took when it was rehearsed last; unknown: at once.
Milliseconds half_time(const Workspace& workspace, const std::string& step) {
  Milliseconds out{0};
  for (const auto& sample : workspace.store().read_as<TimingSample>(collection::timings))
    if (sample.step == step) out = sample.took / 2;
  return out;
}

void kill_myself() {
  std::raise(SIGKILL);
}

// Until nothing of it is left: what it forks while it is being killed would pass for the service.
void kill_application(const Target& clone) {
  constexpr int most = 20;
  bool found = true;
  for (int pass = 0; found && pass < most; ++pass) {
    found = false;
    for (const auto& service : services_of(clone))
      for (const int pid : service.state.pids) {
        if (!read_process(pid)) continue;
        const auto victim = identify(pid);
        send_signal(victim, SIGKILL);
        wait_for_end(victim, Milliseconds(10000));
        found = true;
      }
  }
}

// What asks for the runtime before a start carries the same mark, but has no record.
bool has_started(const Target& clone) {
  const auto services = services_of(clone);
  return std::any_of(services.begin(), services.end(), [&](const ServiceLine& service) {
    return service.state.running && read_service_record(clone.environment, service.id);
  });
}

// While they start: the first process of theirs that is seen.
void kill_starting_application(const Target& clone, const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    try {
      if (has_started(clone)) return kill_application(clone);
    } catch (const Error&) {
      // Seen while it was being started, or gone by itself: look again.
    }
    std::this_thread::sleep_for(Milliseconds(2));
  }
}

constexpr std::array database_parts{"", "-wal", "-shm", "-journal"};

std::string taken_name(const std::string& file) {
  return file + ".taken-by-chaos-rehearsal";
}

void move_file(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) throw system_error(from, errno);
}

void take_databases(const Target& clone) {
  for (const auto& database : clone.profile.databases)
    for (const char* part : database_parts) {
      const auto file = database_file(database, clone.variables) + part;
      if (path_exists(file)) move_file(file, taken_name(file));
    }
}

// What somebody may have made in their place goes: it is not the database.
void bring_databases_back(const Target& clone) {
  for (const auto& database : clone.profile.databases) {
    const auto file = database_file(database, clone.variables);
    if (!path_exists(taken_name(file))) continue;
    for (const char* part : database_parts) remove_tree(file + part);
    // The file itself last: with it the rest has come.
    for (auto part = database_parts.rbegin(); part != database_parts.rend(); ++part)
      if (path_exists(taken_name(file + *part))) move_file(taken_name(file + *part), file + *part);
  }
}

// Another process, since one process's locks never stand in its own way.
class Holder {
 public:
  Holder(const Target& clone, const ChaosRequest& request) : ready_(clone.staging() + "/databases-held") {
    remove_tree(ready_);
    DetachedOptions options;
    options.environment = {{"PATH", "/usr/bin:/bin"}};
    process_ =
        spawn_detached(request.command({"rehearsal", "hold-databases", clone.name(), "--ready", ready_}), options);
    while (!path_exists(ready_)) {
      if (!is_alive(process_))
        throw Error(Code::database_locked, Text{"the lock of the chaos rehearsal", "故障演练的数据库锁"});
      std::this_thread::sleep_for(Milliseconds(5));
    }
  }
  ~Holder() {
    send_signal(process_, SIGKILL);
    wait_for_end(process_, Milliseconds(10000));
    remove_tree(ready_);
  }
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;

 private:
  std::string ready_;
  ProcessIdentity process_;
};

// Has its way with one step of this process's own run.
class Disturber {
 public:
  Disturber(const Workspace& workspace, const Target& clone, const std::string& step, Disturbance kind,
            const ChaosRequest& request)
      : clone_(clone), step_(step), kind_(kind), request_(request), middle_(half_time(workspace, step)) {}

  // As RunSession::Disturb.
  void operator()(const std::string& at, bool begun) {
    if (at != step_) return;
    if (begun)
      while_it_works();
    else
      before_it();
  }

 private:
  bool starts() const { return step_name(step_).step == "start"; }

  void before_it() {
    if (kind_ == Disturbance::kill_application && !starts()) kill_application(clone_);
    if (kind_ == Disturbance::lock_database) holder_ = std::make_unique<Holder>(clone_, request_);
    if (kind_ == Disturbance::take_database) take_databases(clone_);
  }

  void while_it_works() {
    if (kind_ == Disturbance::kill_at_begin) kill_myself();
    if (kind_ == Disturbance::kill_in_middle)
      std::thread([middle = middle_] {
        std::this_thread::sleep_for(middle);
        kill_myself();
      }).detach();
    if (kind_ == Disturbance::kill_application && starts())
      killer_ = std::jthread([this](const std::stop_token& stop) { kill_starting_application(clone_, stop); });
    // Before its beginning was recorded the run would end there, at each step alike.
    if (kind_ == Disturbance::no_writes) refuse_growing_files();
  }

  const Target& clone_;
  const std::string& step_;
  Disturbance kind_;
  const ChaosRequest& request_;
  Milliseconds middle_;
  std::unique_ptr<Holder> holder_;
  std::jthread killer_;
};

}  // namespace

void disturb_run(Workspace& workspace, const Target& clone, const std::string& step, Disturbance kind,
                 const ChaosRequest& request, Reporter& reporter) {
  const Plan plan = current_plan(workspace, clone.name());
  const auto identity = identity_of(clone, plan, RunKind::chaos, request.person, workspace.clock());
  RunSession session(workspace, clone, plan, identity.id, RunKind::chaos, reporter, "ferry rehearsal chaos");
  session.load_packages();
  Disturber disturber(workspace, clone, step, kind, request);
  session.set_disturbance([&disturber](const std::string& at, bool begun) { disturber(at, begun); });
  session.runner().start(identity);
  // A step quicker than the clock of its killer: it dies after the end instead.
  if (kind == Disturbance::kill_in_middle) kill_myself();
}

void end_disturbance(const Target& clone, const std::string& step, Disturbance kind) {
  if (kind == Disturbance::take_database) bring_databases_back(clone);
  // What a full disk's program has started can't write either, and would not for as long as it runs.
  if (kind == Disturbance::no_writes && step_name(step).step == "start") kill_application(clone);
}

void hold_databases(const Target& clone, const std::string& ready) {
  std::vector<Connection> held;
  for (const auto& database : clone.profile.databases) {
    OpenOptions options;
    options.mode = OpenMode::read_write;
    held.push_back(Connection::open(database, clone.variables, options));
    held.back().execute("begin exclusive");
  }
  write_file_atomic(ready, "");
  std::this_thread::sleep_for(longest_hold);
}

}  // namespace ferry
