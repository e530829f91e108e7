// Answers about the go-live date, and the letter to the customer.
#include <algorithm>

#include "base/error.h"
#include "project/fields.h"
#include "project/schedule.h"

namespace ferry {
namespace {

std::string span(const ScheduledTask& task) {
  return task.start == task.end ? to_string(task.start) : to_string(task.start) + " - " + to_string(task.end);
}

std::string line(const ScheduledTask& task, Language language) {
  const bool chinese = language == Language::chinese;
  std::string out = "  " + span(task) + "  " + task.title.in(language);
  if (task.done)
    out += chinese ? "（已完成）" : " (done)";
  else if (task.promised)
    out += (chinese ? "（承诺日期 " : " (promised for ") + to_string(*task.promised) + (chinese ? "）" : ")");
  if (task.late_days > 0)
    out += chinese ? "，比计划晚 " + std::to_string(task.late_days) + " 个工作日"
                   : ", " + std::to_string(task.late_days) + " working days later than planned";
  return out;
}

std::string lines(const std::vector<ScheduledTask>& chain, Language language) {
  std::string out;
  for (const auto& task : chain) out += (out.empty() ? "" : "\n") + line(task, language);
  return out;
}

Text explain(const Schedule& schedule, const GoLiveAnswer& answer) {
  const std::string asked = to_string(answer.asked);
  const std::string ready = to_string(schedule.ready_on);
  if (answer.possible)
    return {asked + " is possible: everything before production ends on " + ready + ".",
            asked + " 可行：正式升级之前的工作于 " + ready + " 结束。"};
  const std::string earliest = to_string(answer.earliest);
  if (answer.chain.empty() || answer.asked > schedule.ready_on)
    return {asked + " has passed. The earliest date is " + earliest + ".",
            asked + " 已过。最早日期为 " + earliest + "。"};
  return {asked + " is impossible; the earliest date is " + earliest +
              ". Each of these waits for the one before it:\n" + lines(answer.chain, Language::english),
          asked + " 无法实现，最早日期为 " + earliest + "。以下工作须依次完成：\n" +
              lines(answer.chain, Language::chinese)};
}

std::string and_names(const Project& project) {
  const Person* owner = project.find_person(project.owner);
  return owner == nullptr ? project.owner : owner->name;
}

std::string letter_en(const Project& project, const Schedule& schedule, const GoLiveAnswer& answer) {
  const std::string asked = to_string(answer.asked);
  std::string out =
      "To: " + project.customer + "\nSubject: " + project.title.in(Language::english) + ", go-live date\n\n";
  if (answer.possible)
    out += "You asked for the upgrade of your production system on " + asked +
           ". The date can be kept: the work that " + "comes before it ends on " + to_string(schedule.ready_on) + ".";
  else
    out += "You asked for the upgrade of your production system on " + asked +
           ". We can't keep this date. The earliest " + "date is " + to_string(answer.earliest) +
           ".\n\nThe reason is the work that must be done before it, in this " + "order, on working days:\n\n" +
           lines(answer.chain, Language::english) +
           "\n\nNone of it can be left out. The upgrade is first carried out on a copy of your system with the very " +
           "packages that production will get; your departments test that copy for " +
           std::to_string(project.test_days) + " working days and sign; a backup is made and restored once before " +
           "anything is changed. An upgrade within one or two days would put your data at risk.";
  out +=
      "\n\nProduction itself is planned for " + std::to_string((schedule.production_half_days + 1) / 2) +
      " working day(s)" +
      (schedule.production_fits_two_days ? "."
                                         : ", more than the two days that are usual; we will agree on this with you.");
  out += "\n\nThe date moves when packages or answers come later than promised; we tell you at once.\n\n" +
         and_names(project) + "\n" + to_string(schedule.today) + "\n";
  return out;
}

std::string letter_zh(const Project& project, const Schedule& schedule, const GoLiveAnswer& answer) {
  const std::string asked = to_string(answer.asked);
  std::string out = "致：" + project.customer + "\n事由：" + project.title.in(Language::chinese) + " 上线日期\n\n";
  if (answer.possible)
    out += "贵方希望于 " + asked + " 升级正式系统。该日期可行：此前的各项工作将于 " + to_string(schedule.ready_on) +
           " 结束。";
  else
    out += "贵方希望于 " + asked + " 升级正式系统。该日期无法实现，最早日期为 " + to_string(answer.earliest) +
           "。\n\n原因是此前须依次完成下列工作（按工作日计）：\n\n" + lines(answer.chain, Language::chinese) +
           "\n\n以上各项均不可省略：须先在贵方系统的副本上使用与正式系统完全相同的升级包完成升级；由贵方各部门测试 " +
           std::to_string(project.test_days) +
           " 个工作日并签字确认；任何更改之前须完成备份并经过一次还原验证。若在一两天内仓促升级，将危及贵方数据安全。";
  out += "\n\n正式升级计划用时 " + std::to_string((schedule.production_half_days + 1) / 2) + " 个工作日" +
         (schedule.production_fits_two_days ? "。" : "，超出通常的两个工作日，将与贵方另行商定。");
  out += "\n\n如升级包或贵方答复晚于承诺日期，上线日期将相应顺延，我们会第一时间告知。\n\n" + and_names(project) +
         "\n" + to_string(schedule.today) + "\n";
  return out;
}

template <class Visitor, class Value>
void actual_members(Visitor visit, Value& value) {
  visit("task", value.task);
  visit("started", value.started);
  visit("done", value.done);
  visit("promised", value.promised);
  visit("by", value.by);
}

template <class Visitor, class Value>
void request_members(Visitor visit, Value& value) {
  visit("id", value.id);
  visit("task", value.task);
  visit("items", value.items);
  visit("customised", value.customised);
  visit("requested", value.requested);
  visit("promised", value.promised);
  visit("received", value.received);
}

}  // namespace

GoLiveAnswer check_go_live(const Schedule& schedule, Date date) {
  GoLiveAnswer answer;
  answer.asked = date;
  answer.earliest = schedule.earliest_go_live;
  answer.possible = date > schedule.ready_on && date >= schedule.today;
  if (!answer.possible)
    for (const auto& id : schedule.chain) answer.chain.push_back(*schedule.find(id));
  answer.explanation = explain(schedule, answer);
  return answer;
}

void require_go_live(const Schedule& schedule, Date date, Language language) {
  const auto answer = check_go_live(schedule, date);
  if (!answer.possible) throw Error(Code::impossible_date, to_string(date), answer.explanation.in(language));
}

Text go_live_letter(const Project& project, const Schedule& schedule, const GoLiveAnswer& answer) {
  return {letter_en(project, schedule, answer), letter_zh(project, schedule, answer)};
}

std::vector<TaskActual> merge_actuals(const std::vector<TaskActual>& entries) {
  std::vector<TaskActual> out;
  for (const auto& entry : entries) {
    auto found = std::find_if(out.begin(), out.end(), [&](const TaskActual& one) { return one.task == entry.task; });
    if (found == out.end()) {
      out.push_back(entry);
      continue;
    }
    if (entry.started) found->started = entry.started;
    if (entry.done) found->done = entry.done;
    if (entry.promised) found->promised = entry.promised;
    if (!entry.by.empty()) found->by = entry.by;
  }
  return out;
}

Date expected(const PackageRequest& request, const WorkingCalendar& calendar, Date today) {
  if (request.received) return *request.received;
  const Date work_begins = calendar.next_working_day(request.requested + std::chrono::days(1));
  const Date usual = calendar.end_of_work(work_begins, request.customised ? 10 : 4);
  return std::max(request.promised.value_or(usual), today);
}

TaskActual actual_of(const PackageRequest& request, const WorkingCalendar& calendar, Date today) {
  TaskActual actual;
  actual.task = request.task;
  actual.started = request.requested;
  actual.done = request.received;
  if (!request.received) actual.promised = expected(request, calendar, today);
  return actual;
}

void to_json(Json& json, const TaskActual& value) {
  actual_members(project_fields::Writer(json), value);
}
void from_json(const Json& json, TaskActual& value) {
  value = TaskActual{};
  actual_members(project_fields::Reader(json), value);
}
void to_json(Json& json, const PackageRequest& value) {
  request_members(project_fields::Writer(json), value);
}
void from_json(const Json& json, PackageRequest& value) {
  value = PackageRequest{};
  request_members(project_fields::Reader(json), value);
}

void to_json(Json& json, const ScheduledTask& value) {
  project_fields::Writer visit(json);
  visit("id", value.id);
  visit("title", value.title);
  visit("stage", value.stage);
  visit("role", value.role);
  visit("person", value.person);
  visit("after", value.after);
  visit("covers", value.covers);
  visit("half_days", value.half_days);
  visit("baseline_start", value.baseline_start);
  visit("baseline_end", value.baseline_end);
  visit("start", value.start);
  visit("end", value.end);
  visit("starts_at_noon", value.starts_at_noon);
  visit("ends_at_noon", value.ends_at_noon);
  visit("done", value.done);
  visit("promised", value.promised);
  visit("late_days", value.late_days);
  visit("critical", value.critical);
}

void to_json(Json& json, const Schedule& value) {
  project_fields::Writer visit(json);
  visit("today", value.today);
  visit("start", value.start);
  visit("tasks", value.tasks);
  visit("chain", value.chain);
  visit("ready_on", value.ready_on);
  visit("earliest_go_live", value.earliest_go_live);
  visit("production_half_days", value.production_half_days);
  visit("production_fits_two_days", value.production_fits_two_days);
}

}  // namespace ferry
