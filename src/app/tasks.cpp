#include "app/tasks.h"

#include <algorithm>

#include "base/error.h"
#include "project/issue.h"

namespace ferry {
namespace {

void require_known(const std::vector<TaskTemplate>& tasks, const std::string& id) {
  if (std::any_of(tasks.begin(), tasks.end(), [&](const TaskTemplate& task) { return task.id == id; })) return;
  std::string known;
  for (const auto& task : tasks) known += (known.empty() ? "" : ", ") + task.id;
  throw Error(Code::not_found, Text{"task " + id, "任务 " + id},
              Text{"the profile has: " + known, "产品档案中有：" + known});
}

}  // namespace

std::vector<TaskActual> report_tasks(Workspace& workspace, const TaskReport& report) {
  if (!report.started && !report.done && !report.promised)
    throw Error(Code::usage, Text{"task", "任务"},
                Text{"say when it was begun, done, or is promised for", "请说明开始、完成或承诺的日期"});
  const Date today = std::chrono::floor<std::chrono::days>(workspace.clock());
  for (const auto& date : {report.started, report.done})
    if (date && *date > today)
      throw Error(Code::invalid_document, to_string(*date), Text{"this day has not come yet", "该日期尚未到来"});
  const auto tasks = workspace.production().profile.tasks;
  std::vector<TaskActual> out;
  std::vector<Json> entries;
  for (const auto& id : report.tasks) {
    require_known(tasks, id);
    out.push_back({id, report.started, report.done, report.promised, report.person});
    entries.emplace_back(out.back());
  }
  workspace.store().append_all(collection::actuals, std::move(entries));
  for (const auto& actual : out) workspace.audit("task.report", actual.task, report.person, Json(actual));
  return out;
}

}  // namespace ferry
