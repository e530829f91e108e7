#include "app/packaging.h"

#include <cstdlib>
#include <optional>

#include "base/error.h"
#include "host/files.h"
#include "package/build.h"
#include "package/import.h"
#include "package/key.h"
#include "package/meta.h"
#include "package/open.h"

namespace ferry {
namespace {

std::optional<std::string> password_of(const std::string& variable) {
  if (variable.empty()) return std::nullopt;
  const char* value = std::getenv(variable.c_str());
  if (value == nullptr)
    throw Error(Code::missing_secret, variable, Text{"the environment variable is not set", "该环境变量未设置"});
  return std::string(value);
}

std::int64_t seconds_now() {
  return std::chrono::duration_cast<Seconds>(system_now().time_since_epoch()).count();
}

// With several archives in one command it must be said which one an entry's name is about.
template <class Use>
auto in_archive(const std::string& file, const Use& use) {
  try {
    return use();
  } catch (Error& error) {
    if (error.about().starts_with(file)) throw;
    throw std::move(error).within(file);
  }
}

}  // namespace

std::string new_key(const std::string& output, const std::string& password_variable) {
  for (const char* suffix : {".pub", ".key"})
    if (path_exists(output + suffix)) throw Error(Code::already_exists, output + suffix);
  const auto key = generate_key();
  const auto password = password_of(password_variable);
  write_file_atomic(output + ".key",
                    secret_key_file(key, password ? std::optional<std::string_view>(*password) : std::nullopt), 0600);
  write_file_atomic(output + ".pub", public_key_file(key.public_key()));
  return key.public_key().id_text();
}

std::string trust_key(Workspace& workspace, const std::string& file, const std::string& holder,
                      const std::string& purpose, const std::string& until, const std::string& person) {
  auto keys = workspace.keys();
  TrustedKey key;
  key.key = parse_public_key(read_file(file, 4096), file);
  key.holder = holder;
  key.purpose = purpose;
  key.added_by = person;
  key.added_at = workspace.clock();
  if (!until.empty()) key.until = parse_date(until);
  std::string id = key.key.id_text();
  keys.add(std::move(key));
  keys.save(workspace.keys_file());
  workspace.audit("key.add", id, person, {{"holder", holder}});
  return id;
}

void revoke_key(Workspace& workspace, const std::string& id, const std::string& person, const std::string& why) {
  auto keys = workspace.keys();
  keys.revoke(id, person, workspace.clock(), why);
  keys.save(workspace.keys_file());
  workspace.audit("key.revoke", id, person, {{"why", why}});
}

Package build_package_file(const std::string& folder, const std::string& output) {
  return build_package(folder, output);
}

void sign_package_file(const std::string& file, const std::string& key_file, const std::string& password_variable) {
  const auto password = password_of(password_variable);
  const auto key = parse_secret_key(read_file(key_file, 4096),
                                    password ? std::optional<std::string_view>(*password) : std::nullopt, key_file);
  sign_package(file, key, seconds_now());
}

Package verify_package_file(const Workspace& workspace, const std::string& file) {
  return in_archive(file, [&] { return open_package(file, workspace.keys(), workspace.clock()); });
}

Package show_package_file(const std::string& file) {
  return in_archive(file, [&] { return inspect_package(file); });
}

Package add_package(Workspace& workspace, const std::string& file, const std::string& person) {
  const auto wanted = workspace.project().product;
  {
    // Before it is copied in: a package can't be taken out of the library again.
    const auto looked_at = verify_package_file(workspace, file);
    if (looked_at.meta.capture && looked_at.meta.capture->runs < 2)
      throw Error(Code::runs_differ, looked_at.meta.id,
                  Text{"captured with --once: nobody knows whether a second run would do the same",
                       "以 --once 采集：无人知道再次运行是否得到相同结果"});
    if (!wanted.empty() && looked_at.meta.product != wanted)
      throw Error(Code::wrong_product, looked_at.meta.id,
                  Text{"it is for " + looked_at.meta.product + ", the project upgrades " + wanted,
                       "升级包属于 " + looked_at.meta.product + "，项目升级的是 " + wanted});
  }
  auto package = in_archive(file, [&] { return workspace.library().add(file, workspace.clock()); });
  workspace.audit("package.add", package.meta.id, person, {{"digest", package.digest}});
  return package;
}

Package import_vendor_zip(const ImportRequest& request) {
  ImportOptions options;
  options.person = request.person;
  options.archive_names = request.names;
  options.strip = RelativePath(request.strip);
  for (const auto& ignored : request.ignore) options.ignore.emplace_back(ignored);
  for (const auto& script : request.scripts) {
    const auto equals = script.find('=');
    if (equals == std::string::npos)
      throw Error(Code::usage, "--script " + script,
                  Text{"FOLDER=DIALECT expected, e.g. sql/sqlite=sqlite", "应为 目录=方言，例如 sql/sqlite=sqlite"});
    options.scripts[RelativePath(script.substr(0, equals))] = script.substr(equals + 1);
  }
  const auto meta = require_meta(read_file(request.meta), request.meta);
  return in_archive(request.zip, [&] { return import_zip(request.zip, meta, request.output, options); });
}

}  // namespace ferry
