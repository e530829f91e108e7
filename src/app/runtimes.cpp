#include "app/runtimes.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "app/services.h"
#include "base/error.h"
#include "host/runtime.h"

namespace ferry {
namespace {

struct Need {
  std::string runtime;
  VersionRange wanted;
  std::string by;
  const Service* service = nullptr;  // in whose environment it is asked; none: the first one's
};

class Needs {
 public:
  Needs(const Target& target, const Version& version, const std::vector<Package>& packages)
      : services_(services_of_version(target.profile, version)) {
    for (const auto& service : services_)
      for (const auto& [id, wanted] : service.runtime) all_.push_back({id, wanted, "service " + service.id, &service});
    const auto way = migration_to(target.profile, version);
    for (const auto& [id, wanted] : way.runtime) all_.push_back({id, wanted, "migration", find(way.service)});
    for (const auto& package : packages) {
      const auto& demand = package.meta.runtime;
      if (demand.empty()) continue;
      const auto blank = std::min(demand.find(' '), demand.size());
      const auto range = demand.substr(std::min(blank + 1, demand.size()));
      all_.push_back({demand.substr(0, blank), range.empty() ? VersionRange() : VersionRange(range),
                      "package " + package.meta.id, nullptr});
    }
    for (auto& need : all_)
      if (need.service == nullptr && !services_.empty()) need.service = &services_.front();
  }
  const std::vector<Need>& all() const { return all_; }

 private:
  const Service* find(const std::string& id) const {
    for (const auto& service : services_)
      if (service.id == id) return &service;
    return nullptr;
  }
  std::vector<Service> services_;
  std::vector<Need> all_;
};

bool puts(const std::vector<PlannedChange>& changes, const RelativePath& path) {
  const auto found = std::lower_bound(changes.begin(), changes.end(), path,
                                      [](const PlannedChange& one, const RelativePath& p) { return one.path < p; });
  return found != changes.end() && found->path == path && found->after;
}

// Whether the changes put this program, or something it is reached by, into its place.
bool brought(const Target& target, const ComingChanges& coming, const std::string& program) {
  std::error_code none;
  for (const auto& path : {program, std::filesystem::weakly_canonical(program, none).string()}) {
    if (!path.starts_with(target.root() + "/")) continue;
    for (auto at = RelativePath(path.substr(target.root().size() + 1)); !at.empty(); at = at.parent())
      for (const auto* changes : coming)
        if (puts(*changes, at)) return true;
  }
  return false;
}

class Asking {
 public:
  Asking(const Target& target, const Version& version, const ComingChanges& coming)
      : target_(target), version_(version), coming_(coming), prefix_(service_place(target).prefix) {}

  PlannedRuntime ask(const Need& need) {
    PlannedRuntime out{need.runtime, need.wanted.text(), need.by, {}, {}};
    const auto* runtime = find_runtime(target_.profile, need.runtime, version_);
    if (runtime == nullptr) runtime = usual_runtime(need.runtime);
    if (runtime == nullptr) {
      complain(need, {"the profile does not say how it is asked (runtimes)", "产品档案未说明如何查询（runtimes）"});
      return out;
    }
    RuntimeQuestion question;
    question.prefix = prefix_;
    question.user = target_.environment.user;
    if (need.service != nullptr)
      question.environment = service_environment(*need.service, target_.environment, target_.secret);
    const auto program = runtime_program(*runtime, target_.environment, question.environment);
    if (brought(target_, coming_, program)) return out;
    const auto facts = ask_runtime(*runtime, target_.environment, question);
    out.version = facts.version;
    out.file = facts.file;
    if (facts.version.empty())
      complain(need, {"nothing is known of it: " + facts.problem, "无法得知其版本：" + facts.problem});
    else if (!need.wanted.contains(Version(facts.version)))
      complain(need, {"there is " + facts.version + " (" + facts.file + ")",
                      "现有 " + facts.version + "（" + facts.file + "）"});
    return out;
  }

  void require_none_missing() const {
    if (problems_.empty()) return;
    throw Error(Code::wrong_runtime, Text{"version " + version_.text(), "版本 " + version_.text()}, problems_);
  }

 private:
  void complain(const Need& need, const Text& why) {
    const std::string begin = problems_.empty() ? "" : "\n  ";
    problems_.en += fmt::format("{}{} needs {} {}: {}", begin, need.by, need.runtime, need.wanted.text(), why.en);
    problems_.zh += fmt::format("{}{} 需要 {} {}：{}", begin, need.by, need.runtime, need.wanted.text(), why.zh);
  }

  const Target& target_;
  const Version& version_;
  const ComingChanges& coming_;
  std::vector<std::string> prefix_;
  Text problems_;
};

}  // namespace

std::vector<PlannedRuntime> require_runtimes(const Target& target, const Version& version,
                                             const std::vector<Package>& packages, const ComingChanges& coming) {
  const Needs needs(target, version, packages);
  Asking asking(target, version, coming);
  std::vector<PlannedRuntime> out;
  for (const auto& need : needs.all()) out.push_back(asking.ask(need));
  asking.require_none_missing();
  return out;
}

void require_runtimes_now(const Target& target, const Version& version, const std::vector<Package>& packages) {
  require_runtimes(target, version, packages, {});
}

}  // namespace ferry
