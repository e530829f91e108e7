// Which requirement is fulfilled by which evidence, per project (first paragraphs of REQUIREMENTS).
#pragma once
#include <string>
#include <vector>

#include "project/gate.h"

namespace ferry {

// Something that speaks for or against requirements beside check results: a survey taken, a backup made, a task done.
struct Proof {
  std::string id;
  std::vector<std::string> covers;
  bool holds = true;
  bool stale = false;
  Moment at;
};

enum class TraceState { fulfilled, failed, stale, no_evidence };
std::string_view name_of(TraceState state);

struct TraceRow {
  std::string id;
  Text title;
  TraceState state = TraceState::no_evidence;
  std::vector<std::string> checks;      // of the profile that cover it
  std::vector<std::string> conditions;  // of the gate
  std::vector<std::string> proofs;      // survey, package-audit ...
  std::vector<std::string> evidence;    // ids: the newest result of each check, and proofs
  Text why;
};

struct TraceInput {
  std::vector<RequiredCheck> checks;
  std::vector<Evidence> evidence;
  PresentState present;
  std::vector<Condition> conditions;
  std::vector<Proof> proofs;
};

// All requirement ids that the program knows with their short titles, in order.
const std::vector<std::pair<std::string, Text>>& requirements();

// One row per requirement, unknown ids that somebody covers at the end. A requirement is fulfilled when it has at least
// one proof and every newest one passes and is fresh; a waived condition does not fulfil it.
std::vector<TraceRow> traceability(const TraceInput& input);
void to_json(Json& json, const TraceRow& value);

}  // namespace ferry
