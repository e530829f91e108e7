// The disturbed program itself: what `rehearse_chaos` starts once for each case.
#include <csignal>
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

void kill_application(const Target& clone) {
  for (const auto& service : services_of(clone))
    for (const int pid : service.state.pids) {
      if (!read_process(pid)) continue;
      const auto victim = identify(pid);
      send_signal(victim, SIGKILL);
      wait_for_end(victim, Milliseconds(10000));
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

}  // namespace

void disturb_run(Workspace& workspace, const Target& clone, const std::string& step, Disturbance kind,
                 const ChaosRequest& request, Reporter& reporter) {
  const Plan plan = current_plan(workspace, clone.name());
  const auto identity = identity_of(clone, plan, RunKind::chaos, request.person, workspace.clock());
  RunSession session(workspace, clone, plan, identity.id, RunKind::chaos, reporter, "ferry rehearsal chaos");
  session.load_packages();
  std::unique_ptr<Holder> holder;
  const Milliseconds middle = half_time(workspace, step);
  session.set_disturbance([&](const std::string& at, bool begun) {
    if (at != step) return;
    if (begun && kind == Disturbance::kill_at_begin) kill_myself();
    if (begun && kind == Disturbance::kill_in_middle)
      std::thread([middle] {
        std::this_thread::sleep_for(middle);
        kill_myself();
      }).detach();
    if (begun) return;
    if (kind == Disturbance::kill_application) kill_application(clone);
    if (kind == Disturbance::lock_database) holder = std::make_unique<Holder>(clone, request);
    if (kind == Disturbance::no_writes) refuse_growing_files();
  });
  session.runner().start(identity);
  // A step quicker than the clock of its killer: it dies after the end instead.
  if (kind == Disturbance::kill_in_middle) kill_myself();
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
