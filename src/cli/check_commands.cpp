#include <fmt/format.h>

#include "app/checking.h"
#include "app/gating.h"
#include "app/machine.h"
#include "cli/command_line.h"
#include "cli/tables.h"

namespace ferry::cli {
namespace {

Text outcome_text(Outcome outcome) {
  switch (outcome) {
    case Outcome::passed:
      return {"passed", "通过"};
    case Outcome::failed:
      return {"FAILED", "失败"};
    case Outcome::error:
      return {"BROKEN", "出错"};
    case Outcome::not_run:
      return {"not run", "未执行"};
  }
  return {};
}

Text freshness_text(Freshness freshness) {
  switch (freshness) {
    case Freshness::fresh:
      return {"", ""};
    case Freshness::stale_recipe:
      return {"stale: other recipe", "已失效：配方不同"};
    case Freshness::stale_profile:
      return {"stale: other profile", "已失效：档案不同"};
    case Freshness::stale_program:
      return {"stale: program changed", "已失效：程序已变"};
  }
  return {};
}

struct Options {
  std::string environment, check, verdict, note, id, comment, file;
  std::vector<std::string> only;
  bool reject = false;
};

Output run(CommandLine& line, const Options& options) {
  auto& workspace = line.workspace();
  CheckRequest request;
  request.only = {options.only.begin(), options.only.end()};
  if (const auto recipe = workspace.store().reference("recipe")) request.recipe = *recipe;
  const auto outcome =
      run_environment_checks(workspace, workspace.target(options.environment), request, line.reporter());
  Output out;
  out.json = Json(outcome.evidence);
  std::vector<Row> rows{
      {line.say({"check", "验证项"}), line.say({"result", "结果"}), line.say({"what was seen", "所见"})}};
  bool failed = false;
  for (const auto& evidence : outcome.evidence) {
    rows.push_back({evidence.check, line.say(outcome_text(evidence.outcome)), line.say(evidence.summary)});
    failed = failed || evidence.outcome == Outcome::failed || evidence.outcome == Outcome::error;
  }
  out.lines = table(rows);
  out.status = failed ? info(Code::check_failed).exit_status : 0;
  return out;
}

Output list(CommandLine& line, const Options& options) {
  Output out;
  out.json = Json::array();
  std::vector<Row> rows{{line.say({"check", "验证项"}), line.say({"title", "名称"}), line.say({"covers", "对应要求"}),
                         line.say({"result", "结果"}), ""}};
  for (const auto& standing : check_standings(line.workspace(), line.workspace().target(options.environment))) {
    std::string covers;
    for (const auto& id : standing.covers) covers += (covers.empty() ? "" : " ") + id;
    rows.push_back({standing.check, line.say(standing.title), covers, line.say(outcome_text(standing.outcome)),
                    line.say(freshness_text(standing.freshness))});
    Json json{{"check", standing.check},   {"title", standing.title},
              {"covers", standing.covers}, {"outcome", std::string(name_of(standing.outcome))},
              {"good", standing.good()},   {"manual", standing.manual}};
    if (standing.latest) json["evidence"] = *standing.latest;
    out.json.push_back(std::move(json));
  }
  out.lines = table(rows);
  return out;
}

Text event_text(IssueEvent::Kind kind) {
  switch (kind) {
    case IssueEvent::Kind::opened:
      return {"opened", "发现"};
    case IssueEvent::Kind::failed_again:
      return {"failed again", "再次失败"};
    case IssueEvent::Kind::reopened:
      return {"reopened", "重新打开"};
    case IssueEvent::Kind::note:
      return {"note", "备注"};
    case IssueEvent::Kind::claimed:
      return {"claimed to be fixed", "声称已解决"};
    case IssueEvent::Kind::promised:
      return {"promised", "承诺日期"};
    case IssueEvent::Kind::closed:
      return {"closed", "关闭"};
  }
  return {};
}

Output show_issue(CommandLine& line, const Issue& issue) {
  Output out;
  out.json = Json(issue);
  out.lines.push_back(fmt::format("{}  {}  {}", issue.id,
                                  issue.open ? line.say({"open", "未解决"}) : line.say({"closed", "已关闭"}),
                                  line.say(issue.title)));
  for (const auto& event : issue.history)
    out.lines.push_back(fmt::format("  {}  {}  {} {}", to_string(event.at), line.say(event_text(event.kind)),
                                    event.person, event.package.empty() ? event.text : event.package));
  return out;
}

void add_issue_commands(CommandLine& line, const std::shared_ptr<Options>& options) {
  auto* noun = line.noun("issue", {"failed checks, tracked until they pass", "失败的验证项，跟踪至通过"});
  line.verb(noun, "list", {"all issues", "全部问题"}, [&line] {
    Output out;
    out.json = Json::array();
    std::vector<Row> rows{{"id", line.say({"state", "状态"}), line.say({"check", "验证项"}),
                           line.say({"title", "名称"}), line.say({"claimed by", "声称由何补丁解决"})}};
    for (const auto& issue : issues(line.workspace())) {
      out.json.push_back(Json(issue));
      std::string claims;
      for (const auto& claim : issue.claimed_by) claims += claim + " ";
      rows.push_back({issue.id, issue.open ? line.say({"open", "未解决"}) : line.say({"closed", "已关闭"}), issue.check,
                      line.say(issue.title), claims});
    }
    out.lines = table(rows);
    return out;
  });
  auto* show = line.verb(noun, "show", {"one with its history", "查看经过"}, [&line, options] {
    const auto all = issues(line.workspace());
    const auto* issue = find_issue(all, options->id);
    if (issue == nullptr) throw Error(Code::not_found, Text{"issue " + options->id, "问题 " + options->id});
    return show_issue(line, *issue);
  });
  show->add_option("id", options->id)->required();
  auto* close = line.verb(
      noun, "close", {"close it by the passing result of its check", "以验证通过的结果关闭"}, [&line, options] {
        return show_issue(line, close_issue_by_evidence(line.workspace(), options->id, line.person()));
      });
  close->add_option("id", options->id)->required();
  auto* exported =
      line.verb(noun, "export", {"for the vendor's tracker", "导出给厂商的问题跟踪系统"}, [&line, options] {
        auto& workspace = line.workspace();
        Output out;
        out.json = export_issues(workspace.project(), issues(workspace),
                                 workspace.store().read_as<Evidence>(collection::evidence), system_now());
        if (!options->file.empty()) write_document(options->file, out.json.dump(1));
        out.lines.push_back(options->file.empty() ? out.json.dump(1) : options->file);
        return out;
      });
  exported->add_option("--output,-o", options->file);
}

}  // namespace

void add_check_commands(CommandLine& line) {
  auto options = std::make_shared<Options>();
  auto* noun = line.noun("check", {"what must hold, with evidence", "验证项与证据"});
  auto* run_verb = line.verb(noun, "run", {"run what applies now", "立即执行适用的验证项"},
                             [&line, options] { return run(line, *options); });
  run_verb->add_option("environment", options->environment)->required();
  run_verb->add_option("--only", options->only, line.say({"ids", "验证项标识"}));
  auto* list_verb = line.verb(noun, "list", {"where each check stands", "各验证项现状"},
                              [&line, options] { return list(line, *options); });
  list_verb->add_option("environment", options->environment)->required();
  auto* record =
      line.verb(noun, "record", {"a person's result of a manual check", "登记人工验证结果"}, [&line, options] {
        auto& workspace = line.workspace();
        const auto evidence = record_manual(workspace, workspace.target(options->environment), options->check,
                                            options->verdict == "pass", line.person(), options->note);
        return Output{Json(evidence), {evidence.check + ": " + line.say(outcome_text(evidence.outcome))}, 0};
      });
  record->add_option("environment", options->environment)->required();
  record->add_option("check", options->check)->required();
  record->add_option("result", options->verdict)->required()->check(CLI::IsMember({"pass", "fail"}));
  record->add_option("--note", options->note);
  add_issue_commands(line, options);

  auto* acceptance = line.noun("acceptance", {"a department's word after testing", "部门验收意见"});
  auto* sign =
      line.verb(acceptance, "sign", {"accept or reject the present recipe", "对当前配方验收或拒绝"}, [&line, options] {
        const auto signed_one =
            sign_acceptance(line.workspace(), options->id, !options->reject, line.person(), options->comment);
        return Output{Json(signed_one),
                      {options->id + ": " +
                       (signed_one.accepted ? line.say({"accepted", "验收通过"}) : line.say({"rejected", "拒绝"}))},
                      0};
      });
  sign->add_option("department", options->id)->required();
  sign->add_flag("--reject", options->reject);
  sign->add_option("--comment", options->comment);
}

}  // namespace ferry::cli
