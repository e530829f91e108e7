#include "app/last_safe_moment.h"

#include <fmt/format.h>

#include "app/calling.h"
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

Text past_deadline_text(const Project& project, Moment line, Moment now) {
  const auto late = human_duration(std::chrono::duration_cast<Milliseconds>(now - line));
  const auto at = local_time(line, now);
  const auto end = project.window ? local_time(project.window->end, now) : std::string("-");
  std::string people;
  for (const auto* person : people_to_call(project)) people += fmt::format("  {}  {}\n", person->name, person->contact);
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
