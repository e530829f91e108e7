// How long production will take, from what the rehearsals took (REQUIREMENTS A5.3, C2; LESSONS, last-safe-moment
// clock).
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "model/plan.h"
#include "project/project.h"

namespace ferry {

// One measured step of one rehearsal.
struct TimingSample {
  std::string run;
  // PlannedStep::id; "rollback" for taking the whole run back; "backup" and "verify-backup" for making and restoring
  // one.
  std::string step;
  Milliseconds took{0};
  std::uint64_t size = 0;  // what the step's time grows with, as it was then (bytes or rows); 0: not scaled
};
void to_json(Json& json, const TimingSample& value);
void from_json(const Json& json, TimingSample& value);

struct Range {
  Milliseconds low{0};
  Milliseconds likely{0};
  Milliseconds high{0};
};
void to_json(Json& json, const Range& value);

struct PredictedStep {
  std::string id;
  Text title;
  bool downtime = false;
  Range range;
  int samples = 0;    // 0: from the plan's estimate or unknown
  bool known = true;  // false: neither measured nor estimated
};

struct Prediction {
  std::vector<PredictedStep> steps;
  Range total;     // all steps
  Range downtime;  // those inside the window
  std::optional<Range> rollback;
  std::optional<Range> backup;         // of production, before all that; grows with its data
  std::optional<Range> verify_backup;  // restoring it once and comparing
  std::vector<std::string> unknown;    // steps without any figure: the prediction is a lower bound
  int samples = 0;                     // rehearsals it rests on
};
void to_json(Json& json, const Prediction& value);

// The likely value is the median of the samples, each scaled by present size / size then where the data grew. Range:
// 0.9 x smallest to 1.25 x largest; a single sample 0.75 to 1.5; an estimate of the plan 0.5 to 2.
// `sizes`: step id -> present size in production. Only the samples of steps that the plan has, and those named above,
// count.
Prediction predict(const std::vector<PlannedStep>& steps, const std::vector<TimingSample>& samples,
                   const std::map<std::string, std::uint64_t>& sizes = {});
// The plan with what was measured as its estimates; a step that nobody measured has none.
Plan with_estimates(Plan plan, const Prediction& prediction);
// The sums for people, and plainly what nobody has measured yet.
std::vector<Text> show_prediction(const Prediction& prediction);

struct WindowFit {
  bool fits = false;
  Milliseconds length{0};
  Milliseconds needed{0};  // downtime high + reserve + rollback high
  Milliseconds spare{0};   // negative: missing
  Text why;
};
// Without a known rollback time, or with unknown steps, it does not fit: nobody can say that it does.
WindowFit fits(const DowntimeWindow& window, const Prediction& prediction);

// Until when one must decide to go back so that everything ends inside the window: window end - rollback - remaining.
// `done` are the ids of the steps that have ended; the high ends of the ranges count. A rollback that was never
// measured is taken to be as long as the downtime.
Moment last_safe_moment(const DowntimeWindow& window, const Prediction& prediction,
                        const std::vector<std::string>& done);

}  // namespace ferry
