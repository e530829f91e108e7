// One power cut after the other, each told by its seed.
#pragma once
#include <optional>
#include <string>

#include "power/scenario.h"

namespace ferry::power {

class Simulation {
 public:
  // Records the scenario once, without the syncs of the numbers given.
  explicit Simulation(Manner manner, const std::set<int>& omit = {});

  const Trace& trace() const { return trace_; }
  // A cut, what the program says, a recovery that is cut off itself up to twice, a recovery that ends. Empty: all is
  // as promised. `instant`: where the first cut shall be.
  std::string power_cut_of(std::uint64_t seed, std::optional<std::size_t> instant = std::nullopt);

 private:
  std::string cut(const Trace& trace, std::size_t instant, Seed& seed, int depth, bool way_back);

  Scenario scenario_;
  Trace trace_;
  Model model_ = Model::ordered;
  int boots_ = 0;
};

}  // namespace ferry::power
