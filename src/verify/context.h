// What the checks need to know about the system that they look at.
#pragma once
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "database/connection.h"
#include "model/environment.h"
#include "model/evidence.h"
#include "model/profile.h"
#include "verify/http.h"

namespace ferry {

enum class CheckPlace { production, clone };  // a test system counts as clone
// before: the old version, values and invariants are remembered. after: compared with them.
enum class CheckPhase { before, after };

// Check or invariant id -> Evidence::values of its evidence from before.
using Remembered = std::map<std::string, std::map<std::string, std::string>>;
// The latest values per check among evidence taken before. Hand over that of one run or one environment.
Remembered remembered_values(const std::vector<Evidence>& before);

// What the machine says about a service's process.
struct ProcessFacts {
  bool running = false;
  std::vector<int> pids;
  std::string started;  // RFC 3339; when the process began
  std::string port;     // empty: none
  bool listening = false;
  std::string detail;  // account, command, what was found wrong: for people
};
using ProcessHook = std::function<ProcessFacts(const Service&)>;
// Looks at this machine (host/service.h). `environment` must outlive the hook.
ProcessHook local_process_facts(const Environment& environment);

struct CheckContext {
  const Environment* environment = nullptr;  // must be given; its variables fill the templates
  std::string base_url;                      // empty: Environment::url
  CheckPlace place = CheckPlace::clone;
  CheckPhase phase = CheckPhase::after;
  Version version;  // that the system says it is
  SecretLookup secret;

  Digest recipe, profile, program;  // written into the evidence
  std::string run;
  Remembered remembered;       // from before the upgrade
  std::set<std::string> only;  // ids of checks and invariants; empty: all

  Clock now = system_now;
  HttpReach reach;
  Milliseconds http_timeout{30000};
  ProcessHook process;                  // none: process checks are not run
  std::optional<Moment> started_after;  // processes must have begun after it (B6.1)
  // What has gone out so far, oldest first, each call as one text (request line, host, headers and body; mail with its
  // recipients), as a fence has recorded it. None: not seen here, and steps' `called` is not judged.
  std::function<std::vector<std::string>()> outgoing;
  Milliseconds called_within{10000};
  std::function<Connection(const Database&)> open_database;  // none: read-only by Connection::open
  std::function<void(const Evidence& done, std::size_t number, std::size_t of)> progress;
  // Told of what kept a check from being carried out: it has said nothing about the system then.
  std::function<void(const std::string& check, const Error& why)> obstacle;

  // Variables for templates: those of the environment, "check.run", "check.version" and "check.place".
  Variables variables() const;
  Connection connect(const Profile& product, const std::string& database_id) const;
};

// An evidence with everything but the result filled in from the context.
Evidence new_evidence(const CheckContext& context, const std::string& check, const std::vector<std::string>& covers);

}  // namespace ferry
