#include "app/restoring.h"

#include <fmt/format.h>

#include <filesystem>
#include <map>

#include "app/backups.h"
#include "app/services.h"
#include "backup/in_place.h"
#include "base/error.h"
#include "database/connection.h"
#include "host/facts.h"
#include "host/files.h"
#include "point/point.h"
#include "run/run_state.h"

namespace ferry {
namespace {

namespace fs = std::filesystem;

// Where databases outside of the root belong: id -> file.
using OutsidePlaces = std::map<std::string, fs::path>;

constexpr const char* restored_suffix = ".ferry-restored";

fs::path beside(const fs::path& place) {
  return place.parent_path() / ("." + place.filename().string() + restored_suffix);
}

BackupWatch watch_of(Reporter& reporter) {
  BackupWatch out;
  out.progress = [&reporter](const BackupProgress& progress) {
    reporter.progress(progress.bytes_done, progress.bytes_total, Unit::bytes);
  };
  return out;
}

Error stands_there(const fs::path& place, bool may_replace) {
  return Error(Code::already_exists, place.string(),
               may_replace ? Text{"something stands there; --replace keeps it aside under another name and restores",
                                  "该处已有内容；--replace 会将其改名保留后还原"}
                           : Text{"a backup is restored into an empty folder only", "备份只能还原到空文件夹"});
}

// One restore: everything is made beside its place first.
class Restoring {
 public:
  Restoring(BackupRepository& repository, Backup backup, fs::path root, OutsidePlaces outside, Reporter& reporter)
      : repository_(repository), root_(std::move(root)), outside_(std::move(outside)), reporter_(reporter) {
    out_.backup = std::move(backup);
  }

  void require_free(bool may_replace) const {
    if (!is_free_place(root_)) throw stands_there(root_, may_replace);
    for (const auto& [id, file] : outside_)
      if (path_exists(file.string())) throw stands_there(file, may_replace);
  }

  // Makes it beside its place; what is not equal to what was backed up gets none.
  void make() {
    const auto& content = out_.backup.content;
    reporter_.begin({"restore " + out_.backup.id + " and compare", "还原 " + out_.backup.id + " 并比对"});
    made_ = beside(root_);
    make_folders(root_.parent_path().string());
    remove_tree(made_.string());  // of a call that was cut
    const auto load = [this](const BackupContent& saved, const fs::path&, const fs::path& dumps) {
      for (const auto& entry : saved.databases)
        if (entry.place.empty()) load_outside(entry, dumps);
    };
    out_.verification = repository_.restore_verified(out_.backup.id, made_, watch_of(reporter_), load);
    if (!out_.verification.passed) refuse();
    reporter_.done({fmt::format("{} files, {}, equal to what was backed up", content.files, human_bytes(content.bytes)),
                    fmt::format("{} 个文件，{}，与备份时一致", content.files, human_bytes(content.bytes))});
  }

  // Databases first: files without their database are no installation that somebody could start by mistake.
  RestoreOutcome place(const Clock& clock) {
    reporter_.begin({"put it in its place", "放到原位"});
    std::string stamp = to_string(clock()).substr(0, 19);
    std::erase(stamp, ':');
    std::erase(stamp, '-');
    const auto aside = [&](const fs::path& place) { return fs::path(place.string() + ".before-restore-" + stamp); };
    for (const auto& [made, file] : made_outside_) {
      for (const char* suffix : {"-wal", "-shm", "-journal"}) {
        const fs::path part = file.string() + suffix;
        if (path_exists(part.string())) fs::rename(part, aside(file).string() + suffix);
      }
      keep(put_in_place(made, file, aside(file)));
      out_.databases.push_back(file.string());
    }
    keep(put_in_place(made_, root_, aside(root_)));
    out_.root = root_.string();
    reporter_.done({root_.string(), root_.string()});
    return std::move(out_);
  }

 private:
  void load_outside(const BackupDatabase& entry, const fs::path& dumps) {
    const auto place = outside_.find(entry.id);
    const std::string folder = (dumps / entry.dump).parent_path().string();
    const auto point = read_point(folder, entry.id);
    if (place == outside_.end() || !point)
      throw Error(Code::not_found, Text{"database " + entry.id, "数据库 " + entry.id});
    const auto made = beside(place->second);
    make_folders(made.parent_path().string());
    remove_tree(made.string());
    load_point(folder, *point, made.string());
    give_to(made, point->uid, point->gid);
    made_outside_.emplace_back(made, place->second);
  }

  [[noreturn]] void refuse() const {
    Text detail{
        fmt::format("{} differences; it lies in {} and got no place\n", out_.verification.differing, made_.string()),
        fmt::format("{} 处不一致；还原的内容在 {}，未投入使用\n", out_.verification.differing, made_.string())};
    for (const auto& one : out_.verification.differences) {
      detail.en += "  " + one + "\n";
      detail.zh += "  " + one + "\n";
    }
    throw Error(Code::backup_damaged, out_.backup.id, detail);
  }

  void keep(const fs::path& aside) {
    if (!aside.empty()) out_.aside.push_back(aside.string());
  }

