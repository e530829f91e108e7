#include "project/issue.h"

#include <algorithm>

#include "base/error.h"
#include "base/id.h"
#include "project/fields.h"

namespace ferry {
namespace {

using Kind = IssueEvent::Kind;

constexpr std::pair<Kind, std::string_view> kind_names[] = {
    {Kind::opened, "opened"}, {Kind::failed_again, "failed_again"}, {Kind::reopened, "reopened"},
    {Kind::note, "note"},     {Kind::claimed, "claimed"},           {Kind::promised, "promised"},
    {Kind::closed, "closed"}};

Kind kind_of(std::string_view name) {
  return fields::from_name(kind_names, name);
}

template <class Visitor, class Value>
void event_members(Visitor visit, Value& value) {
  visit("issue", value.issue);
  visit.choice("kind", value.kind, kind_of);
  visit("at", value.at);
  visit("person", value.person);
  visit("text", value.text);
  visit("evidence", value.evidence);
  visit("package", value.package);
  visit("promised", value.promised);
  visit("check", value.check);
  visit("title", value.title);
  visit("covers", value.covers);
}

void apply(Issue& issue, const IssueEvent& event) {
  if (!event.evidence.empty()) issue.evidence.push_back(event.evidence);
  switch (event.kind) {
    case Kind::opened:
    case Kind::failed_again:
    case Kind::reopened:
      issue.open = true;
      issue.closed_at.reset();
      issue.last_failure = event.at;
      break;
    case Kind::claimed:
      issue.claimed_by.push_back(event.package);
      break;
    case Kind::promised:
      issue.promised = event.promised;
      break;
    case Kind::closed:
      issue.open = false;
      issue.closed_at = event.at;
      break;
    case Kind::note:
      break;
  }
  issue.history.push_back(event);
}

const Issue* issue_of_check(const std::vector<Issue>& issues, const std::string& check) {
  const auto found =
      std::find_if(issues.begin(), issues.end(), [&](const Issue& issue) { return issue.check == check; });
  return found == issues.end() ? nullptr : &*found;
}

void refuse_person(const Project& project, const std::string& person, const Issue& issue) {
  const Person* who = project.find_person(person);
  if (who == nullptr) throw Error(Code::not_allowed, person, Text{"not in the project", "不是项目人员"});
  if (who->has(Role::deployer))
    throw Error(Code::not_allowed, person,
                Text{"a deployer can't close issues (A4): " + issue.id, "部署人员不能关闭问题（A4）：" + issue.id});
}

}  // namespace

std::string_view name_of(Kind kind) {
  return fields::to_name(kind_names, kind);
}

std::vector<Issue> issues_of(const std::vector<IssueEvent>& events) {
  std::vector<Issue> out;
  for (const auto& event : events) {
    auto found = std::find_if(out.begin(), out.end(), [&](const Issue& issue) { return issue.id == event.issue; });
    if (found == out.end()) {
      if (event.kind != Kind::opened)
        throw Error(Code::invalid_document, event.issue,
                    Text{"an event of an issue that was never opened", "该事件所属的问题从未创建"});
      Issue issue;
      issue.id = event.issue;
      issue.title = event.title;
      issue.check = event.check;
      issue.covers = event.covers;
      issue.opened_at = event.at;
      found = out.insert(out.end(), std::move(issue));
    }
    apply(*found, event);
  }
  return out;
}

const Issue* find_issue(const std::vector<Issue>& issues, std::string_view id) {
  const auto found = std::find_if(issues.begin(), issues.end(), [&](const Issue& issue) { return issue.id == id; });
  return found == issues.end() ? nullptr : &*found;
}

std::optional<IssueEvent> event_of_evidence(const std::vector<Issue>& issues, const Evidence& evidence,
                                            const Text& title, Moment now) {
  if (evidence.outcome != Outcome::failed && evidence.outcome != Outcome::error) return std::nullopt;
  const Issue* known = issue_of_check(issues, evidence.check);
  // Told twice about the same result (a resumed run reports again) it is still one failure.
  if (known != nullptr &&
      std::find(known->evidence.begin(), known->evidence.end(), evidence.id) != known->evidence.end())
    return std::nullopt;
  IssueEvent event;
  event.issue = known != nullptr ? known->id : new_id("issue", now);
  event.kind = known == nullptr ? Kind::opened : known->open ? Kind::failed_again : Kind::reopened;
  event.at = now;
  event.person = evidence.person;
  event.text = evidence.summary.in(Language::english);
  event.evidence = evidence.id;
  event.check = evidence.check;
  event.title = title;
  event.covers = evidence.covers;
  return event;
}

IssueEvent close_issue(const Issue& issue, const Evidence& evidence, const Project& project, const std::string& person,
                       const PresentState& present, Moment now) {
  refuse_person(project, person, issue);
  const auto refuse = [&](const std::string& why) { throw Error(Code::check_failed, issue.id, why); };
  if (!issue.open) refuse("the issue is closed already");
  if (evidence.check != issue.check) refuse("the evidence is of check " + evidence.check + ", not " + issue.check);
  if (evidence.outcome != Outcome::passed) refuse("the result is " + std::string(name_of(evidence.outcome)));
  const Digest program = present.program.empty() ? evidence.program : present.program;
  if (freshness(evidence, present.recipe, present.profile, program) != Freshness::fresh)
    refuse("the result is stale: recipe, profile or program changed since; run the check again");
  if (parse_moment(evidence.started) < issue.last_failure) refuse("the result is older than the last failure");
  IssueEvent event;
  event.issue = issue.id;
  event.kind = Kind::closed;
  event.at = now;
  event.person = person;
  event.evidence = evidence.id;
  return event;
}

std::vector<IssueEvent> claims(const std::vector<Issue>& issues, const std::vector<PackageMeta>& packages, Moment now) {
  std::vector<IssueEvent> out;
  for (const auto& issue : issues)
    for (const auto& package : packages) {
      const auto fixes = [&](const std::string& id) {
        return std::find(package.fixes.begin(), package.fixes.end(), id) != package.fixes.end();
      };
      if (!fixes(issue.id) && !fixes(issue.check)) continue;
      if (std::find(issue.claimed_by.begin(), issue.claimed_by.end(), package.id) != issue.claimed_by.end()) continue;
      IssueEvent event;
      event.issue = issue.id;
      event.kind = Kind::claimed;
      event.at = now;
      event.package = package.id;
      out.push_back(std::move(event));
    }
  return out;
}

void to_json(Json& json, const IssueEvent& value) {
  event_members(project_fields::Writer(json), value);
}
void from_json(const Json& json, IssueEvent& value) {
  value = IssueEvent{};
  event_members(project_fields::Reader(json), value);
}

void to_json(Json& json, const Issue& value) {
  project_fields::Writer visit(json);
  visit("id", value.id);
  visit("title", value.title);
  visit("check", value.check);
  visit("covers", value.covers);
  visit("open", value.open);
  visit("evidence", value.evidence);
  visit("claimed_by", value.claimed_by);
  visit("promised", value.promised);
  visit("opened_at", value.opened_at);
  visit("last_failure", value.last_failure);
  visit("closed_at", value.closed_at);
  visit("history", value.history);
}

Json export_issues(const Project& project, const std::vector<Issue>& issues, const std::vector<Evidence>& evidence,
                   Moment now) {
  Json list = Json::array();
  for (const auto& issue : issues) {
    Json entry = issue;
    entry["results"] = Json::array();
    for (const auto& result : evidence)
      if (std::find(issue.evidence.begin(), issue.evidence.end(), result.id) != issue.evidence.end())
        entry["results"].push_back(result);
    list.push_back(std::move(entry));
  }
  return Json{{"format", 1},
              {"project", project.id},
              {"customer", project.customer},
              {"product", project.product},
              {"exported", to_string(now)},
              {"issues", std::move(list)}};
}

}  // namespace ferry
