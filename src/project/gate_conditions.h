// The single conditions of the gate. Not for use outside this room; `gate` puts them together and applies waivers.
#pragma once
#include "project/gate.h"

namespace ferry::conditions {

Condition project(const GateInput& input);
Condition decisions(const GateInput& input);
Condition customisation(const GateInput& input);
Condition findings(const GateInput& input);
Condition rehearsal(const GateInput& input);
Condition same_as_clone(const GateInput& input);
Condition checks(const GateInput& input);
Condition issues(const GateInput& input);
Condition acceptance(const GateInput& input);
Condition fence(const GateInput& input);
Condition backup(const GateInput& input);
Condition rollback(const GateInput& input);
Condition chaos(const GateInput& input);
Condition drift(const GateInput& input);
Condition plan(const GateInput& input);
Condition approval(const GateInput& input);
Condition licence(const GateInput& input);
Condition window(const GateInput& input);
Condition standby(const GateInput& input);
Condition date(const GateInput& input);
Condition two_days(const GateInput& input);

// A condition in the making: every way out of a rule says state, what was seen, and what to do about it.
class Rule {
 public:
  Rule(std::string id, std::vector<std::string> covers, Text title, bool waivable = true);

  Rule& from(std::string evidence_id);
  Rule& measured(Moment at);  // the oldest one counts
  Rule& asserted();

  Condition met(Text why) const;
  Condition unmet(Text why, Text remedy) const;
  Condition stale(Text why, Text remedy) const;
  Condition missing(Text why, Text remedy) const;

 private:
  Condition end(ConditionState state, Text why, Text remedy) const;
  Condition condition_;
};

inline const Text rehearse_again{
    "Take the clone back to production's state and rehearse the whole recipe ('ferry rehearsal start').",
    "请将克隆恢复到正式环境状态，并用 “ferry rehearsal start” 完整演练升级配方。"};

// newest_rehearsal, if it counts: to its end in one run, with this profile.
const RehearsalFact* good_rehearsal(const GateInput& input);
bool older_than(Moment at, Milliseconds limit, Moment now);
// The first ten of a list, and how many more there are.
Text list_of(const std::vector<Text>& items);

}  // namespace ferry::conditions
