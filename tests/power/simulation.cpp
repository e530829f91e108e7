#include "power/simulation.h"

#include "base/error.h"
#include "power/recorder.h"

namespace ferry::power {

Simulation::Simulation(Manner manner, const std::set<int>& omit) : scenario_(manner) {
  const auto begin = scan(scenario_.base());
  plan_syncs({omit, true});
  scenario_.learn_versions();
  plan_syncs({omit, true});
  materialise(begin, scenario_.base());
  record(begin, scenario_.base());
  scenario_.work(note);
  trace_ = stop_recording();
  plan_syncs({{}, true});
}

std::string Simulation::power_cut_of(std::uint64_t number, std::optional<std::size_t> instant) {
  Seed seed(number);
  model_ = number % 2 == 0 ? Model::ordered : Model::unordered;
  const auto at = instant ? *instant : pick_instant(trace_, seed);
  try {
    return cut(trace_, at, seed, 0, true);
  } catch (const Error& error) {
    stop_recording();
    return std::string("it fails: ") + error.what();
  }
}

std::string Simulation::cut(const Trace& trace, std::size_t instant, Seed& seed, int depth, bool way_back) {
  const auto state = power_cut(trace, instant, model_, seed);
  auto progress = Progress::of(trace, instant);
  if (depth > 0) {  // a recovery does not know what was before
    progress.logged.reset();
    progress.written.reset();
    progress.way_back = way_back;
    progress.again = true;
    if (progress.last.empty()) progress.last = "unknown";
  }
  materialise(state, scenario_.base());
  pretend_boot(++boots_);
  const auto where = "cut " + std::to_string(depth + 1) + " before call " + std::to_string(instant) + ": ";
  // What looking changes (a torn line cut off) belongs to the trace.
  record(state, scenario_.base());
  if (auto problem = scenario_.check(progress); !problem.empty()) {
    stop_recording();
    return where + problem;
  }
  way_back = scenario_.has_way_back();
  auto problem = scenario_.finish(seed.one_in(2), progress.last == "stage" && progress.ended, note);
  const auto recovery = stop_recording();
  if (!problem.empty() || depth == 2 || seed.one_in(2)) return problem.empty() ? problem : where + problem;
  return cut(recovery, pick_instant(recovery, seed), seed, depth + 1, way_back);
}

}  // namespace ferry::power
