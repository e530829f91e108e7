// Where a project is kept: files below <home>/projects/<project>/ (docs/formats/store.md). Objects named by their
// digest, append-only collections of hash-chained lines, and named references to objects.
//
// Any number of processes may read and write at once: a write holds the project's lock for its own duration only, a
// reader takes none and sees every record that was acknowledged before it began. What a call has acknowledged (returned
// from) survives a power cut. Nothing inside holds an absolute path: the home folder can be moved.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/digest.h"
#include "base/json.h"
#include "project/audit.h"
#include "project/project.h"

namespace ferry {

// Names of the collections that the application uses; any other name of letters, digits and '-' works as well.
namespace collection {
inline constexpr const char* evidence = "evidence";          // Evidence
inline constexpr const char* issues = "issues";              // IssueEvent
inline constexpr const char* approvals = "approvals";        // Approval
inline constexpr const char* acceptances = "acceptances";    // Acceptance
inline constexpr const char* carried = "carried";            // CarriedResult
inline constexpr const char* waivers = "waivers";            // Waiver
inline constexpr const char* decisions = "decisions";        // Decision
inline constexpr const char* audit = "audit";                // AuditEntry
inline constexpr const char* runs = "runs";                  // index of runs; the truth lies beside the installation
inline constexpr const char* rehearsals = "rehearsals";      // RehearsalFact
inline constexpr const char* chaos = "chaos";                // ChaosFact and its cases
inline constexpr const char* timings = "timings";            // TimingSample
inline constexpr const char* backups = "backups";            // BackupFact
inline constexpr const char* fences = "fences";              // FenceFact
inline constexpr const char* licences = "licences";          // LicenceFact
inline constexpr const char* applications = "applications";  // LicenceApplication
inline constexpr const char* customisations = "customisations";  // CustomisationReturn
inline constexpr const char* actuals = "actuals";                // TaskActual
inline constexpr const char* requests = "requests";              // PackageRequest
inline constexpr const char* surveys = "surveys";                // SurveyRecord
}  // namespace collection

// One thing that is wrong with a stored project.
struct StoreProblem {
  std::string where;  // file, relative to the project's folder
  Text message;
};

class Store {
 public:
  // Makes the folder of a new project. `project_yaml` must parse and its id names the folder. Throws
  // Error(already_exists), Error(invalid_document).
  static Store create(const std::string& home, std::string_view project_yaml);
  // Throws Error(not_found), Error(unsupported_format).
  static Store open(const std::string& home, const std::string& project);
  // Ids of the projects below a home, sorted; empty when there is none.
  static std::vector<std::string> list(const std::string& home);

  ~Store();
  Store(Store&&) noexcept;
  Store& operator=(Store&&) noexcept;

  const std::string& id() const;
  const std::string& folder() const;  // of this project

  // The project as people wrote it. Saving keeps comments; it must parse and keep its id. A project.yaml that was
  // edited by hand is simply read. Throws Error(invalid_document).
  std::string project_text() const;
  Project project() const;
  void save_project(std::string_view yaml);

  // Objects: written once, whole or not at all, verified at every reading. put is idempotent. get throws
  // Error(not_found), Error(corrupt_object).
  Digest put_object(std::string_view bytes);
  std::string get_object(const Digest& digest) const;
  bool has_object(const Digest& digest) const;
  // Canonical JSON as an object.
  Digest put_json(const Json& value);
  Json get_json(const Digest& digest) const;

  // Values that carry a digest of their own which is not that of their bytes (Recipe::digest leaves out reasons, Plan's
  // the estimates): found again by kind and that digest. A later one with the same digest replaces the earlier.
  void put_named(const std::string& kind, const Digest& name, const Json& value);
  Json get_named(const std::string& kind, const Digest& name) const;  // throws Error(not_found)
  // The same of a value whose canonical text is at hand: large ones are never one JSON value.
  void put_named_text(const std::string& kind, const Digest& name, std::string_view canonical);
  std::string named_text(const std::string& kind, const Digest& name) const;
  bool has_named(const std::string& kind, const Digest& name) const;

  // Appends one or several records durably, all with one sync. Throws Error(invalid_document) when it has no canonical
  // form, Error(locked) when another process holds the lock for more than 10 s, Error(corrupt_log), Error(disk_full):
  // then nothing was appended.
  ChainRecord append(const std::string& collection, Json data);
  void append_all(const std::string& collection, std::vector<Json> data);
  // All records in order. A line torn by a crash that was never acknowledged is left out; damage before that, or a log
  // that lost acknowledged records, is Error(corrupt_log) with file and line. Nothing there yet: empty.
  std::vector<ChainRecord> read(const std::string& collection) const;
  template <class T>
  std::vector<T> read_as(const std::string& name) const {
    std::vector<T> out;
    for (const auto& record : read(name)) out.push_back(record.data.template get<T>());
    return out;
  }
  // The chain's last digest, to be printed in reports; empty when nothing is there.
  Digest head(const std::string& collection) const;
  // Appends to the audit collection.
  void audit(const AuditEntry& entry);

  // Named references: "recipe", "plan/production", "inventory/production". Set atomically.
  void set_reference(const std::string& name, const Digest& digest);
  std::optional<Digest> reference(const std::string& name) const;
  void clear_reference(const std::string& name);
  std::map<std::string, Digest> references() const;

  // Reads, decides and writes as one: nobody else writes while `work` runs. May be nested; the calls above may be used
  // inside.
  void together(const std::function<void()>& work);

  // Looks at everything: chains, objects against their names, references to what is not there. Empty: whole.
  std::vector<StoreProblem> verify() const;

 private:
  struct State;
  explicit Store(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// `flag` if given, else $FERRY_HOME, else ~/.ferry. The environment's values are given: nothing is read here.
std::string ferry_home(const std::string& flag, const char* ferry_home_variable, const char* home_variable);

}  // namespace ferry
