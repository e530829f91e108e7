// "Decide before 03:42" (LESSONS, last-safe-moment clock): until when a cutover can still be taken back inside its
// window.
#pragma once
#include <functional>
#include <optional>
#include <string>

#include "app/workspace.h"
#include "model/plan.h"
#include "run/run_state.h"

namespace ferry {

enum class PastDeadline { hold, go_on, go_back };
// Asked when the moment has passed and the run stands still at a safe place. Nobody there: hold.
using AskPastDeadline = std::function<PastDeadline(const Text& question)>;

// Window end, less what taking back takes, less what is still to be done, both as measured (project/predict.h). Moves
// with every step that ends. Empty: no window is agreed.
std::optional<Moment> last_safe_moment_of(Workspace& workspace, const Plan& plan, const RunState& state);

// What the run says when it stops there: when it was, what both ways mean, whom to call.
Text past_deadline_text(const Project& project, Moment line, Moment now);

}  // namespace ferry
