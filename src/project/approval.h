// Approvals, acceptances and waivers: acts of people that the gate counts (REQUIREMENTS A5.1, B8, C1, D5).
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "project/project.h"

namespace ferry {

// Who acts, and how sure that is. `asserted`: the operating system's user on the command line says so; good for a log,
// not proof that two persons acted (DESIGN, Secrets and Who). `login`: by the program's own login.
struct Actor {
  enum class Proof { asserted, login };
  std::string person;  // id in the project
  std::string user;    // account it came from
  Proof proof = Proof::asserted;
};
void to_json(Json& json, const Actor& value);
void from_json(const Json& json, Actor& value);

// The person whose `user` is this account; `claimed` (an id) when it is given and that person has no account or this
// one. Throws Error(not_allowed).
Actor actor_of(const Project& project, const std::string& os_user, const std::string& claimed = {});

// Names recipe and plan by digest: any change of either makes it worthless.
struct Approval {
  std::string id;
  Digest recipe;
  Digest plan;
  Actor by;
  std::string comment;
  Moment at;
  Moment expires;
};
void to_json(Json& json, const Approval& value);
void from_json(const Json& json, Approval& value);

// Throws Error(not_allowed): not in the project, no approver, the plan's author, or a deployer.
Approval make_approval(const Project& project, const Actor& by, const std::string& plan_author, const Digest& recipe,
                       const Digest& plan, std::string comment, Moment now);

struct ApprovalState {
  std::vector<Approval> valid;  // one per person and per account
  std::vector<std::pair<Approval, Text>> rejected;
  int needed = 1;
  bool enough = false;
  bool asserted = false;  // at least one of the valid ones is only asserted
  bool stale = false;     // there were approvals, but for another recipe or plan, or expired
};
ApprovalState approval_state(const Project& project, const std::vector<Approval>& approvals, const Digest& recipe,
                             const Digest& plan, const std::string& plan_author, Moment now);

// A department has tested and says yes or no (B8).
struct Acceptance {
  std::string id;
  std::string department;
  Digest recipe;
  Actor by;
  bool accepted = true;
  std::string comment;
  Moment at;
};
void to_json(Json& json, const Acceptance& value);
void from_json(const Json& json, Acceptance& value);
// Throws Error(not_allowed) when it is not the department's signer, Error(not_found) for an unknown department.
Acceptance make_acceptance(const Project& project, const Actor& by, const std::string& department, const Digest& recipe,
                           bool accepted, std::string comment, Moment now);

// A manual result from before a patch that the patch does not touch, carried over with a signature (B8).
struct CarriedResult {
  std::string check;
  std::string evidence;  // the earlier result
  Digest recipe;         // the recipe it now counts for
  Actor by;
  std::string reason;
  Moment at;
};
void to_json(Json& json, const CarriedResult& value);
void from_json(const Json& json, CarriedResult& value);
// Paths of `changed` that the check tests; not empty: the result can't be carried over. A check that names no paths
// may have tested anything: then every change touches it.
std::vector<RelativePath> touched_by(const Check& check, const std::vector<RelativePath>& changed);

// Accepts that one condition of the gate is not met, or one difference between production and what the clone was made
// from, for one recipe, for a time, by two persons with a reason (C1). On the command line the two act one after the
// other, each from his own account: the first record has no confirmation, the second one with the same id has.
struct Waiver {
  std::string id;
  std::string condition;  // or "same-as-clone/KEY"
  Digest recipe;
  std::string reason;
  Actor requested_by;
  std::optional<Actor> confirmed_by;
  Moment at;
  Moment expires;
  Digest difference;  // Difference::state that was accepted; empty for a condition
};
void to_json(Json& json, const Waiver& value);
void from_json(const Json& json, Waiver& value);
// Empty: valid. Else why it does not count.
Text waiver_problem(const Project& project, const Waiver& waiver, const Digest& recipe, Moment now);
// Of several records with one id the last one, in the order of the first ones.
std::vector<Waiver> latest(const std::vector<Waiver>& waivers);
// A second person's yes. Throws Error(not_allowed) when that does not make it valid.
Waiver confirm_waiver(const Project& project, Waiver waiver, const Actor& by, const Digest& recipe, Moment now);
// Whether one of its two persons is known by the account of the operating system only.
bool rests_on_accounts(const Waiver& waiver);
// "until 2026-01-31 by A and B: reason". The waiver is valid.
Text waiver_text(const Project& project, const Waiver& waiver);

}  // namespace ferry
