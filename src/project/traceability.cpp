#include "project/traceability.h"

#include <algorithm>
#include <map>

#include "project/fields.h"

namespace ferry {
namespace {

constexpr std::pair<TraceState, std::string_view> state_names[] = {{TraceState::fulfilled, "fulfilled"},
                                                                   {TraceState::failed, "failed"},
                                                                   {TraceState::stale, "stale"},
                                                                   {TraceState::no_evidence, "no_evidence"}};

struct Tally {
  std::vector<std::string> passed, failed, stale, missing;
};

bool covers(const std::vector<std::string>& list, const std::string& id) {
  return std::find(list.begin(), list.end(), id) != list.end();
}

class Tracer {
 public:
  explicit Tracer(const TraceInput& input) : input_(input) {
    for (const auto& evidence : input.evidence) {
      auto& slot = newest_[evidence.check];
      if (slot == nullptr || evidence.started >= slot->started) slot = &evidence;
    }
  }

  TraceRow row(const std::string& id, const Text& title) const {
    TraceRow out;
    out.id = id;
    out.title = title;
    Tally tally;
    count_checks(out, tally);
    count_conditions(out, tally);
    count_proofs(out, tally);
    decide(out, tally);
    return out;
  }

  // Ids that somebody covers but the list of requirements does not have, sorted.
  std::vector<std::string> others() const {
    std::map<std::string, bool> seen;
    const auto add = [&](const std::vector<std::string>& ids) {
      for (const auto& id : ids) seen[id] = true;
    };
    for (const auto& check : input_.checks) add(check.covers);
    for (const auto& evidence : input_.evidence) add(evidence.covers);
    for (const auto& condition : input_.conditions) add(condition.covers);
    for (const auto& proof : input_.proofs) add(proof.covers);
    for (const auto& [id, unused] : requirements()) seen.erase(id);
    std::vector<std::string> out;
    for (const auto& [id, unused] : seen) out.push_back(id);
    return out;
  }

 private:
  void count_result(const Evidence& evidence, TraceRow& out, Tally& tally) const {
    out.evidence.push_back(evidence.id);
    const auto& present = input_.present;
    const Digest program = present.program.empty() ? evidence.program : present.program;
    if (evidence.outcome == Outcome::not_run)
      tally.missing.push_back(evidence.check);
    else if (evidence.outcome != Outcome::passed)
      tally.failed.push_back(evidence.check);
    else if (freshness(evidence, present.recipe, present.profile, program) != Freshness::fresh)
      tally.stale.push_back(evidence.check);
    else
      tally.passed.push_back(evidence.check);
  }

  void count_checks(TraceRow& out, Tally& tally) const {
    for (const auto& check : input_.checks) {
      if (!covers(check.covers, out.id)) continue;
      out.checks.push_back(check.id);
      const auto found = newest_.find(check.id);
      if (found == newest_.end())
        tally.missing.push_back(check.id);
      else
        count_result(*found->second, out, tally);
    }
    // Results of checks that the profile does not require still speak.
    for (const auto& [check, evidence] : newest_)
      if (covers(evidence->covers, out.id) && !covers(out.checks, check)) count_result(*evidence, out, tally);
  }

  void count_conditions(TraceRow& out, Tally& tally) const {
    for (const auto& condition : input_.conditions) {
      if (!covers(condition.covers, out.id)) continue;
      out.conditions.push_back(condition.id);
      auto& list = condition.state == ConditionState::met       ? tally.passed
                   : condition.state == ConditionState::stale   ? tally.stale
                   : condition.state == ConditionState::missing ? tally.missing
                                                                : tally.failed;
      list.push_back(condition.id);
    }
  }

  void count_proofs(TraceRow& out, Tally& tally) const {
    for (const auto& proof : input_.proofs) {
      if (!covers(proof.covers, out.id)) continue;
      out.evidence.push_back(proof.id);
      out.proofs.push_back(proof.id);
      (!proof.holds ? tally.failed : proof.stale ? tally.stale : tally.passed).push_back(proof.id);
    }
  }

  static void decide(TraceRow& out, const Tally& tally) {
    const auto say = [&](TraceState state, const char* en, const char* zh, const std::vector<std::string>& ids) {
      out.state = state;
      out.why = {en + joined(ids), zh + joined(ids)};
    };
    if (!tally.failed.empty())
      say(TraceState::failed, "failed or waived: ", "未通过或已豁免：", tally.failed);
    else if (!tally.missing.empty())
      say(TraceState::no_evidence, "no result yet: ", "尚无结果：", tally.missing);
    else if (!tally.stale.empty())
      say(TraceState::stale, "older than the present state: ", "结果已过期：", tally.stale);
    else if (!tally.passed.empty())
      say(TraceState::fulfilled, "shown by: ", "依据：", tally.passed);
    else
      out.why = {"nothing speaks about it", "没有任何依据"};
  }

  const TraceInput& input_;
  std::map<std::string, const Evidence*> newest_;
};

}  // namespace

std::string_view name_of(TraceState state) {
  return fields::to_name(state_names, state);
}

std::vector<TraceRow> traceability(const TraceInput& input) {
  const Tracer tracer(input);
  std::vector<TraceRow> out;
  for (const auto& [id, title] : requirements()) out.push_back(tracer.row(id, title));
  for (const auto& id : tracer.others()) out.push_back(tracer.row(id, {}));
  return out;
}

void to_json(Json& json, const TraceRow& value) {
  project_fields::Writer visit(json);
  visit("id", value.id);
  visit("title", value.title);
  visit("state", std::string(name_of(value.state)));
  visit("checks", value.checks);
  visit("conditions", value.conditions);
  visit("proofs", value.proofs);
  visit("evidence", value.evidence);
  visit("why", value.why);
}

}  // namespace ferry
