#include "project/project.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "base/error.h"
#include "project/fields.h"

namespace ferry {
namespace {

constexpr std::pair<Role, std::string_view> role_names[] = {{Role::project_manager, "project_manager"},
                                                            {Role::vendor_engineer, "vendor_engineer"},
                                                            {Role::administrator, "administrator"},
                                                            {Role::tester, "tester"},
                                                            {Role::approver, "approver"},
                                                            {Role::developer, "developer"},
                                                            {Role::deployer, "deployer"}};
constexpr std::pair<AtLastSafeMoment, std::string_view> moment_names[] = {{AtLastSafeMoment::hold, "hold"},
                                                                          {AtLastSafeMoment::rollback, "rollback"}};

class Problems {
 public:
  Problems(const Project& project, const std::vector<TaskTemplate>& tasks) : project_(project), tasks_(tasks) {}

  std::vector<ProjectProblem> all() {
    whole();
    people();
    for (const auto& task : tasks_) responsible(task);
    approvers();
    departments();
    return std::move(out_);
  }

 private:
  void add(std::string id, std::vector<std::string> covers, Text message, Text remedy) {
    out_.push_back({std::move(id), std::move(covers), std::move(message), std::move(remedy)});
  }

  bool anybody(Role role) const {
    return std::any_of(project_.people.begin(), project_.people.end(), [&](const Person& p) { return p.has(role); });
  }

  void whole() {
    if (project_.customer.empty())
      add("no-customer", {"B1"}, {"the customer is not named", "未填写客户"}, {"Add 'customer'.", "请填写 customer。"});
    if (project_.contract_name.empty())
      add("no-contract-name", {"B6.2"}, {"the customer's name as in the contract is missing", "未填写合同上的客户名称"},
          {"Add 'contract_name': the licence must carry exactly this name.",
           "请填写 contract_name，许可证须与其完全一致。"});
    if (!project_.start)
      add("no-start", {"B1"}, {"the project has no start date", "未填写项目开始日期"},
          {"Add 'start: 2026-01-31'.", "请填写 start，例如 2026-01-31。"});
    if (project_.test_days < 1)
      add("no-test-days", {"B8"}, {"no days of customer test are agreed", "未商定客户测试天数"},
          {"Add 'test_days': one to two weeks are usual.", "请填写 test_days，通常为一至两周。"});
    owner();
  }

  void owner() {
    const Text remedy{"Name in 'owner' one person who answers for the whole and is no deployer.",
                      "请在 owner 中指定一名对全程负责且不是部署人员的人。"};
    const Person* owner = project_.find_person(project_.owner);
    if (owner == nullptr) {
      add("no-owner", {"A4"}, {"nobody is responsible for the whole", "没有人对项目全程负责"}, remedy);
      return;
    }
    if (owner->has(Role::deployer))
      add("owner-is-deployer", {"A4"},
          {owner->name + " owns the outcome and deploys: these must be two persons",
           owner->name + " 既是负责人又是部署人员，二者须由不同的人担任"},
          remedy);
    if (owner->contact.empty())
      add("owner-without-contact", {"A4"}, {"the owner's contact is missing", "缺少负责人的联系方式"},
          {"Add 'contact' to this person.", "请为该人员填写 contact。"});
  }

  void people() {
    if (!anybody(Role::project_manager))
      add("no-project-manager", {"B1"}, {"the project has no project manager", "项目没有项目经理"},
          {"Give one person the role project_manager.", "请为一人设置角色 project_manager。"});
    if (!anybody(Role::deployer))
      add("no-deployer", {"A4"}, {"nobody deploys", "没有部署人员"},
          {"Give one person, not the owner, the role deployer.", "请为一名非负责人的人员设置角色 deployer。"});
  }

