#include <fmt/format.h>

#include "app/gating.h"
#include "app/planning.h"
#include "cli/command_line.h"
#include "cli/tables.h"

namespace ferry::cli {
namespace {

Output show(CommandLine& line, const Plan& made, bool details) {
  const auto prediction = prediction_of(line.workspace(), made);
  const auto plan = with_estimates(made, prediction);
  Output out;
  const auto digest = plan.digest();
  if (line.wants_json()) {
    out.json = Json(plan);
    out.json["digest"] = digest;
    out.json["prediction"] = prediction;
  }
  for (const auto& text : plan_lines(plan, details)) out.lines.push_back(line.say(text));
  for (const auto& text : show_prediction(prediction)) out.lines.push_back(line.say(text));
  out.lines.push_back(line.say({"plan ", "方案 "}) + digest.hex());
  return out;
}

}  // namespace

void add_plan_commands(CommandLine& line) {
  struct Options {
    std::string environment, comment;
    bool details = false;
  };
  auto options = std::make_shared<Options>();
  auto* noun = line.noun("plan", {"the exact operations of the recipe on one environment", "配方在某环境上的确切操作"});
  auto* make = line.verb(noun, "make", {"survey again and plan", "重新调研并制定方案"}, [&line, options] {
    auto& workspace = line.workspace();
    return show(line,
                plan_environment(workspace, workspace.target(options->environment), line.person(), line.reporter()),
                options->details);
  });
  auto* shown = line.verb(noun, "show", {"the present plan", "查看当前方案"}, [&line, options] {
    return show(line, current_plan(line.workspace(), options->environment), options->details);
  });
  for (auto* command : {make, shown}) {
    command->add_option("environment", options->environment)->required();
    command->add_flag("--details", options->details, line.say({"every file and script", "列出每个文件和脚本"}));
  }
  auto* approve =
      line.verb(noun, "approve", {"say yes to exactly this recipe and plan", "批准该配方与方案"}, [&line, options] {
        const auto approval = approve_plan(line.workspace(), options->environment, line.person(), options->comment);
        return Output{Json(approval),
                      {line.say({"approved by " + approval.by.person + " until " + to_string(approval.expires),
                                 "已由 " + approval.by.person + " 批准，有效期至 " + to_string(approval.expires)})},
                      0};
      });
  approve->add_option("environment", options->environment)->required();
  approve->add_option("--comment", options->comment);
}

}  // namespace ferry::cli
