#include "app/checking.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "app/doors.h"
#include "app/recipes.h"
#include "app/services.h"
#include "backup/clone.h"
#include "backup/fence.h"
#include "base/error.h"
#include "survey/facts_reader.h"

namespace ferry {
namespace {

Digest recipe_or_none(const Workspace& workspace) {
  const auto reference = workspace.store().reference("recipe");
  return reference ? *reference : Digest();
}

std::string text_in(const Json& detail, const char* key) {
  const Json value = detail.value(key, Json());
  if (value.is_null()) return {};
  const Json text = value.is_object() ? value.value("text", Json()) : value;  // bodies stand beside their size
  return (text.is_string() ? text.get<std::string>() : value.dump()) + " ";
}

// One text per call that ended in the sink: what it would have told the receiver.
std::vector<std::string> calls_in(const std::filesystem::path& record) {
  std::vector<std::string> out;
  for (const auto& event : read_sink_record(record)) {
    const bool is_call = event.speaks == "http" || event.speaks == "smtp";
    if (event.kind != SinkEvent::Kind::content || !is_call || !event.detail.is_object()) continue;
    std::string text;
    for (const char* key : {"method", "path", "host", "headers", "from", "to", "subject", "body", "message"})
      text += text_in(event.detail, key);
    out.push_back(std::move(text));
  }
  return out;
}

CheckContext context_of(Workspace& workspace, const Target& target, const CheckRequest& request) {
  CheckContext context;
  context.environment = &target.environment;
  context.place = target.is_production() ? CheckPlace::production : CheckPlace::clone;
  context.phase = request.phase;
  context.version = present_version(target);
  context.secret = target.secret;
  context.recipe = request.recipe;
  context.profile = target.profile.digest;
  context.run = request.run;
  context.remembered = request.remembered;
  context.only = request.only;
  context.now = workspace.clock;
  context.process = process_facts(target);
  const auto fence = clone_fence_folder(target.environment);
  if (!target.is_production() && fence_status(fence).running())
    context.outgoing = [record = fence_record(fence)] { return calls_in(record); };
  const auto way = way_in(target);
  context.base_url = way.url;
  context.reach = way.reach;
  context.started_after = request.started_after;
  return context;
}

Text title_of_check(const Profile& profile, const std::string& id) {
  if (const auto* check = find_check(profile, id)) return check->title;
  for (const auto& invariant : profile.invariants)
    if (invariant.id == id) return invariant.title;
  return {id, id};
}

std::vector<Evidence> carried_out(const CheckOutcome& outcome) {
  std::vector<Evidence> out;
  std::copy_if(outcome.evidence.begin(), outcome.evidence.end(), std::back_inserter(out),
               [&](const Evidence& evidence) { return !outcome.obstacles.contains(evidence.check); });
  return out;
}

// One issue per failed check; required or not, a failure is a problem somebody has to look at.
std::vector<IssueEvent> remember_failures(Workspace& workspace, const Target& target,
                                          const std::vector<Evidence>& evidence) {
  std::vector<IssueEvent> out;
  auto& store = workspace.store();
  store.together([&] {
    for (const auto& item : evidence) {
      const auto known = issues_of(store.read_as<IssueEvent>(collection::issues));
      auto event = event_of_evidence(known, item, title_of_check(target.profile, item.check), workspace.clock());
      if (!event) continue;
      store.append(collection::issues, Json(*event));
      out.push_back(*event);
    }
  });
  return out;
}

}  // namespace

Version present_version(const Target& target) {
  return Version(
      FactsReader(target.profile, target.environment, {}, target.secret).read(target.profile.version).value_or(""));
}

CheckOutcome run_environment_checks(Workspace& workspace, const Target& target, const CheckRequest& request,
                                    Reporter& reporter) {
  reporter.begin(request.phase == CheckPhase::before ? Text{"observe the old version", "观察旧版本"}
                                                     : Text{"run the checks", "执行验证项"});
  auto context = context_of(workspace, target, request);
  context.progress = [&](const Evidence&, std::size_t number, std::size_t of) {
    reporter.progress(number, of, Unit::none);
  };
  CheckOutcome out;
  context.obstacle = [&](const std::string& id, const Error& why) {
    if (!is_fault_of_machine(why.code())) return;
    const Text title = title_of_check(target.profile, id);
    out.obstacles.emplace(id, Error(why).within(Text{"check " + id + " (" + title.in(Language::english) + ")",
                                                     "验证项 " + id + "（" + title.in(Language::chinese) + "）"}));
  };
  out.evidence = run_checks(target.profile, context);
  out.totals = totals(target.profile, context, out.evidence);
  std::vector<Json> records;
  for (const auto& evidence : out.evidence) records.emplace_back(evidence);
  workspace.store().append_all(collection::evidence, std::move(records));
  if (request.phase == CheckPhase::after && !request.trial)
    out.issue_events = remember_failures(workspace, target, carried_out(out));
  const auto& t = out.totals;
  reporter.done({fmt::format("{} passed, {} failed, {} broken, {} not run", t.passed, t.failed, t.error, t.not_run),
                 fmt::format("通过 {}，失败 {}，出错 {}，未执行 {}", t.passed, t.failed, t.error, t.not_run)});
  for (const auto& evidence : out.evidence) {
    if (evidence.outcome != Outcome::failed && evidence.outcome != Outcome::error) continue;
    const Text title = title_of_check(target.profile, evidence.check);
    reporter.warning({evidence.check + " (" + title.en + "): " + evidence.summary.en,
                      evidence.check + "(" + title.zh + "):" + evidence.summary.zh});
  }
  return out;
}

void require_carried_out(const CheckOutcome& outcome) {
  if (!outcome.obstacles.empty()) throw outcome.obstacles.begin()->second;
}

void require_passed(const Target& target, const CheckOutcome& outcome, const std::vector<std::string>& checks) {
  Text failed;
  const Error* obstacle = nullptr;
  bool only_obstacles = true;
  for (const auto& evidence : outcome.evidence) {
    if (evidence.outcome == Outcome::passed) continue;
    if (std::find(checks.begin(), checks.end(), evidence.check) == checks.end()) continue;
    failed.en += fmt::format("  {}: {}\n", evidence.check, evidence.summary.in(Language::english));
    failed.zh += fmt::format("  {}：{}\n", evidence.check, evidence.summary.in(Language::chinese));
    const auto found = outcome.obstacles.find(evidence.check);
    if (found == outcome.obstacles.end())
      only_obstacles = false;
    else if (obstacle == nullptr)
      obstacle = &found->second;
  }
  if (failed.empty()) return;
  if (only_obstacles && obstacle != nullptr) throw *obstacle;
  throw Error(Code::check_failed, target.name(), failed);
}

Evidence record_manual(Workspace& workspace, const Target& target, const std::string& check, bool passed,
                       const std::string& person, const std::string& note) {
  CheckRequest request;
  request.recipe = recipe_or_none(workspace);
  auto evidence = manual_result(target.profile, context_of(workspace, target, request), check, passed, person, note);
  workspace.store().append(collection::evidence, Json(evidence));
  remember_failures(workspace, target, {evidence});
  workspace.audit("check.record", check, person, {{"passed", passed}});
  return evidence;
}

std::vector<CheckStanding> check_standings(Workspace& workspace, const Target& target) {
  StandingQuery query;
  query.recipe = recipe_or_none(workspace);
  query.profile = target.profile.digest;
  query.environment = target.name();
  query.now = workspace.clock();
  return standings(target.profile, workspace.store().read_as<Evidence>(collection::evidence), query);
}

std::vector<Issue> issues(Workspace& workspace) {
  return issues_of(workspace.store().read_as<IssueEvent>(collection::issues));
}

Issue close_issue_by_evidence(Workspace& workspace, const std::string& id, const std::string& person) {
  const auto known = issues(workspace);
  const auto* issue = find_issue(known, id);
  if (issue == nullptr)
    throw Error(Code::not_found, Text{"issue " + id, "问题 " + id},
                Text{"'ferry issue list' shows all", "用 “ferry issue list” 查看全部"});
  const auto all = workspace.store().read_as<Evidence>(collection::evidence);
  const Evidence* newest = nullptr;
  for (const auto& evidence : all)
    if (evidence.check == issue->check && evidence.outcome != Outcome::not_run) newest = &evidence;
  if (newest == nullptr) throw Error(Code::check_failed, id, Text{"its check has never run", "其验证项从未执行"});
  PresentState present;
  present.recipe = recipe_or_none(workspace);
  present.profile = workspace.production().profile.digest;
  const auto event = close_issue(*issue, *newest, workspace.project(), person, present, workspace.clock());
  workspace.store().append(collection::issues, Json(event));
  workspace.audit("issue.close", id, person, {{"evidence", newest->id}});
  const auto after = issues(workspace);
  return *find_issue(after, id);
}

}  // namespace ferry
