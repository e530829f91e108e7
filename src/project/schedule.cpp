#include "project/schedule.h"

#include <algorithm>
#include <map>

#include "base/error.h"
#include "project/fields.h"

namespace ferry {
namespace {

// Half days are counted from 1970-01-01: 2 * day for the morning, + 1 for the afternoon.
using Slot = std::int64_t;

Slot morning(Date date) {
  return Slot{date.time_since_epoch().count()} * 2;
}
Date day_of(Slot slot) {
  return Date(std::chrono::days(slot / 2));
}

class HalfDays {
 public:
  HalfDays(const WorkingCalendar& calendar, bool every_day) : calendar_(calendar), every_day_(every_day) {}

  Slot first_free(Slot slot) const {
    while (!every_day_ && !calendar_.is_working_day(day_of(slot))) slot = morning(day_of(slot) + std::chrono::days(1));
    return slot;
  }
  // The slot after the last of `count` half days that begin at or after `slot`.
  Slot after(Slot slot, int count) const {
    slot = first_free(slot);
    for (int i = 0; i < count; ++i) slot = i + 1 < count ? first_free(slot + 1) : slot + 1;
    return slot;
  }

 private:
  const WorkingCalendar& calendar_;
  bool every_day_;
};

struct Span {
  Slot begin = 0;
  Slot end = 0;  // the slot after the last
};

struct Node {
  ScheduledTask task;
  TaskActual actual;
  bool fixed = false;  // needs no work, only time: today does not move it
  Span baseline, forecast;
  int follows = -1;  // the dependency that ends last
  std::vector<int> after;
};

bool before_production(const Node& node) {
  return node.task.stage != "production" && node.task.stage != "watch";
}

class Planner {
 public:
  explicit Planner(const ScheduleInput& input) : input_(input) {
    if (!input.project.start)
      throw Error(Code::project_incomplete, input.project.id,
                  Text{"the project has no start date (start)", "项目没有开始日期（start）"});
    start_ = morning(*input.project.start);
  }

  Schedule plan() {
    collect();
    connect();
    sort_by_dependency();
    for (const int index : order_)
      if (before_production(nodes_[index])) place(nodes_[index], start_, start_, workdays());
    Schedule out = frame();
    place_production(out);
    finish(out);
    return out;
  }

 private:
  HalfDays workdays() const { return {input_.project.calendar, false}; }

  int estimate(const TaskTemplate& task) const {
    if (task.stage == "accept" && task.role == "tester") return std::max(0, input_.project.test_days) * 2;
    if (input_.customised && task.half_days_if_customised > 0) return task.half_days_if_customised;
    return std::max(0, task.half_days);
  }

  void collect() {
    for (const auto& task : input_.tasks) {
      Node node;
      node.task.id = task.id;
      node.task.title = task.title;
      node.task.stage = task.stage;
      node.task.role = task.role;
      node.task.after = task.after;
      node.task.covers = task.covers;
      node.task.half_days = estimate(task);
      const auto person = input_.project.tasks.find(task.id);
      if (person != input_.project.tasks.end()) node.task.person = person->second;
      for (const auto& actual : input_.actuals)
        if (actual.task == task.id) node.actual = actual;
      nodes_.push_back(std::move(node));
    }
    add_preparation_week();
    for (const auto& issue : input_.issues)
      if (issue.open && issue.promised) add_issue(issue);
  }

  void add_preparation_week() {
    Node node;
    node.fixed = true;
    node.task.id = "preparation-week";
    node.task.title = {"At least one week of preparation", "至少一周的准备"};
    node.task.stage = "prepare";
    node.task.covers = {"B1"};
    node.task.half_days = 10;
    nodes_.push_back(std::move(node));
  }

  void add_issue(const Issue& issue) {
    Node node;
    node.task.id = "issue:" + issue.id;
    node.task.title = {"Solved: " + issue.title.in(Language::english),
                       "解决问题：" + issue.title.in(Language::chinese)};
    node.task.stage = "accept";
    node.task.covers = {"B9"};
    node.actual.promised = issue.promised;
    nodes_.push_back(std::move(node));
  }

  int index_of(const std::string& id, const std::string& wanted_by) const {
    for (std::size_t i = 0; i < nodes_.size(); ++i)
      if (nodes_[i].task.id == id) return static_cast<int>(i);
    throw Error(Code::invalid_document, Text{"task " + wanted_by, "任务 " + wanted_by},
                Text{"'after' names a task that does not exist: " + id, "after 项指定的任务不存在：" + id});
  }

  // Beside the dependencies written down: all of production waits for everything before it, the watch for production.
  void connect() {
    for (auto& node : nodes_) {
      for (const auto& id : node.task.after) node.after.push_back(index_of(id, node.task.id));
      if (before_production(node)) continue;
      for (std::size_t i = 0; i < nodes_.size(); ++i)
        if (before_production(nodes_[i]) || (node.task.stage == "watch" && nodes_[i].task.stage == "production"))
          node.after.push_back(static_cast<int>(i));
    }
  }

  void sort_by_dependency() {
    std::vector<int> seen(nodes_.size(), 0);
    for (std::size_t i = 0; i < nodes_.size(); ++i) visit(static_cast<int>(i), seen);
  }
  void visit(int index, std::vector<int>& seen) {
    if (seen[index] == 2) return;
    if (seen[index] == 1)
      throw Error(Code::invalid_document, Text{"task " + nodes_[index].task.id, "任务 " + nodes_[index].task.id},
                  Text{"the tasks wait for each other in a circle", "任务相互等待，形成循环"});
    seen[index] = 1;
    for (const int other : nodes_[index].after) visit(other, seen);
    seen[index] = 2;
    order_.push_back(index);
  }

