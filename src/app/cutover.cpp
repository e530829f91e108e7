// Forward on production: prepare, wait for the window, go, go on after an interruption, open.
#include <algorithm>
#include <thread>

#include "app/calling.h"
#include "app/gating.h"
#include "app/matching.h"
#include "app/planning.h"
#include "app/queued.h"
#include "app/run_session.h"
#include "app/surveying.h"
#include "app/upgrade.h"
#include "base/error.h"
#include "base/local_time.h"

namespace ferry {
namespace {

Text step_title(const RunState& state, const std::string& id) {
  const auto* step = state.find(id);
  return step == nullptr ? Text{id, id} : step->title;
}

// The run that was prepared for this plan; one for another plan is taken back: nothing but staging has happened in it.
std::optional<RunState> prepared_run(Workspace& workspace, const Target& production, const Plan& plan,
                                     const std::string& person, Reporter& reporter) {
  const auto digest = plan.digest();
  for (const auto& listed : list_runs(production.staging())) {
    if (!listed.state || !outcome_of(*listed.state).prepared) continue;
    if (listed.state->run.plan == digest) return listed.state;
    reporter.note({"what was prepared belongs to another plan and is given up", "已准备的内容属于另一方案，予以放弃"});
    finish(workspace, take_back_run(workspace, production, listed.id, person, false, reporter));
  }
  return std::nullopt;
}

// Before its window a cutover may prepare, which users do not notice; nothing else.
void require_window(const Workspace& workspace, const CutoverRequest& request) {
  const auto window = workspace.project().window;
  if (request.prepare_only || !window) return;
  const Moment begins = request.at.value_or(workspace.clock());
  const auto from = local_time(window->start, workspace.clock());
  if (begins < window->start)
    throw Error(
        Code::gate_closed, Text{"window", "停机窗口"},
        Text{"the agreed window begins " + from + ": prepare now with 'ferry cutover prepare', or give --at",
             "商定的停机窗口自 " + from + " 开始：可先用 “ferry cutover prepare” 准备，或用 --at 指定开始时间"});
  if (begins >= window->end)
    throw Error(Code::gate_closed, Text{"window", "停机窗口"},
                Text{"that is after the end of the agreed window", "晚于商定的停机窗口结束时间"});
}

// The gate looks at production as it is now, not as it was when the plan was made.
void require_gate(Workspace& workspace, const Target& production, Reporter& reporter) {
  require_matching_databases(survey_environment(workspace, production, reporter).inventory);
  require_open(compute_gate(workspace));
}

// Everything is staged and users work. A signal ends the waiting, not what was prepared.
void wait_for(Moment begin, const Workspace& workspace, const Cancellation& cancellation, Reporter& reporter) {
  const Moment from = workspace.clock();
  if (from >= begin) return;
  const auto at = local_time(begin, from);
  reporter.begin({"prepared; waiting until " + at, "准备就绪，等待至 " + at});
  const auto seconds = [](Milliseconds span) {
    return static_cast<std::uint64_t>(std::chrono::duration_cast<Seconds>(span).count());
  };
  for (Moment now = from; now < begin; now = workspace.clock()) {
    cancellation.check();
    reporter.progress(seconds(now - from), seconds(begin - from), Unit::none);
    std::this_thread::sleep_for(std::min(Milliseconds(200), begin - now));
  }
  reporter.done({"it is time", "时间已到"});
}

PastDeadline decide(const Workspace& workspace, const Error& error, const AskPastDeadline& ask) {
  if (workspace.project().on_last_safe_moment == AtLastSafeMoment::rollback) return PastDeadline::go_back;
  return ask ? ask({error.describe(Language::english), error.describe(Language::chinese)}) : PastDeadline::hold;
}

Text wait_text(const UpgradeRun& run, const RunState& state) {
  Text out{"'ferry run open' or 'ferry run rollback'", "请执行 “ferry run open” 或 “ferry run rollback”"};
  if (const auto line = last_safe_moment_of(run.workspace, run.plan, state)) {
    const auto at = local_time(*line, run.workspace.clock());
    out = {out.en + ", decide before " + at, out.zh + "，最晚决定时间 " + at};
  }
  return out;
}

Text decision_text(const UpgradeRun& run) {
  if (run.workspace.project().on_last_safe_moment == AtLastSafeMoment::rollback)
    return {"it is being taken back", "正在回退"};
  return {"decide: 'ferry run resume --past-deadline' or 'ferry run rollback'",
          "请决定：“ferry run resume --past-deadline” 或 “ferry run rollback”"};
}

// Whether somebody looks at the terminal or not: where it stands still the people named are called.
RunState told(RunSession& session, const std::function<RunState()>& go) {
  auto& run = session.run();
  try {
    auto state = go();
    if (outcome_of(state).parked)
      call_people(run.workspace, run.target, run.id, Occasion::waiting, wait_text(run, state), run.reporter);
    return state;
  } catch (const Error& error) {
    // Of the last safe moment they were told before anybody decided.
    if (error.code() != Code::past_deadline) call_people(run.workspace, run.target, run.id, error, run.reporter);
    throw;
  }
}

// Goes forward until the end, a place to wait, an error, or the last safe moment, where somebody decides.
RunState drive(RunSession& session, const std::function<RunState()>& go, const std::string& person,
               const AskPastDeadline& ask) {
  auto& run = session.run();
  try {
    return go();
  } catch (const Error& error) {
    if (error.code() != Code::past_deadline) throw;
    call_people(run.workspace, run.target, run.id, Occasion::last_safe_moment, decision_text(run), run.reporter);
    const auto decision = decide(run.workspace, error, ask);
    const char* const names[] = {"hold", "go on", "go back"};
    run.workspace.audit("run.past-deadline", run.id, person, {{"decision", names[static_cast<int>(decision)]}});
    if (decision == PastDeadline::hold) throw;
    if (decision == PastDeadline::go_back) {
      run.reporter.warning({"past the last safe moment: taking it back", "已过最后安全时刻：正在回退"});
      return session.runner().roll_back(run.id, person, false);
    }
  }
  session.ignore_deadline();
  return session.runner().resume(run.id, run.plan.digest(), person);
}

// Only what is verified is opened; why it is not decides what to do about it.
void require_openable(const RunState& state) {
  if (state.phase != RunPhase::under_way)
    throw Error(
        Code::nothing_to_resume, state.run.id,
        state.opened ? Text{"it is open already", "已经开放"} : Text{"there is nothing to open", "没有可开放的内容"});
  if (state.next == std::optional<std::string>("open")) return;
  const Text next = state.next ? step_title(state, *state.next) : Text{"-", "-"};
  const auto* step = state.next ? state.find(*state.next) : nullptr;
  if (step != nullptr && step->id == "check" && step->status == StepStatus::failed)
    throw Error(Code::check_failed, state.run.id,
                Text{"what is not verified is not opened\n" + step->error_text.en,
                     "验证未通过，不能开放\n" + step->error_text.zh});
  throw Error(Code::run_unfinished, state.run.id,
              Text{"not ready to be opened; next is: " + next.en, "尚不能开放，下一步：" + next.zh});
}

// What users enter can't have caused it: they are still out.
void require_nothing_queued(const Target& target, const RunState& state, Reporter& reporter) {
  const auto queued = queued_since(target, queued_before_checks(state), reporter);
  if (queued.empty()) return;
  throw Error(
      Code::check_failed, state.run.id,
      Text{"what the checks have left would go out to real people:\n" + queued.en +
               "remove it from the queue, or let it go out with --release-queued",
           "验证项留下的内容会发给真实的人：\n" + queued.zh + "请从队列中清除，或用 --release-queued 照样发出"});
}

}  // namespace

RunOutcome cut_over(Workspace& workspace, const Target& production, const CutoverRequest& request, Reporter& reporter) {
  if (!production.is_production())
    throw Error(Code::usage, production.name(),
                Text{"a cutover is for production (environment kind: production)",
                     "正式升级只在正式环境上进行（环境 kind: production）"});
  const Plan plan = current_plan(workspace, production.name());
  require_window(workspace, request);
  const bool at_once = !request.prepare_only && !request.at;
  if (!request.prepare_only) require_gate(workspace, production, reporter);
  const auto prepared = prepared_run(workspace, production, plan, request.person, reporter);
  if (prepared && request.prepare_only) return outcome_of(*prepared);
  const auto identity =
      prepared ? prepared->run : identity_of(production, plan, RunKind::cutover, request.person, workspace.clock());
  RunSession session(workspace, production, plan, identity.id, RunKind::cutover, reporter, "ferry cutover start");
  session.load_packages();
  workspace.audit(request.prepare_only ? "cutover.prepare" : "cutover.start", identity.id, request.person,
                  {{"plan", plan.digest()}, {"recipe", plan.recipe_digest}});
  if (at_once) session.runner().go_past("observe");
  const auto resume = [&] { return session.runner().resume(identity.id, plan.digest(), request.person); };
  const auto begin = [&] { return prepared ? resume() : session.runner().start(identity); };
  if (at_once)
    return finish(workspace, told(session, [&] { return drive(session, begin, request.person, request.ask); }));
  const RunState ready = prepared ? *prepared : begin();
  if (!request.at) return finish(workspace, ready);
  return finish(workspace, told(session, [&] {
                  wait_for(*request.at, workspace, session.cancellation(), reporter);
                  require_gate(workspace, production, reporter);
                  session.runner().go_past("observe");
                  return drive(session, resume, request.person, request.ask);
                }));
}

RunOutcome resume_run(Workspace& workspace, const Target& target, const ResumeRequest& request, Reporter& reporter) {
  const auto state = find_run(target, request.run);
  RunSession session(workspace, target, state, reporter, "ferry run resume");
  session.load_packages();
  if (request.past_deadline) session.ignore_deadline();
  // What has begun to move goes on; what was only prepared still waits for its window.
  const auto* observed = state.find("observe");
  if (observed != nullptr && observed->attempts > 0) session.runner().go_past("observe");
  workspace.audit("run.resume", state.run.id, request.person, {{"past_deadline", request.past_deadline}});
  const auto resume = [&] { return session.runner().resume(state.run.id, state.run.plan, request.person); };
  return finish(workspace, told(session, [&] { return drive(session, resume, request.person, request.ask); }));
}

RunOutcome open_run(Workspace& workspace, const Target& target, const OpenRequest& request, Reporter& reporter) {
  const auto state = find_run(target, request.run);
  require_openable(state);
  if (!request.release_queued) require_nothing_queued(target, state, reporter);
  RunSession session(workspace, target, state, reporter, "ferry run open");
  session.runner().go_past("open");
  workspace.audit("run.open", state.run.id, request.person, {{"release_queued", request.release_queued}});
  return finish(workspace,
                told(session, [&] { return session.runner().resume(state.run.id, state.run.plan, request.person); }));
}

}  // namespace ferry
