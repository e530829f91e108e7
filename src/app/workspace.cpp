#include "app/workspace.h"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>

#include "app/machine.h"
#include "app/profiles.h"
#include "base/error.h"
#include "base/id.h"
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
    if (it == references.end())
      throw Error(Code::missing_secret, name,
                  Text{"the environment file names no source for it (secrets)", "环境文件未指定其来源（secrets）"});
    const auto& reference = it->second;
    if (!reference.environment_variable.empty()) {
      if (const char* value = std::getenv(reference.environment_variable.c_str()); value != nullptr)
        return std::string(value);
      throw Error(Code::missing_secret, name,
                  Text{"environment variable " + reference.environment_variable + " is not set",
                       "环境变量 " + reference.environment_variable + " 未设置"});
    }
    const auto text = read_file_if_there(reference.file, 1U << 16U);
    if (!text) throw Error(Code::missing_secret, name, Text{"no file " + reference.file, "没有文件 " + reference.file});
    return first_line(*text);
  };
}

std::string beside(const std::string& file, const std::string& relative) {
  const fs::path path(relative);
  return path.is_absolute() ? relative : (fs::path(file).parent_path() / path).lexically_normal().string();
}

}  // namespace

std::string read_named(const std::string& file, const std::string& by, const std::string& key, std::uint64_t limit) {
  if (!path_exists(file))
    throw Error(Code::not_found, file, Text{"named by '" + key + "' in " + by, "由 " + by + " 的 " + key + " 项指定"});
  return read_file(file, limit);
}

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
  target.profile = require_profile(read_named(environment.profile, target.file, "profile"), environment.profile,
                                   base_reader(environment.profile));
  const auto missing = missing_variables(target.profile, environment);
  if (!missing.empty()) {
    std::string list;
    for (const auto& name : missing) list += (list.empty() ? "" : ", ") + name;
    throw Error(Code::invalid_document, target.file,
                Text{"the profile needs values that are not given here (variables, secrets): " + list,
                     "产品档案需要以下值，但此处（variables、secrets）未提供：" + list});
  }
  target.variables = environment.as_variables();
  target.secret = secrets_of(environment);
  return target;
}

Workspace Workspace::create(const std::string& home, const std::string& project_file) {
  const auto text = read_file(project_file);
  require_project(text, project_file);  // so that problems are told with the file's own name
  return Workspace(Store::create(home, text));
}

Workspace Workspace::open(const std::string& home, const std::string& project) {
  if (!project.empty()) return Workspace(Store::open(home, project));
  const auto all = Store::list(home);
  if (all.empty())
    throw Error(Code::not_found, Text{"project", "升级项目"},
                Text{"none below " + home + "; make one with 'ferry project create'",
                     home + " 下没有；请用 “ferry project create” 新建"});
  if (all.size() > 1) {
    std::string names;
    for (const auto& name : all) names += " " + name;
    throw Error(Code::usage, "--project",
                Text{"say which one; there are several:" + names, "请指明是哪一个，现有多个项目：" + names});
  }
  return Workspace(Store::open(home, all.front()));
}

void Workspace::update_project(const std::string& project_file, const std::string& person) {
  const auto text = read_file(project_file);
  const Json after(require_project(text, project_file));
  const Json before(project());
  Json changed = Json::array();
  for (const auto& [key, value] : after.items())
    if (!before.contains(key) || before.at(key) != value) changed.push_back(key);
  for (const auto& [key, value] : before.items())
    if (!after.contains(key)) changed.push_back(key);
  store_->save_project(text);
  audit("project.update", after.at("id").get<std::string>(), person, {{"changed", changed}});
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
        throw Error(Code::already_exists, Text{"production environment", "正式环境"},
                    Text{"it is '" + name + "'; a project has one, so '" + target.name() + "' was not added",
                         "即 “" + name + "”；一个项目只有一个正式环境，“" + target.name() + "” 未登记"});
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
  throw Error(Code::not_found, Text{"environment " + name, "环境 " + name},
              known.empty()
                  ? Text{"add one with 'ferry environment add FILE'", "请用 “ferry environment add 文件” 登记"}
                  : Text{"known: " + known, "已有：" + known});
}

Target Workspace::production() const {
  for (const auto& name : environments()) {
    Target target = this->target(name);
    if (target.is_production()) return target;
  }
  throw Error(Code::not_found, Text{"production environment", "正式环境"},
              Text{"add one with 'ferry environment add FILE'", "请用 “ferry environment add 文件” 登记"});
}

Inventory Workspace::inventory(const std::string& environment) const {
  const auto reference = store_->reference("inventory/" + environment);
  if (!reference)
    throw Error(Code::not_found, Text{"survey of " + environment, environment + " 的调研"},
                Text{"make one with 'ferry survey run " + environment + "'",
                     "请用 “ferry survey run " + environment + "” 调研"});
  return store_->get_json(*reference).get<Inventory>();
}

Manifest Workspace::manifest(const Inventory& inventory) const {
  return Manifest::from_mtree(store_->get_object(inventory.manifest), "manifest of " + inventory.environment);
}

std::optional<Manifest> Workspace::baseline(const Target& target) const {
  if (target.environment.baseline.empty()) return std::nullopt;
  const auto& file = target.environment.baseline;
  return Manifest::from_mtree(read_named(file, target.file, "baseline", 1ULL << 30U), file);
}

BackupRepository Workspace::repository() const {
  const std::string password = path("backup.password");
  if (!path_exists(password)) {
    // A new one would fit nothing that is backed up already.
    if (path_exists(path("backups/config")))
      throw Error(Code::missing_secret, password,
                  Text{"the backups can be read with this file only; put your copy of it back",
                       "备份只能用该文件中的口令读取；请放回您另存的副本"});
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
  return actor_of(project(), acting_account(), claimed);
}

void Workspace::audit(const std::string& action, const std::string& subject, const std::string& person, Json detail) {
  if (detail.is_null()) detail = Json::object();
  std::string who = person;
  if (who.empty()) {
    const auto now = project();
    const auto* known = now.person_of_user(acting_account());
    who = known == nullptr ? acting_account() : known->id;
  }
  store_->audit(AuditEntry{clock(), who, acting_account(), action, subject, std::move(detail)});
}

}  // namespace ferry
