#include "app/package_audit.h"

#include <algorithm>
#include <set>

#include "app/checking.h"
#include "app/run_session.h"
#include "base/error.h"
#include "project/fields.h"
#include "run/run_state.h"

namespace ferry {
namespace {

constexpr const char* collection_name = "package-audits";

template <class Visitor, class Value>
void claim_members(Visitor visit, Value& value) {
  visit("package", value.package);
  visit("about", value.about);
  visit("check", value.check);
  visit.choice("outcome", value.outcome, [](const std::string& name) { return outcome_of(name); });
  visit("environment", value.environment);
  visit("at", value.at);
}

template <class Visitor, class Value>
void package_members(Visitor visit, Value& value) {
  visit("id", value.id);
  visit("state", value.state);
  visit("right", value.right);
  visit("wrong", value.wrong);
  visit("text", value.text);
  visit("recorded", value.recorded);
  visit("run", value.run);
}

template <class Visitor, class Value>
void audit_members(Visitor& visit, Value& value) {
  visit("environment", value.environment);
  visit("at", value.at);
  visit("surveyed", value.surveyed);
  visit("program", value.program);
  visit("version", value.version);
  visit("compared", value.compared);
  visit("files", value.files);
  visit("unknown", value.unknown);
  visit("findings", value.findings);
}

// What a run of Ferry has laid and not taken back.
struct Laid {
  std::string run;
  Plan plan;
};

bool stands(const RunState& state) {
  const auto* last = state.find("switch");
  return state.phase != RunPhase::rolled_back && state.phase != RunPhase::rolling_back && last != nullptr &&
         last->status == StepStatus::done;
}

std::vector<Laid> laid_by_runs(const Workspace& workspace, const Target& target) {
  std::vector<Laid> out;
  for (const auto& listed : list_runs(target.staging()))
    if (listed.state && stands(*listed.state))
      out.push_back({listed.id, plan_of_run(workspace, target, *listed.state)});
  return out;
}

// Who says of which package that it is there.
class Expectation {
 public:
  Expectation(const Workspace& workspace, const Target& target, const Inventory& inventory)
      : library_(workspace.library().list(workspace.clock())), laid_(laid_by_runs(workspace, target)) {
    for (const auto& laid : laid_)
      for (const auto& package : laid.plan.recipe.packages) run_of_[package.id] = laid.run;
    recorded_.insert(inventory.packages.begin(), inventory.packages.end());
    // In the order in which they were laid: what Ferry has not laid was there before.
    for (const auto& id : inventory.packages)
      if (!run_of_.contains(id)) expect(id);
    for (const auto& laid : laid_)
      for (const auto& package : laid.plan.recipe.packages) expect(package.id);
  }

  void fill(ForensicsInput& input) const {
    input.packages = packages_;
    for (const auto& package : library_)
      if (!expected_.contains(package.meta.id)) input.others.push_back(package);
    for (const auto& laid : laid_) {
      const auto& decisions = laid.plan.recipe.decisions;
      input.decisions.insert(input.decisions.end(), decisions.begin(), decisions.end());
      for (const auto& change : laid.plan.changes)
        if (change.after && (change.source == "licence" || change.source == "profile"))
          input.laid_down[change.path] = content_key(&*change.after);
    }
  }
  const std::vector<std::string>& unknown() const { return unknown_; }
  const std::vector<Package>& packages() const { return packages_; }
  bool recorded(const std::string& id) const { return recorded_.contains(id); }
  std::string run(const std::string& id) const {
    const auto found = run_of_.find(id);
    return found == run_of_.end() ? std::string() : found->second;
  }

 private:
  void expect(const std::string& id) {
    if (!expected_.insert(id).second) return;
    const auto found =
        std::find_if(library_.begin(), library_.end(), [&](const Package& package) { return package.meta.id == id; });
    if (found == library_.end())
      unknown_.push_back(id);
    else
      packages_.push_back(*found);
  }

