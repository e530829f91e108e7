// What really happened to the tasks of a project, beside their estimates (B1); a promised date moves the schedule
// (E12).
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "app/workspace.h"
#include "project/schedule.h"

namespace ferry {

struct TaskReport {
  std::vector<std::string> tasks;  // ids of the profile's tasks
  std::optional<Date> started, done, promised;
  std::string person;  // who says so
};
// Stores one entry per task. Throws Error(usage) without any date, Error(not_found) for a task the profile does not
// have, Error(invalid_document) for something that is said to be done or begun after today.
std::vector<TaskActual> report_tasks(Workspace& workspace, const TaskReport& report);

}  // namespace ferry
