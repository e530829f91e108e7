#include "verify/context.h"

#include <algorithm>
#include <charconv>

#include "base/error.h"
#include "base/id.h"
#include "host/process.h"
#include "host/service.h"

namespace ferry {

Remembered remembered_values(const std::vector<Evidence>& before) {
  std::map<std::string, const Evidence*> latest;
  for (const auto& evidence : before) {
    if (evidence.values.empty()) continue;
    const auto*& known = latest[evidence.check];
    if (known == nullptr || known->started <= evidence.started) known = &evidence;
  }
  Remembered out;
  for (const auto& [check, evidence] : latest) out[check] = evidence->values;
  return out;
}

ProcessHook local_process_facts(const Environment& environment) {
  return [&environment](const Service& service) {
    const auto state = service_state(service, environment);
    ProcessFacts facts;
    facts.running = state.running;
    facts.pids = state.pids;
    facts.started = state.started;
    facts.port = state.port;
    facts.detail = state.account.empty() ? state.command : state.account + ": " + state.command;
    int port = 0;
    std::from_chars(state.port.data(), state.port.data() + state.port.size(), port);
    if (port == 0) return facts;
    for (const auto& listener : listeners_on(port)) {
      const bool own = std::find(state.pids.begin(), state.pids.end(), listener.pid) != state.pids.end();
      facts.listening = facts.listening || own;
      if (!own)
        facts.detail += "; on port " + state.port + " listens " +
                        (listener.pid == 0 ? "another account's process" : "pid " + std::to_string(listener.pid)) +
                        " " + listener.command;
    }
    return facts;
  };
}

Variables CheckContext::variables() const {
  FERRY_INVARIANT(environment != nullptr);
  auto out = environment->as_variables();
  out["check.run"] = run;
  out["check.version"] = version.text();
  out["check.place"] = place == CheckPlace::production ? "production" : "clone";
  return out;
}

Connection CheckContext::connect(const Profile& product, const std::string& database_id) const {
  const auto* database = find_database(product, database_id);
  if (database == nullptr)
    throw Error(Code::invalid_document, Text{"database '" + database_id + "'", "数据库“" + database_id + "”"},
                Text{"not in the profile", "产品档案中没有"});
  return open_database ? open_database(*database) : Connection::open(*database, variables());
}

Evidence new_evidence(const CheckContext& context, const std::string& check, const std::vector<std::string>& covers) {
  FERRY_INVARIANT(context.environment != nullptr);
  const auto now = context.now();
  Evidence evidence;
  // Many are made within one second; the check's id keeps them apart.
  evidence.id = new_id("ev", now) + "-" + check;
  evidence.check = check;
  evidence.covers = covers;
  evidence.environment = context.environment->name;
  evidence.run = context.run;
  evidence.recipe = context.recipe;
  evidence.profile = context.profile;
  evidence.program = context.program;
  evidence.version = context.version;
  evidence.started = to_string(now);
  return evidence;
}

}  // namespace ferry