  std::vector<Package> library_;
  std::vector<Laid> laid_;
  std::map<std::string, std::string> run_of_;
  std::set<std::string> recorded_, expected_;
  std::vector<Package> packages_;
  std::vector<std::string> unknown_;
};

std::vector<SolvedClaim> claims_of(Workspace& workspace, const Target& target, const std::vector<Package>& packages) {
  const auto known = issues(workspace);
  std::vector<SolvedClaim> out;
  for (const auto& package : packages)
    for (const auto& about : package.meta.fixes) {
      SolvedClaim claim;
      claim.package = package.meta.id;
      claim.about = about;
      const auto* issue = find_issue(known, about);
      claim.check = issue != nullptr ? issue->check : about;
      const auto& invariants = target.profile.invariants;
      if (find_check(target.profile, claim.check) == nullptr &&
          std::none_of(invariants.begin(), invariants.end(),
                       [&](const Invariant& one) { return one.id == claim.check; }))
        claim.check.clear();
      out.push_back(std::move(claim));
    }
  return out;
}

// The newest result on the environment itself; where its check does not run there, of any.
void hold_against_results(const Workspace& workspace, const Target& target, std::vector<SolvedClaim>& claims) {
  const auto all = workspace.store().read_as<Evidence>(collection::evidence);
  for (auto& claim : claims) {
    const Evidence* newest = nullptr;
    for (const auto& evidence : all) {
      if (claim.check.empty() || evidence.check != claim.check || evidence.outcome == Outcome::not_run) continue;
      const bool here = evidence.environment == target.name();
      if (newest == nullptr || here || newest->environment != target.name()) newest = &evidence;
    }
    if (newest == nullptr) continue;
    claim.outcome = newest->outcome;
    claim.environment = newest->environment;
    claim.at = newest->started;
  }
}

std::vector<Finding> claim_findings(const std::vector<SolvedClaim>& claims) {
  std::vector<Finding> out;
  for (const auto& claim : claims) {
    if (claim.outcome == Outcome::passed) continue;
    const bool failed = claim.outcome != Outcome::not_run;
    Finding finding;
    finding.rule = "claim-unproven";
    finding.key = finding.rule + ":" + claim.package + ":" + claim.about;
    finding.severity = failed ? Severity::high : Severity::medium;
    finding.title = failed ? Text{"A patch has not solved what it claims to solve", "补丁未解决其声称解决的问题"}
                           : Text{"Nothing shows that a patch solves what it claims", "没有依据表明补丁已解决问题"};
    finding.detail = {claim.package + " claims to solve " + claim.about + (failed ? ", whose check failed" : ""),
                      claim.package + " 声称解决 " + claim.about + (failed ? "，但其验证项未通过" : "")};
    finding.remedy = claim.check.empty()
                         ? Text{"The profile has no such check: write one.", "产品档案中没有该验证项，请补充。"}
                         : Text{"Run it: 'ferry package audit ENVIRONMENT --check'.",
                                "请执行：“ferry package audit 环境 --check”。"};
    finding.audience = "vendor_engineer";
    finding.covers = {"C5.1"};
    out.push_back(std::move(finding));
  }
  return out;
}

void rerun_checks(Workspace& workspace, const Target& target, const std::vector<SolvedClaim>& claims,
                  Reporter& reporter) {
  CheckRequest request;
  for (const auto& claim : claims)
    if (!claim.check.empty()) request.only.insert(claim.check);
  if (request.only.empty()) return;
  if (const auto recipe = workspace.store().reference("recipe")) request.recipe = *recipe;
  run_environment_checks(workspace, target, request, reporter);
}

std::vector<AuditedPackage> audited(const Forensics& forensics, const Expectation& expectation) {
  std::vector<AuditedPackage> out;
  for (const auto& verdict : forensics.packages)
    out.push_back({verdict.id, std::string(name_of(verdict.state)), verdict.right, verdict.wrong, verdict.text,
                   expectation.recorded(verdict.id), expectation.run(verdict.id)});
  return out;
}

}  // namespace

bool PackageAudit::holds() const {
  const auto bad = [](const AuditedPackage& package) {
    return package.state == name_of(PackageState::missing) || package.state == name_of(PackageState::partly_applied);
  };
  return std::none_of(packages.begin(), packages.end(), bad) &&
         std::none_of(claims.begin(), claims.end(), [](const SolvedClaim& claim) {
           return claim.outcome == Outcome::failed || claim.outcome == Outcome::error;
         });
}

void to_json(Json& json, const PackageAudit& value) {
  project_fields::Writer visit(json);
  audit_members(visit, value);
  json["packages"] = Json::array();
  for (const auto& package : value.packages)
    package_members(project_fields::Writer(json["packages"].emplace_back()), package);
  json["claims"] = Json::array();
  for (const auto& claim : value.claims) claim_members(project_fields::Writer(json["claims"].emplace_back()), claim);
}

void from_json(const Json& json, PackageAudit& value) {
  value = PackageAudit{};
  project_fields::Reader visit(json);
  audit_members(visit, value);
  for (const auto& package : json.at("packages"))
    package_members(project_fields::Reader(package), value.packages.emplace_back());
  for (const auto& claim : json.at("claims")) claim_members(project_fields::Reader(claim), value.claims.emplace_back());
}

PackageAuditOutcome audit_packages(Workspace& workspace, const Target& target, bool rerun, Reporter& reporter) {
  const auto inventory = workspace.inventory(target.name());
  const auto installed = workspace.manifest(inventory);
  const auto baseline = workspace.baseline(target);
  const Expectation expectation(workspace, target, inventory);
  ForensicsInput input{.base = baseline ? &*baseline : nullptr, .installed = installed, .paths = target.profile.paths};
  expectation.fill(input);
  auto forensics = attribute_files(input);

  PackageAuditOutcome out;
  auto& audit = out.audit;
  audit.environment = target.name();
  audit.at = workspace.clock();
  audit.surveyed = inventory.taken;
  audit.program = inventory.program;
  audit.version = inventory.version.text();
  audit.compared = baseline.has_value();
  audit.packages = audited(forensics, expectation);
  audit.unknown = expectation.unknown();
  for (const auto& file : forensics.files) ++audit.files[std::string(name_of(file.state))];
  audit.claims = claims_of(workspace, target, expectation.packages());
  if (rerun) rerun_checks(workspace, target, audit.claims, reporter);
  hold_against_results(workspace, target, audit.claims);
  audit.findings = claim_findings(audit.claims);
  for (auto& finding : forensic_findings(forensics, audit.unknown)) audit.findings.push_back(std::move(finding));
  std::stable_sort(audit.findings.begin(), audit.findings.end(),
                   [](const Finding& a, const Finding& b) { return a.severity > b.severity; });
  workspace.store().append(collection_name, Json(audit));
  workspace.audit("package.audit", target.name(), {}, {{"holds", audit.holds()}, {"program", audit.program}});
  for (auto& file : forensics.files)
    if (file.state != FileState::right) out.files.push_back(std::move(file));
  return out;
}

Text package_state_text(const std::string& state) {
  static const std::map<std::string, Text> texts{{"present", {"there", "已就位"}},
                                                 {"partly_applied", {"partly applied", "部分安装"}},
                                                 {"missing", {"MISSING", "缺失"}},
                                                 {"superseded", {"superseded", "已被取代"}},
                                                 {"unrecorded", {"not recorded", "未记录"}}};
  const auto found = texts.find(state);
  return found == texts.end() ? Text{state, state} : found->second;
}

std::optional<PackageAudit> newest_audit(const Workspace& workspace, const std::string& environment) {
  std::optional<PackageAudit> out;
  for (auto& audit : workspace.store().read_as<PackageAudit>(collection_name))
    if (audit.environment == environment) out = std::move(audit);
  return out;
}

}  // namespace ferry
