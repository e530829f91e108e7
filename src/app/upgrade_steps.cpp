#include "app/upgrade_steps.h"

#include <algorithm>

#include "app/doors.h"
#include "app/upgrade_checks.h"
#include "app/upgrade_database.h"
#include "app/upgrade_files.h"
#include "app/upgrade_services.h"
#include "host/files.h"
#include "host/job.h"

namespace ferry {
namespace {

using RunPointer = std::shared_ptr<UpgradeRun>;

Step make_step(std::string id, Text title, std::function<Json(StepContext&)> apply,
               std::function<void(StepContext&)> undo = nullptr) {
  Step step;
  step.id = std::move(id);
  step.title = std::move(title);
  step.apply = std::move(apply);
  step.undo = std::move(undo);
  return step;
}

Step& find_step(std::vector<Step>& steps, const std::string& id) {
  return *std::find_if(steps.begin(), steps.end(), [&](const Step& step) { return step.id == id; });
}

// Every step that a run of this plan can have.
class StepList {
 public:
  explicit StepList(RunPointer run) : run_(std::move(run)) {}

  std::vector<Step> all() {
    add_begin();
    const auto jumps = run_->jumps();
    for (const auto& one : jumps) {
      add_jump(one, jumps.size() > 1);
      if (!one.stop.empty()) add_leave(one);
    }
    add(
        "open", {"open to users and release held effects", "开放使用并恢复外部动作"},
        [run = run_](StepContext& context) { return open_to_users(*run, context); },
        [run = run_](StepContext&) {
          Text why_not;
          keep_users_out(run->workspace, run->target, why_not);
        });
    return std::move(steps_);
  }

 private:
  template <class Apply>
  Step& add(const std::string& id, Text title, Apply apply, std::function<void(StepContext&)> undo = nullptr) {
    steps_.push_back(make_step(id, std::move(title), std::move(apply), std::move(undo)));
    return steps_.back();
  }

  // A step of a jump: its name and title say which one where there are several.
  template <class Apply>
  void add(const Jump& jump, bool several, const char* id, Text title, Apply apply,
           std::function<void(StepContext&)> undo = nullptr) {
    if (several) title = {title.en + " (" + jump.to.text() + ")", title.zh + "（" + jump.to.text() + "）"};
    auto& step = add(
        at_stop(id, jump.stop), std::move(title),
        [run = run_, jump, apply](StepContext& context) { return apply(*run, jump, context); }, std::move(undo));
    if (several) step.to = jump.to.text();
  }

  void add_begin();
  void add_jump(const Jump& jump, bool several);
  void add_leave(const Jump& jump);

  RunPointer run_;
  std::vector<Step> steps_;
};

void StepList::add_begin() {
  const auto with = [this](auto function) {
    return [run = run_, function](StepContext& context) { return function(*run, context); };
  };
  const auto run = run_;
  add("prepare", {"stage and verify the new files", "暂存并校验新文件"}, with(prepare));
  add("observe", {"remember what must stay the same", "记录须保持不变的内容"}, with(observe));
  add("close", {"keep users out: maintenance page", "阻止用户访问，显示维护页"}, with(close_to_users),
      [run](StepContext&) { let_users_in(run->target); });
  add("hold", {"hold effects to the outside", "暂停外部动作"}, with(hold_effects),
      [run](StepContext&) { release_effects(*run); });
  add(
      "stop", {"stop the services, prove that nothing uses the files", "停止服务，并确认无进程占用文件"},
      [run](StepContext&) {
        stop_target(*run, run->plan.recipe.from);
        return Json::object();
      },
      [run](StepContext&) { start_target(*run, run->plan.recipe.from); });
  add(
      "point", {"recovery point of the databases", "建立数据库恢复点"},
      [run](StepContext&) {
        Json result = take_points(*run, run->folder() + "/point");
        result["evidence"] = observe_invariants(*run);
        return result;
      },
      [run](StepContext&) { restore_points(*run, run->folder() + "/point"); });
}

void StepList::add_jump(const Jump& jump, bool several) {
  const auto run = run_;
  add(jump, several, "switch", {"switch the files", "切换文件"}, switch_files,
      [run, jump](StepContext& context) { switch_back(*run, jump, context); });
  const bool command = migration_to(run->target.profile, jump.to).by_command();
  add(jump, several, "migrate",
      command ? Text{"run the packages' database scripts and the product's migration", "执行数据库脚本与产品迁移命令"}
              : Text{"run the packages' database scripts", "执行升级包的数据库脚本"},
      migrate, [run, jump](StepContext& context) {
        end_job(migration_job, run->target.environment);
        keep_migration_log(*run, jump, context);
      });
  add(jump, several, "start", {"start the new version", "启动新版本"}, start_version,
      [run, jump](StepContext& context) {
        stop_target(*run, jump.to);
        keep_service_logs(*run, jump, context);
      });
  add(jump, several, "settle", {"wait for the product's work in the background", "等待产品后台处理完成"}, settle);
  add(jump, several, "licence", {"read the licence back", "读回许可证"}, licence);
  add(jump, several, "check", {"verify", "验证"}, check);
}

// Undone on the way to this very stop they bring it back; on the way further back there is nothing that the next undo
// would not throw away.
void StepList::add_leave(const Jump& jump) {
  const auto run = run_;
  const auto is_wanted = [jump](const StepContext& context) {
    const auto& state = context.state();
    return !state.goes_all_the_way_back() && step_name(*state.turned_to).stop == jump.stop;
  };
  const auto& stop_id = jump.stop;
  auto& down = add(
      at_stop("stop", stop_id), {"stop the services of " + stop_id, "停止 " + stop_id + " 的服务"},
      [run, jump](StepContext&) {
        stop_target(*run, jump.to);
        return Json::object();
      },
      [run, jump, is_wanted](StepContext& context) {
        if (!is_wanted(context)) return;
        // From now on the stop's services write again: its recovery point is taken anew when it is left once more.
        remove_tree(run->folder(jump.stop) + "/point");
        start_target(*run, jump.to);
      });
  down.to = stop_id;
  auto& point = add(
      at_stop("point", stop_id),
      {"recovery point of the databases at " + stop_id, "建立 " + stop_id + " 的数据库恢复点"},
      [run, jump](StepContext&) { return take_points(*run, run->folder(jump.stop) + "/point"); },
      [run, jump, is_wanted](StepContext& context) {
        if (is_wanted(context)) restore_points(*run, run->folder(jump.stop) + "/point");
      });
  point.to = stop_id;
}

}  // namespace

std::vector<Jump> UpgradeRun::jumps() const {
  std::vector<Jump> out;
  for (std::size_t i = 0; i < plan.jumps(); ++i) {
    const auto view = plan.jump(i);
    const bool last = i + 1 == plan.jumps();
    out.push_back(
        {i, view.from, view.to, last ? std::string() : view.to.text(), i == 0 ? std::string() : view.from.text()});
  }
  return out;
}

std::vector<Step> upgrade_steps(const RunPointer& run, const std::vector<std::string>& recorded) {
  auto steps = StepList(run).all();
  // A run keeps the steps with which it began.
  std::erase_if(steps, [&](const Step& step) {
    if (!recorded.empty()) return std::find(recorded.begin(), recorded.end(), step.id) == recorded.end();
    return step_name(step.id).step == "settle" &&
           settled_rule(run->target.profile, Version(step.to.empty() ? run->plan.recipe.to.text() : step.to)) ==
               nullptr;
  });
  if (!run->on_clone()) {
    steps.back().parks = true;
    find_step(steps, "observe").parks = true;
  }
  return steps;
}

}  // namespace ferry
