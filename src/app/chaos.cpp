#include "app/chaos.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "app/backups.h"
#include "app/planning.h"
#include "app/run_session.h"
#include "app/services.h"
#include "app/surveying.h"
#include "base/error.h"
#include "host/files.h"
#include "host/program.h"
#include "model/stops.h"
#include "project/gate.h"

namespace ferry {
namespace {

struct Named {
  Disturbance kind;
  std::string_view name;
  Text title;
  // Where it can do harm; empty: everywhere.
  std::set<std::string> steps;
};
const std::array<Named, 6>& disturbances() {
  static const std::array<Named, 6> all{
      Named{Disturbance::kill_at_begin, "kill-at-begin", {"Ferry killed at the beginning", "开始时终止 Ferry"}, {}},
      Named{Disturbance::kill_in_middle, "kill-in-middle", {"Ferry killed in the middle", "中途终止 Ferry"}, {}},
      Named{Disturbance::kill_application,
            "kill-application",
            {"application killed", "终止应用"},
            {"prepare", "observe", "close", "hold", "stop", "start", "settle", "licence", "check", "open"}},
      Named{Disturbance::lock_database,
            "lock-database",
            {"database locked", "锁定数据库"},
            {"observe", "stop", "point", "migrate", "start", "settle", "licence", "check"}},
      // While the application runs it has the file open: what is gone then for others is not gone for it.
      Named{Disturbance::take_database, "database-gone", {"database gone", "移走数据库"}, {"point", "migrate"}},
      Named{Disturbance::no_writes, "no-writes", {"nothing can be written", "无法写入"}, {}}};
  return all;
}
const Named& row_of(Disturbance kind) {
  return disturbances().at(static_cast<std::size_t>(kind));
}

// Signals, and errors that the disturbed program told as JSON.
std::string ended_how(const ProgramResult& result) {
  if (result.signal != 0) return "signal " + std::to_string(result.signal);
  if (result.ok()) return "done";
  const Json told = Json::parse(result.out, nullptr, false);
  if (told.is_object() && told.contains("error")) return told.at("error").at("code").get<std::string>();
  return "status " + std::to_string(result.status);
}

bool wants_kill(Disturbance kind) {
  return kind == Disturbance::kill_at_begin || kind == Disturbance::kill_in_middle;
}

// The state told after it must fit what was done. Empty: it does.
Text wrong_state(const RunState& state, const ChaosCase& now, const ProgramResult& result) {
  if (result.ok()) {
    if (state.phase == RunPhase::complete) return {};
    return {"the run says it is not complete", "执行显示未完成"};
  }
  if (wants_kill(now.kind) && result.signal != 9) return {"it was not killed: " + now.ended, "未被终止：" + now.ended};
  // Killed behind its end: a step can be quicker than the clock of its killer.
  if (now.kind == Disturbance::kill_in_middle && state.phase == RunPhase::complete) return {};
  if (!state.unfinished() || !state.can_roll_back || !state.can_resume)
    return {"it does not say that both ways are open", "未显示可继续且可回退"};
  // The others may do their harm in a later step only: a database in WAL mode can be read while it is locked.
  const bool anywhere = now.kind != Disturbance::kill_at_begin && now.kind != Disturbance::no_writes;
  if (!anywhere && state.next != std::optional<std::string>(now.step))
    return {"it names '" + state.next.value_or("-") + "' as the next step",
            "显示的下一步为 " + state.next.value_or("-")};
  return {};
}

Text thrown(const char* en, const char* zh, const Error& error) {
  return {std::string(en) + ": " + error.describe(Language::english),
          std::string(zh) + "：" + error.describe(Language::chinese)};
}

class Chaos {
 public:
  Chaos(Workspace& workspace, const Target& clone, const ChaosRequest& request, Reporter& reporter)
      : workspace_(workspace), clone_(clone), request_(request), reporter_(reporter) {}

  ChaosResult run() {
    // Of one that was killed itself.
    end_disturbance(clone_, {}, Disturbance::take_database);
    bring_to_start(workspace_, clone_, request_.person, reporter_);
    const Plan plan = plan_environment(workspace_, clone_, request_.person, reporter_);
    before_ = plan.inventory_program;
    ChaosResult result;
    result.complete = request_.steps.empty();
    for (const auto& step : plan.steps)
      for (const auto& row : disturbances()) {
        if (!request_.steps.empty() && !request_.steps.contains(step.id)) continue;
        if (!row.steps.empty() && !row.steps.contains(step_name(step.id).step)) continue;
        result.cases.push_back(one(step.id, row));
      }
    remember(plan, result);
    return result;
  }

 private:
  ChaosCase one(const std::string& step, const Named& row) {
    ChaosCase now;
    now.step = step;
    now.kind = row.kind;
    const auto begun = std::chrono::steady_clock::now();
    reporter_.begin({step + ": " + row.title.en, step + "：" + row.title.zh});
    now.problem = disturb_and_return(now);
    now.took = std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - begun);
    if (now.problem.empty()) {
      reporter_.done({now.ended + ", went on, went back", now.ended + "，继续与回退均成功"});
    } else {
      reporter_.warning(
          {step + ", " + row.title.en + ": " + now.problem.en, step + "，" + row.title.zh + "：" + now.problem.zh});
      restore();
    }
    return now;
  }

