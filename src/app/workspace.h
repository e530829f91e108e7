// An open project with its environments, packages, keys and backups: where every use case begins.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "backup/repository.h"
#include "base/clock.h"
#include "model/environment.h"
#include "model/inventory.h"
#include "package/library.h"
#include "project/approval.h"
#include "store/store.h"

namespace ferry {

// One environment with its profile, ready to be worked on.
struct Target {
  std::string file;  // the environment's YAML, absolute
  Environment environment;
  Profile profile;
  Variables variables;
  SecretLookup secret;  // throws Error(missing_secret)

  const std::string& name() const { return environment.name; }
  const std::string& root() const { return environment.root; }
  const std::string& staging() const { return environment.staging; }
  bool is_clone() const { return environment.kind == Environment::Kind::clone; }
  bool is_production() const { return environment.kind == Environment::Kind::production; }
};

// Reads an environment and the profile it names; throws what require_environment and require_profile throw, and
// Error(invalid_document) when the profile's templates need variables or secrets that the environment does not give.
Target load_target(const std::string& environment_file);

// The content of a file that another one names under `key`; Error(not_found) says which.
std::string read_named(const std::string& file, const std::string& by, const std::string& key,
                       std::uint64_t limit = 64ULL << 20U);

class Workspace {
 public:
  // From a project file (docs/formats/project.md). Error(already_exists).
  static Workspace create(const std::string& home, const std::string& project_file);
  // An empty name is the only project there is; Error(not_found), Error(usage) when there are several.
  static Workspace open(const std::string& home, const std::string& project);

  Store& store() { return *store_; }
  const Store& store() const { return *store_; }
  Project project() const { return store_->project(); }
  std::string path(const std::string& name) const { return store_->folder() + "/" + name; }

  // Another text for the same project: another window, other people. The audit names the keys that changed.
  void update_project(const std::string& project_file, const std::string& person);

  // Checks it and remembers where it lies; a second one of the same name replaces the first. Error(already_exists) for
  // a second production.
  Target add_environment(const std::string& file);
  std::vector<std::string> environments() const;
  Target target(const std::string& name) const;
  Target production() const;  // Error(not_found) without one

  // The latest survey of an environment; Error(not_found) says how to make one.
  Inventory inventory(const std::string& environment) const;
  Manifest manifest(const Inventory& inventory) const;
  // The vendor's baseline named by the environment; empty optional without one.
  std::optional<Manifest> baseline(const Target& target) const;

  std::string keys_file() const { return path("trusted-keys.json"); }
  TrustedKeys keys() const { return TrustedKeys::load(keys_file()); }
  Library library() const { return Library(path("packages"), keys()); }
  // The restic repository of this project; its password file is made (mode 0600) at the first use.
  BackupRepository repository() const;

  // Who acts: `claimed` is a person of the project or empty; checked against the operating system's account.
  Actor actor(const std::string& claimed) const;
  void audit(const std::string& action, const std::string& subject, const std::string& person, Json detail = {});

  Clock clock = system_now;

 private:
  explicit Workspace(Store store) : store_(std::make_unique<Store>(std::move(store))) {}
  std::map<std::string, std::string> environment_files() const;

  std::unique_ptr<Store> store_;
};

}  // namespace ferry
