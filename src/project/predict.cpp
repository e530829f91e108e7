#include "project/predict.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "project/fields.h"

namespace ferry {
namespace {

template <class Visitor, class Value>
void sample_members(Visitor visit, Value& value) {
  visit("run", value.run);
  visit("step", value.step);
  visit("took_ms", value.took);
  visit("size", value.size);
}

Milliseconds times(Milliseconds value, double factor) {
  return Milliseconds(static_cast<std::int64_t>(std::llround(static_cast<double>(value.count()) * factor)));
}

// Data that shrank don't make a step faster than it was: part of every step does not depend on the data.
Milliseconds scaled(const TimingSample& sample, std::uint64_t present) {
  if (sample.size == 0 || present <= sample.size) return sample.took;
  return times(sample.took, static_cast<double>(present) / static_cast<double>(sample.size));
}

std::vector<Milliseconds> measured(const std::string& step, const std::vector<TimingSample>& samples,
                                   const std::map<std::string, std::uint64_t>& sizes) {
  const auto size = sizes.find(step);
  std::vector<Milliseconds> out;
  for (const auto& sample : samples)
    if (sample.step == step) out.push_back(scaled(sample, size == sizes.end() ? 0 : size->second));
  std::sort(out.begin(), out.end());
  return out;
}

Range range_of(const std::vector<Milliseconds>& sorted) {
  const auto n = sorted.size();
  if (n == 1) return {times(sorted[0], 0.75), sorted[0], times(sorted[0], 1.5)};
  const auto median = n % 2 == 1 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
  return {times(sorted.front(), 0.9), median, times(sorted.back(), 1.25)};
}

void add(Range& sum, const Range& part) {
  sum.low += part.low;
  sum.likely += part.likely;
  sum.high += part.high;
}

PredictedStep predict_step(const PlannedStep& step, const std::vector<Milliseconds>& times_taken) {
  PredictedStep out;
  out.id = step.id;
  out.title = step.title;
  out.downtime = step.downtime;
  out.samples = static_cast<int>(times_taken.size());
  if (!times_taken.empty()) {
    out.range = range_of(times_taken);
  } else if (step.estimate_ms) {
    const Milliseconds estimate(*step.estimate_ms);
    out.range = {estimate / 2, estimate, estimate * 2};
  } else {
    out.known = false;
  }
  return out;
}

}  // namespace

Prediction predict(const std::vector<PlannedStep>& steps, const std::vector<TimingSample>& samples,
                   const std::map<std::string, std::uint64_t>& sizes) {
  Prediction out;
  std::set<std::string> runs;
  for (const auto& step : steps) {
    auto predicted = predict_step(step, measured(step.id, samples, sizes));
    for (const auto& sample : samples)
      if (sample.step == step.id) runs.insert(sample.run);
    if (!predicted.known) out.unknown.push_back(predicted.id);
    add(out.total, predicted.range);
    if (predicted.downtime) add(out.downtime, predicted.range);
    out.steps.push_back(std::move(predicted));
  }
  const auto known = [&](const char* name) {
    const auto taken = measured(name, samples, sizes);
    return taken.empty() ? std::nullopt : std::optional(range_of(taken));
  };
  out.rollback = known("rollback");
  out.backup = known("backup");
  out.verify_backup = known("verify-backup");
  out.samples = static_cast<int>(runs.size());
  return out;
}

Plan with_estimates(Plan plan, const Prediction& prediction) {
  for (auto& step : plan.steps)
    for (const auto& predicted : prediction.steps)
      if (predicted.id == step.id && predicted.samples > 0) step.estimate_ms = predicted.range.likely.count();
  return plan;
}

namespace {

Text range_text(const Range& range) {
  const auto likely = human_duration(range.likely);
  const auto low = human_duration(range.low);
  const auto high = human_duration(range.high);
  return {likely + " (" + low + " to " + high + ")", likely + "（" + low + " 至 " + high + "）"};
}

void add_range(std::vector<Text>& lines, const std::optional<Range>& range, const Text& what, const Text& otherwise) {
  const Text value = range ? range_text(*range) : otherwise;
  lines.push_back({what.en + ": " + value.en, what.zh + "：" + value.zh});
}

}  // namespace

std::vector<Text> show_prediction(const Prediction& prediction) {
  std::vector<Text> out;
  const auto n = std::to_string(prediction.samples);
  if (prediction.samples == 0) {
    out.push_back(
        {"how long: not measured yet; 'ferry rehearsal start CLONE --drill' measures every step and the way back",
         "耗时：尚未测量；“ferry rehearsal start 克隆 --drill” 会测量每一步及回退"});
  } else {
    const std::string runs = prediction.samples == 1 ? " run" : " runs";
    add_range(out, prediction.total, {"how long, measured in " + n + runs, "耗时（实测 " + n + " 次）"}, {});
    add_range(out, prediction.downtime, {"  of it downtime", "  其中停机"}, {});
    if (!prediction.unknown.empty())
      out.push_back({"  not measured yet, and not in these sums: " + joined(prediction.unknown),
                     "  尚未测量，未计入：" + joined(prediction.unknown)});
  }
  const Text never{"not measured yet", "尚未测量"};
  add_range(out, prediction.rollback, {"  way back", "  回退"}, never);
  add_range(out, prediction.backup, {"  backup before it, while users work", "  事先备份（不停机）"}, never);
  add_range(out, prediction.verify_backup, {"  restoring that backup to verify it", "  还原该备份以验证"}, never);
  return out;
}

WindowFit fits(const DowntimeWindow& window, const Prediction& prediction) {
  WindowFit out;
  out.length = window.length();
  const Milliseconds back = prediction.rollback ? prediction.rollback->high : Milliseconds(0);
  out.needed = prediction.downtime.high + window.reserve + back;
  out.spare = out.length - out.needed;
  const std::string need = human_duration(out.needed);
  const std::string parts_en = human_duration(prediction.downtime.high) + " for the upgrade, " +
                               human_duration(window.reserve) + " for repairs, " + human_duration(back) +
                               " for the way back";
  const std::string parts_zh = "升级 " + human_duration(prediction.downtime.high) + "，修复预留 " +
                               human_duration(window.reserve) + "，回退 " + human_duration(back);
  if (!prediction.unknown.empty()) {
    const auto steps = joined(prediction.unknown);
    out.why = {"nobody knows how long these steps take: " + steps, "以下步骤耗时未知：" + steps};
  } else if (!prediction.rollback) {
    out.why = {"nobody knows how long the way back takes: it has not been rehearsed", "回退耗时未知：尚未演练过回退"};
  } else if (out.spare < Milliseconds(0)) {
    out.why = {"the window is " + human_duration(-out.spare) + " too short: " + need + " are needed (" + parts_en + ")",
               "停机窗口短缺 " + human_duration(-out.spare) + "：共需 " + need + "(" + parts_zh + ")"};
  } else {
    out.fits = true;
    out.why = {need + " of " + human_duration(out.length) + " are needed (" + parts_en + ")",
               "窗口 " + human_duration(out.length) + "，共需 " + need + "(" + parts_zh + ")"};
  }
  return out;
}

Moment last_safe_moment(const DowntimeWindow& window, const Prediction& prediction,
                        const std::vector<std::string>& done) {
  Milliseconds remaining(0);
  for (const auto& step : prediction.steps)
    if (step.downtime && std::find(done.begin(), done.end(), step.id) == done.end()) remaining += step.range.high;
  const Milliseconds back = prediction.rollback ? prediction.rollback->high : prediction.downtime.high;
  return window.end - back - remaining;
}

void to_json(Json& json, const TimingSample& value) {
  sample_members(project_fields::Writer(json), value);
}
void from_json(const Json& json, TimingSample& value) {
  value = TimingSample{};
  sample_members(project_fields::Reader(json), value);
}

void to_json(Json& json, const Range& value) {
  project_fields::Writer visit(json);
  visit("low_ms", value.low);
  visit("likely_ms", value.likely);
  visit("high_ms", value.high);
}

void to_json(Json& json, const Prediction& value) {
  project_fields::Writer visit(json);
  visit("total", value.total);
  visit("downtime", value.downtime);
  visit("rollback", value.rollback);
  visit("backup", value.backup);
  visit("verify_backup", value.verify_backup);
  visit("unknown", value.unknown);
  visit("samples", value.samples);
  Json steps = Json::array();
  for (const auto& step : value.steps)
    steps.push_back({{"id", step.id},
                     {"title", step.title},
                     {"downtime", step.downtime},
                     {"range", step.range},
                     {"samples", step.samples},
                     {"known", step.known}});
  json["steps"] = std::move(steps);
}

}  // namespace ferry
