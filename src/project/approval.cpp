#include "project/approval.h"

#include <algorithm>

#include "base/error.h"
#include "base/id.h"
#include "project/fields.h"

namespace ferry {
namespace {

constexpr std::pair<Actor::Proof, std::string_view> proof_names[] = {{Actor::Proof::asserted, "asserted"},
                                                                     {Actor::Proof::login, "login"}};
std::string_view name_of(Actor::Proof proof) {
  return fields::to_name(proof_names, proof);
}
Actor::Proof proof_of(std::string_view name) {
  return fields::from_name(proof_names, name);
}

template <class Visitor, class Value>
void actor_members(Visitor visit, Value& value) {
  visit("person", value.person);
  visit("user", value.user);
  std::string proof(name_of(value.proof));
  visit("proof", proof);
  if constexpr (!std::is_const_v<Value>) value.proof = proof_of(proof);
}

template <class Visitor, class Value>
void approval_members(Visitor visit, Value& value) {
  visit("id", value.id);
  visit("recipe", value.recipe);
  visit("plan", value.plan);
  visit("by", value.by);
  visit("comment", value.comment);
  visit("at", value.at);
  visit("expires", value.expires);
}

template <class Visitor, class Value>
void acceptance_members(Visitor visit, Value& value) {
  visit("id", value.id);
  visit("department", value.department);
  visit("recipe", value.recipe);
  visit("by", value.by);
  visit("accepted", value.accepted);
  visit("comment", value.comment);
  visit("at", value.at);
}

template <class Visitor, class Value>
void carried_members(Visitor visit, Value& value) {
  visit("check", value.check);
  visit("evidence", value.evidence);
  visit("recipe", value.recipe);
  visit("by", value.by);
  visit("reason", value.reason);
  visit("at", value.at);
}

template <class Visitor, class Value>
void waiver_members(Visitor visit, Value& value) {
  visit("id", value.id);
  visit("condition", value.condition);
  visit("recipe", value.recipe);
  visit("reason", value.reason);
  visit("requested_by", value.requested_by);
  visit("confirmed_by", value.confirmed_by);
  visit("at", value.at);
  visit("expires", value.expires);
  visit("difference", value.difference);
}

// Why this person's yes to a plan does not count; empty when it does.
Text approver_problem(const Project& project, const std::string& person, const std::string& plan_author) {
  const Person* who = project.find_person(person);
  if (who == nullptr) return {person + " is not in the project", person + " 不在项目中"};
  const bool named = std::find(project.approvers.begin(), project.approvers.end(), person) != project.approvers.end();
  if (!named || !who->has(Role::approver))
    return {who->name + " is not an approver of this project", who->name + " 不是本项目的审批人"};
  if (person == plan_author)
    return {who->name + " made the plan: somebody else must approve it", who->name + " 是方案编制人，须由他人审批"};
  if (who->has(Role::deployer))
    return {who->name + " is a deployer and can't approve", who->name + " 是部署人员，不能审批"};
  return {};
}

void require(const Text& problem) {
  if (!problem.empty()) throw Error(Code::not_allowed, problem);
}

Text digest_problem(const Approval& approval, const Digest& recipe, const Digest& plan, Moment now) {
  if (approval.recipe != recipe)
    return {"it names another recipe (" + approval.recipe.brief() + ")",
            "所审批的是另一个升级配方（" + approval.recipe.brief() + "）"};
  if (approval.plan != plan)
    return {"it names another plan (" + approval.plan.brief() + ")",
            "所审批的是另一个方案（" + approval.plan.brief() + "）"};
  if (approval.expires <= now)
    return {"it expired on " + to_string(approval.expires), "已于 " + to_string(approval.expires) + " 过期"};
  return {};
}

}  // namespace

Actor actor_of(const Project& project, const std::string& os_user, const std::string& claimed) {
  if (claimed.empty()) {
    const Person* who = project.person_of_user(os_user);
    if (who == nullptr)
      throw Error(Code::not_allowed, os_user,
                  Text{"no person of the project has this account (people: user)",
                       "项目中没有人员使用该账号（people 的 user 项）"});
    return {who->id, os_user, Actor::Proof::asserted};
  }
  const Person* who = project.find_person(claimed);
  if (who == nullptr) throw Error(Code::not_allowed, claimed, Text{"not in the project", "不是项目人员"});
  if (!who->user.empty() && who->user != os_user)
    throw Error(
        Code::not_allowed, claimed,
        Text{"acts with account " + who->user + ", not " + os_user, "应使用账号 " + who->user + "，而不是 " + os_user});
  return {who->id, os_user, Actor::Proof::asserted};
}

Approval make_approval(const Project& project, const Actor& by, const std::string& plan_author, const Digest& recipe,
                       const Digest& plan, std::string comment, Moment now) {
  require(approver_problem(project, by.person, plan_author));
  Approval approval;
  approval.id = new_id("approval", now);
  approval.recipe = recipe;
  approval.plan = plan;
  approval.by = by;
  approval.comment = std::move(comment);
  approval.at = now;
  approval.expires = now + project.limits.approval;
  return approval;
}

ApprovalState approval_state(const Project& project, const std::vector<Approval>& approvals, const Digest& recipe,
                             const Digest& plan, const std::string& plan_author, Moment now) {
  ApprovalState state;
  state.needed = std::max(1, project.approvals_needed);
  for (const auto& approval : approvals) {
    Text why = digest_problem(approval, recipe, plan, now);
    if (!why.empty()) state.stale = true;
    if (why.empty()) why = approver_problem(project, approval.by.person, plan_author);
    const auto same = std::find_if(state.valid.begin(), state.valid.end(), [&](const Approval& other) {
      return other.by.person == approval.by.person || (!approval.by.user.empty() && other.by.user == approval.by.user);
    });
    if (why.empty() && same != state.valid.end())
      why = {"the same person or account has approved already", "同一人员或账号已审批过"};
    if (why.empty())
      state.valid.push_back(approval);
    else
      state.rejected.emplace_back(approval, why);
  }
  for (const auto& approval : state.valid) state.asserted |= approval.by.proof == Actor::Proof::asserted;
  state.enough = static_cast<int>(state.valid.size()) >= state.needed;
  return state;
}

Acceptance make_acceptance(const Project& project, const Actor& by, const std::string& department, const Digest& recipe,
                           bool accepted, std::string comment, Moment now) {
  const auto found = std::find_if(project.departments.begin(), project.departments.end(),
                                  [&](const Department& item) { return item.id == department; });
  if (found == project.departments.end())
    throw Error(Code::not_found, Text{"department " + department, "部门 " + department});
  if (found->signer != by.person)
    throw Error(Code::not_allowed, by.person,
                Text{"signer of department " + department + " is " + found->signer,
                     "部门 " + department + " 的签字人是 " + found->signer});
  Acceptance acceptance;
  acceptance.id = new_id("acceptance", now);
  acceptance.department = department;
  acceptance.recipe = recipe;
  acceptance.by = by;
  acceptance.accepted = accepted;
  acceptance.comment = std::move(comment);
  acceptance.at = now;
  return acceptance;
}

std::vector<RelativePath> touched_by(const Check& check, const std::vector<RelativePath>& changed) {
  if (check.touches.empty()) return changed;
  std::vector<RelativePath> out;
  for (const auto& path : changed)
    if (std::any_of(check.touches.begin(), check.touches.end(),
                    [&](const RelativePath& tested) { return path.is_under(tested) || tested.is_under(path); }))
      out.push_back(path);
  return out;
}

Text waiver_problem(const Project& project, const Waiver& waiver, const Digest& recipe, Moment now) {
  if (waiver.reason.find_first_not_of(" \t\r\n") == std::string::npos)
    return {"the waiver gives no reason", "豁免未说明理由"};
  if (waiver.recipe != recipe) return {"the waiver is for another recipe", "豁免针对的是另一个升级配方"};
  if (waiver.expires <= now)
    return {"the waiver expired on " + to_string(waiver.expires), "豁免已于 " + to_string(waiver.expires) + " 过期"};
  if (!waiver.confirmed_by) return {"a second person has not confirmed the waiver", "豁免尚未经第二人确认"};
  const auto& first = waiver.requested_by;
  const auto& second = *waiver.confirmed_by;
  if (first.person == second.person)
    return {"both signatures under the waiver are of the same person", "豁免的两个签名属于同一人"};
  if (!first.user.empty() && first.user == second.user)
    return {"both signatures under the waiver came from the same account", "豁免的两个签名来自同一账号"};
  if (project.find_person(first.person) == nullptr)
    return {first.person + " is not in the project", first.person + " 不在项目中"};
  const Person* approver = project.find_person(second.person);
  if (approver == nullptr || !approver->has(Role::approver) || approver->has(Role::deployer))
    return {second.person + " may not confirm a waiver: an approver who is not a deployer may",
            second.person + " 无权确认豁免：须为审批人且不是部署人员"};
  return {};
}

std::vector<Waiver> latest(const std::vector<Waiver>& waivers) {
  std::vector<Waiver> out;
  for (const auto& waiver : waivers) {
    const auto known = std::find_if(out.begin(), out.end(), [&](const Waiver& one) { return one.id == waiver.id; });
    if (known == out.end())
      out.push_back(waiver);
    else
      *known = waiver;
  }
  return out;
}

Waiver confirm_waiver(const Project& project, Waiver waiver, const Actor& by, const Digest& recipe, Moment now) {
  waiver.confirmed_by = by;
  require(waiver_problem(project, waiver, recipe, now));
  return waiver;
}

bool rests_on_accounts(const Waiver& waiver) {
  return waiver.requested_by.proof == Actor::Proof::asserted ||
         (waiver.confirmed_by && waiver.confirmed_by->proof == Actor::Proof::asserted);
}

Text waiver_text(const Project& project, const Waiver& waiver) {
  const auto name = [&](const Actor& actor) {
    const Person* person = project.find_person(actor.person);
    return person == nullptr ? actor.person : person->name;
  };
  const std::string until = to_string(waiver.expires);
  const std::string first = name(waiver.requested_by), second = name(*waiver.confirmed_by);
  return {"until " + until + " by " + first + " and " + second + ": " + waiver.reason,
          "至 " + until + "，由 " + first + " 和 " + second + " 签署：" + waiver.reason};
}

void to_json(Json& json, const Actor& value) {
  actor_members(project_fields::Writer(json), value);
}
void from_json(const Json& json, Actor& value) {
  value = Actor{};
  actor_members(project_fields::Reader(json), value);
}
void to_json(Json& json, const Approval& value) {
  approval_members(project_fields::Writer(json), value);
}
void from_json(const Json& json, Approval& value) {
  value = Approval{};
  approval_members(project_fields::Reader(json), value);
}
void to_json(Json& json, const Acceptance& value) {
  acceptance_members(project_fields::Writer(json), value);
}
void from_json(const Json& json, Acceptance& value) {
  value = Acceptance{};
  acceptance_members(project_fields::Reader(json), value);
}
void to_json(Json& json, const CarriedResult& value) {
  carried_members(project_fields::Writer(json), value);
}
void from_json(const Json& json, CarriedResult& value) {
  value = CarriedResult{};
  carried_members(project_fields::Reader(json), value);
}
void to_json(Json& json, const Waiver& value) {
  waiver_members(project_fields::Writer(json), value);
}
void from_json(const Json& json, Waiver& value) {
  value = Waiver{};
  waiver_members(project_fields::Reader(json), value);
}

}  // namespace ferry
