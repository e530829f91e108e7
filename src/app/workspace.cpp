#include "app/workspace.h"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>

#include "app/profiles.h"
#include "base/error.h"
#include "base/id.h"
#include "host/facts.h"
#include "host/files.h"

namespace ferry {
namespace {

namespace fs = std::filesystem;

std::string first_line(const std::string& text) {
  return text.substr(0, text.find_first_of("\r\n"));
}

SecretLookup secrets_of(const Environment& environment) {
  return [references = environment.secrets](const std::string& name) {
    const auto it = references.find(name);
    if (it == references.end()) throw Error(Code::missing_secret, name, "the environment names no source for it");
    const auto& reference = it->second;
    if (!reference.environment_variable.empty()) {
      if (const char* value = std::getenv(reference.environment_variable.c_str()); value != nullptr)
        return std::string(value);
      throw Error(Code::missing_secret, name, "environment variable " + reference.environment_variable + " is not set");
    }
    const auto text = read_file_if_there(reference.file, 1U << 16U);
    if (!text) throw Error(Code::missing_secret, name, "no file " + reference.file);
    return first_line(*text);
  };
}

std::string beside(const std::string& file, const std::string& relative) {
  const fs::path path(relative);
  return path.is_absolute() ? relative : (fs::path(file).parent_path() / path).lexically_normal().string();
}

}  // namespace

Target load_target(const std::string& environment_file) {
  Target target;
  target.file = fs::absolute(environment_file).lexically_normal().string();
  target.environment = require_environment(read_file(target.file), target.file);
  auto& environment = target.environment;
  // Paths inside the file are meant relative to it, so that a folder with all of it can be moved.
  environment.profile = beside(target.file, environment.profile);
  if (!environment.licence_file.empty()) environment.licence_file = beside(target.file, environment.licence_file);
  if (!environment.baseline.empty()) environment.baseline = beside(target.file, environment.baseline);
  for (auto& [name, secret] : environment.secrets)
    if (!secret.file.empty()) secret.file = beside(target.file, secret.file);
  target.profile =
      require_profile(read_file(environment.profile), environment.profile, base_reader(environment.profile));
  const auto missing = missing_variables(target.profile, environment);
  if (!missing.empty()) {
    std::string list;
    for (const auto& name : missing) list += (list.empty() ? "" : ", ") + name;
    throw Error(Code::invalid_document, target.file, "the profile needs values that are not given here: " + list);
  }
  target.variables = environment.as_variables();
  target.secret = secrets_of(environment);
  return target;
}

Workspace Workspace::create(const std::string& home, const std::string& project_file) {
  return Workspace(Store::create(home, read_file(project_file)));
}

Workspace Workspace::open(const std::string& home, const std::string& project) {
  if (!project.empty()) return Workspace(Store::open(home, project));
  const auto all = Store::list(home);
  if (all.empty())
    throw Error(Code::not_found, "project", "none below " + home + "; make one with 'ferry project create'");
  if (all.size() > 1) {
    std::string names;
    for (const auto& name : all) names += " " + name;
    throw Error(Code::usage, "--project", "there are several projects:" + names);
  }
  return Workspace(Store::open(home, all.front()));
}

std::map<std::string, std::string> Workspace::environment_files() const {
  const auto text = read_file_if_there(path("environments.json"));
  if (!text) return {};
  return parse_json(*text, path("environments.json")).get<std::map<std::string, std::string>>();
}

Target Workspace::add_environment(const std::string& file) {
  Target target = load_target(file);
  auto files = environment_files();
  if (target.is_production())
    for (const auto& [name, other] : files)
      if (name != target.name() && load_target(other).is_production())
        throw Error(Code::already_exists, target.name(), "the project's production is " + name);
  files[target.name()] = target.file;
  write_file_atomic(path("environments.json"), Json(files).dump(1));
  return target;
}

std::vector<std::string> Workspace::environments() const {
  std::vector<std::string> out;
  for (const auto& [name, file] : environment_files()) out.push_back(name);
  return out;
}

Target Workspace::target(const std::string& name) const {
  const auto files = environment_files();
  const auto it = files.find(name);
  if (it != files.end()) return load_target(it->second);
  std::string known;
  for (const auto& [other, file] : files) known += (known.empty() ? "" : ", ") + other;
  throw Error(Code::not_found, "environment " + name,
              known.empty() ? "add one with 'ferry environment add FILE'" : "known: " + known);
}

Target Workspace::production() const {
  for (const auto& name : environments()) {
    Target target = this->target(name);
    if (target.is_production()) return target;
  }
  throw Error(Code::not_found, "production environment", "add one with 'ferry environment add FILE'");
}

Inventory Workspace::inventory(const std::string& environment) const {
  const auto reference = store_->reference("inventory/" + environment);
  if (!reference)
    throw Error(Code::not_found, "survey of " + environment, "make one with 'ferry survey run " + environment + "'");
  return store_->get_json(*reference).get<Inventory>();
}

Manifest Workspace::manifest(const Inventory& inventory) const {
  return Manifest::from_mtree(store_->get_object(inventory.manifest), "manifest of " + inventory.environment);
}

std::optional<Manifest> Workspace::baseline(const Target& target) const {
  if (target.environment.baseline.empty()) return std::nullopt;
  return Manifest::from_mtree(read_file(target.environment.baseline, 1ULL << 30U), target.environment.baseline);
}

BackupRepository Workspace::repository() const {
  const std::string password = path("backup.password");
  if (!path_exists(password)) {
    // Whoever has the project's folder can restore, nobody else.
    write_file_atomic(password, random_hex(32) + "\n", 0600);
  }
  RepositoryOptions options;
  options.folder = path("backups");
  options.records = path("backups.records");
  options.password.file = password;
  return BackupRepository(options);
}

Actor Workspace::actor(const std::string& claimed) const {
  return actor_of(project(), account_name(), claimed);
}

void Workspace::audit(const std::string& action, const std::string& subject, const std::string& person, Json detail) {
  if (detail.is_null()) detail = Json::object();
  store_->audit(AuditEntry{clock(), person, account_name(), action, subject, std::move(detail)});
}

}  // namespace ferry
