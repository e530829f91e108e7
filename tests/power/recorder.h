// Records what this process does to one tree. The test program puts functions of its own in the place of the C
// library's (write, fsync, renameat2, ...), so that what is recorded are the very calls of the code that customers run,
// and the product knows nothing of it. TheRecord.IsComplete in simulation_test.cpp proves that none is missed.
//
// The same functions give each object an inode number that outlives the rebuilding of the tree, and hand numbers out
// again as soon as they are free, as ext4 does. Other threads may look, but only one may change.
#pragma once
#include <functional>
#include <set>
#include <string>

#include "power/trace.h"

namespace ferry::power {

// Reads the tree at `root` (absolute) and takes its inodes for this recorder's: a `begin` for record().
State scan(const std::string& root);
// Empties `root` and makes the tree of `state` there, in every attribute. Throws std::runtime_error.
void materialise(const State& state, const std::string& root);

// From now on every call that changes the tree at `root`, whose present state is `begin`, is added to the trace.
void record(const State& begin, const std::string& root);
Trace stop_recording();
bool recording();
void note(const std::string& text);

// What /proc tells as boot id from now on; 0: the real one.
void pretend_boot(int number);

// Numbers of sync calls, from 0, that are left out: they succeed without doing anything. Counts also when nothing is
// recorded. Empty and never counted: all are done. `pretend`: none is really done.
struct SyncPlan {
  std::set<int> omit;
  bool pretend = false;
  std::function<void()> omitted = {};  // called for each
};
void plan_syncs(const SyncPlan& plan);
int syncs_so_far();
// Called before every call that changes something, also when nothing is recorded.
void before_each_change(std::function<void()> hook);

}  // namespace ferry::power
