// What lets production start: a function over evidence, never ticked (REQUIREMENTS C1; LESSONS, release-candidate
// rule). Each condition says by itself what it saw, how old that is, and what would turn it green.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "model/customisation.h"
#include "model/evidence.h"
#include "model/inventory.h"
#include "model/plan.h"
#include "project/approval.h"
#include "project/difference.h"
#include "project/issue.h"
#include "project/licence.h"
#include "project/predict.h"
#include "project/project.h"
#include "project/schedule.h"

namespace ferry {

// One rehearsal of a recipe on a clone.
struct RehearsalFact {
  std::string run;  // id; evidence of its checks carries it
  std::string environment;
  Digest recipe;
  Digest profile;
  Digest clone_source;    // Inventory::program of production when the clone was made
  Digest inventory;       // of production, from which the clone was made; empty: not known
  bool unbroken = false;  // one run from production's state to the end, no repair in between, no failed step
  bool finished = false;  // reached its end
  bool full = true;       // dress rehearsal on data of production; false: sampled (E5), says so
  std::optional<Milliseconds> rollback_took;  // the way back was rehearsed with this recipe
  Moment started;
  Moment ended;
};
void to_json(Json& json, const RehearsalFact& value);
void from_json(const Json& json, RehearsalFact& value);

// A rehearsal in which Ferry, the application, the database and the disk failed at every step of the plan.
struct ChaosFact {
  std::string environment;
  Digest recipe;
  Digest profile;
  bool complete = false;  // every step and every disturbance, not a choice of them
  int cases = 0;
  std::vector<std::string> failures;  // "switch: kill in the middle"
  Moment at;
};
void to_json(Json& json, const ChaosFact& value);
void from_json(const Json& json, ChaosFact& value);

struct BackupFact {
  std::string id;
  Moment taken;
  bool files = true;
  bool databases = true;
  std::optional<Moment> verified;  // restored once (a clone was made from it, or a drill)
  bool attested = false;           // made by other means (DBA, snapshot); somebody vouches for it (E4)
  std::string person;              // attested: who
};
void to_json(Json& json, const BackupFact& value);
void from_json(const Json& json, BackupFact& value);

// Whether the clone could reach the outside (promise 6).
struct FenceFact {
  std::string environment;
  bool proved = false;
  std::uint64_t attempts = 0;  // that ended in the sink
  std::uint64_t escapes = 0;   // that did not
  std::string limits;          // why it is not proved: no root, shared database server
  Moment at;
};
void to_json(Json& json, const FenceFact& value);
void from_json(const Json& json, FenceFact& value);

struct LicenceFact {
  bool valid = false;
  std::string customer;  // as written in the licence
  std::optional<Date> expires;
  std::string problem;  // why not valid
  Moment checked;
  std::string environment;            // where it was read back
  std::optional<std::int64_t> users;  // none: the profile does not say how to read it
  std::optional<std::vector<std::string>> modules;
};
void to_json(Json& json, const LicenceFact& value);
void from_json(const Json& json, LicenceFact& value);

// A check or invariant that the profile requires, as the gate needs it.
struct RequiredCheck {
  std::string id;
  Text title;
  std::vector<std::string> covers;
  bool manual = false;
};
// Those of the profile that are required, apply to the version and run on the clone.
std::vector<RequiredCheck> required_checks(const Profile& profile, const Version& version);

// Production now beside production when the clone of the counting rehearsal was made.
struct CloneComparison {
  std::string clone;   // environment
  std::string backup;  // from which it was made
  std::string then;    // RFC 3339: survey of then
  std::string now;
  std::vector<Difference> differences;  // waivers applied
};
void to_json(Json& json, const CloneComparison& value);

// Program files of production since its plan was made.
struct PlanDrift {
  std::vector<FileDifference> touched;  // by the plan
  std::vector<FileDifference> outside;
};

struct GateInput {
  Moment now;
  Project project;
  std::vector<TaskTemplate> tasks;
  bool needs_licence = true;  // the profile has a licence rule

  Digest recipe;
  Digest profile;
  Version target;                      // results of a system of another version don't count; empty: not asked
  std::optional<Plan> plan;            // for production
  std::string plan_author;             // person id
  std::vector<std::string> undecided;  // paths or keys of decisions that are missing
  std::vector<Finding> findings;       // of the present survey

  std::vector<RequiredCheck> checks;
  std::vector<Evidence> evidence;
  std::vector<CarriedResult> carried;
  std::vector<Issue> issues;
  std::vector<RehearsalFact> rehearsals;
  std::vector<ChaosFact> chaos;
  std::optional<Moment> test_began;  // handed to the customer's testers
  std::vector<Acceptance> acceptances;

  Digest production_program;  // Inventory::program now
  std::optional<Moment> production_surveyed;
  std::optional<PlanDrift> plan_drift;         // empty: only the digests can be compared
  std::optional<CloneComparison> since_clone;  // empty: not known from what the clone was made
  // RehearsalFact::inventory -> definitions that changed since then, waivers applied (E7).
  std::map<Digest, std::vector<Difference>> definitions_since;
  std::vector<BackupFact> backups;
  std::vector<FenceFact> fences;  // the newest one of the rehearsal's environment counts
  std::optional<LicenceFact> licence;
  std::optional<LicenceApplication> application;     // for production; none: not followed here
  std::optional<Digest> licence_file;                // that production's environment names; none: none, or unreadable
  std::optional<CustomisationReturn> customisation;  // none: nothing was handed to the vendor

  std::optional<Prediction> prediction;
  std::optional<Schedule> schedule;
  std::vector<Approval> approvals;
  std::vector<Waiver> waivers;
};

// The newest rehearsal of the input's recipe, whether it went well or not; nullptr: never rehearsed.
const RehearsalFact* newest_rehearsal(const GateInput& input);

enum class ConditionState { met, unmet, stale, missing, waived };
std::string_view name_of(ConditionState state);

struct Condition {
  std::string id;
  std::vector<std::string> covers;
  Text title;
  ConditionState state = ConditionState::missing;
  std::vector<std::string> evidence;  // ids of evidence, runs, backups, approvals
  std::optional<Moment> measured_at;
  std::optional<Milliseconds> age;
  Text why;
  Text remedy;  // empty when met
  bool waivable = true;
  bool asserted = false;  // rests on an act that only the operating system's account vouches for
  std::string waiver;     // id of the waiver in force
};

struct GateResult {
  bool open = false;
  Moment at;
  Digest recipe;
  Digest plan;
  std::vector<Condition> conditions;

  const Condition* find(std::string_view id) const;
};
void to_json(Json& json, const Condition& value);
void to_json(Json& json, const GateResult& value);

// Conditions, in this order: project, decisions, customisation (where it was handed over), findings, rehearsal,
// same-as-clone, checks, issues, acceptance, fence, backup, rollback, drift, plan, approval, licence, window, standby,
// date, two-days. Never waivable: decisions, rehearsal, backup, drift, plan, approval; same-as-clone only difference by
// difference.
GateResult gate(const GateInput& input);
// Throws Error(gate_closed) whose detail lists what is not met and what would change that.
void require_open(const GateResult& result);

}  // namespace ferry
