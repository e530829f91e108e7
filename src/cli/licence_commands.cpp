#include <fmt/format.h>

#include "app/licences.h"
#include "app/machine.h"
#include "cli/command_line.h"
#include "cli/tables.h"

namespace ferry::cli {
namespace {

std::string day_of(const std::optional<Moment>& moment) {
  return moment ? to_string(std::chrono::floor<std::chrono::days>(*moment)) : "";
}

Output show_licences(CommandLine& line) {
  Output out;
  out.json = Json::array();
  std::vector<Row> rows{{line.say({"environment", "环境"}), line.say({"state", "状态"}), line.say({"applied", "申请"}),
                         line.say({"promised", "承诺"}), line.say({"received", "收到"}),
                         line.say({"installed", "安装"}), line.say({"machine code", "机器码"})}};
  for (const auto& one : licence_applications(line.workspace())) {
    Json json = Json(one);
    json["state"] = name_of(one.state());
    out.json.push_back(std::move(json));
    rows.push_back({one.environment, line.say(title_of(one.state())), day_of(one.applied),
                    one.promised ? to_string(*one.promised) : "", day_of(one.received), day_of(one.installed),
                    one.machine_code});
  }
  out.lines = rows.size() > 1
                  ? table(rows)
                  : std::vector<std::string>{line.say({"nothing was applied for: 'ferry licence apply ENVIRONMENT'",
                                                       "尚未申请：“ferry licence apply 环境”"})};
  return out;
}

}  // namespace

void add_licence_commands(CommandLine& line) {
  struct Options {
    std::string environment, file, output, promised;
  };
  auto options = std::make_shared<Options>();
  auto* noun = line.noun("licence", {"licences: applied for, received, installed", "许可证：申请、收到、安装"});
  auto* apply = line.verb(
      noun, "apply", {"write the application for one environment", "生成某个环境的许可证申请"}, [&line, options] {
        auto& workspace = line.workspace();
        LicenceRequest request;
        request.person = line.person();
        if (!options->promised.empty()) request.promised = parse_date(options->promised);
        const auto made = apply_for_licence(workspace, workspace.target(options->environment), request);
        const auto text = application_text(workspace.project(), made);
        Output out;
        out.json = Json(made);
        out.json["text"] = text.in(line.language());
        if (options->output.empty()) {
          out.lines = {line.say(text)};
        } else {
          write_document(options->output, line.say(text));
          out.lines = {options->output};
        }
        return out;
      });
  apply->add_option("environment", options->environment)->required();
  apply->add_option("--output,-o", options->output, line.say({"the application, as a text", "申请文本"}));
  apply->add_option("--promised", options->promised,
                    line.say({"YYYY-MM-DD: moves the schedule", "YYYY-MM-DD：影响排期"}));
  auto* receive = line.verb(
      noun, "receive", {"compare what came with the contract and remember it", "核对收到的许可证并登记"},
      [&line, options] {
        auto& workspace = line.workspace();
        const auto got =
            receive_licence(workspace, workspace.target(options->environment), options->file, line.person());
        return Output{
            Json(got), {got.environment + ": " + line.say(title_of(got.state())) + "  " + got.file.brief()}, 0};
      });
  receive->add_option("environment", options->environment)->required();
  receive->add_option("file", options->file,
                      line.say({"default: licence_file of the environment", "默认为环境文件中的 licence_file"}));
  line.verb(noun, "show", {"where each one stands", "各许可证进展"}, [&line] { return show_licences(line); });
}

}  // namespace ferry::cli
