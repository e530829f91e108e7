// What the cases on the clone have in common.
#pragma once
#include <cstddef>
#include <string>

#include "support/world.h"

namespace ferry::test {

// How far a rehearsal goes before a case begins, in records of its log: two for each step, it begins and it is done. In
// front of them stands one that says "started" or "resumed".
constexpr std::size_t at_start = 1;
// Observing is done too. On a clone it files a request that the upgrade has to carry along.
constexpr std::size_t observed = 5;

// A rehearsal, killed behind that record. Up to `stop`, what is there then is "before".
Snapshot begin_rehearsal(std::size_t records);
// To the end, with every check passed.
void resume();
void roll_back();

enum class Rows { the_same, none_lost };
// The old version serves; files and rows are those of before.
void expect_old_version(const Snapshot& before, Rows rows = Rows::the_same);

// Points into `state`; null when there is none.
const Json* find_step(const Json& state, const std::string& id);
std::string status_of(const Json& state, const std::string& step);
// Has the newest run on the clone got there?
bool is_begun(const std::string& step);
// Lets the other program run until it has, or has ended.
void wait_until_begun(Program& program, const std::string& step);

}  // namespace ferry::test
