// The report is read by people who were not there, in a browser: whatever an installation, a log or a person has put
// into names and texts stays text, and the page is whole with everything and with nothing in it.
#include <gtest/gtest.h>

#include <algorithm>

#include "app/reporting.h"

namespace ferry {
namespace {

const std::string hostile = "<script>alert('x')</script>\"&' onload=x";
const Text hostile_text{hostile, hostile};

Moment now() {
  return parse_moment("2026-04-04T01:00:00Z");
}

Finding finding() {
  Finding out;
  out.key = out.rule = hostile;
  out.title = out.detail = out.remedy = hostile_text;
  out.covers = {hostile};
  out.severity = Severity::high;
  return out;
}

Plan plan() {
  Plan out;
  out.environment = out.root = hostile;
  PlannedStep step;
  step.id = "switch";
  step.title = step.undo = step.open_until = hostile_text;
  step.downtime = true;
  out.steps = {step};
  out.runtimes = {PlannedRuntime{hostile, hostile, hostile, hostile, hostile}};
  return out;
}

RunState run() {
  RunState out;
  out.run.id = out.run.environment = hostile;
  out.started = out.ended = hostile;
  StepState step;
  step.id = "prepare";
  step.title = step.error_text = hostile_text;
  step.status = StepStatus::failed;
  step.ms = step.undo_ms = 1500;
  step.result = {{"outside", {{{"path", hostile}, {"text", hostile_text}}}}};
  out.steps = {step};
  return out;
}

Decision decision() {
  Decision out;
  // A name in GBK, as it stands on a disk.
  out.path = RelativePath("webapp/\xb1\xed\xb5\xa5<b>.html");
  out.reason = out.person = hostile;
  return out;
}

Evidence evidence() {
  Evidence out;
  out.check = out.environment = out.person = hostile;
  out.outcome = Outcome::failed;
  out.summary = hostile_text;
  return out;
}

PackageAudit audit() {
  PackageAudit out;
  out.environment = out.surveyed = out.version = hostile;
  out.at = now();
  out.packages = {AuditedPackage{hostile, "missing", 0, 1, hostile_text, true, hostile}};
  out.unknown = {hostile};
  out.claims = {SolvedClaim{hostile, hostile, hostile, Outcome::failed, hostile, hostile}};
  out.findings = {finding()};
  return out;
}

CloneRecord clone() {
  CloneRecord out;
  out.environment = out.backup = out.source = out.made = hostile;
  out.proof = FenceProof();
  FenceCondition condition;
  condition.text = hostile_text;
  condition.detail = hostile;
  out.proof->conditions = {condition};
  SinkDestination wanted;
  wanted.host = wanted.example = hostile;
  out.proof->attempts = {wanted};
  return out;
}

Project project() {
  Project out;
  out.title = hostile_text;
  out.customer = hostile;
  Person person;
  person.id = person.name = person.contact = person.organisation = hostile;
  person.roles = {Role::tester};
  out.people = {person};
  return out;
}

void add_words_of_people(ReportData& data) {
  const Actor actor{hostile, hostile};
  Approval approval;
  approval.by = actor;
  approval.comment = hostile;
  approval.at = now();
  data.approvals = {approval};
  Acceptance acceptance;
  acceptance.by = actor;
  acceptance.department = acceptance.comment = hostile;
  acceptance.at = now();
  data.acceptances = {acceptance};
  Waiver waiver;
  waiver.condition = waiver.reason = hostile;
  waiver.requested_by = actor;
  waiver.confirmed_by = actor;
  waiver.at = now();
  data.waivers = {waiver};
  Issue issue;
  issue.id = issue.check = hostile;
  issue.title = hostile_text;
  issue.claimed_by = {hostile};
  issue.opened_at = now();
  data.issues = {issue};
}

// Everything there is to show, with something hostile wherever a text can come from outside.
ReportData everything() {
  ReportData data;
  data.at = now();
  data.project = project();
  Inventory inventory;
  inventory.product = inventory.taken = inventory.used_since = inventory.host.os = hostile;
  inventory.modules = {ModuleState{hostile, hostile_text, true, 3, hostile, true, false}};
  inventory.findings = {finding()};
  data.inventory = inventory;
  data.audit = audit();
  data.recipe = Recipe();
  data.recipe->packages = {RecipePackage{hostile, Digest()}};
  PackageMeta meta;
  meta.id = hostile;
  meta.title = hostile_text;
  data.packages = {meta};
  data.plan = plan();
  data.prediction = predict(data.plan->steps, {{"run", "switch", Milliseconds(2500), 0}});
  data.decisions = {decision()};
  Schedule schedule;
  ScheduledTask task;
  task.title = hostile_text;
  task.person = hostile;
  schedule.tasks = {task};
  data.schedule = schedule;
  data.clones = {clone()};
  data.rehearsals = data.cutovers = data.hotpatches = {run()};
  HotPatchFact fact;
  fact.environment = fact.person = fact.waiver = fact.at = hostile;
  fact.packages = {hostile};
  data.hotpatch_facts = {fact};
  data.since_clone = CloneComparison{hostile, hostile, hostile, hostile, {}};
  Difference difference;
  difference.key = hostile;
  difference.title = difference.detail = difference.waived = hostile_text;
  data.since_clone->differences = {difference};
  Check check;
  check.id = hostile;
  check.title = hostile_text;
  check.covers = {hostile};
  data.checks = {check};
  data.evidence = {evidence()};
  add_words_of_people(data);
  Condition condition;
  condition.id = hostile;
  condition.title = condition.why = condition.remedy = hostile_text;
  condition.covers = {hostile};
  data.gate.conditions = {condition};
  TraceRow row;
  row.id = hostile;
  row.title = hostile_text;
  row.checks = {hostile};
  data.trace = {row};
  return data;
}

// What a parser of HTML would stumble over; empty: nothing.
std::string malformed(const std::string& page) {
  std::vector<std::string> open;
  for (std::size_t at = page.find('<', page.find("<html")); at != std::string::npos; at = page.find('<', at)) {
    const auto end = page.find('>', at);
    if (end == std::string::npos) return "a tag without an end";
    const auto tag = page.substr(at + 1, end - at - 1);
    if (tag.find('<') != std::string::npos) return "a tag inside a tag: " + tag;
    if (std::count(tag.begin(), tag.end(), '"') % 2 != 0) return "an open quotation mark: " + tag;
    const auto name = tag.substr(0, tag.find(' '));
    at = end;
    if (name == "style") at = page.find("</style>", end);
    if (name == "meta" || name == "br") continue;
    if (!name.starts_with("/")) {
      open.push_back(name);
      continue;
    }
    if (open.empty() || "/" + open.back() != name) return name + " closes " + (open.empty() ? "nothing" : open.back());
    open.pop_back();
  }
  return open.empty() ? std::string() : open.back() + " is not closed";
}

TEST(Report, NothingFromOutsideBecomesMarkup) {
  for (const auto language : {Language::english, Language::chinese}) {
    const auto page = render_report(everything(), language);
    EXPECT_EQ(malformed(page), "");
    EXPECT_EQ(page.find("<script"), std::string::npos);
    EXPECT_EQ(page.find("<b>.html"), std::string::npos);
    EXPECT_EQ(page.find("\"&'"), std::string::npos) << "quotation marks would end an attribute";
    EXPECT_TRUE(is_utf8(page));
  }
}

TEST(Report, ShowsEverySectionInTheLanguageAskedFor) {
  const auto english = render_report(everything(), Language::english);
  const auto chinese = render_report(everything(), Language::chinese);
  const std::vector<std::pair<std::string, Text>> sections{{"project", {"Project", "项目"}},
                                                           {"survey", {"What is installed", "现状调研"}},
                                                           {"recipe", {"What shall become of it", "升级配方与方案"}},
                                                           {"clone", {"Clone and fence", "克隆与出网隔离"}},
                                                           {"rehearsals", {"Rehearsals", "测试升级"}},
                                                           {"checks", {"Checks", "验证项"}},
                                                           {"issues", {"Issues", "问题"}},
                                                           {"packages", {"Packages that are there", "补丁审计"}},
                                                           {"gate", {"Gate", "放行条件"}},
                                                           {"cutover", {"Cutover", "正式升级"}},
                                                           {"hotpatches", {"Hot patches", "热补丁"}}};
  for (const auto& [id, title] : sections) {
    EXPECT_NE(english.find("<section id=\"" + id + "\"><h2>" + title.en + "</h2>"), std::string::npos) << id;
    EXPECT_NE(chinese.find("<section id=\"" + id + "\"><h2>" + title.zh + "</h2>"), std::string::npos) << id;
    // What the navigation leads to is there.
    EXPECT_NE(english.find("<a href=\"#" + id + "\">"), std::string::npos) << id;
  }
  EXPECT_NE(english.find("<html lang=\"en\">"), std::string::npos);
  EXPECT_NE(chinese.find("<html lang=\"zh-CN\">"), std::string::npos);
  // How long, where it was measured.
  EXPECT_NE(english.find(">2.5 s</td>"), std::string::npos);
  EXPECT_NE(chinese.find("回退：尚未测量"), std::string::npos);
}

TEST(Report, OfAProjectThatHasOnlyBegunIsAWholePageToo) {
  for (const auto language : {Language::english, Language::chinese}) {
    const auto page = render_report(ReportData(), language);
    EXPECT_EQ(malformed(page), "");
    EXPECT_NE(page.find("<section id=\"gate\">"), std::string::npos);
    EXPECT_EQ(page.find("<section id=\"recipe\">"), std::string::npos) << "nothing is shown of what is not there";
    EXPECT_TRUE(page.ends_with("</body></html>\n"));
  }
}

}  // namespace
}  // namespace ferry
