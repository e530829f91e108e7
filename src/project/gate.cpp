#include "project/gate.h"

#include <algorithm>

#include "base/error.h"
#include "project/fields.h"
#include "project/gate_conditions.h"

namespace ferry {

const RehearsalFact* newest_rehearsal(const GateInput& input) {
  const RehearsalFact* newest = nullptr;
  for (const auto& fact : input.rehearsals)
    if (fact.recipe == input.recipe && (newest == nullptr || fact.ended >= newest->ended)) newest = &fact;
  return newest;
}

namespace conditions {

Rule::Rule(std::string id, std::vector<std::string> covers, Text title, bool waivable) {
  condition_.id = std::move(id);
  condition_.covers = std::move(covers);
  condition_.title = std::move(title);
  condition_.waivable = waivable;
}
Rule& Rule::from(std::string evidence_id) {
  condition_.evidence.push_back(std::move(evidence_id));
  return *this;
}
Rule& Rule::measured(Moment at) {
  if (!condition_.measured_at || at < *condition_.measured_at) condition_.measured_at = at;
  return *this;
}
Rule& Rule::asserted() {
  condition_.asserted = true;
  return *this;
}
Condition Rule::met(Text why) const {
  return end(ConditionState::met, std::move(why), {});
}
Condition Rule::unmet(Text why, Text remedy) const {
  return end(ConditionState::unmet, std::move(why), std::move(remedy));
}
Condition Rule::stale(Text why, Text remedy) const {
  return end(ConditionState::stale, std::move(why), std::move(remedy));
}
Condition Rule::missing(Text why, Text remedy) const {
  return end(ConditionState::missing, std::move(why), std::move(remedy));
}
Condition Rule::end(ConditionState state, Text why, Text remedy) const {
  Condition out = condition_;
  out.state = state;
  out.why = std::move(why);
  out.remedy = std::move(remedy);
  return out;
}

const RehearsalFact* good_rehearsal(const GateInput& input) {
  const auto* fact = newest_rehearsal(input);
  return fact != nullptr && fact->finished && fact->unbroken && fact->profile == input.profile ? fact : nullptr;
}

bool older_than(Moment at, Milliseconds limit, Moment now) {
  return now - at > limit;
}

Text list_of(const std::vector<Text>& items) {
  constexpr std::size_t shown = 10;
  Text out;
  for (std::size_t i = 0; i < std::min(items.size(), shown); ++i) {
    out.en += (i == 0 ? "" : "; ") + items[i].in(Language::english);
    out.zh += (i == 0 ? "" : "；") + items[i].in(Language::chinese);
  }
  if (items.size() > shown) {
    out.en += "; and " + std::to_string(items.size() - shown) + " more";
    out.zh += "；另有 " + std::to_string(items.size() - shown) + " 项";
  }
  return out;
}

}  // namespace conditions

namespace {

constexpr std::pair<ConditionState, std::string_view> state_names[] = {{ConditionState::met, "met"},
                                                                       {ConditionState::unmet, "unmet"},
                                                                       {ConditionState::stale, "stale"},
                                                                       {ConditionState::missing, "missing"},
                                                                       {ConditionState::waived, "waived"}};

void grant(Condition& condition, const Project& project, const Waiver& waiver) {
  condition.state = ConditionState::waived;
  condition.waiver = waiver.id;
  condition.asserted |= rests_on_accounts(waiver);
  const Text text = waiver_text(project, waiver);
  condition.why.en += ". Waived " + text.en;
  condition.why.zh += "。豁免" + text.zh;
}

void apply_waivers(Condition& condition, const GateInput& input) {
  if (condition.state == ConditionState::met || condition.state == ConditionState::waived) return;
  for (const auto& waiver : latest(input.waivers)) {
    if (waiver.condition != condition.id) continue;
    const Text problem = condition.waivable ? waiver_problem(input.project, waiver, input.recipe, input.now)
                                            : Text{"this condition can't be waived", "该条件不可豁免"};
    if (problem.empty()) return grant(condition, input.project, waiver);
    condition.why.en += " (waiver " + waiver.id + " does not count: " + problem.en + ")";
    condition.why.zh += "（豁免 " + waiver.id + " 无效：" + problem.zh + "）";
  }
}

// Two persons who are told apart only by what the command line says are not proved to be two.
void tell_asserted(Condition& condition) {
  if (!condition.asserted) return;
  condition.why.en += " [asserted: only the operating system's account says who this was]";
  condition.why.zh += "【自称身份：仅由操作系统账号表明】";
}

}  // namespace

std::string_view name_of(ConditionState state) {
  return fields::to_name(state_names, state);
}

GateResult gate(const GateInput& input) {
  namespace c = conditions;
  using Make = Condition (*)(const GateInput&);
  static constexpr Make all[] = {
      c::project, c::decisions,  c::customisation, c::findings, c::rehearsal, c::same_as_clone, c::checks,
      c::issues,  c::acceptance, c::fence,         c::backup,   c::rollback,  c::chaos,         c::drift,
      c::plan,    c::approval,   c::licence,       c::window,   c::standby,   c::date,          c::two_days};
  GateResult result;
  result.at = input.now;
  result.recipe = input.recipe;
  if (input.plan) result.plan = input.plan->digest();
  result.open = true;
  for (const Make make : all) {
    if (make == c::chaos && !input.project.require_chaos) continue;
    if (make == c::customisation && !input.customisation) continue;
    Condition condition = make(input);
    apply_waivers(condition, input);
    tell_asserted(condition);
    if (condition.measured_at) condition.age = input.now - *condition.measured_at;
    result.open &= condition.state == ConditionState::met || condition.state == ConditionState::waived;
    result.conditions.push_back(std::move(condition));
  }
  return result;
}

const Condition* GateResult::find(std::string_view id) const {
  for (const auto& condition : conditions)
    if (condition.id == id) return &condition;
  return nullptr;
}

void require_open(const GateResult& result) {
  if (result.open) return;
  Text detail;
  int closed = 0;
  for (const auto& condition : result.conditions) {
    if (condition.state == ConditionState::met || condition.state == ConditionState::waived) continue;
    ++closed;
    const std::string begin = detail.empty() ? "  " : "\n  ";
    const std::string remedy = "\n    → ";
    detail.en += begin + condition.title.en + ": " + condition.why.in(Language::english);
    detail.zh += begin + condition.title.zh + "：" + condition.why.in(Language::chinese);
    if (condition.remedy.empty()) continue;
    detail.en += remedy + condition.remedy.in(Language::english);
    detail.zh += remedy + condition.remedy.in(Language::chinese);
  }
  throw Error(Code::gate_closed, std::to_string(closed) + "/" + std::to_string(result.conditions.size()), detail);
}

void to_json(Json& json, const CloneComparison& value) {
  json = Json{{"format", 1},        {"clone", value.clone}, {"backup", value.backup},
              {"then", value.then}, {"now", value.now},     {"differences", value.differences}};
}

std::vector<RequiredCheck> required_checks(const Profile& profile, const Version& version) {
  std::vector<RequiredCheck> out;
  for (const auto& check : profile.checks)
    if (check.required && check.on_clone && check.version.contains(version))
      out.push_back({check.id, check.title, check.covers, check.kind == Check::Kind::manual});
  for (const auto& invariant : profile.invariants)
    if (invariant.required) out.push_back({invariant.id, invariant.title, invariant.covers, false});
  return out;
}

void to_json(Json& json, const Condition& value) {
  project_fields::Writer visit(json);
  visit("id", value.id);
  visit("covers", value.covers);
  visit("title", value.title);
  visit("state", std::string(name_of(value.state)));
  visit("evidence", value.evidence);
  visit("measured_at", value.measured_at);
  visit("age_ms", value.age);
  visit("why", value.why);
  visit("remedy", value.remedy);
  visit("waivable", value.waivable);
  visit("asserted", value.asserted);
  visit("waiver", value.waiver);
}

void to_json(Json& json, const GateResult& value) {
  project_fields::Writer visit(json);
  visit("format", 1);
  visit("open", value.open);
  visit("at", value.at);
  visit("recipe", value.recipe);
  visit("plan", value.plan);
  visit("conditions", value.conditions);
}

}  // namespace ferry
