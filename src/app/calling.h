// Calls people when a run on production stands still (project: `notify`). The calls are a process of their own, which
// outlives Ferry: they can neither hold a run up nor let it fail. Record: docs/formats/calls.md.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "app/reporter.h"
#include "app/workspace.h"
#include "base/error.h"

namespace ferry {

enum class Occasion { last_safe_moment, held, failed, waiting };
std::string_view name_of(Occasion occasion);
// Interrupted: held; everything else that ends a run: failed.
Occasion occasion_of(const Error& error);

// The owner, the approvers and those on standby, each once.
std::vector<const Person*> people_to_call(const Project& project);

// Starts the program once for each of them and returns at once. Nothing happens without a `notify`, outside production,
// for a run that has not begun, and when the last call said the same. Never throws: what goes wrong is a warning.
void call_people(Workspace& workspace, const Target& target, const std::string& run, Occasion occasion,
                 const Text& what, Reporter& reporter);
// The same for a run that ended with this error.
void call_people(Workspace& workspace, const Target& target, const std::string& run, const Error& error,
                 Reporter& reporter);

struct CallState {
  std::string occasion, at;
  std::string person, contact;
  std::string outcome;  // calling, done, failed, timed_out
  std::string detail;   // last words of the program
};
// What is known of a run's calls, oldest first.
std::vector<CallState> calls_of(const Target& target, const std::string& run);

// `ferry call-people FILE`: makes the calls of the record and writes their outcome into it.
bool is_call_command(int argc, char** argv);
int call_main(int argc, char** argv);

}  // namespace ferry
