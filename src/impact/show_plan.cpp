#include <fmt/format.h>

#include "base/counted.h"
#include "impact/planner.h"

namespace ferry {
namespace {

class Lines {
 public:
  void add(std::string en, std::string zh) { out_.push_back({std::move(en), std::move(zh)}); }
  void same(const std::string& line) { add(line, line); }
  std::vector<Text> take() { return std::move(out_); }

 private:
  std::vector<Text> out_;
};

void counts(Lines& lines, const Plan& plan) {
  const auto& recipe = plan.recipe;
  lines.add(fmt::format("{} in {}: {} {} -> {}", plan.environment, plan.root, recipe.product, recipe.from.text(),
                        recipe.to.text()),
            fmt::format("{}（{}）：{} {} -> {}", plan.environment, plan.root, recipe.product, recipe.from.text(),
                        recipe.to.text()));
  for (const auto& package : recipe.packages)
    lines.add(fmt::format("  package {} {}", package.id, package.digest.brief()),
              fmt::format("  包 {} {}", package.id, package.digest.brief()));
  lines.add(fmt::format("{} new, {} replaced, {} removed, {} to stage", plan.added(), plan.replaced(), plan.removed(),
                        human_bytes(plan.bytes_to_stage)),
            fmt::format("新增 {}、替换 {}、删除 {}，需暂存 {}", plan.added(), plan.replaced(), plan.removed(),
                        human_bytes(plan.bytes_to_stage)));
  std::uint64_t statements = 0;
  for (const auto& script : plan.scripts) statements += script.statements;
  lines.add(
      fmt::format("{} with {}, {} dropped", counted(plan.scripts.size(), "script"), counted(statements, "statement"),
                  counted(plan.dropped.size(), "generated folder")),
      fmt::format("{} 个脚本共 {} 条语句，清空 {} 个生成文件夹", plan.scripts.size(), statements, plan.dropped.size()));
  for (const auto& hop : plan.hops)
    lines.add(fmt::format("  jump {} -> {}: {}, {}", hop.from.text(), hop.to.text(),
                          counted(hop.changes.size(), "file or folder", "files and folders"),
                          counted(hop.scripts.size(), "script")),
              fmt::format("  升级跳 {} -> {}：文件和文件夹 {}，脚本 {}", hop.from.text(), hop.to.text(),
                          hop.changes.size(), hop.scripts.size()));
  for (const auto& runtime : plan.runtimes) {
    const auto found = runtime.version.empty() ? Text{"brought by this upgrade", "由本次升级带来"}
                                               : Text{runtime.version + " (" + runtime.file + ")",
                                                      runtime.version + "（" + runtime.file + "）"};
    lines.add(fmt::format("  runtime {} {} ({}): {}", runtime.id, runtime.wanted, runtime.by, found.en),
              fmt::format("  运行环境 {} {}（{}）：{}", runtime.id, runtime.wanted, runtime.by, found.zh));
  }
  lines.add(
      fmt::format("{} that this upgrade does not touch, {}", counted(plan.untouched.size(), "customised file"),
                  counted(recipe.decisions.size(), "decision")),
      fmt::format("{} 个二次开发文件不受本次升级影响，{} 项处置决定", plan.untouched.size(), recipe.decisions.size()));
}

void steps(Lines& lines, const Plan& plan) {
  for (const auto& step : plan.steps) {
    const auto time = step.estimate_ms ? " ~" + human_duration(Milliseconds(*step.estimate_ms)) : std::string();
    lines.add(fmt::format("step {}{}{}: {}", step.id, step.downtime ? " (downtime)" : "", time, step.title.en),
              fmt::format("步骤 {}{}{}：{}", step.id, step.downtime ? "（停机）" : "", time, step.title.zh));
    lines.add(fmt::format("  way back: {}; open: {}", step.undo.en, step.open_until.en),
              fmt::format("  回退方式：{}；时限：{}", step.undo.zh, step.open_until.zh));
  }
}

void changes(Lines& lines, const std::vector<PlannedChange>& list) {
  for (const auto& change : list) {
    const char* sign = !change.before ? "+" : !change.after ? "-" : "~";
    const auto path = printable(change.path.bytes());
    lines.add(fmt::format("{} {}  [{}] {}", sign, path, change.source, change.reason.en),
              fmt::format("{} {}  [{}] {}", sign, path, change.source, change.reason.zh));
  }
}

void details(Lines& lines, const Plan& plan) {
  for (std::size_t i = 0; i < plan.jumps(); ++i) {
    const auto jump = plan.jump(i);
    if (plan.jumps() > 1)
      lines.add(fmt::format("jump {} -> {}", jump.from.text(), jump.to.text()),
                fmt::format("升级跳 {} -> {}", jump.from.text(), jump.to.text()));
    changes(lines, jump.changes);
  }
  for (const auto& script : plan.scripts)
    lines.add(fmt::format("sql {}/{} on {}: {}, {}", script.package, script.name, script.database,
                          counted(script.statements, "statement"), script.digest.brief()),
              fmt::format("sql {}/{}（{}）：{} 条语句，{}", script.package, script.name, script.database,
                          script.statements, script.digest.brief()));
  for (const auto& path : plan.dropped)
    lines.add("dropped " + printable(path.bytes()), "清空 " + printable(path.bytes()));
  for (const auto& path : plan.untouched)
    lines.add("customised, not touched " + printable(path.bytes()), "二次开发，不涉及 " + printable(path.bytes()));
}

}  // namespace

std::vector<Text> show_plan(const Plan& plan, bool with_details) {
  Lines lines;
  counts(lines, plan);
  steps(lines, plan);
  if (with_details) details(lines, plan);
  return lines.take();
}

}  // namespace ferry
