#include "app/last_safe_moment.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/gating.h"
#include "base/local_time.h"
#include "project/predict.h"

namespace ferry {

std::optional<Moment> last_safe_moment_of(Workspace& workspace, const Plan& plan, const RunState& state) {
  const auto project = workspace.project();
  if (!project.window) return std::nullopt;
  std::vector<std::string> done;
  for (const auto& step : state.steps)
    if (step.status == StepStatus::done) done.push_back(step.id);
  return last_safe_moment(*project.window, prediction_of(workspace, plan), done);
}

std::string people_to_call(const Project& project) {
  std::vector<std::string> ids{project.owner};
  ids.insert(ids.end(), project.approvers.begin(), project.approvers.end());
  for (const auto& entry : project.standby) ids.push_back(entry.person);
  std::vector<std::string> told;
  std::string out;
  for (const auto& id : ids) {
    const auto* person = project.find_person(id);
    if (person == nullptr || std::find(told.begin(), told.end(), id) != told.end()) continue;
    told.push_back(id);
    out += fmt::format("  {}  {}\n", person->name, person->contact);
  }
  return out;
}

Text past_deadline_text(const Project& project, Moment line, Moment now) {
  const auto late = human_duration(std::chrono::duration_cast<Milliseconds>(now - line));
  const auto at = local_time(line, now);
  const auto end = project.window ? local_time(project.window->end, now) : std::string("-");
  const auto people = people_to_call(project);
  return {
      fmt::format("it had to be decided before {} ({} ago): taking back now may end after the window ({}). The run "
                  "stands still at a safe place, users see the maintenance page. Call:\n{}",
                  at, late, end, people),
      fmt::format(
          "须在 {} 前决定（已过 {}）：现在回退可能晚于停机窗口结束时间（{}）。执行停在安全位置，用户看到的是维护页。"
          "请联系：\n{}",
          at, late, end, people)};
}

}  // namespace ferry
