#include <fmt/format.h>

#include "app/gating.h"
#include "app/machine.h"
#include "app/recipes.h"
#include "app/tasks.h"
#include "app/test_sheet.h"
#include "cli/command_line.h"
#include "cli/tables.h"

namespace ferry::cli {
namespace {

Output show_project(CommandLine& line) {
  auto& workspace = line.workspace();
  const auto project = workspace.project();
  Output out;
  out.json = Json(project);
  out.lines.push_back(fmt::format("{}  {} ({})", project.id, line.say(project.title), project.customer));
  std::vector<TaskTemplate> tasks;
  if (!workspace.environments().empty()) tasks = workspace.production().profile.tasks;
  const auto missing = problems(project, tasks);
  Json list = Json::array();
  for (const auto& problem : missing) {
    list.push_back(Json(problem));
    out.lines.push_back("  ! " + line.say(problem.message) + "  → " + line.say(problem.remedy));
  }
  out.json["problems"] = list;
  if (missing.empty())
    out.lines.push_back(
        line.say({"  complete: one owner, every task has its person", "  完整：有唯一负责人，每项任务都有责任人"}));
  return out;
}

Output plan_project(CommandLine& line, const std::string& go_live, const std::string& letter) {
  auto& workspace = line.workspace();
  const auto schedule = schedule_of(workspace);
  Output out;
  out.json = Json(schedule);
  std::vector<Row> rows{{line.say({"task", "任务"}), line.say({"person", "责任人"}), line.say({"from", "开始"}),
                         line.say({"to", "结束"}), line.say({"days", "工期（天）"}), ""}};
  for (const auto& task : schedule.tasks)
    rows.push_back({line.say(task.title), task.person, to_string(task.start), to_string(task.end),
                    fmt::format("{:.1f}", task.half_days / 2.0), task.critical ? line.say({"critical", "关键"}) : ""});
  out.lines = table(rows);
  out.lines.push_back(line.say({"earliest go-live: ", "最早上线日期："}) + to_string(schedule.earliest_go_live));
  out.lines.push_back(
      schedule.production_fits_two_days
          ? line.say({"production fits into two working days", "正式升级可在两个工作日内完成"})
          : line.say({"production does NOT fit into two working days", "正式升级无法在两个工作日内完成"}));
  if (go_live.empty()) return out;
  const auto date = parse_date(go_live);
  const auto answer = check_go_live(schedule, date);
  if (!letter.empty()) write_document(letter, line.say(go_live_letter(workspace.project(), schedule, answer)) + "\n");
  require_go_live(schedule, date, line.language());
  out.json["go_live"] = go_live;
  out.lines.push_back(line.say({"possible: ", "可行："}) + go_live);
  return out;
}

Output show_status(CommandLine& line) {
  auto& workspace = line.workspace();
  const auto status = status_of(workspace);
  Output out;
  out.json = Json(status);
  out.lines.push_back(line.say({"stage: ", "阶段："}) + line.say(title_of(status.stage)));
  if (status.next) out.lines.push_back(line.say({"next: ", "下一阶段："}) + line.say(title_of(*status.next)));
  for (const auto& missing : status.missing) out.lines.push_back("  - " + line.say(missing.message));
  return out;
}

std::optional<Date> optional_date(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(parse_date(text));
}

// What really happened, beside the estimates (B1, E12).
void add_task_command(CommandLine& line, CLI::App* noun) {
  struct Options {
    std::vector<std::string> tasks;
    std::string started, done, promised;
  };
  auto options = std::make_shared<Options>();
  auto* task = line.verb(
      noun, "task", {"say when tasks were begun, done, or are promised for", "登记任务的开始、完成或承诺日期"},
      [&line, options] {
        const auto made = report_tasks(line.workspace(),
                                       {options->tasks, optional_date(options->started), optional_date(options->done),
                                        optional_date(options->promised), line.person()});
        Output out;
        out.json = Json::array();
        for (const auto& actual : made) out.json.push_back(Json(actual));
        out.lines.push_back(line.say({"earliest go-live now: ", "当前最早上线日期："}) +
                            to_string(schedule_of(line.workspace()).earliest_go_live));
        return out;
      });
  task->add_option("tasks", options->tasks,
                   line.say({"ids, see 'ferry project plan --json'", "任务编号，见 ferry project plan --json"}))
      ->required();
  task->add_option("--started", options->started, "YYYY-MM-DD");
  task->add_option("--done", options->done, "YYYY-MM-DD");
  task->add_option("--promised", options->promised, "YYYY-MM-DD");
}

// The kind of file by its name: a page to be sent, JSON, or plain text.
std::string sheet_document(const TestSheet& sheet, const std::string& file, Language language) {
  if (file.ends_with(".html") || file.ends_with(".htm")) return sheet_page(sheet, language);
  if (file.ends_with(".json")) return Json(sheet).dump(1) + "\n";
  if (file.ends_with(".txt")) return sheet_lines(sheet, language);
  throw Error(Code::usage, file,
              Text{"the sheet is written as .html (to be sent and checked), .json or .txt",
                   "要求表可写为 .html（用于发送与检查）、.json 或 .txt"});
}

Output checked_sheet(CommandLine& line, const std::vector<SheetRow>& rows) {
  Output out;
  int missing = 0, advice = 0;
  Json list = Json::array();
  for (const auto& row : rows) {
    list.push_back(Json(row));
    missing += row.state == SheetState::missing ? 1 : 0;
    advice += row.state == SheetState::advice ? 1 : 0;
    const char* sign = row.state == SheetState::right ? "✓" : row.state == SheetState::missing ? "✗" : "!";
    out.lines.push_back(fmt::format("{} {}: {}", sign, line.say(row.title), line.say(row.found)));
    if (row.state == SheetState::right) continue;
    out.lines.push_back(fmt::format("    {} {}", line.say({"needed:", "要求："}), line.say(row.need)));
    out.lines.push_back("    → " + line.say(row.remedy));
  }
  out.lines.push_back(missing == 0
                          ? line.say({fmt::format("this machine fits; {} advised things are not so", advice),
                                      fmt::format("该机器满足要求；建议项有 {} 项不符", advice)})
                          : line.say({fmt::format("this machine does not fit yet: {} things are missing", missing),
                                      fmt::format("该机器尚不满足要求：缺少 {} 项", missing)}));
  out.json = Json{{"fits", missing == 0}, {"missing", missing}, {"advice", advice}, {"rows", std::move(list)}};
  out.status = missing == 0 ? 0 : info(Code::check_failed).exit_status;
  return out;
}

// What the test system's machine must have (B4): the sheet here, the look at a candidate there.
void add_sheet_commands(CommandLine& line, CLI::App* noun) {
  struct Options {
    std::string environment, output, sheet, root;
  };
  auto options = std::make_shared<Options>();
  auto* make =
      line.verb(noun, "sheet", {"what the machine of a test system must have, to be sent", "生成测试系统环境要求表"},
                [&line, options] {
                  const auto sheet = make_test_sheet(line.workspace(), options->environment);
                  Output out;
                  out.json = Json(sheet);
                  if (options->output.empty()) {
                    out.lines = {sheet_lines(sheet, line.language())};
                    out.lines[0].pop_back();
                    return out;
                  }
                  write_document(options->output, sheet_document(sheet, options->output, line.language()));
                  out.lines = {options->output};
                  return out;
                });
  make->add_option("environment", options->environment)->required();
  make->add_option("--output,-o", options->output, ".html .json .txt");
  auto* check = line.verb(noun, "check",
                          {"compare this machine with a sheet; exit status 9 when something is missing",
                           "按环境要求表检查本机；有缺项时退出码为 9"},
                          [&line, options] {
                            const auto sheet = parse_test_sheet(read_document(options->sheet), options->sheet);
                            return checked_sheet(line, check_test_sheet(sheet, options->root));
                          });
  check->add_option("sheet", options->sheet, ".html .json")->required();
  check->add_option(
      "--root", options->root,
      line.say({"where the test system would stand; default as in the sheet", "测试系统的目录；默认按要求表"}));
}

}  // namespace

void add_project_commands(CommandLine& line) {
  auto* noun = line.noun("project", {"the upgrade project: people, dates", "升级项目：人员与日期"});
  struct Options {
    std::string file, go_live, letter;
  };
  auto options = std::make_shared<Options>();
  auto* create = line.verb(noun, "create", {"make a project from its file", "由项目文件新建项目"}, [&line, options] {
    const auto workspace = Workspace::create(line.home(), options->file);
    const auto project = workspace.project();
    return Output{Json(project), {line.say({"project made: ", "已新建项目："}) + project.id}, 0};
  });
  auto* update = line.verb(noun, "update",
                           {"take the file as it is now: window, people, tasks", "按文件更新项目：窗口、人员、任务"},
                           [&line, options] {
                             line.workspace().update_project(options->file, line.person());
                             return show_project(line);
                           });
  for (auto* command : {create, update})
    command
        ->add_option("file", options->file,
                     line.say({"project file (docs/formats/project.md)", "项目文件（docs/formats/project.md）"}))
        ->required();
  line.verb(noun, "show", {"what it says and what is missing", "显示项目及缺项"},
            [&line] { return show_project(line); });
  auto* plan = line.verb(noun, "plan", {"dates from tasks, calendar and lead times", "由任务、日历和提前期推算日期"},
                         [&line, options] { return plan_project(line, options->go_live, options->letter); });
  plan->add_option("--go-live", options->go_live,
                   line.say({"date wished; refused when it is impossible", "期望上线日期；不可行则拒绝"}));
  plan->add_option("--letter", options->letter, line.say({"writes the letter to the customer", "写出给客户的函件"}));
  add_task_command(line, noun);
  auto* status =
      line.root().add_subcommand("status", line.say({"where the project stands and what is next", "项目进展及下一步"}));
  status->fallthrough();
  status->callback([&line] { line.choose([&line] { return show_status(line); }); });
}

void add_environment_commands(CommandLine& line) {
  auto* noun = line.noun("environment", {"where installations are", "安装实例所在环境"});
  auto file = std::make_shared<std::string>();
  auto* add =
      line.verb(noun, "add", {"check an environment file and remember it", "检查并登记环境文件"}, [&line, file] {
        const auto target = line.workspace().add_environment(*file);
        return Output{Json(target.environment), {target.name() + ": " + target.root()}, 0};
      });
  add->add_option("file", *file, "YAML")->required();
  line.verb(noun, "list", {"the project's environments", "列出环境"}, [&line] {
    Output out;
    out.json = Json::array();
    std::vector<Row> rows{{line.say({"name", "名称"}), line.say({"root", "根目录"}), line.say({"address", "地址"})}};
    for (const auto& name : line.workspace().environments()) {
      const auto target = line.workspace().target(name);
      out.json.push_back(Json(target.environment));
      rows.push_back({name, target.root(), target.environment.url});
    }
    out.lines = table(rows);
    return out;
  });
  add_sheet_commands(line, noun);
}

}  // namespace ferry::cli
