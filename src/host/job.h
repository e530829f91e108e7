// A command of the product's that ends by itself (a migration): run with the account, environment and folder of a
// service, known again by the same mark. It ends with Ferry; what it leaves behind is ended before it is repeated.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "model/environment.h"
#include "model/profile.h"

namespace ferry {

// Id of the migration's command: no service can be called so.
inline constexpr const char* migration_job = "~migrate";

struct JobOptions {
  SecretLookup secret;              // for ${secret.NAME} in `variables` only: argv is public
  Variables variables;              // for templates, beside those of the environment
  std::vector<std::string> prefix;  // enters namespaces, then executes the rest; the account is its business then
  std::string log_file;             // absolute: its output is appended there
  std::function<void(Milliseconds waited, const std::string& line)> waiting;  // about once a second; may throw
};

struct JobResult {
  int status = -1;  // exit status; -1: ended by a signal
  int signal = 0;
  bool timed_out = false;
  std::string last_lines;
  Milliseconds took{0};
  bool ok() const { return status == 0 && !timed_out; }
  Text describe(Milliseconds within) const;  // how it ended
};

// `job.run` in `job.directory` with job's environment, at most `within`: then it and its children get signal 9; so they
// do when `waiting` throws. Afterwards nothing of it runs. Throws Error(program_missing, not_found, needs_root, io,
// service_left_behind).
JobResult run_job(const Service& job, const Environment& environment, Milliseconds within, const JobOptions& options);

// Ends what a killed Ferry has left of it. Error(service_left_behind).
void end_job(const std::string& id, const Environment& environment);

}  // namespace ferry
