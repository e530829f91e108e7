#include "verify/process_check.h"

#include "base/error.h"
#include "verify/extract.h"

namespace ferry {
namespace {

EvidenceStep step_of(std::string action, std::string expected, std::string observed, bool passed) {
  return {std::move(action), std::move(expected), std::move(observed), passed, 0};
}

std::string pids_of(const ProcessFacts& facts) {
  std::string out;
  for (const int pid : facts.pids) out += (out.empty() ? "pid " : ", ") + std::to_string(pid);
  return out.empty() ? "no process" : out;
}

EvidenceStep began_after(const ProcessFacts& facts, Moment limit) {
  const bool known = !facts.started.empty();
  return step_of("start of the process", "after " + to_string(limit), known ? facts.started : "unknown",
                 known && parse_moment(facts.started) > limit);
}

// What the process says of itself; none: it does not answer, or says nothing there.
std::optional<std::string> build_of(const Service& service, const CheckContext& context, Masker& masker,
                                    EvidenceStep& step) {
  try {
    HttpClient client(context.base_url.empty() ? context.environment->url : context.base_url, context.reach);
    HttpRequest request;
    request.path = expand(service.ready->path, context.variables(), masker.watch(context.secret));
    request.timeout = context.http_timeout;
    const auto response = client.send(request);
    step.ms = response.took.count();
    auto build = Answer(response).value(service.build_pointer);
    step.observed = build.value_or("nothing at " + service.build_pointer);
    return build;
  } catch (const Error& error) {
    if (error.code() != Code::no_answer) throw;
    step.observed = std::string(info(error.code()).text.en) + ": " + error.detail();
    return std::nullopt;
  }
}

// Files and database may be the new ones, and what answers the old program all the same: started from another place,
// or kept in a cache.
void serves_build(const Service& service, const CheckContext& context,
                  const std::map<std::string, std::string>& remembered, Masker& masker, StepsResult& result) {
  auto step = step_of("GET " + service.ready->path, service.build_pointer, "", false);
  const auto build = build_of(service, context, masker, step);
  const auto before = remembered.find("build");
  const auto version = remembered.find("version");
  const bool other_version = before != remembered.end() && version != remembered.end() &&
                             Version(version->second) != context.version && !context.version.text().empty();
  // Read in both languages.
  if (other_version) step.expected += " != " + before->second + " (" + version->second + ")";
  step.passed = build && !(other_version && *build == before->second);
  if (build) result.values = {{"build", *build}, {"version", context.version.text()}};
  result.steps.push_back(std::move(step));
}

}  // namespace

StepsResult check_process(const std::string& service_id, const Profile& profile, const CheckContext& context,
                          const std::map<std::string, std::string>& remembered, Masker& masker) {
  const auto* service = find_service(profile, service_id, context.version);
  if (service == nullptr)
    throw Error(Code::invalid_document, Text{"service '" + service_id + "'", "服务“" + service_id + "”"},
                Text{"not in the profile", "产品档案中没有"});
  FERRY_INVARIANT(context.process != nullptr);
  const auto facts = context.process(*service);
  StepsResult result;
  auto& steps = result.steps;
  steps.push_back(step_of("process of " + service_id, "runs",
                          pids_of(facts) + (facts.detail.empty() ? "" : "; " + facts.detail), facts.running));
  if (!facts.port.empty() || !service->port.empty())
    steps.push_back(
        step_of("port " + facts.port, "listens", facts.listening ? "listens" : "does not listen", facts.listening));
  if (context.started_after) steps.push_back(began_after(facts, *context.started_after));
  if (!service->build_pointer.empty() && service->ready) serves_build(*service, context, remembered, masker, result);
  result.outcome = Outcome::passed;
  result.summary = {pids_of(facts) + ", started " + facts.started, pids_of(facts) + "，启动于 " + facts.started};
  for (auto& step : steps) {
    if (step.passed || result.outcome != Outcome::passed) continue;
    result.outcome = Outcome::failed;
    result.summary = {step.action + ": expected " + step.expected + ", found " + step.observed,
                      step.action + "：期望 " + step.expected + "，实际 " + step.observed};
  }
  return result;
}

}  // namespace ferry