  BackupRepository& repository_;
  fs::path root_;
  OutsidePlaces outside_;
  Reporter& reporter_;
  fs::path made_;
  std::vector<std::pair<fs::path, fs::path>> made_outside_;
  RestoreOutcome out_;
};

// Into a folder the databases that lie elsewhere come beside it.
OutsidePlaces outside_of_folder(const BackupContent& content, const fs::path& to) {
  OutsidePlaces out;
  for (const auto& database : content.databases)
    if (database.place.empty()) out[database.id] = fs::path(to.string() + ".databases") / database.id;
  return out;
}

OutsidePlaces outside_in_place(const BackupContent& content, const Target& target) {
  OutsidePlaces out;
  for (const auto& saved : content.databases) {
    if (!saved.place.empty()) continue;
    const auto* database = find_database(target.profile, saved.id);
    if (database == nullptr) throw Error(Code::not_found, Text{"database " + saved.id, "数据库 " + saved.id});
    out[saved.id] = database_file(*database, target.variables, target.root());
  }
  return out;
}

void require_nothing_running(const Target& target) {
  if (!path_exists(target.root())) return;
  if (any_running(target))
    throw Error(Code::busy_files, target.root(),
                Text{"its services run; 'ferry service stop " + target.name() + "' first",
                     "其服务仍在运行；请先执行 “ferry service stop " + target.name() + "”"});
  require_unused(target);
}

bool has_unfinished_run(const Target& target, bool replace) {
  bool unfinished = false;
  for (const auto& run : list_runs(target.staging())) unfinished |= !run.state || run.state->unfinished();
  if (unfinished && !replace)
    throw Error(Code::run_unfinished, target.name(),
                Text{"an upgrade is not finished there; 'ferry run show " + target.name() +
                         "' tells what can be done. --replace gives it up: its records are kept aside",
                     "该处有未结束的升级；用 “ferry run show " + target.name() +
                         "” 查看可行操作。--replace 放弃该升级，其记录会保留"});
  return unfinished;
}

// A run's old files would go over the restored ones; its records are kept.
std::string set_runs_aside(const Target& target, const Clock& clock) {
  std::string stamp = to_string(clock()).substr(0, 19);
  std::erase(stamp, ':');
  const std::string kept = target.staging() + "/runs.before-restore-" + stamp;
  fs::rename(target.staging() + "/runs", kept);
  sync_file_system(target.staging());
  return kept;
}

void warn_of_owners(Reporter& reporter) {
  if (account_name() == "root") return;
  reporter.warning({"not run as root: all files belong to " + account_name(),
                    "未以 root 执行：所有文件归 " + account_name() + " 所有"});
}

}  // namespace

Backup backup_to_restore(Workspace& workspace, const std::string& id) {
  auto repository = workspace.repository();
  if (!repository.exists()) throw Error(Code::no_backup, Text{"production", "正式环境"});
  return repository.find(id.empty() ? "latest" : id);
}

RestoreOutcome restore_backup(Workspace& workspace, const RestoreRequest& request, Reporter& reporter) {
  auto repository = workspace.repository();
  const auto backup = backup_to_restore(workspace, request.id);
  warn_of_owners(reporter);
  if (!request.to.empty()) {
    const fs::path to = fs::absolute(request.to).lexically_normal();
    Restoring restoring(repository, backup, to, outside_of_folder(backup.content, to), reporter);
    restoring.require_free(false);
    restoring.make();
    auto out = restoring.place(workspace.clock);
    workspace.audit("backup.restore", backup.id, request.person, {{"to", out.root}});
    return out;
  }
  const auto target = workspace.target(backup.content.environment);
  const auto alone = hold_installation(target, "ferry backup restore");
  Restoring restoring(repository, backup, target.root(), outside_in_place(backup.content, target), reporter);
  if (!request.replace) restoring.require_free(true);
  require_nothing_running(target);
  const bool unfinished = has_unfinished_run(target, request.replace);
  restoring.make();
  const auto runs = unfinished ? set_runs_aside(target, workspace.clock) : std::string();
  auto out = restoring.place(workspace.clock);
  if (!runs.empty()) out.aside.push_back(runs);
  workspace.audit("backup.restore", backup.id, request.person, {{"to", out.root}, {"aside", out.aside}});
  return out;
}

RestoreOutcome restore_from_repository(const std::string& repository, const std::string& password_file,
                                       const RestoreRequest& request, Reporter& reporter) {
  if (request.to.empty())
    throw Error(Code::usage, Text{"--to", "--to"},
                Text{"without the project say where it shall be restored", "没有项目时须指定还原位置"});
  RepositoryOptions options;
  options.folder = fs::absolute(repository).lexically_normal();
  options.password.file = fs::absolute(password_file).string();
  BackupRepository opened(options);
  const auto backup = opened.find(request.id.empty() ? "latest" : request.id);
  warn_of_owners(reporter);
  const fs::path to = fs::absolute(request.to).lexically_normal();
  Restoring restoring(opened, backup, to, outside_of_folder(backup.content, to), reporter);
  restoring.require_free(false);
  restoring.make();
  return restoring.place(system_now);
}

}  // namespace ferry
