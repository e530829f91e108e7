#include <fmt/format.h>

#include <map>

#include "app/chaos.h"
#include "app/machine.h"
#include "base/counted.h"
#include "cli/command_line.h"
#include "cli/tables.h"

namespace ferry::cli {
namespace {

struct Options {
  std::string environment, step, kind, ready;
  std::vector<std::string> steps;
};

// This program again, for the same home and project.
std::function<std::vector<std::string>(const std::vector<std::string>&)> same_program(CommandLine& line) {
  const std::string home = line.home(), project = line.workspace().project().id, person = line.person();
  return [home, project, person](const std::vector<std::string>& words) {
    std::vector<std::string> out{own_program(), "--home", home,     "--project", project,
                                 "--as",        person,   "--json", "--yes"};
    out.insert(out.end(), words.begin(), words.end());
    return out;
  };
}

ChaosRequest request_of(CommandLine& line, const Options& options) {
  return {{options.steps.begin(), options.steps.end()}, line.person(), same_program(line)};
}

// Steps down, disturbances across.
std::vector<std::string> table_of(CommandLine& line, const ChaosResult& result) {
  std::vector<std::string> steps;
  std::vector<Disturbance> kinds;
  std::map<std::pair<std::string, Disturbance>, bool> passed;
  for (const auto& item : result.cases) {
    if (std::find(steps.begin(), steps.end(), item.step) == steps.end()) steps.push_back(item.step);
    if (std::find(kinds.begin(), kinds.end(), item.kind) == kinds.end()) kinds.push_back(item.kind);
    passed[{item.step, item.kind}] = item.problem.empty();
  }
  Row head{line.say({"step", "步骤"})};
  for (const auto kind : kinds) head.push_back(line.say(title_of(kind)));
  std::vector<Row> rows{head};
  for (const auto& step : steps) {
    Row row{step};
    for (const auto kind : kinds) {
      const auto found = passed.find({step, kind});
      row.push_back(found == passed.end() ? "" : found->second ? "✓" : "✗");
    }
    rows.push_back(row);
  }
  return table(rows);
}

Output show_chaos(CommandLine& line, const ChaosResult& result) {
  Output out;
  out.json = Json(result);
  out.lines = table_of(line, result);
  for (const auto& item : result.cases)
    if (!item.problem.empty())
      out.lines.push_back(
          fmt::format("✗ {}, {}: {}", item.step, line.say(title_of(item.kind)), line.say(item.problem)));
  out.lines.push_back(
      line.say({fmt::format("{}, {} not survived", counted(result.cases.size(), "disturbance"), result.failed()),
                fmt::format("共 {} 次故障，{} 次未能恢复", result.cases.size(), result.failed())}));
  if (!result.complete)
    out.lines.push_back(line.say({"a choice of steps: the gate does not count it", "仅部分步骤：不计入放行条件"}));
  if (result.failed() > 0) out.status = info(Code::check_failed).exit_status;
  return out;
}

}  // namespace

void add_chaos_commands(CommandLine& line) {
  auto options = std::make_shared<Options>();
  auto* noun = line.noun("rehearsal", {"a run on a clone", "在克隆上的测试升级"});
  const auto clone = [&line, options] { return line.workspace().target(options->environment); };
  auto* chaos = line.verb(
      noun, "chaos",
      {"disturb every step of the plan: kill Ferry and the application, lock and take away the database, stop writing",
       "对方案的每个步骤施加故障：终止 Ferry、终止应用、锁定或移走数据库、禁止写入"},
      [&line, options, clone] {
        line.confirm({"Every step is run, disturbed, finished and taken back. This takes long. Begin?",
                      "每个步骤都将被执行、干扰、完成并回退，耗时较长。开始？"});
        return show_chaos(line, rehearse_chaos(line.workspace(), clone(), request_of(line, *options), line.reporter()));
      });
  chaos->add_option("environment", options->environment)->required();
  chaos->add_option(
      "--step", options->steps,
      line.say({"only this step (again for more); the gate wants all", "仅此步骤（可重复）；放行条件要求全部"}));
  // Started by the command above.
  auto* disturb = line.verb(noun, "disturb", {}, [&line, options, clone] {
    disturb_run(line.workspace(), clone(), options->step, disturbance_named(options->kind), request_of(line, *options),
                line.reporter());
    return Output{};
  });
  disturb->add_option("environment", options->environment)->required();
  disturb->add_option("--step", options->step)->required();
  disturb->add_option("--kind", options->kind)->required();
  auto* hold = line.verb(noun, "hold-databases", {}, [options, clone] {
    hold_databases(clone(), options->ready);
    return Output{};
  });
  hold->add_option("environment", options->environment)->required();
  hold->add_option("--ready", options->ready)->required();
  for (auto* hidden : {disturb, hold}) hidden->group("");
}

}  // namespace ferry::cli
