#include "app/machine.h"
#include "app/reporting.h"
#include "cli/command_line.h"

namespace ferry::cli {

void add_report_commands(CommandLine& line) {
  auto file = std::make_shared<std::string>();
  auto* noun = line.noun("report", {"the whole upgrade as one HTML file", "整个升级的 HTML 报告"});
  auto* write = line.verb(noun, "write",
                          {"for screen and paper, in the language of the command line", "适合屏幕与打印，语言同命令行"},
                          [&line, file] {
                            write_document(*file, render_report(gather_report(line.workspace()), line.language()));
                            return Output{{{"file", *file}}, {*file}, 0};
                          });
  write->add_option("--output,-o", *file)->required();

  auto* audit = line.noun("audit", {"who did what, chained by hash", "审计日志（哈希链）"});
  line.verb(audit, "list", {"all entries", "全部记录"}, [&line] {
    Output out;
    out.json = Json::array();
    for (const auto& entry : line.workspace().store().read_as<AuditEntry>(collection::audit)) {
      out.json.push_back(Json(entry));
      out.lines.push_back(to_string(entry.at) + "  " + entry.person + " (" + entry.user + ")  " + entry.action + "  " +
                          entry.subject);
    }
    return out;
  });
  line.verb(audit, "verify", {"check every chain and object of the project", "校验项目全部哈希链与对象"}, [&line] {
    const auto problems = line.workspace().store().verify();
    Output out;
    out.json = {{"whole", problems.empty()},
                {"head", line.workspace().store().head(collection::audit)},
                {"problems", Json::array()}};
    for (const auto& problem : problems) {
      out.json["problems"].push_back({{"where", problem.where}, {"message", problem.message}});
      out.lines.push_back(problem.where + ": " + line.say(problem.message));
    }
    if (problems.empty())
      out.lines.push_back(line.say({"whole; head of the audit chain ", "完整；审计链末端 "}) +
                          line.workspace().store().head(collection::audit).hex());
    out.status = problems.empty() ? 0 : info(Code::corrupt_log).exit_status;
    return out;
  });
}

}  // namespace ferry::cli
