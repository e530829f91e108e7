#include "run/run_state.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "host/files.h"
#include "host/switch_calls.h"
#include "model/stops.h"

namespace ferry {
namespace {

constexpr std::array run_kinds{RunKind::rehearsal, RunKind::cutover, RunKind::hotpatch, RunKind::chaos};

// Replays the records one after the other.
class Replay {
 public:
  explicit Replay(const std::string& where) : where_(where) {}

  void take(const LogRecord& record) {
    number_ = record.number;
    if ((number_ == 1) != (record.kind == RecordKind::started))
      contradiction({"a run begins once, with its first record", "一次执行只能由第一条记录开始一次"});
    if (!state_.unfinished() && record.kind != RecordKind::note)
      contradiction({"the run had ended", "该执行此前已结束"});
    if (!record.step.empty())
      take_step(record, step(record.step));
    else
      take_run(record);
    state_.ended = record.at;
  }

  RunState result(bool torn) {
    state_.torn = torn;
    conclude();
    return std::move(state_);
  }

 private:
  [[noreturn]] void contradiction(const Text& why) const {
    throw Error(Code::corrupt_log, where_ + ":" + std::to_string(number_), why);
  }

  StepState& step(const std::string& id) {
    const auto found =
        std::find_if(state_.steps.begin(), state_.steps.end(), [&](const auto& item) { return item.id == id; });
    if (found == state_.steps.end()) contradiction({"no such step: " + id, "没有这个步骤：" + id});
    return *found;
  }

  void take_run(const LogRecord& record) {
    switch (record.kind) {
      case RecordKind::started:
        begin(record);
        break;
      case RecordKind::note:
        state_.notes.push_back(record);
        break;
      case RecordKind::resumed:
        state_.stands_at.clear();
        break;
      case RecordKind::turned:
        turn(record.data.at("to").get<std::string>());
        break;
      case RecordKind::stands:
        stand();
        break;
      case RecordKind::opened:
        state_.opened = true;
        break;
      case RecordKind::committed:
        state_.phase = RunPhase::committed;
        break;
      case RecordKind::rolled_back:
        state_.phase = RunPhase::rolled_back;
        break;
      default:
        contradiction({"a record of a step without the step", "步骤记录中没有步骤"});
    }
  }

  void begin(const LogRecord& record) {
    state_.run = record.data.at("run").get<RunIdentity>();
    state_.started = record.at;
    for (const auto& item : record.data.at("steps")) {
      StepState out;
      out.id = item.at("id").get<std::string>();
      out.title = item.at("title").get<Text>();
      out.point_of_no_return = item.at("point_of_no_return").get<bool>();
      out.to = item.value("to", std::string());
      state_.steps.push_back(std::move(out));
    }
  }

  void turn(const std::string& to) {
    if (!to.empty() && step(to).status != StepStatus::done)
      contradiction({"'" + to + "' is not done", "“" + to + "”尚未完成"});
    state_.turned_to = to;
    state_.stands_at.clear();
    state_.phase = RunPhase::rolling_back;
  }

  // What was taken back is to be done again; that it was tried before is remembered.
  void stand() {
    if (state_.goes_all_the_way_back()) contradiction({"it was not on its way to a stop", "此前并未在退回必经版本"});
    bool after = false;
    for (auto& one : state_.steps) {
      if (after && one.attempts > 0 && one.status != StepStatus::undone)
        contradiction({"'" + one.id + "' is not undone", "“" + one.id + "”尚未撤销"});
      if (after) one.status = StepStatus::pending;
      after |= one.id == *state_.turned_to;
    }
    state_.stands_at = step_name(*state_.turned_to).stop;
    state_.turned_to.reset();
    state_.phase = RunPhase::under_way;
  }

