// The programs that the product runs on.
#include <algorithm>

#include "host/runtime.h"
#include "host/service.h"
#include "survey/product_facts.h"

namespace ferry {
namespace {

const Service* user_of(const std::vector<Service>& services, const std::string& runtime) {
  for (const auto& service : services)
    if (service.runtime.contains(runtime)) return &service;
  return services.empty() ? nullptr : &services.front();
}

void find_unfit(Surveyor& surveyor, const Service& service, const RuntimeFacts& facts) {
  const auto wanted = service.runtime.find(facts.id);
  if (wanted == service.runtime.end() || wanted->second.contains(Version(facts.version))) return;
  const std::string found = facts.version.empty() ? facts.problem : facts.version;
  surveyor.findings.add("runtime-unfit", service.id + ":" + facts.id, Severity::high,
                        {"The runtime is not the one the service needs", "运行环境不符合服务要求"},
                        {service.id + " needs " + facts.id + " " + wanted->second.text() + ", found: " + found,
                         service.id + " 需要 " + facts.id + " " + wanted->second.text() + "，实际：" + found},
                        {"It runs on something else than the profile says: correct one of the two.",
                         "实际运行环境与产品档案不符，请更正其一。"},
                        {"A3"});
}

}  // namespace

void read_runtimes(Surveyor& surveyor) {
  const auto& version = surveyor.inventory.version;
  const auto services = services_of_version(surveyor.profile, version);
  for (const auto& runtime : surveyor.profile.runtimes) {
    if (!version.empty() && !runtime.version.contains(version)) continue;
    RuntimeQuestion question;
    question.prefix = surveyor.options.runtime_prefix;
    question.user = surveyor.environment.user;
    try {
      if (const auto* service = user_of(services, runtime.id))
        question.environment = service_environment(*service, surveyor.environment, surveyor.options.secret);
    } catch (const Error& error) {
      surveyor.findings.add_error("runtime " + runtime.id, error, false, {"A3"});
    }
    auto facts = ask_runtime(runtime, surveyor.environment, question);
    for (const auto& service : services) find_unfit(surveyor, service, facts);
    surveyor.inventory.runtimes.push_back(std::move(facts));
  }
}

}  // namespace ferry
