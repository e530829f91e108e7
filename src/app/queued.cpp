#include "app/queued.h"

#include <fmt/format.h>

#include "base/error.h"
#include "model/stops.h"
#include "survey/facts_reader.h"

namespace ferry {

Json count_queued(const Target& target, Reporter& reporter) {
  Json out = Json::object();
  FactsReader facts(target.profile, target.environment, {}, target.secret);
  for (const auto& effect : target.profile.effects) {
    if (!effect.pending) continue;
    try {
      if (const auto number = facts.read_number(*effect.pending)) out[effect.id] = *number;
    } catch (const Error& error) {
      reporter.warning(
          {"can't be counted what waits to go out (" + effect.id + "): " + error.describe(Language::english),
           "无法统计等待发出的数量（" + effect.id + "）：" + error.describe(Language::chinese)});
    }
  }
  return out;
}

Text queued_since(const Target& target, const Json& before, Reporter& reporter) {
  Text out;
  if (!before.is_object()) return out;
  const Json now = count_queued(target, reporter);
  for (const auto& effect : target.profile.effects) {
    if (!before.contains(effect.id) || !now.contains(effect.id)) continue;
    const auto was = before.at(effect.id).get<std::int64_t>();
    const auto is = now.at(effect.id).get<std::int64_t>();
    if (is <= was) continue;
    out.en += fmt::format("  {} ({}): {} more than before the checks\n", effect.id, effect.title.en, is - was);
    out.zh += fmt::format("  {}（{}）：比验证之前多 {}\n", effect.id, effect.title.zh, is - was);
  }
  return out;
}

Json queued_before_checks(const RunState& state) {
  for (const auto& step : state.steps)
    if (step_name(step.id).step == "start" && step.result.is_object() && step.result.contains("queued"))
      return step.result.at("queued");
  return nullptr;
}

}  // namespace ferry
