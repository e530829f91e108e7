// Which packages are really there, after any hand has been at the installation (REQUIREMENTS C5.1): every program file
// is attributed to the package it came from, and what a package claims to solve is held against the results of its
// checks.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "app/reporter.h"
#include "app/workspace.h"
#include "impact/forensics.h"
#include "model/evidence.h"

namespace ferry {

// A package says that it solves something: is that so?
struct SolvedClaim {
  std::string package;
  std::string about;  // check or issue, as the package names it
  std::string check;  // whose result decides; empty: the profile has no such check
  Outcome outcome = Outcome::not_run;
  std::string environment;  // where the newest result was got; empty: nowhere
  std::string at;           // RFC 3339
};

struct AuditedPackage {
  std::string id;
  std::string state;  // name_of(PackageState)
  std::uint64_t right = 0;
  std::uint64_t wrong = 0;
  Text text;
  bool recorded = false;  // by the product itself
  std::string run;        // that has laid it by Ferry; empty: none
};

// What is kept of an audit (collection "package-audits").
struct PackageAudit {
  std::string environment;
  Moment at{};
  std::string surveyed;  // RFC 3339: the survey that was judged
  Digest program;        // Inventory::program then
  std::string version;
  bool compared = false;  // with a baseline: else foreign files can't be told
  std::vector<AuditedPackage> packages;
  std::map<std::string, std::uint64_t> files;  // name_of(FileState) -> number
  std::vector<std::string> unknown;            // recorded, and not in the project's library
  std::vector<SolvedClaim> claims;             // of the packages that are said to be there
  std::vector<Finding> findings;

  // Every package that is said to be there is, and no check of what one claims to solve has failed.
  bool holds() const;
};
void to_json(Json& json, const PackageAudit& value);
void from_json(const Json& json, PackageAudit& value);

struct PackageAuditOutcome {
  PackageAudit audit;
  std::vector<FileAttribution> files;  // those that are not simply right, sorted by path
};

// Judges the newest survey of the environment and keeps the result. Said to be there is what the product records as
// applied and what runs of Ferry have laid and not taken back. `rerun`: first runs the checks that the packages there
// claim to solve. Error(not_found) without a survey.
PackageAuditOutcome audit_packages(Workspace& workspace, const Target& target, bool rerun, Reporter& reporter);

// "partly applied", of name_of(PackageState).
Text package_state_text(const std::string& state);

// The newest kept audit of an environment; none: never audited.
std::optional<PackageAudit> newest_audit(const Workspace& workspace, const std::string& environment);

}  // namespace ferry
