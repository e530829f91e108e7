#include "backup/installation.h"

#include <filesystem>

#include "database/connection.h"
#include "database/point.h"
#include "host/tree.h"

namespace ferry {
namespace {

namespace fs = std::filesystem;

// Where a database's file stands below the root; empty when it is elsewhere.
RelativePath place_of(const Database& database, const Environment& environment) {
  const fs::path root = fs::weakly_canonical(environment.root);
  const fs::path file = fs::weakly_canonical(database_file(database, environment.as_variables(), environment.root));
  const std::string prefix = root.string() + "/";
  if (!file.string().starts_with(prefix)) return {};
  return RelativePath(file.string().substr(prefix.size()));
}

std::vector<BackupDatabase> dump_all(const Profile& profile, const Environment& environment, const fs::path& folder) {
  std::vector<BackupDatabase> result;
  for (auto database : profile.databases) {
    database.files.clear();  // they are part of the tree
    PointOptions options;
    options.root = environment.root;
    const RecoveryPoint point = take_point(database, environment.as_variables(), folder.string(), options);
    BackupDatabase entry;
    entry.id = database.id;
    entry.kind = database.kind;
    entry.dump = point.file;
    entry.place = place_of(database, environment);
    entry.digest = point.digest;
    entry.content = point.schema;
    entry.bytes = point.bytes;
    result.push_back(std::move(entry));
  }
  return result;
}

}  // namespace

std::vector<RelativePath> excluded_from_backup(const Profile& profile, const Environment& environment) {
  std::vector<RelativePath> paths = profile.paths.generated;
  paths.insert(paths.end(), profile.paths.ignored.begin(), profile.paths.ignored.end());
  for (const auto& database : profile.databases) {
    const RelativePath place = place_of(database, environment);
    if (place.empty()) continue;
    // A copy of these files while the application writes is no state of one moment; the dump stands for them.
    for (const char* suffix : {"", "-wal", "-shm", "-journal"}) paths.emplace_back(place.bytes() + suffix);
  }
  return paths;
}

BackupRequest backup_request(const Profile& profile, const Environment& environment, const Digest& inventory,
                             const std::string& index_file) {
  BackupRequest request;
  request.environment = environment.name;
  request.product = profile.product;
  request.root = environment.root;
  request.inventory = inventory;
  request.excluded = excluded_from_backup(profile, environment);
  request.dump_databases = [profile, environment](const fs::path& folder) {
    return dump_all(profile, environment, folder);
  };
  request.take_manifest = [excluded = request.excluded, environment, index_file] {
    TreeOptions options;
    options.exclude = excluded;
    options.index_file = index_file;
    TreeResult tree = read_tree(environment.root, options);
    for (const auto& problem : tree.problems) {
      if (problem.path.empty() || problem.code == Code::file_changed) continue;  // index only; moving while read
      throw Error(problem.code, printable(problem.path.bytes()), problem.detail);
    }
    return std::move(tree.manifest);
  };
  return request;
}

}  // namespace ferry
