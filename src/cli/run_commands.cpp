#include <fmt/format.h>

#include "app/calling.h"
#include "app/services.h"
#include "app/upgrade.h"
#include "base/local_time.h"
#include "cli/run_output.h"
#include "cli/tables.h"
#include "model/stops.h"

namespace ferry::cli {
namespace {

Text status_text(StepStatus status) {
  switch (status) {
    case StepStatus::pending:
      return {"-", "-"};
    case StepStatus::in_air:
      return {"interrupted", "中断"};
    case StepStatus::done:
      return {"done", "完成"};
    case StepStatus::failed:
      return {"FAILED", "失败"};
    case StepStatus::undo_in_air:
      return {"taking back, interrupted", "回退中断"};
    case StepStatus::undo_failed:
      return {"taking back FAILED", "回退失败"};
    case StepStatus::undone:
      return {"taken back", "已回退"};
  }
  return {};
}

Text kind_text(RunKind kind) {
  switch (kind) {
    case RunKind::rehearsal:
      return {"rehearsal", "测试升级"};
    case RunKind::cutover:
      return {"cutover", "正式升级"};
    case RunKind::hotpatch:
      return {"hot patch", "热补丁"};
    case RunKind::chaos:
      return {"disturbed rehearsal", "故障演练"};
  }
  return {};
}

Text phase_text(const RunState& state) {
  switch (state.phase) {
    case RunPhase::under_way:
      return {"under way", "进行中"};
    case RunPhase::complete:
      return {"complete, way back open", "已完成，可回退"};
    case RunPhase::rolling_back:
      return {"taking back", "回退中"};
    case RunPhase::committed:
      return {"committed", "已提交"};
    case RunPhase::rolled_back:
      return {"taken back: the old version is in place", "已回退：当前为旧版本"};
  }
  return {};
}

// Whether people are kept out is what the step that closes the door has found out.
Text parked_text(const RunState& state) {
  const auto* close = state.find("close");
  const bool closed = close != nullptr && close->result.is_object() && close->result.value("closed", false);
  const Text users =
      closed ? Text{"users see the maintenance page", "用户看到的是维护页"}
             : Text{"users are NOT kept out by Ferry: keep them out", "Ferry 未能阻止用户访问：请勿让用户使用"};
  return {"  parked: verified, outside effects held, " + users.en +
              ". 'ferry run open' lets them in, 'ferry run rollback' goes back",
          "  已驻留：验证通过，外部动作仍暂停，" + users.zh + "。“ferry run open” 开放；“ferry run rollback” 回退"};
}

// Told, not blocking: what changed outside of what the plan touches.
void show_outside(CommandLine& line, const RunState& state, Output& out) {
  const auto* prepare = state.find("prepare");
  if (prepare == nullptr || !prepare->result.is_object()) return;
  for (const auto& file : prepare->result.value("outside", Json::array()))
    out.lines.push_back(line.say({"  changed outside of the plan: ", "  方案之外有变化："}) +
                        file.at("path").get<std::string>() + line.say({": ", "："}) +
                        line.say(file.at("text").get<Text>()));
}

// In which jump a run of several stands, and to which stops it could go back.
void show_jump(CommandLine& line, const RunState& state, Output& out) {
  const auto jump = jump_of(state);
  if (!jump || !state.unfinished()) return;
  out.lines.push_back(line.say({fmt::format("  jump {} of {}, to {}", jump->number, jump->of, jump->to),
                                fmt::format("  第 {} 跳，共 {} 跳，目标 {}", jump->number, jump->of, jump->to)}));
  if (!state.stands_at.empty())
    out.lines.push_back(line.say({"  taken back to the verified stop " + state.stands_at + ", users are still kept out",
                                  "  已回到经验证的必经版本 " + state.stands_at + "，用户仍不可访问"}));
  if (state.opened || !state.can_roll_back) return;
  for (const auto& stop : reached_stops(state))
    out.lines.push_back(line.say({"  'ferry run rollback --to-stop " + stop + "' goes back to " + stop + " only",
                                  "  “ferry run rollback --to-stop " + stop + "” 只回退到 " + stop}));
}

}  // namespace

namespace {

Text outcome_text(const std::string& outcome) {
  if (outcome == "calling") return {"no outcome yet", "尚无结果"};
  if (outcome == "done") return {"done", "完成"};
  if (outcome == "timed_out") return {"took too long, ended", "超时，已终止"};
  return {"FAILED", "失败"};
}

// Whom the run has called.
void show_calls(CommandLine& line, const std::vector<CallState>& calls, Output& out) {
  out.json["calls"] = Json::array();
  for (const auto& call : calls) {
    out.json["calls"].push_back({{"occasion", call.occasion},
                                 {"at", call.at},
                                 {"person", call.person},
                                 {"contact", call.contact},
                                 {"outcome", call.outcome},
                                 {"detail", call.detail}});
    out.lines.push_back(fmt::format("  {} {} {} {}  {}", line.say({"called", "已通知"}), call.at, call.person,
                                    call.contact, line.say(outcome_text(call.outcome))));
    if (call.outcome == "failed" && !call.detail.empty()) out.lines.push_back("    " + call.detail);
  }
}

// What steps wanted people to know: kept logs, files that were neither old nor new. In the JSON form already.
void show_notes(CommandLine& line, const RunState& state, Output& out) {
  for (const auto& note : state.notes) out.lines.push_back("  " + note.at + " " + line.say(note.data.get<Text>()));
}

}  // namespace

Output show_run_state(CommandLine& line, const RunOutcome& outcome) {
  const auto& state = outcome.state;
  Output out;
  out.json = Json(state);
  out.json["parked"] = outcome.parked;
  out.json["prepared"] = outcome.prepared;
  out.lines.push_back(
      fmt::format("{}  {}  {}", state.run.id, line.say(kind_text(state.run.kind)), line.say(phase_text(state))));
  std::vector<Row> rows{{line.say({"step", "步骤"}), line.say({"state", "状态"}), line.say({"took", "用时"}),
                         line.say({"undo took", "回退用时"})}};
  for (const auto& step : state.steps)
    rows.push_back({line.say(step.title), line.say(status_text(step.status)),
                    step.ms > 0 ? human_duration(Milliseconds(step.ms)) : "",
                    step.undo_ms > 0 ? human_duration(Milliseconds(step.undo_ms)) : ""});
  for (const auto& text : table(rows)) out.lines.push_back("  " + text);
  for (const auto& step : state.steps)
    if (step.status == StepStatus::failed || step.status == StepStatus::undo_failed)
      out.lines.push_back("  ✗ " + line.say(step.error_text));
  show_outside(line, state, out);
  show_jump(line, state, out);
  if (!state.way_back.empty())
    out.lines.push_back("  " + line.say({"way back: ", "回退："}) + line.say(state.way_back));
  if (outcome.parked)
    out.lines.push_back(line.say(parked_text(state)));
  else if (outcome.prepared)
    out.lines.push_back(
        line.say({"  prepared: everything is staged, nothing has changed. 'ferry cutover start' begins "
                  "when the window does, 'ferry run rollback' gives it up",
                  "  已准备：新文件已暂存，系统未作任何更改。窗口开始后用 “ferry cutover start” 执行；“ferry run "
                  "rollback” 放弃"}));
  else if (state.can_resume)
    out.lines.push_back(line.say({"  'ferry run resume' goes on, 'ferry run rollback' takes it back",
                                  "  “ferry run resume” 继续，“ferry run rollback” 回退"}));
  if (!outcome.failed_step.empty() && state.phase == RunPhase::under_way)
    out.status = step_name(outcome.failed_step).step == "check" ? info(Code::check_failed).exit_status
                                                                : info(Code::run_unfinished).exit_status;
  return out;
}

namespace {

// Five minutes to answer; then, or without a terminal, the run holds where it is.
PastDeadline ask_past_deadline(CommandLine& line, const Text& question) {
  const auto answer =
      line.ask({question.en + "\nGo on (g), take back (b), hold (h)? Without an answer in 5 minutes it holds: ",
                question.zh + "\n继续（g）、回退（b）、保持（h）？5 分钟内无回答则保持："},
               Seconds(300));
  if (answer == "g") return PastDeadline::go_on;
  return answer == "b" ? PastDeadline::go_back : PastDeadline::hold;
}

struct Options {
  std::string environment, run, accept, at, stop;
  bool drill = false;
  bool past_deadline = false;
  bool release_queued = false;
};

void add_losses(CommandLine& line, CLI::App* noun, const std::shared_ptr<Options>& options) {
  auto* losses = line.verb(
      noun, "losses", {"what going back would lose since the opening", "回退将丢失的开放后数据"}, [&line, options] {
        const auto found = run_losses(line.workspace().target(options->environment), options->run);
        Output out;
        out.json = Json(found);
        out.json["digest"] = found.digest();
        std::vector<Row> rows{{line.say({"table", "表"}), line.say({"entered since", "新录入"}),
                               line.say({"changed or removed", "更改或删除"})}};
        for (const auto& table : found.tables)
          rows.push_back(
              {table.database + "." + table.table, std::to_string(table.added), std::to_string(table.removed)});
        out.lines = table(rows);
        out.lines.push_back(line.say({"since ", "自 "}) + found.since);
        out.lines.push_back(line.say({"an approver accepts exactly this with --accept-loss ",
                                      "审批人以 --accept-loss 接受上述损失："}) +
                            found.digest().brief());
        return out;
      });
  losses->add_option("environment", options->environment)->required();
  losses->add_option("run", options->run);
}

}  // namespace

void add_service_commands(CommandLine& line) {
  auto name = std::make_shared<std::string>();
  auto* noun = line.noun("service", {"the services of an environment", "环境中的服务"});
  const auto list = [&line, name] {
    Output out;
    out.json = Json::array();
    for (const auto& service : services_of(line.workspace().target(*name))) {
      out.json.push_back({{"id", service.id},
                          {"running", service.state.running},
                          {"pids", service.state.pids},
                          {"port", service.state.port},
                          {"started", service.state.started}});
      out.lines.push_back(
          fmt::format("{}  {}  {} {}", service.id,
                      service.state.running ? line.say({"running", "运行中"}) : line.say({"stopped", "已停止"}),
                      service.state.running ? fmt::format("pid {}", service.state.process.pid) : "",
                      service.state.port.empty() ? "" : ":" + service.state.port));
    }
    return out;
  };
  auto* start = line.verb(noun, "start", {"start and wait until ready", "启动并等待就绪"}, [&line, name, list] {
    const auto target = line.workspace().target(*name);
    if (target.is_clone() && !service_place(target).fenced)
      throw Error(
          Code::usage, target.name(),
          Text{"a clone is started with 'ferry clone start " + target.name() + "', which closes its fence first",
               "克隆须用 “ferry clone start " + target.name() + "” 启动，它会先建立出网隔离"});
    const auto alone = hold_installation(target, "ferry service start");
    start_services(target, line.reporter());
    return list();
  });
  auto* stop =
      line.verb(noun, "stop", {"stop and prove that nothing is left", "停止并确认无遗留进程"}, [&line, name, list] {
        const auto target = line.workspace().target(*name);
        const auto alone = hold_installation(target, "ferry service stop");
        stop_services(target, line.reporter());
        return list();
      });
  auto* show = line.verb(noun, "list", {"what runs", "运行情况"}, list);
  for (auto* command : {start, stop, show}) command->add_option("environment", *name)->required();
}

void add_run_commands(CommandLine& line) {
  auto options = std::make_shared<Options>();
  const auto target = [&line, options] { return line.workspace().target(options->environment); };

  auto* rehearsal = line.noun("rehearsal", {"a run on a clone", "在克隆上的测试升级"});
  auto* start = line.verb(
      rehearsal, "start", {"plan, run, verify; failed checks become issues", "制定方案、执行并验证；失败项转为问题"},
      [&line, options, target] {
        return show_run_state(line,
                              rehearse(line.workspace(), target(), {options->drill, line.person()}, line.reporter()));
      });
  start->add_option("environment", options->environment)->required();
  start->add_flag(
      "--drill", options->drill,
      line.say({"take it back once in between: proves and times the way back", "中间完整回退一次：证明并测量回退"}));

  auto* cutover = line.noun("cutover", {"the run on production", "生产环境正式升级"});
  auto* begin = line.verb(
      cutover, "start", {"only through an open gate; parks before users are let in", "放行后方可执行；开放使用前驻留"},
      [&line, options, target] {
        const auto production = target();
        CutoverRequest request;
        request.person = line.person();
        if (!options->at.empty()) request.at = parse_local_time(options->at, line.workspace().clock());
        request.ask = [&line](const Text& question) { return ask_past_deadline(line, question); };
        const std::string when = options->at.empty() ? line.say({"now", "现在"}) : options->at;
        line.confirm({"Start the cutover of " + production.name() + " (" + when + ")?",
                      "开始 " + production.name() + " 的正式升级（" + when + "）？"});
        return show_run_state(line, cut_over(line.workspace(), production, request, line.reporter()));
      });
  begin->add_option("environment", options->environment)->required();
  begin->add_option("--at", options->at,
                    line.say({"stage everything now, begin then: \"22:00\", \"2026-01-31 22:00\" or RFC 3339",
                              "现在暂存，到时开始：\"22:00\"、\"2026-01-31 22:00\" 或 RFC 3339"}));
  auto* prepare =
      line.verb(cutover, "prepare",
                {"stage and verify while users work; nothing of the installation changes",
                 "在用户工作期间暂存并校验；系统不作任何更改"},
                [&line, options, target] {
                  CutoverRequest request;
                  request.person = line.person();
                  request.prepare_only = true;
                  return show_run_state(line, cut_over(line.workspace(), target(), request, line.reporter()));
                });
  prepare->add_option("environment", options->environment)->required();

  auto* noun = line.noun("run", {"runs and their way back", "执行及回退"});
  auto* list = line.verb(noun, "list", {"runs on an environment", "环境上的各次执行"}, [&line, target] {
    Output out;
    out.json = Json::array();
    std::vector<Row> rows{
        {"id", line.say({"kind", "类型"}), line.say({"started", "开始"}), line.say({"state", "状态"})}};
    for (const auto& listed : list_runs(target().staging())) {
      if (listed.state) {
        rows.push_back({listed.id, line.say(kind_text(listed.state->run.kind)), listed.state->started,
                        line.say(phase_text(*listed.state))});
        out.json.push_back(Json(*listed.state));
      } else {
        rows.push_back({listed.id, "?", "", listed.problem});
        out.json.push_back({{"id", listed.id}, {"problem", listed.problem}});
      }
    }
    out.lines = table(rows);
    return out;
  });
  list->add_option("environment", options->environment)->required();
  const auto verb = [&](const char* name, const Text& about, auto action) {
    auto* command = line.verb(noun, name, about, action);
    command->add_option("environment", options->environment)->required();
    command->add_option("run", options->run, line.say({"default: the newest", "默认最近一次"}));
    return command;
  };
  verb("show", {"the true state and what can be done", "真实状态与可行操作"}, [&line, options, target] {
    const auto found = target();
    const auto state = find_run(found, options->run);
    auto out = show_run_state(line, outcome_of(state));
    show_notes(line, state, out);
    show_calls(line, calls_of(found, state.run.id), out);
    out.status = 0;  // telling the truth about a failure is no failure
    return out;
  });
  auto* resume = verb("resume", {"go on where it stopped", "从中断处继续"}, [&line, options, target] {
    ResumeRequest request{options->run, line.person(), options->past_deadline,
                          [&line](const Text& question) { return ask_past_deadline(line, question); }};
    return show_run_state(line, resume_run(line.workspace(), target(), request, line.reporter()));
  });
  resume->add_flag(
      "--past-deadline", options->past_deadline,
      line.say({"go on although going back may then outlast the window", "继续执行，此后回退可能超出停机窗口"}));
  auto* open = verb("open", {"let users and outside effects in", "开放使用并恢复外部动作"}, [&line, options, target] {
    return show_run_state(line, open_run(line.workspace(), target(),
                                         {options->run, line.person(), options->release_queued}, line.reporter()));
  });
  open->add_flag("--release-queued", options->release_queued,
                 line.say({"let out also what the checks have queued", "验证项留在队列中的内容也照样发出"}));
  auto* rollback = verb("rollback", {"take it back", "回退"}, [&line, options, target] {
    if (!options->stop.empty()) {
      line.confirm({"Take the run on " + options->environment + " back to " + options->stop + "?",
                    "将 " + options->environment + " 上的执行回退到 " + options->stop + "？"});
      return show_run_state(
          line, back_to_stop(line.workspace(), target(), options->run, options->stop, line.person(), line.reporter()));
    }
    line.confirm(
        {"Take the run on " + options->environment + " back?", "回退 " + options->environment + " 上的执行？"});
    return show_run_state(line, roll_back_run(line.workspace(), target(),
                                              {options->run, line.person(), options->accept}, line.reporter()));
  });
  rollback->add_option("--accept-loss", options->accept,
                       line.say({"digest of the losses, given by an approver", "损失清单摘要，由审批人给出"}));
  rollback->add_option("--to-stop", options->stop,
                       line.say({"only to this verified version between two jumps; before the opening",
                                 "仅回退到两跳之间的这一已验证版本；须在开放之前"}));
  verb("commit", {"close the way back and free its room", "提交：关闭回退通道并释放空间"}, [&line, options, target] {
    line.confirm({"After this there is no way back. Commit?", "提交后无法回退。确定提交？"});
    return show_run_state(line, commit_run(line.workspace(), target(), options->run, line.person(), line.reporter()));
  });
  add_losses(line, noun, options);
}

}  // namespace ferry::cli