  void take_step(const LogRecord& record, StepState& step) {
    const auto require = [&](bool holds) {
      if (!holds)
        contradiction(
            {"'" + std::string(name_of(record.kind)) + "' of a step that is " + std::string(name_of(step.status)),
             "步骤状态为 " + std::string(name_of(step.status)) + "，却有记录“" + std::string(name_of(record.kind)) +
                 "”"});
    };
    switch (record.kind) {
      case RecordKind::intent:
        require(step.status == StepStatus::pending || step.status == StepStatus::in_air ||
                step.status == StepStatus::failed);
        ++step.attempts;
        begin_step(step, record, StepStatus::in_air);
        break;
      case RecordKind::saved:
        step.saved = record.data;
        break;
      case RecordKind::done:
        require(step.status == StepStatus::in_air);
        end_step(step, record, StepStatus::done);
        step.ms = record.data.at("ms").get<std::int64_t>();
        step.result = record.data.at("result");
        break;
      case RecordKind::failed:
        require(step.status == StepStatus::in_air);
        fail_step(step, record, StepStatus::failed);
        break;
      case RecordKind::undo_intent:
        require(step.attempts > 0 && step.status != StepStatus::undone);
        begin_step(step, record, StepStatus::undo_in_air);
        state_.phase = RunPhase::rolling_back;
        break;
      case RecordKind::undone:
        require(step.status == StepStatus::undo_in_air);
        end_step(step, record, StepStatus::undone);
        step.undo_ms = record.data.at("ms").get<std::int64_t>();
        break;
      case RecordKind::undo_failed:
        require(step.status == StepStatus::undo_in_air);
        fail_step(step, record, StepStatus::undo_failed);
        break;
      case RecordKind::note:
        state_.notes.push_back(record);
        break;
      case RecordKind::opened:
        state_.opened = true;
        break;
      default:
        contradiction({"a record of the run with a step", "执行记录中带有步骤"});
    }
  }

  static void begin_step(StepState& step, const LogRecord& record, StepStatus status) {
    step.status = status;
    step.began = record.at;
    step.ended.clear();
    step.error.clear();
    step.error_text = {};
  }
  static void end_step(StepState& step, const LogRecord& record, StepStatus status) {
    step.status = status;
    step.ended = record.at;
  }
  static void fail_step(StepState& step, const LogRecord& record, StepStatus status) {
    end_step(step, record, status);
    step.error = record.data.at("error").get<std::string>();
    step.error_text = record.data.at("text").get<Text>();
    if (status == StepStatus::failed) step.ms = record.data.at("ms").get<std::int64_t>();
  }

  void conclude() {
    const auto pending = std::find_if(state_.steps.begin(), state_.steps.end(),
                                      [](const auto& item) { return item.status != StepStatus::done; });
    if (state_.phase == RunPhase::under_way && pending == state_.steps.end()) state_.phase = RunPhase::complete;
    state_.can_resume = state_.phase == RunPhase::under_way;
    if (state_.can_resume) state_.next = pending->id;
    const auto closed = std::find_if(state_.steps.begin(), state_.steps.end(), [](const auto& item) {
      return item.point_of_no_return && item.attempts > 0 && item.status != StepStatus::undone;
    });
    state_.can_roll_back = state_.unfinished() && closed == state_.steps.end();
    state_.way_back = way_back(closed == state_.steps.end() ? nullptr : &*closed);
  }

  Text way_back(const StepState* closed) const {
    if (state_.phase == RunPhase::committed) return {"closed: the run was committed", "已关闭：执行已提交"};
    if (state_.phase == RunPhase::rolled_back) return {"gone: the run is rolled back", "已走完：执行已回退"};
    if (closed != nullptr)
      return {"closed since the step '" + closed->title.in(Language::english) + "' began",
              "自步骤“" + closed->title.in(Language::chinese) + "”开始起已关闭"};
    if (state_.opened)
      return {"open until the commit, but what users have entered since the opening would be lost",
              "提交前可回退，但开放使用后用户录入的内容将丢失"};
    for (const auto& step : state_.steps)
      if (step.point_of_no_return)
        return {"open until the step '" + step.title.in(Language::english) + "' begins",
                "步骤“" + step.title.in(Language::chinese) + "”开始前可回退"};
    return {"open until the run is committed", "提交前可回退"};
  }