  void place(Node& node, Slot baseline_from, Slot forecast_from, const HalfDays& days) {
    Slot latest = 0;
    for (const int index : node.after) {
      const Node& other = nodes_[index];
      baseline_from = std::max(baseline_from, other.baseline.end);
      forecast_from = std::max(forecast_from, other.forecast.end);
      if (other.forecast.end > latest) {
        latest = other.forecast.end;
        node.follows = index;
      }
    }
    const int work = node.task.half_days;
    node.baseline = {days.first_free(baseline_from), days.after(baseline_from, work)};
    node.forecast = node.fixed ? Span{days.first_free(forecast_from), days.after(forecast_from, work)}
                               : forecast(node, forecast_from, days);
  }

  Span forecast(const Node& node, Slot from, const HalfDays& days) const {
    const auto& actual = node.actual;
    const Slot today = morning(input_.today);
    if (actual.done) {
      const Slot end = morning(*actual.done + std::chrono::days(1));
      const Slot begin = actual.started ? morning(*actual.started) : from;
      return {std::min(begin, end - 2), end};
    }
    // What has not begun can't begin in the past, what has not ended can't have ended.
    const Slot begin = actual.started ? morning(*actual.started) : days.first_free(std::max(from, today));
    Slot end = days.after(begin, node.task.half_days);
    if (actual.promised) end = std::max(morning(*actual.promised + std::chrono::days(1)), days.first_free(begin) + 1);
    if (actual.started || actual.promised) end = std::max(end, days.first_free(today) + 1);
    return {begin, end};
  }

  Schedule frame() const {
    Schedule out;
    out.today = input_.today;
    out.start = *input_.project.start;
    out.calendar = input_.project.calendar;
    Slot ready = start_ + 1;
    for (const auto& node : nodes_)
      if (before_production(node)) ready = std::max(ready, node.forecast.end);
    out.ready_on = day_of(ready - 1);
    out.earliest_go_live = out.calendar.next_working_day(std::max(out.ready_on + std::chrono::days(1), input_.today));
    return out;
  }

  // On the agreed date if that is possible, else on the earliest. Systems are upgraded when nobody works: a date that
  // is no working day makes the following days count as well.
  void place_production(const Schedule& out) {
    const auto agreed = input_.project.go_live;
    const bool possible = agreed && *agreed > out.ready_on;
    const Date day = possible ? *agreed : out.earliest_go_live;
    const HalfDays days(input_.project.calendar, possible && !input_.project.calendar.is_working_day(day));
    for (const int index : order_) {
      Node& node = nodes_[index];
      if (before_production(node)) continue;
      const Slot from = node.task.stage == "production" ? morning(day) : Slot{0};
      place(node, from, from, node.task.stage == "production" ? days : workdays());
    }
  }

  int longest_production() const {
    std::map<int, int> length;
    int longest = 0;
    for (const int index : order_) {
      if (nodes_[index].task.stage != "production") continue;
      int before = 0;
      for (const int other : nodes_[index].after)
        if (length.contains(other)) before = std::max(before, length.at(other));
      length[index] = before + nodes_[index].task.half_days;
      longest = std::max(longest, length[index]);
    }
    return longest;
  }

  void finish(Schedule& out) {
    out.production_half_days = longest_production();
    out.production_fits_two_days = out.production_half_days <= 4;
    int last = -1;
    for (std::size_t i = 0; i < nodes_.size(); ++i)
      if (before_production(nodes_[i]) && (last < 0 || nodes_[i].forecast.end > nodes_[last].forecast.end))
        last = static_cast<int>(i);
    for (; last >= 0; last = nodes_[last].follows) {
      nodes_[last].task.critical = true;
      out.chain.insert(out.chain.begin(), nodes_[last].task.id);
    }
    for (auto& node : nodes_) out.tasks.push_back(row_of(node));
    std::stable_sort(out.tasks.begin(), out.tasks.end(), [](const ScheduledTask& a, const ScheduledTask& b) {
      return std::pair(a.start, a.starts_at_noon) < std::pair(b.start, b.starts_at_noon);
    });
  }

  ScheduledTask row_of(const Node& node) const {
    ScheduledTask row = node.task;
    const auto last = [](const Span& span) { return std::max(span.begin, span.end - 1); };
    row.baseline_start = day_of(node.baseline.begin);
    row.baseline_end = day_of(last(node.baseline));
    row.start = day_of(node.forecast.begin);
    row.end = day_of(last(node.forecast));
    row.starts_at_noon = node.forecast.begin % 2 == 1;
    row.ends_at_noon = node.forecast.end % 2 == 1;
    row.done = node.actual.done;
    row.promised = node.actual.promised;
    const auto& calendar = input_.project.calendar;
    const auto day = std::chrono::days(1);
    row.late_days = row.end > row.baseline_end ? calendar.working_days(row.baseline_end + day, row.end)
                                               : -calendar.working_days(row.end + day, row.baseline_end);
    return row;
  }

  const ScheduleInput& input_;
  Slot start_ = 0;
  std::vector<Node> nodes_;
  std::vector<int> order_;
};

}  // namespace

const ScheduledTask* Schedule::find(std::string_view id) const {
  for (const auto& task : tasks)
    if (task.id == id) return &task;
  return nullptr;
}

Schedule make_schedule(const ScheduleInput& input) {
  return Planner(input).plan();
}

}  // namespace ferry