  Text disturb_and_return(ChaosCase& now) {
    const std::string last = newest();
    const auto result = run_program(request_.command(
        {"rehearsal", "disturb", clone_.name(), "--step", now.step, "--kind", std::string(name_of(now.kind))}));
    now.ended = ended_how(result);
    end_disturbance(clone_, now.step, now.kind);
    const std::string run = newest();
    if (run == last) return {"it did not begin: " + now.ended, "未能开始：" + now.ended};
    const auto state = show_run(clone_.staging(), run);
    Text problem = wrong_state(state, now, result);
    // Both ways, whatever was told: forward to the new version, then all the way back.
    if (problem.empty() && state.can_resume) problem = go_on(run);
    if (problem.empty() && !any_running(clone_))
      problem = {"the run is complete, and the application does not run", "执行已完成，但应用未运行"};
    const Text back = go_back(run);
    return problem.empty() ? back : problem;
  }

  Text go_on(const std::string& run) {
    try {
      SilentReporter silent;
      const auto outcome = resume_run(workspace_, clone_, {run, request_.person, false, nullptr}, silent);
      if (outcome.state.phase == RunPhase::complete) return {};
      return {"going on did not reach the end", "继续执行未到达终点"};
    } catch (const Error& error) {
      return thrown("going on failed", "继续执行失败", error);
    }
  }

  Text go_back(const std::string& run) {
    try {
      SilentReporter silent;
      take_back_run(workspace_, clone_, run, request_.person, true, silent);
      const auto changed = changes_since_point(clone_, clone_.staging() + "/runs/" + run, run);
      if (!changed.none())
        return {"after going back table " + changed.tables.front().table + " is not as before",
                "回退后表 " + changed.tables.front().table + " 与之前不同"};
      if (survey_environment(workspace_, clone_, silent).inventory.program != before_)
        return {"after going back the files are not as before", "回退后文件与之前不同"};
      if (!any_running(clone_)) start_clone(workspace_, clone_, silent);
      // What passed leaves nothing but its line in the table: dozens of runs would fill the disk.
      remove_tree(clone_.staging() + "/runs/" + run);
      return {};
    } catch (const Error& error) {
      return thrown("going back failed", "回退失败", error);
    }
  }

  // A case that failed may leave anything; the next one begins where production stands.
  void restore() {
    try {
      bring_to_start(workspace_, clone_, request_.person, reporter_);
    } catch (const Error&) {
      reset_clone_environment(workspace_, clone_, reporter_);
    }
    if (!any_running(clone_)) start_clone(workspace_, clone_, reporter_);
  }

  std::string newest() const {
    const auto all = list_runs(clone_.staging());
    return all.empty() ? std::string() : all.back().id;
  }

  void remember(const Plan& plan, const ChaosResult& result) {
    ChaosFact fact;
    fact.environment = clone_.name();
    fact.recipe = plan.recipe_digest;
    fact.profile = clone_.profile.digest;
    fact.complete = result.complete;
    fact.cases = static_cast<int>(result.cases.size());
    for (const auto& item : result.cases)
      if (!item.problem.empty()) fact.failures.push_back(item.step + ": " + std::string(name_of(item.kind)));
    fact.at = workspace_.clock();
    Json record(fact);
    record["table"] = result.cases;
    workspace_.store().append(collection::chaos, std::move(record));
    workspace_.audit("rehearsal.chaos", clone_.name(), request_.person,
                     {{"cases", fact.cases}, {"failed", result.failed()}, {"recipe", plan.recipe_digest}});
  }

  Workspace& workspace_;
  const Target& clone_;
  const ChaosRequest& request_;
  Reporter& reporter_;
  Digest before_;
};

}  // namespace

std::string_view name_of(Disturbance kind) {
  return row_of(kind).name;
}

Disturbance disturbance_named(std::string_view name) {
  std::string allowed;
  for (const auto& row : disturbances()) {
    if (row.name == name) return row.kind;
    allowed += " " + std::string(row.name);
  }
  throw Error(Code::usage, std::string(name), Text{"one of:" + allowed, "可选：" + allowed});
}

Text title_of(Disturbance kind) {
  return row_of(kind).title;
}

std::size_t ChaosResult::failed() const {
  return static_cast<std::size_t>(
      std::count_if(cases.begin(), cases.end(), [](const ChaosCase& item) { return !item.problem.empty(); }));
}

void to_json(Json& json, const ChaosCase& value) {
  json = {{"step", value.step},       {"disturbance", name_of(value.kind)},
          {"ended", value.ended},     {"passed", value.problem.empty()},
          {"problem", value.problem}, {"took_ms", value.took.count()}};
}

void to_json(Json& json, const ChaosResult& value) {
  json = {{"complete", value.complete}, {"failed", value.failed()}, {"cases", value.cases}};
}

ChaosResult rehearse_chaos(Workspace& workspace, const Target& clone, const ChaosRequest& request, Reporter& reporter) {
  require_clone(clone);
  return Chaos(workspace, clone, request, reporter).run();
}

}  // namespace ferry