  std::string where_;
  std::uint64_t number_ = 0;
  RunState state_;
};

Json json_of(const StepState& step) {
  return Json{{"id", step.id},
              {"title", step.title},
              {"point_of_no_return", step.point_of_no_return},
              {"to", step.to},
              {"status", name_of(step.status)},
              {"attempts", step.attempts},
              {"began", step.began},
              {"ended", step.ended},
              {"ms", step.ms},
              {"undo_ms", step.undo_ms},
              {"result", step.result},
              {"error", step.error},
              {"error_text", step.error_text}};
}

}  // namespace

std::string_view name_of(RunKind kind) {
  static constexpr std::array<std::string_view, 4> names{"rehearsal", "cutover", "hotpatch", "chaos"};
  return names.at(static_cast<std::size_t>(kind));
}

RunKind run_kind(std::string_view name) {
  for (const auto kind : run_kinds)
    if (name_of(kind) == name) return kind;
  throw Error(
      Code::invalid_document, std::string(name),
      Text{"kind of run: rehearsal, cutover, hotpatch or chaos", "执行类型：rehearsal、cutover、hotpatch 或 chaos"});
}

std::string_view name_of(StepStatus status) {
  static constexpr std::array<std::string_view, 7> names{"pending",     "in_air",      "done",  "failed",
                                                         "undo_in_air", "undo_failed", "undone"};
  return names.at(static_cast<std::size_t>(status));
}

std::string_view name_of(RunPhase phase) {
  static constexpr std::array<std::string_view, 5> names{"under_way", "complete", "rolling_back", "committed",
                                                         "rolled_back"};
  return names.at(static_cast<std::size_t>(phase));
}

void to_json(Json& json, const RunIdentity& value) {
  json = Json{{"id", value.id},     {"environment", value.environment}, {"kind", name_of(value.kind)},
              {"plan", value.plan}, {"recipe", value.recipe},           {"person", value.person}};
}

void from_json(const Json& json, RunIdentity& value) {
  value.id = json.at("id").get<std::string>();
  value.environment = json.at("environment").get<std::string>();
  value.kind = run_kind(json.at("kind").get<std::string>());
  value.plan = json.at("plan").get<Digest>();
  value.recipe = json.at("recipe").get<Digest>();
  value.person = json.at("person").get<std::string>();
}

const StepState* RunState::find(std::string_view step) const {
  for (const auto& item : steps)
    if (item.id == step) return &item;
  return nullptr;
}

void to_json(Json& json, const RunState& value) {
  json = Json{{"run", value.run},
              {"phase", name_of(value.phase)},
              {"started", value.started},
              {"ended", value.ended},
              {"opened", value.opened},
              {"steps", Json::array()},
              {"notes", Json::array()},
              {"next", value.next ? Json(*value.next) : Json()},
              {"can_resume", value.can_resume},
              {"can_roll_back", value.can_roll_back},
              {"way_back", value.way_back},
              {"torn", value.torn}};
  if (const auto jump = jump_of(value))
    json["jump"] = Json{{"number", jump->number},
                        {"of", jump->of},
                        {"to", jump->to},
                        {"stands_at", value.stands_at},
                        {"stops", reached_stops(value)}};
  for (const auto& step : value.steps) json["steps"].push_back(json_of(step));
  for (const auto& note : value.notes)
    json["notes"].push_back(Json{{"at", note.at}, {"step", note.step}, {"text", note.data}});
}

std::optional<JumpState> jump_of(const RunState& state) {
  std::vector<std::string> all;
  for (const auto& step : state.steps)
    if (!step.to.empty() && std::find(all.begin(), all.end(), step.to) == all.end()) all.push_back(step.to);
  if (all.empty()) return std::nullopt;
  JumpState out{all.size(), all.size(), all.back()};
  for (const auto& step : state.steps) {
    if (step.to.empty() || step.status == StepStatus::done) continue;
    out.number = static_cast<std::size_t>(std::find(all.begin(), all.end(), step.to) - all.begin()) + 1;
    out.to = step.to;
    break;
  }
  return out;
}

std::vector<std::string> reached_stops(const RunState& state) {
  std::vector<std::string> out;
  for (const auto& step : state.steps) {
    const auto name = step_name(step.id);
    const auto* check = state.find(at_stop("check", name.stop));
    if (name.step == "point" && !name.stop.empty() && step.status == StepStatus::done && check != nullptr &&
        check->status == StepStatus::done)
      out.push_back(name.stop);
  }
  return out;
}

RunState state_of(const LogContent& log, const std::string& where) {
  if (log.records.empty()) throw Error(Code::not_found, where, Text{"no run has begun here", "此处没有开始过执行"});
  Replay replay(where);
  try {
    for (const auto& record : log.records) replay.take(record);
  } catch (const Json::exception& error) {
    throw Error(Code::corrupt_log, where, error.what());
  }
  return replay.result(log.torn);
}

std::vector<ListedRun> list_runs(const std::string& staging) {
  std::vector<ListedRun> out;
  const auto runs = staging + "/runs";
  if (!is_folder(runs)) return out;
  auto names = calls::list_folder(calls::open_folder(runs).get(), ".", runs);
  std::sort(names.begin(), names.end());  // ids sort by time
  for (const auto& name : names) {
    const auto path = runs + "/" + name + "/log";
    if (!path_exists(path)) continue;  // staged, not begun
    try {
      const auto log = read_log(path);
      if (!log.records.empty()) out.push_back({name, state_of(log, path), {}});
    } catch (const Error& error) {
      out.push_back({name, std::nullopt, error.what()});
    }
  }
  return out;
}

RunState show_run(const std::string& staging, const std::string& run) {
  const auto path = staging + "/runs/" + run + "/log";
  return state_of(read_log(path), path);
}

}  // namespace ferry
