#include "rescue/print.h"

namespace ferry::rescue {
namespace {

class Lines {
 public:
  explicit Lines(Language language) : language_(language) {}
  void add(const Text& text) { lines_.push_back(text.in(language_)); }
  void raw(const std::string& text) { lines_.push_back(text); }
  std::vector<std::string> take() { return std::move(lines_); }

 private:
  Language language_;
  std::vector<std::string> lines_;
};

Text standing_text(Standing standing) {
  switch (standing) {
    case Standing::old_version:
      return {"The OLD version is in place: files and databases are those of before.",
              "当前为旧版本：文件与数据库均为升级前的状态。"};
    case Standing::new_version:
      return {"The NEW version is in place.", "当前为新版本。"};
    default:
      return {"BETWEEN the two versions: recover it before anything is started.",
              "介于两个版本之间：恢复之前请勿启动任何服务。"};
  }
}

Text database_text(const DatabaseTruth& database) {
  const auto& file = database.file;
  switch (database.standing) {
    case DatabaseStanding::untouched:
      return {"  database " + printable(file) + ": nothing has changed it",
              "  数据库 " + printable(file) + "：未被改动"};
    case DatabaseStanding::at_point:
      return {"  database " + printable(file) + ": exactly the recovery point",
              "  数据库 " + printable(file) + "：与恢复点完全一致"};
    case DatabaseStanding::changed:
      return {"  database " + printable(file) + ": not the recovery point (migrated, or written to since)",
              "  数据库 " + printable(file) + "：与恢复点不同（已迁移，或此后有写入）"};
    default:
      return {"  database " + printable(file) + ": a restore was cut off; do not start the application",
              "  数据库 " + printable(file) + "：恢复中断，请勿启动应用"};
  }
}

Text step_text(const StepState& step) {
  const auto line = [&](const char* en, const char* zh) {
    return Text{"  " + step.title.in(Language::english) + ": " + en,
                "  " + step.title.in(Language::chinese) + "：" + zh};
  };
  switch (step.status) {
    case StepStatus::pending:
      return {};
    case StepStatus::in_air:
      return line("interrupted", "中断");
    case StepStatus::done:
      return line("done", "完成");
    case StepStatus::failed:
      return line("failed", "失败");
    case StepStatus::undo_in_air:
      return line("taking back, interrupted", "回退中断");
    case StepStatus::undo_failed:
      return line("taking back failed", "回退失败");
    default:
      return line("taken back", "已回退");
  }
}

Text advice(const RunRecord& record, const Truth& truth) {
  const auto& state = record.state;
  if (truth.held_by)
    return {"Another ferry is at work (process " + std::to_string(truth.held_by->pid) + "); wait for it.",
            "另有 ferry 正在操作（进程 " + std::to_string(truth.held_by->pid) + "），请等待其结束。"};
  if (!state.unfinished()) return {"Nothing is to be done.", "无需处理。"};
  if (truth.standing == Standing::new_version)
    return {"The run is not committed: 'ferry-host recover --back' takes it back.",
            "该执行尚未提交：“ferry-host recover --back” 可回退。"};
  return {"'ferry-host recover' brings it back to the old version; 'ferry run resume' goes on.",
          "“ferry-host recover” 恢复为旧版本；“ferry run resume” 继续升级。"};
}

void add_start_commands(const RunRecord& record, Lines& out) {
  const auto commands = start_commands(record);
  if (commands.empty()) return;
  if (record.environment->kind == Environment::Kind::clone) {
    out.add({"The services are not started: this is a clone, 'ferry clone start " + record.environment->name +
                 "' starts it behind its fence.",
             "服务未启动：这是克隆，请用 “ferry clone start " + record.environment->name + "” 在出网隔离中启动。"});
    return;
  }
  out.add({"The services are not started; they are, in this order:", "服务未启动；启动命令依次为："});
  for (const auto& command : commands) out.raw("  " + command);
}

}  // namespace

std::vector<std::string> lines_of(const RunRecord& record, const Truth& truth, Language language) {
  Lines out(language);
  const auto& state = record.state;
  out.raw(state.run.id + "  " + std::string(name_of(state.phase)) + "  " + state.ended);
  out.add(standing_text(truth.standing));
  const auto& files = truth.files;
  if (truth.problem)
    out.add({"  files: " + truth.problem->en, "  文件：" + truth.problem->zh});
  else
    out.add({"  files: " + std::to_string(files.at_old) + " of " + std::to_string(files.operations) +
                 " operations stand at the old version, " + std::to_string(files.at_new) + " at the new, " +
                 std::to_string(files.third) + " at neither",
             "  文件：共 " + std::to_string(files.operations) + " 项操作，处于旧版本 " + std::to_string(files.at_old) +
                 " 项，新版本 " + std::to_string(files.at_new) + " 项，其他 " + std::to_string(files.third) + " 项"});
  for (const auto& database : truth.databases) out.add(database_text(database));
  for (const auto& step : state.steps) {
    const auto text = step_text(step);
    if (!text.empty()) out.add(text);
    if (!step.error_text.empty()) out.add({"    " + step.error_text.en, "    " + step.error_text.zh});
  }
  for (const auto& process : truth.busy.processes)
    out.add({"  in use: pid " + std::to_string(process.pid) + " " + printable(process.command) + ": " +
                 printable(process.path),
             "  占用：进程 " + std::to_string(process.pid) + " " + printable(process.command) + "：" +
                 printable(process.path)});
  if (!truth.busy.sure())
    out.add({"  " + std::to_string(truth.busy.unreadable.size()) +
                 " processes of other accounts could not be looked into; as root they can",
             "  有 " + std::to_string(truth.busy.unreadable.size()) + " 个其他账号的进程无法查看；以 root 运行即可"});
  if (record.effects_held())
    out.add({"  effects to the outside (mail, jobs) are held", "  外部动作（邮件、定时任务等）处于暂停"});
  out.add(advice(record, truth));
  return out.take();
}

std::vector<std::string> lines_of(const RunRecord& record, const Recovered& recovered, Language language) {
  Lines out(language);
  if (recovered.nothing_to_do)
    out.add({"Nothing was to be done.", "无需处理。"});
  else if (recovered.direction == RecoverOptions::Direction::back)
    out.add({"The old version is in place: " + std::to_string(recovered.files.moved) + " objects moved back.",
             "已恢复为旧版本：移回 " + std::to_string(recovered.files.moved) + " 个对象。"});
  else
    out.add({"The files are those of the new version; 'ferry run resume' goes on.",
             "文件已为新版本；请用 “ferry run resume” 继续。"});
  for (const auto& third : recovered.files.third)
    out.raw("  " + printable(third.path.bytes()) + ": " + third.what.in(language) + " " + printable(third.kept_at));
  for (const auto& database : recovered.databases) {
    if (!database.changed) continue;
    out.add({"  database " + database.id + ": back at the recovery point; what was replaced lies in " +
                 printable(database.aside),
             "  数据库 " + database.id + "：已恢复到恢复点；被替换的文件在 " + printable(database.aside)});
  }
  for (const auto& service : recovered.started) out.add({"  started: " + service, "  已启动：" + service});
  if (recovered.started.empty() && recovered.state.phase == RunPhase::rolled_back && !recovered.nothing_to_do)
    add_start_commands(record, out);
  return out.take();
}

}  // namespace ferry::rescue
