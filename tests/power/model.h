// What a power cut may leave: out of a trace and an instant, by seed, one of the many trees that the medium may hold.
// The two models and what they stand for are explained in docs/reliability.md.
#pragma once
#include <cstdint>
#include <random>

#include "power/trace.h"

namespace ferry::power {

enum class Model {
  // Names and attributes reach the medium in the order of the calls: as with the journals of ext4, xfs and btrfs. A
  // cut leaves a prefix, at least up to the last sync.
  ordered,
  // They reach it in any order: of what was not synced any call may be lost and any other kept. Only calls on the same
  // name or object keep their order, and one call is kept or lost as a whole. Nothing more is promised by POSIX.
  unordered
};

class Seed {
 public:
  explicit Seed(std::uint64_t seed) : random_(seed) {}
  // 0 ... below - 1
  std::uint64_t pick(std::uint64_t below) { return below < 2 ? 0 : random_() % below; }
  bool one_in(std::uint64_t n) { return pick(n) == 0; }

 private:
  std::mt19937_64 random_;
};

// After the whole trace, nothing lost.
State all_kept(const Trace& trace);
// The power fails before call `instant` (0 ... calls.size()).
State power_cut(const Trace& trace, std::size_t instant, Model model, Seed& seed);
// A moment of the trace; moments right before a sync, when most can be lost, come more often.
std::size_t pick_instant(const Trace& trace, Seed& seed);
// Equal in everything but ctime and inode number; else the first difference, for people.
std::string difference(const State& expected, const State& found);

}  // namespace ferry::power