  void responsible(const TaskTemplate& task) {
    const Text title = task.title.empty() ? Text{task.id, task.id} : task.title;
    const Text remedy{"Name the person under 'tasks: {" + task.id + ": ...}'; it takes the role " + task.role + ".",
                      "请在 tasks 中填写 " + task.id + " 的责任人，所需角色为 " + task.role + "。"};
    const auto named = project_.tasks.find(task.id);
    const Person* person = named == project_.tasks.end() ? nullptr : project_.find_person(named->second);
    if (person == nullptr) {
      add("task-without-person:" + task.id, {"A4"},
          {"nobody is responsible for '" + title.en + "'", "任务“" + title.zh + "”没有责任人"}, remedy);
      return;
    }
    if (!person->has(role_of(task.role)))
      add("role-does-not-fit:" + task.id, {"A4"},
          {person->name + " does not have the role for '" + title.en + "' (" + task.role + ")",
           person->name + " 不具备任务“" + title.zh + "”所需角色（" + task.role + "）"},
          remedy);
  }

  void approvers() {
    int able = 0;
    const Text remedy{"Name enough approvers under 'approvers'; each has the role approver and is no deployer.",
                      "请在 approvers 中填写足够的审批人，须具备 approver 角色且不是部署人员。"};
    for (const auto& id : std::set<std::string>(project_.approvers.begin(), project_.approvers.end())) {
      const Person* person = project_.find_person(id);
      if (person != nullptr && person->has(Role::approver) && !person->has(Role::deployer)) {
        ++able;
        continue;
      }
      add("approver-does-not-fit:" + id, {"D5"}, {id + " can't be an approver", id + " 不能担任审批人"}, remedy);
    }
    if (able < std::max(1, project_.approvals_needed))
      add("too-few-approvers", {"D5"},
          {std::to_string(able) + " approvers for " + std::to_string(std::max(1, project_.approvals_needed)) +
               " approvals needed",
           "需要 " + std::to_string(std::max(1, project_.approvals_needed)) + " 人审批，只有 " + std::to_string(able) +
               " 名审批人"},
          remedy);
  }

  void departments() {
    const Text remedy{"Name under 'departments' who signs for each.", "请在 departments 中填写各部门的签字人。"};
    if (project_.departments.empty())
      add("no-departments", {"B8"}, {"no department is named that tests and signs", "未指定测试并签字的部门"}, remedy);
    for (const auto& department : project_.departments)
      if (project_.find_person(department.signer) == nullptr)
        add("department-without-signer:" + department.id, {"B8"},
            {"nobody signs for department " + department.id, "部门 " + department.id + " 没有签字人"}, remedy);
  }

