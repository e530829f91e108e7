#include "backup/compare.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>

#include "database/point.h"
#include "host/files.h"

namespace ferry {
namespace {

constexpr std::size_t shown = 200;

bool equal_enough(const Entry& expected, const Entry& found) {
  if (!expected.same_content(found)) return false;
  if (expected.type != EntryType::link && expected.mode != found.mode) return false;  // links have no mode of their own
  return ::geteuid() != 0 || (expected.uid == found.uid && expected.gid == found.gid);
}

bool is_database_file(const BackupContent& content, const RelativePath& path) {
  return std::any_of(content.databases.begin(), content.databases.end(),
                     [&](const BackupDatabase& database) { return !database.place.empty() && database.place == path; });
}

void differ(BackupVerification& result, const RelativePath& path, const std::string& how) {
  ++result.differing;
  if (result.differences.size() < shown) result.differences.push_back(printable(path.bytes()) + ": " + how);
}

}  // namespace

Manifest read_manifest(const std::filesystem::path& file) {
  return Manifest::from_mtree(read_file(file.string(), 4ULL << 30U), file.string());
}

std::vector<RelativePath> differing_paths(const Manifest& before, const Manifest& after) {
  const auto found = difference(before, after, true);
  std::vector<RelativePath> paths;
  for (const auto* list : {&found.added, &found.removed, &found.changed, &found.attributes}) {
    paths.insert(paths.end(), list->begin(), list->end());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

void compare_restored(const Comparison& expected, const BackupContent& content, const TreeResult& restored,
                      BackupVerification& result) {
  const auto judge = [&](const RelativePath& path, const Entry* found) {
    const Entry* before = expected.before.find(path);
    const Entry* after = expected.after.find(path);
    const auto matches = [&](const Entry* wanted) {
      return wanted == nullptr ? found == nullptr : found != nullptr && equal_enough(*wanted, *found);
    };
    if (matches(before) || matches(after)) return;
    // A file that was written to all the time is neither state; it is named among the moving ones.
    const bool moving = std::binary_search(content.moving.begin(), content.moving.end(), path);
    if (moving && found != nullptr && found->type == EntryType::file) return;
    differ(result, path, found == nullptr ? "missing" : before == nullptr ? "not expected" : "different");
  };
  for (const auto& [path, entry] : expected.before.items()) {
    if (entry.type == EntryType::socket || is_database_file(content, path)) continue;
    judge(path, restored.manifest.find(path));
  }
  for (const auto& [path, entry] : restored.manifest.items()) {
    ++result.files;
    result.bytes += entry.size;
    // The parent of a database whose folder was excluded comes with the database.
    const bool with_database = std::any_of(
        content.databases.begin(), content.databases.end(),
        [&](const BackupDatabase& database) { return !database.place.empty() && database.place.is_under(path); });
    if (expected.before.find(path) == nullptr && !with_database) judge(path, &entry);
  }
  for (const auto& problem : restored.problems) differ(result, problem.path, problem.detail.en);
}

void put_databases(const BackupContent& content, const std::filesystem::path& root,
                   const std::filesystem::path& dumps) {
  for (const auto& database : content.databases) {
    const auto dump = dumps / database.dump;
    if (digest_of_file(dump.string()) != database.digest) {
      throw Error(Code::backup_damaged, Text{"dump of database " + database.id, "数据库 " + database.id + " 的备份"},
                  Text{"its digest is not the one noted", "其摘要与记录不符"});
    }
    if (database.place.empty()) continue;
    const auto file = root / database.place.bytes();
    make_folders(file.parent_path().string());
    const std::string folder = dump.parent_path().string();  // the record of a recovery point lies beside its copy
    const auto point = read_point(folder, database.id);
    if (!point) {
      copy_file(dump.string(), file.string());
      continue;
    }
    load_point(folder, *point, file.string());
    if (::geteuid() == 0 && ::lchown(file.c_str(), point->uid, point->gid) != 0)
      throw system_error(file.string(), errno);
  }
}

}  // namespace ferry
