#include "project/predict.h"

#include <gtest/gtest.h>

#include "project/project_fixture.h"

namespace ferry {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

PlannedStep step(const std::string& id, bool downtime, std::optional<Milliseconds> estimate = {}) {
  PlannedStep out;
  out.id = id;
  out.downtime = downtime;
  if (estimate) out.estimate_ms = estimate->count();
  return out;
}
const std::vector<PlannedStep> steps{step("stage", false), step("switch", true), step("migrate", true)};

std::vector<TimingSample> samples() {
  return {{"r1", "stage", minutes(10), 0},   {"r1", "switch", minutes(2), 0},    {"r1", "migrate", minutes(20), 1000},
          {"r2", "stage", minutes(14), 0},   {"r2", "switch", minutes(4), 0},    {"r2", "migrate", minutes(30), 1000},
          {"r1", "rollback", minutes(5), 0}, {"r1", "unrelated", minutes(99), 0}};
}

TEST(Prediction, IsTheMedianWithARangeFromTheSamples) {
  const auto p = predict(steps, samples());
  EXPECT_EQ(p.steps[1].range.likely, minutes(3));
  EXPECT_EQ(p.steps[1].range.low, seconds(108));
  EXPECT_EQ(p.steps[1].range.high, minutes(5));
  EXPECT_EQ(p.downtime.likely, minutes(28));
  EXPECT_EQ(p.total.likely, minutes(40));
  EXPECT_EQ(p.samples, 2);
  EXPECT_TRUE(p.unknown.empty());
  EXPECT_EQ(p.rollback->likely, minutes(5));
  EXPECT_EQ(p.rollback->high, seconds(450));
}

TEST(Prediction, ThreeSamplesGiveTheMiddleOne) {
  auto more = samples();
  more.push_back({"r3", "switch", minutes(60), 0});
  EXPECT_EQ(predict(steps, more).steps[1].range.likely, minutes(4));
  EXPECT_EQ(predict(steps, more).steps[1].range.high, minutes(75));
}

TEST(Prediction, GrowsWithTheDataAndNeverShrinksBelowWhatWasMeasured) {
  EXPECT_EQ(predict(steps, samples(), {{"migrate", 3000}}).steps[2].range.likely, minutes(75));
  EXPECT_EQ(predict(steps, samples(), {{"migrate", 10}}).steps[2].range.likely, minutes(25));
}

TEST(Prediction, UsesEstimatesWhereNothingWasMeasuredAndSaysWhatIsUnknown) {
  const auto p = predict({step("switch", true), step("open", true, minutes(10)), step("new", true)}, samples());
  EXPECT_EQ(p.steps[1].range.high, minutes(20));
  EXPECT_EQ(p.steps[1].samples, 0);
  EXPECT_EQ(p.unknown, std::vector<std::string>{"new"});
}

TEST(Prediction, OfTheBackupGrowsWithWhatProductionHolds) {
  auto more = samples();
  more.push_back({"b1", "backup", minutes(10), 100});
  const auto p = predict(steps, more, {{"backup", 200}});
  EXPECT_EQ(p.backup->likely, minutes(20));
  EXPECT_FALSE(p.verify_backup);
  EXPECT_EQ(p.total.likely, predict(steps, samples()).total.likely) << "made before, while users work";
  EXPECT_EQ(p.samples, 2) << "a backup is no rehearsal";
}

std::string shown(const Prediction& prediction, Language language) {
  std::string out;
  for (const auto& line : show_prediction(prediction)) out += line.in(language) + "\n";
  return out;
}

TEST(Prediction, IsShownWithItsSumsAndWithWhatNobodyMeasured) {
  auto three = steps;
  three.push_back(step("open", true));
  const auto p = predict(three, samples());
  const auto text = shown(p, Language::english);
  for (const char* words : {"measured in 2 runs: 40 min 00 s", "of it downtime: 28 min 00 s", "not in these sums: open",
                            "way back: 5 min 00 s", "backup before it, while users work: not measured yet"})
    EXPECT_NE(text.find(words), std::string::npos) << words << "\n" << text;
  EXPECT_NE(shown(p, Language::chinese).find("尚未测量，未计入：open"), std::string::npos);
  EXPECT_NE(shown(predict(steps, {}), Language::english).find("how long: not measured yet"), std::string::npos);
}

TEST(Prediction, GivesThePlanItsEstimatesAndLeavesItsDigest) {
  Plan plan;
  plan.steps = steps;
  plan.steps.push_back(step("open", true));
  const auto estimated = with_estimates(plan, predict(plan.steps, samples()));
  EXPECT_EQ(estimated.steps[1].estimate_ms, Milliseconds(minutes(3)).count());
  EXPECT_FALSE(estimated.steps[3].estimate_ms) << "nobody measured it";
  EXPECT_EQ(estimated.digest(), plan.digest());
}

const DowntimeWindow window{testing_project::at("2026-04-04T00:00:00Z"), testing_project::at("2026-04-04T01:00:00Z"),
                            minutes(5)};

TEST(Window, HoldsUpgradeReserveAndTheWayBack) {
  const auto p = predict(steps, samples());
  // switch 5 min + migrate 37.5 min + reserve 5 min + rollback 7.5 min
  auto fit = fits(window, p);
  EXPECT_EQ(fit.needed, minutes(55));
  EXPECT_EQ(fit.spare, minutes(5));
  EXPECT_TRUE(fit.fits);
  auto shorter = window;
  shorter.end -= minutes(5);
  EXPECT_TRUE(fits(shorter, p).fits);
  shorter.end -= seconds(1);
  fit = fits(shorter, p);
  EXPECT_FALSE(fit.fits);
  EXPECT_EQ(fit.spare, -seconds(1));
  EXPECT_NE(fit.why.en.find("too short"), std::string::npos);
}

TEST(Window, DoesNotFitWhatNobodyMeasured) {
  auto long_enough = window;
  long_enough.end += std::chrono::hours(100);
  auto p = predict(steps, samples());
  p.rollback.reset();
  EXPECT_FALSE(fits(long_enough, p).fits);
  EXPECT_FALSE(fits(long_enough, predict({step("new", true)}, samples())).fits);
}

TEST(Window, TheLastSafeMomentMovesWithWhatIsLeft) {
  const auto p = predict(steps, samples());
  using testing_project::at;
  EXPECT_EQ(last_safe_moment(window, p, {}), at("2026-04-04T00:10:00Z"));
  EXPECT_EQ(last_safe_moment(window, p, {"stage", "switch"}), at("2026-04-04T00:15:00Z"));
  EXPECT_EQ(last_safe_moment(window, p, {"switch", "migrate"}), at("2026-04-04T00:52:30Z"));
  auto unmeasured = p;
  unmeasured.rollback.reset();
  EXPECT_EQ(last_safe_moment(window, unmeasured, {"switch", "migrate"}), at("2026-04-04T00:17:30Z"));
}

TEST(Prediction, SamplesSurviveTheirFileForm) {
  for (const auto& sample : samples()) EXPECT_EQ(Json(Json(sample).get<TimingSample>()), Json(sample));
  EXPECT_NO_THROW(canonical(predict(steps, samples())));
}

}  // namespace
}  // namespace ferry
