// From task templates to dates (REQUIREMENTS A5, B1, B3 lead times, B9 promised dates, E12). Counted in half days on
// the working calendar. Pure: "today" is given.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "project/issue.h"
#include "project/project.h"

namespace ferry {

// What is known about a task beside its estimate.
struct TaskActual {
  std::string task;
  std::optional<Date> started;
  std::optional<Date> done;
  std::optional<Date> promised;  // by whoever delivers it: counts instead of the estimate until it is done
  std::string by;                // who said so
};
void to_json(Json& json, const TaskActual& value);
void from_json(const Json& json, TaskActual& value);
// Later entries complete earlier ones of the same task.
std::vector<TaskActual> merge_actuals(const std::vector<TaskActual>& entries);

// A request for packages that is on its way (B3): 1-2 working days, 3-5 with customisation; the upper ends count.
struct PackageRequest {
  std::string id;
  std::string task;  // the task it belongs to
  std::vector<std::string> items;
  bool customised = false;
  Date requested;
  std::optional<Date> promised;
  std::optional<Date> received;
};
void to_json(Json& json, const PackageRequest& value);
void from_json(const Json& json, PackageRequest& value);
// When it is there: received, else promised, else requested + lead time; never before `today` while it is not received.
Date expected(const PackageRequest& request, const WorkingCalendar& calendar, Date today);
TaskActual actual_of(const PackageRequest& request, const WorkingCalendar& calendar, Date today);

struct ScheduleInput {
  Project project;                  // start, calendar, test_days, responsible persons
  std::vector<TaskTemplate> tasks;  // the profile's
  bool customised = false;          // the survey found customisation
  std::vector<TaskActual> actuals;
  std::vector<Issue> issues;  // open ones with a promised date hold production until then
  Date today;
};

struct ScheduledTask {
  std::string id;
  Text title;
  std::string stage;
  std::string role;
  std::string person;  // responsible; empty: nobody yet
  std::vector<std::string> after;
  std::vector<std::string> covers;
  int half_days = 0;                  // estimate used
  Date baseline_start, baseline_end;  // from estimates alone
  Date start, end;                    // forecast: actuals and promises counted; both days included
  bool starts_at_noon = false;
  bool ends_at_noon = false;
  std::optional<Date> done;
  std::optional<Date> promised;
  int late_days = 0;  // working days later than the baseline; negative: earlier
  bool critical = false;
};

struct Schedule {
  Date today;
  Date start;
  std::vector<ScheduledTask> tasks;      // by start, then as in the profile; with rows for promised issues ("issue:ID")
                                         // and for the week of preparation ("preparation-week", B1)
  std::vector<std::string> chain;        // critical chain: ids of the tasks that determine go-live, first to last
  Date ready_on;                         // last day of work before production
  Date earliest_go_live;                 // first working day after it
  int production_half_days = 0;          // longest chain of production tasks
  bool production_fits_two_days = true;  // <= 4 half days
  WorkingCalendar calendar;

  const ScheduledTask* find(std::string_view id) const;
};
void to_json(Json& json, const ScheduledTask& value);
void to_json(Json& json, const Schedule& value);

// `project.test_days` replaces the estimate of testers' tasks of the stage accept.
// Production begins only when everything of the stages prepare, test and accept has ended (A5.1), and not within the
// first five working days (B1). Throws Error(invalid_document) on a dependency that does not exist or a cycle;
// Error(project_incomplete) without a start date.
Schedule make_schedule(const ScheduleInput& input);

struct GoLiveAnswer {
  bool possible = false;
  Date asked;
  Date earliest;
  std::vector<ScheduledTask> chain;  // what makes an earlier date impossible
  Text explanation;                  // several lines
};
// Any day after `ready_on` is possible, weekends too: that is when systems may stand still.
GoLiveAnswer check_go_live(const Schedule& schedule, Date date);
// Throws Error(impossible_date) whose detail is the explanation.
void require_go_live(const Schedule& schedule, Date date, Language language = Language::english);
// The letter that tells the customer so (A5): paragraphs parted by an empty line.
Text go_live_letter(const Project& project, const Schedule& schedule, const GoLiveAnswer& answer);

}  // namespace ferry
