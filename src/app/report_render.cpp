// The sections of the report, each a function over the gathered data.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "app/report_page.h"
#include "app/reporting.h"
#include "base/counted.h"

namespace ferry {
namespace {

using Cells = std::vector<std::string>;

std::string duration(std::int64_t ms) {
  return html_escape(human_duration(Milliseconds(ms)));
}
std::string joined(const std::vector<std::string>& parts) {
  std::string out;
  for (const auto& part : parts) out += (out.empty() ? "" : " ") + part;
  return html_escape(out);
}
// "2026-01-31 08:00 UTC"
std::string when(const std::string& rfc3339) {
  return rfc3339.size() < 16 ? html_escape(rfc3339)
                             : html_escape(rfc3339.substr(0, 10) + " " + rfc3339.substr(11, 5) + " UTC");
}
std::string when(Moment moment) {
  return when(to_string(moment));
}

std::string outcome_badge(const Page& page, Outcome outcome) {
  switch (outcome) {
    case Outcome::passed:
      return Page::badge("good", page.say({"✓ passed", "✓ 通过"}));
    case Outcome::failed:
      return Page::badge("bad", page.say({"✗ failed", "✗ 失败"}));
    case Outcome::error:
      return Page::badge("bad", page.say({"✗ broken", "✗ 出错"}));
    case Outcome::not_run:
      return Page::badge("plain", page.say({"not run", "未执行"}));
  }
  return {};
}

Text severity_text(Severity severity) {
  static const Text texts[] = {{"info", "提示"}, {"low", "低"}, {"medium", "中"}, {"high", "高"}};
  return texts[static_cast<std::size_t>(severity)];
}

Text role_text(Role role) {
  static const Text texts[] = {{"project manager", "项目经理"}, {"vendor's engineer", "厂商工程师"},
                               {"administrator", "系统管理员"}, {"tester", "测试人员"},
                               {"approver", "审批人"},          {"developer", "开发人员"},
                               {"deployer", "部署人员"}};
  return texts[static_cast<std::size_t>(role)];
}

Text kind_text(PackageKind kind) {
  static const Text texts[] = {{"upgrade", "升级包"}, {"feature pack", "非标功能包"}, {"patch", "补丁"}};
  return texts[static_cast<std::size_t>(kind)];
}

// Organisations are free text; the three that every project has are known words.
std::string organisation(const Page& page, const std::string& name) {
  static const std::map<std::string, Text> known{
      {"customer", {"customer", "客户"}}, {"partner", {"partner", "实施伙伴"}}, {"vendor", {"vendor", "厂商"}}};
  const auto it = known.find(name);
  return it == known.end() ? html_escape(name) : page.say(it->second);
}

std::string person_name(const ReportData& data, const std::string& id) {
  const auto* person = data.project.find_person(id);
  return html_escape(person == nullptr ? id : person->name);
}

void project_section(Page& page, const ReportData& data) {
  page.section("project", {"Project", "项目"});
  std::vector<Cells> rows;
  for (const auto& person : data.project.people) {
    std::string roles;
    for (const auto role : person.roles)
      roles += (roles.empty() ? "" : page.say({", ", "、"})) + page.say(role_text(role));
    rows.push_back(
        {html_escape(person.name) + (person.id == data.project.owner
                                         ? " " + Page::badge("plain", page.say({"owner of the whole", "总负责人"}))
                                         : ""),
         roles, organisation(page, person.organisation), html_escape(person.contact)});
  }
  page.table({{"person", "人员"}, {"roles", "角色"}, {"organisation", "单位"}, {"contact", "联系方式"}}, rows);
  if (!data.schedule) return;
  rows.clear();
  for (const auto& task : data.schedule->tasks)
    rows.push_back({page.say(task.title), person_name(data, task.person), to_string(task.start), to_string(task.end),
                    fmt::format("{:.1f}", task.half_days / 2.0),
                    task.done       ? Page::badge("good", page.say({"done", "完成"}))
                    : task.critical ? Page::badge("warn", page.say({"critical", "关键"}))
                                    : ""});
  page.table({{"task", "任务"}, {"responsible", "责任人"}, {"from", "开始"}, {"to", "结束"}, {"days", "天"}, {"", ""}},
             rows, {"", "", "narrow", "narrow", "number", "narrow"});
  page.paragraph({"Earliest go-live: " + to_string(data.schedule->earliest_go_live) + ".",
                  "最早上线日期：" + to_string(data.schedule->earliest_go_live) + "。"});
}

std::string severity_badge(const Page& page, const Finding& finding) {
  const bool high = finding.blocking || finding.severity == Severity::high;
  const char* kind = high ? "bad" : finding.severity == Severity::medium ? "warn" : "plain";
  return Page::badge(
      kind, page.say(severity_text(finding.severity)) + (finding.blocking ? page.say({", blocks", "，阻断"}) : ""));
}

void findings_table(Page& page, const std::vector<Finding>& findings) {
  if (findings.empty()) return;
  std::vector<Cells> rows;
  for (const auto& finding : findings)
    rows.push_back(
        {severity_badge(page, finding),
         "<b>" + page.say(finding.title) + "</b><br>" + page.say(finding.detail) +
             (finding.remedy.empty() ? "" : "<br><span class=\"soft\">→ " + page.say(finding.remedy) + "</span>"),
         joined(finding.covers)});
  page.table({{"severity", "程度"}, {"finding", "发现项"}, {"for", "对应要求"}}, rows, {"narrow", "", "narrow"});
}

void survey_section(Page& page, const ReportData& data) {
  if (!data.inventory) return;
  const auto& inventory = *data.inventory;
  page.section("survey", {"What is installed", "现状调研"});
  page.paragraph({fmt::format("{} {}; {}, {}; surveyed {}.", inventory.product, inventory.version.text(),
                              counted(inventory.files, "file"), human_bytes(inventory.bytes), inventory.taken),
                  fmt::format("{} {}；{} 个文件，{}；调研时间 {}。", inventory.product, inventory.version.text(),
                              inventory.files, human_bytes(inventory.bytes), inventory.taken)});
  page.paragraph({fmt::format("{}, {}, {} memory, {} free on disk.", inventory.host.os,
                              counted(static_cast<std::uint64_t>(inventory.host.cores), "core"),
                              human_bytes(inventory.host.memory_bytes), human_bytes(inventory.host.disk_free_bytes)),
                  fmt::format("{}，{} 核，内存 {}，磁盘剩余 {}。", inventory.host.os, inventory.host.cores,
                              human_bytes(inventory.host.memory_bytes), human_bytes(inventory.host.disk_free_bytes))});
  std::vector<Cells> rows;
  for (const auto& module : inventory.modules)
    rows.push_back({page.say(module.title),
                    module.installed ? page.say({"installed", "已安装"}) : page.say({"not installed", "未安装"}),
                    module.uses ? std::to_string(*module.uses) : "–",
                    module.care ? Page::badge("warn", page.say({"needs care", "需特别关注"})) : ""});
  page.table({{"module", "模块"},
              {"", ""},
              {"uses since " + inventory.used_since, inventory.used_since + " 以来使用次数"},
              {"", ""}},
             rows, {"", "", "number", ""});
  findings_table(page, inventory.findings);
}

Text choice_text(Choice choice) {
  static const Text texts[] = {
      {"keep the customer's", "保留"}, {"take the vendor's", "采用新版"}, {"merge", "合并"}, {"retire", "废弃"}};
  return texts[static_cast<std::size_t>(choice)];
}

std::string expected_time(const Page& page, const ReportData& data, const std::string& step) {
  if (data.prediction)
    for (const auto& predicted : data.prediction->steps)
      if (predicted.id == step && predicted.samples > 0) return duration(predicted.range.likely.count());
  return page.say({"not measured", "未测量"});
}

void recipe_section(Page& page, const ReportData& data) {
  if (!data.recipe) return;
  page.section("recipe", {"What shall become of it", "升级配方与方案"});
  page.paragraph({data.recipe->from.text() + " → " + data.recipe->to.text() + ", recipe " + data.recipe->digest().hex(),
                  data.recipe->from.text() + " → " + data.recipe->to.text() + "，配方 " + data.recipe->digest().hex()});
  std::vector<Cells> rows;
  for (std::size_t i = 0; i < data.packages.size(); ++i)
    rows.push_back({Page::code(data.packages[i].id), page.say(data.packages[i].title),
                    page.say(kind_text(data.packages[i].kind)),
                    Page::code(i < data.recipe->packages.size() ? data.recipe->packages[i].digest.brief() : "")});
  page.table({{"package", "包"}, {"title", "名称"}, {"kind", "类型"}, {"sha256", "sha256"}}, rows);
  rows.clear();
  for (const auto& decision : data.decisions)
    rows.push_back({Page::code(printable(decision.path.bytes())), page.say(choice_text(decision.choice)),
                    html_escape(decision.reason), person_name(data, decision.person)});
  if (!rows.empty()) {
    page.raw("<h3>" + page.say({"Decisions where both sides had changed a file", "双方均修改的文件及处置决定"}) +
             "</h3>");
    page.table({{"file", "文件"}, {"decision", "决定"}, {"reason", "理由"}, {"by", "决定人"}}, rows);
  }
  if (!data.plan) return;
  const auto& plan = *data.plan;
  page.raw("<h3>" + page.say({"Plan for production", "生产环境方案"}) + "</h3>");
  page.paragraph(
      {fmt::format("{} added, {} replaced, {} removed, {}, {} to stage. Plan {}.", counted(plan.added(), "file"),
                   plan.replaced(), plan.removed(), counted(plan.scripts.size(), "database script"),
                   human_bytes(plan.bytes_to_stage), plan.digest().hex()),
       fmt::format("新增 {} 个文件，替换 {}，删除 {}，数据库脚本 {}，暂存 {}。方案 {}。", plan.added(), plan.replaced(),
                   plan.removed(), plan.scripts.size(), human_bytes(plan.bytes_to_stage), plan.digest().hex())});
  rows.clear();
  for (const auto& hop : plan.hops)
    rows.push_back({html_escape(hop.from.text() + " → " + hop.to.text()), std::to_string(hop.changes.size()),
                    std::to_string(hop.scripts.size())});
  if (!rows.empty())
    page.table({{"jump", "升级跳"}, {"files", "文件"}, {"scripts", "脚本"}}, rows, {"", "number", "number"});
  rows.clear();
  for (const auto& runtime : plan.runtimes)
    rows.push_back({html_escape(runtime.id + " " + runtime.wanted), html_escape(runtime.by),
                    runtime.version.empty() ? page.say({"brought by this upgrade", "由本次升级带来"})
                                            : html_escape(runtime.version + "  " + runtime.file)});
  if (!rows.empty()) page.table({{"runtime", "运行环境"}, {"needed by", "需求方"}, {"found", "现有"}}, rows);
  rows.clear();
  for (const auto& step : plan.steps)
    rows.push_back({page.say(step.title), step.downtime ? Page::badge("warn", page.say({"downtime", "停机"})) : "",
                    expected_time(page, data, step.id), page.say(step.undo), page.say(step.open_until)});
  page.table({{"step", "步骤"},
              {"", ""},
              {"how long, as measured", "预计耗时（实测）"},
              {"way back", "回退方法"},
              {"open until", "可回退至"}},
             rows, {"", "narrow", "number", "", ""});
  if (data.prediction)
    for (const auto& line : show_prediction(*data.prediction)) page.paragraph(line);
}

void clone_section(Page& page, const ReportData& data) {
  if (data.clones.empty()) return;
  page.section("clone", {"Clone and fence", "克隆与出网隔离"});
  for (const auto& clone : data.clones) {
    page.paragraph(
        {fmt::format("{} from backup {} of {}, made {}.", clone.environment, clone.backup, clone.source, clone.made),
         fmt::format("{}：取自 {} 的备份 {}，建立于 {}。", clone.environment, clone.source, clone.backup, clone.made)});
    if (!clone.proof) {
      page.raw(Page::badge("bad", page.say({"not proved to be harmless", "未证明无害"})));
      continue;
    }
    std::vector<Cells> rows;
    for (const auto& condition : clone.proof->conditions)
      rows.push_back({condition.passed ? Page::badge("good", "✓") : Page::badge("bad", "✗"), page.say(condition.text),
                      html_escape(condition.detail)});
    page.table({{"", ""}, {"condition", "条件"}, {"seen", "所见"}}, rows);
    rows.clear();
    for (const auto& attempt : clone.proof->attempts)
      rows.push_back({html_escape(fmt::format("{}:{}", attempt.host, attempt.port)), std::to_string(attempt.count),
                      html_escape(attempt.example)});
    if (!rows.empty()) {
      page.raw("<h3>" + page.say({"What would have gone out", "本会外发的内容"}) + "</h3>");
      page.table({{"to", "目的地"}, {"times", "次数"}, {"example", "示例"}}, rows, {"", "number", ""});
    }
  }
}

void run_table(Page& page, const ReportData& data, const RunState& run) {
  std::int64_t longest = 1;
  for (const auto& step : run.steps) longest = std::max(longest, step.ms);
  std::map<std::string, bool> downtime;
  if (data.plan)
    for (const auto& step : data.plan->steps) downtime[step.id] = step.downtime;
  std::vector<Cells> rows;
  for (const auto& step : run.steps) {
    std::string state = Page::badge("plain", page.say({"not begun", "未开始"}));
    if (step.status == StepStatus::done) state = Page::badge("good", page.say({"done", "完成"}));
    if (step.status == StepStatus::undone) state = Page::badge("warn", page.say({"taken back", "已回退"}));
    if (step.status == StepStatus::failed || step.status == StepStatus::undo_failed)
      state = Page::badge("bad", page.say({"failed", "失败"}));
    const auto width = step.ms * 100 / longest;
    rows.push_back({page.say(step.title), state, step.ms > 0 ? duration(step.ms) : "",
                    step.ms > 0 ? fmt::format("<div class=\"bar{}\" style=\"width:{}%\"></div>",
                                              downtime[step.id] ? " down" : "", std::max<std::int64_t>(1, width))
                                : "",
                    step.undo_ms > 0 ? duration(step.undo_ms) : ""});
  }
  page.table({{"step", "步骤"}, {"", ""}, {"took", "用时"}, {"orange: downtime", "橙色为停机"}, {"way back", "回退"}},
             rows, {"", "narrow", "number", "", "number"});
}

// What changed outside of what the plan touches: told, not blocking.
void outside_list(Page& page, const RunState& run) {
  const auto* prepare = run.find("prepare");
  if (prepare == nullptr || !prepare->result.is_object()) return;
  std::vector<Cells> rows;
  for (const auto& file : prepare->result.value("outside", Json::array()))
    rows.push_back({Page::code(file.at("path").get<std::string>()), page.say(file.at("text").get<Text>())});
  if (!rows.empty()) page.table({{"changed outside of the plan", "方案之外有变化的文件"}, {"how", "变化"}}, rows);
}

void runs_section(Page& page, const ReportData& data, const std::vector<RunState>& runs, const std::string& id,
                  const Text& title) {
  if (runs.empty()) return;
  page.section(id, title);
  for (const auto& run : runs) {
    std::string state = Page::badge("warn", page.say({"under way", "进行中"}));
    if (run.phase == RunPhase::complete) state = Page::badge("good", page.say({"complete", "完成"}));
    if (run.phase == RunPhase::committed) state = Page::badge("good", page.say({"committed", "已提交"}));
    if (run.phase == RunPhase::rolled_back) state = Page::badge("warn", page.say({"taken back", "已回退"}));
    page.raw("<h3>" + html_escape(run.run.id) + " " + state + "</h3><p class=\"soft\">" +
             html_escape(run.run.environment) + ", " + when(run.started) + " – " + when(run.ended) + ", " +
             page.say({"recipe ", "配方 "}) + Page::code(run.run.recipe.brief()) + "</p>");
    run_table(page, data, run);
    outside_list(page, run);
  }
}

// Newest result of a check on an environment; a "not run" does not hide an earlier result.
const Evidence* newest(const ReportData& data, const std::string& check, const std::string& environment) {
  const Evidence* out = nullptr;
  for (const auto& evidence : data.evidence)
    if (evidence.check == check && evidence.environment == environment &&
        (out == nullptr || evidence.outcome != Outcome::not_run))
      out = &evidence;
  return out;
}

void checks_section(Page& page, const ReportData& data) {
  page.section("checks", {"Checks", "验证项"});
  std::vector<std::string> environments;
  for (const auto& evidence : data.evidence)
    if (std::find(environments.begin(), environments.end(), evidence.environment) == environments.end())
      environments.push_back(evidence.environment);
  std::vector<Text> heading{{"check", "验证项"}, {"for", "对应要求"}};
  for (const auto& environment : environments) heading.push_back({environment, environment});
  heading.push_back({"seen", "所见"});
  std::vector<Cells> rows;
  const auto add = [&](const std::string& id, const Text& title, const std::vector<std::string>& covers) {
    Cells row{"<b>" + page.say(title) + "</b><br><span class=\"soft\">" + html_escape(id) + "</span>", joined(covers)};
    std::string seen;
    for (const auto& environment : environments) {
      const auto* evidence = newest(data, id, environment);
      const bool stale = evidence != nullptr && data.recipe && evidence->recipe != data.recipe->digest();
      row.push_back(evidence == nullptr ? ""
                                        : outcome_badge(page, evidence->outcome) +
                                              (stale ? " " + Page::badge("warn", page.say({"stale", "已失效"})) : ""));
      if (evidence != nullptr)
        seen = page.say(evidence->summary) +
               (evidence->person.empty() ? "" : " (" + person_name(data, evidence->person) + ")");
    }
    row.push_back("<span class=\"soft\">" + seen + "</span>");
    rows.push_back(std::move(row));
  };
  for (const auto& check : data.checks) add(check.id, check.title, check.covers);
  for (const auto& invariant : data.invariants) add(invariant.id, invariant.title, invariant.covers);
  page.table(heading, rows);
}

void issues_section(Page& page, const ReportData& data) {
  if (data.issues.empty()) return;
  page.section("issues", {"Issues", "问题"});
  std::vector<Cells> rows;
  for (const auto& issue : data.issues)
    rows.push_back({Page::code(issue.id), page.say(issue.title),
                    issue.open ? Page::badge("bad", page.say({"open", "未解决"}))
                               : Page::badge("good", page.say({"closed", "已关闭"})),
                    when(issue.opened_at), issue.closed_at ? when(*issue.closed_at) : "", joined(issue.claimed_by)});
  page.table({{"id", "编号"},
              {"problem", "问题"},
              {"", ""},
              {"opened", "提出"},
              {"closed by a passing check", "经验证关闭"},
              {"patch that claims it", "声称解决的补丁"}},
             rows);
}

// Which packages are really there, and whether they have solved what they claim to solve.
void audit_section(Page& page, const ReportData& data) {
  if (!data.audit) return;
  const auto& audit = *data.audit;
  page.section("packages", {"Packages that are there", "补丁审计"});
  page.paragraph({fmt::format("{} {}, surveyed {}, judged {}.", audit.environment, audit.version, audit.surveyed,
                              to_string(audit.at)),
                  fmt::format("{} {}，调研时间 {}，审计时间 {}。", audit.environment, audit.version, audit.surveyed,
                              to_string(audit.at))});
  if (data.inventory && data.inventory->program != audit.program)
    page.raw(Page::badge("warn", page.say({"the program has changed since", "此后程序已有变化"})));
  std::vector<Cells> rows;
  for (const auto& package : audit.packages) {
    const bool good =
        package.state == name_of(PackageState::present) || package.state == name_of(PackageState::superseded);
    const bool warn = package.state == name_of(PackageState::unrecorded);
    rows.push_back({Page::badge(good   ? "good"
                                : warn ? "warn"
                                       : "bad",
                                page.say(package_state_text(package.state))),
                    Page::code(package.id), page.say(package.text)});
  }
  for (const auto& id : audit.unknown)
    rows.push_back({Page::badge("plain", page.say({"not known here", "此处没有该包"})), Page::code(id), ""});
  page.table({{"", ""}, {"package", "包"}, {"files", "文件"}}, rows, {"narrow", "", ""});
  rows.clear();
  for (const auto& claim : audit.claims)
    rows.push_back({outcome_badge(page, claim.outcome), Page::code(claim.package), Page::code(claim.about),
                    html_escape(claim.environment), when(claim.at)});
  if (!rows.empty())
    page.table({{"result", "结果"},
                {"patch", "补丁"},
                {"claims to solve", "声称解决"},
                {"seen on", "验证环境"},
                {"when", "时间"}},
               rows);
  findings_table(page, audit.findings);
}

void gate_section(Page& page, const ReportData& data) {
  page.section("gate", {"Gate", "放行条件"});
  static const char* kinds[] = {"good", "bad", "bad", "bad", "warn"};
  static const Text words[] = {{"✓ met", "✓ 满足"},
                               {"✗ not met", "✗ 不满足"},
                               {"✗ stale", "✗ 已失效"},
                               {"✗ missing", "✗ 缺少证据"},
                               {"~ waived", "~ 已豁免"}};
  std::vector<Cells> rows;
  for (const auto& condition : data.gate.conditions) {
    const auto state = static_cast<std::size_t>(condition.state);
    rows.push_back(
        {Page::badge(kinds[state], page.say(words[state])),
         "<b>" + page.say(condition.title) + "</b><br>" + page.say(condition.why) +
             (condition.remedy.empty() ? "" : "<br><span class=\"soft\">→ " + page.say(condition.remedy) + "</span>") +
             (condition.asserted
                  ? "<br>" + Page::badge("warn", page.say({"asserted by an account of the operating system",
                                                           "仅由操作系统账号声明"}))
                  : ""),
         joined(condition.covers), condition.age ? html_escape(human_duration(*condition.age)) : ""});
  }
  page.table({{"", ""}, {"condition", "条件"}, {"for", "对应要求"}, {"age", "距今"}}, rows,
             {"narrow", "", "narrow", "narrow"});
  rows.clear();
  for (const auto& approval : data.approvals)
    rows.push_back({person_name(data, approval.by.person),
                    page.say({"approves plan ", "批准方案 "}) + Page::code(approval.plan.brief()),
                    html_escape(approval.comment), when(approval.at)});
  for (const auto& acceptance : data.acceptances)
    rows.push_back(
        {person_name(data, acceptance.by.person),
         (acceptance.accepted ? page.say({"accepts for ", "验收通过："}) : page.say({"rejects for ", "拒绝："})) +
             html_escape(acceptance.department),
         html_escape(acceptance.comment), when(acceptance.at)});
  for (const auto& waiver : data.waivers)
    rows.push_back({person_name(data, waiver.requested_by.person),
                    page.say(waiver.confirmed_by ? Text{"waives ", "豁免 "} : Text{"asks to waive ", "申请豁免 "}) +
                        html_escape(waiver.condition) +
                        (waiver.confirmed_by ? page.say({", confirmed by ", "，确认人 "}) +
                                                   person_name(data, waiver.confirmed_by->person)
                                             : ""),
                    html_escape(waiver.reason), when(waiver.at)});
  if (!rows.empty()) page.table({{"who", "人员"}, {"what", "事项"}, {"text", "说明"}, {"when", "时间"}}, rows);
}

void difference_section(Page& page, const ReportData& data) {
  if (!data.since_clone || data.since_clone->differences.empty()) return;
  page.section("differences", {"Production beside the clone that was rehearsed", "正式环境与测试升级所用克隆的差异"});
  page.paragraph(
      {"Surveyed " + data.since_clone->now + "; the clone was made from the survey of " + data.since_clone->then + ".",
       "调研于 " + data.since_clone->now + "；克隆取自 " + data.since_clone->then + " 的调研。"});
  std::vector<Cells> rows;
  for (const auto& difference : data.since_clone->differences) {
    const bool told = difference.demand == Demand::nothing;
    const Text state = told                         ? Text{"told only", "仅提示"}
                       : !difference.waiver.empty() ? Text{"~ accepted", "~ 已认可"}
                                                    : Text{"✗ open", "✗ 未认可"};
    rows.push_back({Page::badge(told                ? "plain"
                                : difference.open() ? "bad"
                                                    : "warn",
                                page.say(state)),
                    "<b>" + page.say(difference.title) + "</b><br>" + page.say(difference.detail) +
                        (difference.waived.empty() ? "" : "<br>" + page.say(difference.waived)),
                    Page::code(difference.key)});
  }
  page.table({{"", ""}, {"difference", "差异"}, {"key", "编号"}}, rows, {"narrow", "", ""});
}

void hotpatch_table(Page& page, const ReportData& data) {
  std::vector<Cells> rows;
  for (const auto& fact : data.hotpatch_facts)
    rows.push_back(
        {html_escape(fact.environment), joined(fact.packages), Page::code(fact.recipe.brief()),
         fact.passed ? Page::badge("good", page.say({"✓ passed", "✓ 通过"}))
                     : Page::badge("bad", page.say({"✗ failed", "✗ 失败"})),
         person_name(data, fact.person) +
             (fact.waiver.empty() ? ""
                                  : "<br>" + page.say({"without a trial: ", "免试装："}) + Page::code(fact.waiver)),
         when(fact.at)});
  if (!rows.empty())
    page.table({{"environment", "环境"},
                {"patches", "补丁"},
                {"recipe", "配方"},
                {"", ""},
                {"by", "执行人"},
                {"when", "时间"}},
               rows);
}

void trace_section(Page& page, const ReportData& data) {
  page.section("requirements", {"Requirements and their evidence", "要求与证据"});
  std::vector<Cells> rows;
  for (const auto& row : data.trace) {
    if (row.state == TraceState::no_evidence && row.checks.empty() && row.conditions.empty()) continue;
    static const char* kinds[] = {"good", "bad", "warn", "plain"};
    static const Text words[] = {
        {"✓ fulfilled", "✓ 已满足"}, {"✗ failed", "✗ 未满足"}, {"stale", "已失效"}, {"no evidence", "无证据"}};
    const auto state = static_cast<std::size_t>(row.state);
    std::vector<std::string> by = row.checks;
    by.insert(by.end(), row.conditions.begin(), row.conditions.end());
    by.insert(by.end(), row.proofs.begin(), row.proofs.end());
    rows.push_back({html_escape(row.id), page.say(row.title), Page::badge(kinds[state], page.say(words[state])),
                    "<span class=\"soft\">" + joined(by) + "</span>"});
  }
  page.table(
      {{"id", "编号"}, {"requirement", "要求"}, {"", ""}, {"checks, conditions and proofs", "验证项、条件与证明"}},
      rows, {"narrow", "", "narrow", ""});
}

std::string header(const Page& page, const ReportData& data) {
  const auto tile = [&](const Text& name, const std::string& value) {
    return "<div class=\"tile\"><b>" + value + "</b>" + page.say(name) + "</div>";
  };
  std::string out = "<h1>" + page.say(data.project.title) + "</h1><p>" + html_escape(data.project.customer) +
                    "</p><p>" + page.say({"Stage: ", "阶段："}) + page.say(title_of(data.stage.stage)) +
                    "</p><div class=\"tiles\">";
  if (data.recipe)
    out += tile({"version", "版本"}, html_escape(data.recipe->from.text() + " → " + data.recipe->to.text()));
  const auto met = std::count_if(data.gate.conditions.begin(), data.gate.conditions.end(), [](const Condition& c) {
    return c.state == ConditionState::met || c.state == ConditionState::waived;
  });
  out += tile({"gate conditions met", "放行条件满足"}, fmt::format("{} / {}", met, data.gate.conditions.size()));
  out += tile({"rehearsals", "测试升级次数"}, std::to_string(data.rehearsals.size()));
  const auto open =
      std::count_if(data.issues.begin(), data.issues.end(), [](const Issue& issue) { return issue.open; });
  out += tile({"open issues", "未解决问题"}, std::to_string(open));
  if (!data.cutovers.empty() && data.plan) {
    std::int64_t downtime = 0;
    for (const auto& step : data.cutovers.back().steps)
      for (const auto& planned : data.plan->steps)
        if (planned.id == step.id && planned.downtime) downtime += step.ms;
    out += tile({"downtime of the cutover", "正式升级停机"}, duration(downtime));
  }
  return out + "</div>";
}

}  // namespace

std::string render_report(const ReportData& data, Language language) {
  Page page(language);
  project_section(page, data);
  survey_section(page, data);
  recipe_section(page, data);
  clone_section(page, data);
  runs_section(page, data, data.rehearsals, "rehearsals", {"Rehearsals", "测试升级"});
  checks_section(page, data);
  issues_section(page, data);
  audit_section(page, data);
  gate_section(page, data);
  difference_section(page, data);
  runs_section(page, data, data.cutovers, "cutover", {"Cutover", "正式升级"});
  runs_section(page, data, data.hotpatches, "hotpatches", {"Hot patches", "热补丁"});
  hotpatch_table(page, data);
  trace_section(page, data);
  std::string signatures = "<div class=\"sign\">";
  for (const Text& who : {Text{"For the customer", "客户代表"}, Text{"Project manager", "项目经理"},
                          Text{"Vendor's engineer", "厂商工程师"}})
    signatures += "<div>" + page.say(who) + page.say({", date", "、日期"}) + "</div>";
  page.raw(signatures + "</div>");
  const Text title{"Upgrade report", "升级报告"};
  return page.finish(title, header(page, data)) + "<footer>" + page.say({"Made ", "生成于 "}) + when(data.at) +
         page.say(
             {" by ferry " FERRY_VERSION ". Head of the audit chain: ", ",ferry " FERRY_VERSION "。审计链末端："}) +
         Page::code(data.audit_head.hex()) + "</footer>\n</body></html>\n";
}

}  // namespace ferry
