// The vendor's own upgrader, run under supervision on a clone: survey, run with a log and a time limit, survey,
// comparison with the capture, evidence (E13).
#pragma once
#include <string>

#include "app/capture_compare.h"

namespace ferry {

struct SuperviseRequest {
  std::string order;          // capture.yaml: the commands and what they find
  std::string package;        // the captured package that the result is held against
  std::string within = "1h";  // then it is ended
  std::string person;
};

struct SuperviseOutcome {
  CaptureComparison compared;
  Text problem;     // why it did not end well; empty: it did
  std::string log;  // every line that it printed
  Milliseconds took{0};
  bool good() const { return problem.empty() && compared.unexplained() == 0; }
};

// Services are stopped and stay so; the clone is then neither the old state nor a rehearsed one: `ferry clone reset`.
// Throws Error(usage) for anything but a clone, what stop_services, require_capture_order and compare_files throw. An
// upgrader that fails, or takes too long and is ended, is an outcome and no exception.
SuperviseOutcome supervise_upgrader(Workspace& workspace, const Target& target, const SuperviseRequest& request,
                                    Reporter& reporter);

}  // namespace ferry