  const Project& project_;
  const std::vector<TaskTemplate>& tasks_;
  std::vector<ProjectProblem> out_;
};

Json json_of(const Person& person) {
  Json json{{"id", person.id},
            {"name", person.name},
            {"contact", person.contact},
            {"user", person.user},
            {"organisation", person.organisation},
            {"roles", Json::array()}};
  for (const Role role : person.roles) json["roles"].push_back(std::string(name_of(role)));
  return json;
}

Json json_of(const Standby& entry) {
  Json json;
  project_fields::Writer visit(json);
  visit("person", entry.person);
  visit("confirmed_at", entry.confirmed_at);
  visit("remote_access_tested_at", entry.remote_access_tested_at);
  visit("expires", entry.expires);
  return json;
}

Json json_of(const Department& department) {
  return {{"id", department.id}, {"title", department.title}, {"signer", department.signer}};
}

template <class T>
Json list_of_json(const std::vector<T>& items) {
  Json out = Json::array();
  for (const auto& item : items) out.push_back(json_of(item));
  return out;
}

Json json_of(const WorkingCalendar& calendar) {
  Json json{{"holidays", Json::array()}, {"extra_days", Json::array()}};
  for (const auto& day : calendar.holidays) json["holidays"].push_back(to_string(day));
  for (const auto& day : calendar.extra_days) json["extra_days"].push_back(to_string(day));
  return json;
}

}  // namespace

std::string_view name_of(Role role) {
  return fields::to_name(role_names, role);
}
Role role_of(std::string_view name) {
  return fields::from_name(role_names, name);
}
std::string_view name_of(AtLastSafeMoment value) {
  return fields::to_name(moment_names, value);
}

bool Person::has(Role role) const {
  return std::find(roles.begin(), roles.end(), role) != roles.end();
}

const Person* Project::find_person(std::string_view person_id) const {
  for (const auto& person : people)
    if (person.id == person_id) return &person;
  return nullptr;
}

const Person* Project::person_of_user(std::string_view os_user) const {
  if (os_user.empty()) return nullptr;
  for (const auto& person : people)
    if (person.user == os_user) return &person;
  return nullptr;
}

std::vector<ProjectProblem> problems(const Project& project, const std::vector<TaskTemplate>& tasks) {
  return Problems(project, tasks).all();
}

Milliseconds parse_duration(std::string_view text) {
  const auto wrong = [&] {
    return Error(Code::invalid_document, std::string(text),
                 Text{"a duration like 90s, 45m, 2h, 3d", "应为时长，如 90s、45m、2h、3d"});
  };
  Milliseconds sum(0);
  if (text.empty()) throw wrong();
  for (std::size_t at = 0; at < text.size();) {
    std::int64_t count = 0;
    const auto [end, error] = std::from_chars(text.data() + at, text.data() + text.size(), count);
    at = static_cast<std::size_t>(end - text.data());
    // A hundred years are enough, and keep the sum inside its type.
    if (error != std::errc{} || count < 0 || count > 3'000'000'000 || at >= text.size()) throw wrong();
    switch (text[at++]) {
      case 's':
        sum += std::chrono::seconds(count);
        break;
      case 'm':
        sum += std::chrono::minutes(count);
        break;
      case 'h':
        sum += std::chrono::hours(count);
        break;
      case 'd':
        sum += std::chrono::hours(24 * count);
        break;
      default:
        throw wrong();
    }
  }
  return sum;
}

void to_json(Json& json, const ProjectProblem& value) {
  json = Json{{"id", value.id}, {"covers", value.covers}, {"message", value.message}, {"remedy", value.remedy}};
}

void to_json(Json& json, const Project& value) {
  project_fields::Writer visit(json);
  visit("format", value.format);
  visit("id", value.id);
  visit("title", value.title);
  visit("customer", value.customer);
  visit("contract_name", value.contract_name);
  json["licence"] = Json(value.licence);
  visit("product", value.product);
  visit("owner", value.owner);
  json["people"] = list_of_json(value.people);
  visit("tasks", value.tasks);
  visit("start", value.start);
  visit("go_live", value.go_live);
  if (value.window)
    json["window"] = Json{{"start", to_string(value.window->start)},
                          {"end", to_string(value.window->end)},
                          {"reserve_ms", std::int64_t{value.window->reserve.count()}}};
  json["standby"] = list_of_json(value.standby);
  visit("approvers", value.approvers);
  visit("approvals_needed", value.approvals_needed);
  json["calendar"] = json_of(value.calendar);
  visit("test_days", value.test_days);
  json["departments"] = list_of_json(value.departments);
  visit("on_last_safe_moment", std::string(name_of(value.on_last_safe_moment)));
  visit("require_chaos", value.require_chaos);
  Json limits;
  project_fields::Writer limit(limits);
  limit("backup_ms", value.limits.backup);
  limit("survey_ms", value.limits.survey);
  limit("fence_ms", value.limits.fence);
  limit("remote_access_ms", value.limits.remote_access);
  limit("approval_ms", value.limits.approval);
  limit("licence_ms", value.limits.licence);
  json["limits"] = std::move(limits);
  if (!value.notify.run.empty())
    json["notify"] = Json{{"run", value.notify.run},
                          {"within_ms", std::int64_t{value.notify.within.count()}},
                          {"language", value.notify.language == Language::english ? "en" : "zh"}};
}

}  // namespace ferry
