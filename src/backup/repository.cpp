#include "backup/repository.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

#include "backup/compare.h"
#include "backup/restic.h"
#include "backup/restic_json.h"
#include "base/counted.h"
#include "base/id.h"
#include "database/point.h"
#include "host/files.h"
#include "host/tree.h"

namespace ferry {
namespace fs = std::filesystem;
namespace {

using restic::Call;
using restic::Restic;

std::int64_t ms_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - begin).count();
}

void report(const BackupWatch& watch, BackupProgress::Phase phase) {
  if (watch.cancelled && watch.cancelled()) throw Error(Code::interrupted, Text{"backup", "备份"});
  if (!watch.progress) return;
  BackupProgress progress;
  progress.phase = phase;
  watch.progress(progress);
}

// A pattern of restic's exclude files that means exactly this path: no wildcards, no variables.
std::string exclude_pattern(const fs::path& root, const RelativePath& path) {
  std::string pattern;
  for (const char c : root.string() + "/" + path.bytes()) {
    if (c == '\n')
      throw Error(Code::out_of_bounds_path, printable(path.bytes()),
                  Text{"a line break in an excluded path", "排除路径中含有换行"});
    if (c == '*' || c == '?' || c == '[' || c == '\\') pattern += '\\';
    if (c == '$') pattern += '$';
    pattern += c;
  }
  return pattern + "\n";
}

// Removes a folder at the end of the scope whatever happens; what can't be removed then is removed by the next call.
class Scratch {
 public:
  explicit Scratch(fs::path path) : path_(std::move(path)) {
    remove_tree(path_.string());
    make_folders(path_.string(), 0700);
  }
  ~Scratch() {
    try {
      remove_tree(path_.string());
    } catch (const std::exception&) {
    }
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

void set_owner_and_mode(const fs::path& path, std::uint32_t uid, std::uint32_t gid, std::uint32_t mode) {
  if (::geteuid() == 0 && ::lchown(path.c_str(), uid, gid) != 0) throw system_error(path.string(), errno);
  if (::chmod(path.c_str(), mode) != 0) throw system_error(path.string(), errno);
}

void need_room(const fs::path& where, std::uint64_t bytes) {
  const auto space = free_space(where.string());
  if (space.free >= bytes) return;
  throw Error(Code::disk_full, where.string(),
              Text{human_bytes(bytes) + " needed, " + human_bytes(space.free) + " free",
                   "需要 " + human_bytes(bytes) + "，可用 " + human_bytes(space.free)});
}

Manifest without(const Manifest& manifest, const std::vector<RelativePath>& excluded) {
  std::vector<Manifest::Item> items;
  for (const auto& item : manifest.items()) {
    const bool drop = std::any_of(excluded.begin(), excluded.end(),
                                  [&](const RelativePath& path) { return item.first.is_under(path); });
    if (!drop) items.push_back(item);
  }
  return Manifest(std::move(items));
}

std::string escaped_id(const std::string& id) {
  const bool fine = !id.empty() && id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string::npos;
  if (!fine) throw Error(Code::not_found, printable(id), Text{"no backup has such an id", "没有这个编号的备份"});
  return id;
}

}  // namespace

struct BackupRepository::Snapshot : restic::Listed {};

BackupRepository::BackupRepository(RepositoryOptions options) : options_(std::move(options)) {
  if (!options_.folder.is_absolute())
    throw Error(Code::usage, options_.folder.string(), Text{"must be absolute", "必须是绝对路径"});
  if (options_.records.empty()) options_.records = options_.folder.string() + ".records";
}

bool BackupRepository::exists() const {
  return path_exists((options_.folder / "config").string());
}

void BackupRepository::init(const BackupWatch& watch) {
  make_folders(options_.records.string(), 0700);
  if (exists()) {
    snapshots(watch);  // opens it: password and integrity of the keys
    return;
  }
  make_folders(options_.folder.parent_path().string());
  Call call;
  call.arguments = {"init"};
  Restic(options_).run(call, watch);
}

Backup BackupRepository::create(const BackupRequest& request, const BackupWatch& watch) {
  const auto begin = std::chrono::steady_clock::now();
  const fs::path root = fs::canonical(request.root);
  BackupContent content;
  content.id = new_id("bak", request.clock());
  content.taken = to_string(request.clock());
  content.environment = request.environment;
  content.product = request.product;
  content.version = request.version;
  content.root = root.string();
  content.inventory = request.inventory;
  content.excluded = request.excluded;
  struct stat status {};
  if (::stat(root.c_str(), &status) != 0) throw system_error(root.string(), errno);
  content.root_mode = status.st_mode & 07777U;
  content.root_uid = status.st_uid;
  content.root_gid = status.st_gid;

  const Scratch work(request.work.empty() ? options_.records / "work" : request.work);
  const fs::path dumps = work.path() / "records" / "databases";
  make_folders(dumps.string(), 0700);
  report(watch, BackupProgress::Phase::databases);
  if (request.dump_databases) content.databases = request.dump_databases(dumps);
  report(watch, BackupProgress::Phase::manifest);
  const Manifest before = without(request.take_manifest(), request.excluded);

  std::string patterns;
  for (const auto& path : request.excluded) patterns += exclude_pattern(root, path);
  write_file_atomic((work.path() / "exclude").string(), patterns, 0600);
  Call call;
  call.directory = root.string();
  call.partial_is_fine = true;
  call.arguments = {"backup",
                    "--json",
                    "--exclude-file",
                    (work.path() / "exclude").string(),
                    "--host",
                    request.environment,
                    "--tag",
                    "ferry",
                    "--tag",
                    content.id,
                    "--tag",
                    "files",
                    "."};
  const auto answer = Restic(options_).run(call, watch);
  for (const auto& path : answer.unread) {
    // What went away while restic read is not missing; what is there and could not be read is.
    if (path.empty() || path_exists(path))
      throw Error(Code::io, printable(path), Text{"restic could not read it", "restic 无法读取"});
  }
  content.files_snapshot = answer.summary.value("snapshot_id", "");
  if (content.files_snapshot.empty())
    throw Error(Code::program_failed, Text{"restic backup", "restic backup"}, Text{"no snapshot", "没有生成快照"});

  report(watch, BackupProgress::Phase::manifest);
  const Manifest after = without(request.take_manifest(), request.excluded);
  content.moving = differing_paths(before, after);
  write_file_atomic((work.path() / "records/manifest.mtree").string(), before.to_mtree(), 0600);
  write_file_atomic((work.path() / "records/after.mtree").string(), after.to_mtree(), 0600);
  content.manifest = before.mtree_digest();
  content.files = before.size();
  content.bytes = before.bytes();
  for (const auto& database : content.databases) content.bytes += database.bytes;
  content.ms = ms_since(begin);

  report(watch, BackupProgress::Phase::records);
  write_file_atomic((work.path() / "records/backup.json").string(), Json(content).dump(2) + "\n", 0600);
  call = Call{};
  call.directory = (work.path() / "records").string();
  call.phase = BackupProgress::Phase::records;
  call.arguments = {"backup", "--json",   "--host", request.environment, "--tag", "ferry",
                    "--tag",  content.id, "--tag",  "records",           "."};
  const auto records = Restic(options_).run(call, watch);
  write_file_atomic((options_.records / (content.id + ".json")).string(), Json(content).dump(2) + "\n", 0600);
  return {content.id, records.summary.value("snapshot_id", ""), content, std::nullopt};
}

std::vector<BackupRepository::Snapshot> BackupRepository::snapshots(const BackupWatch& watch) {
  if (!exists()) throw Error(Code::not_found, options_.folder.string(), Text{"no backup repository", "没有备份仓库"});
  Call call;
  call.arguments = {"snapshots", "--json", "--tag", "ferry,records"};
  const auto answer = Restic(options_).run(call, watch);
  std::vector<Snapshot> result;
  for (auto& one : restic::snapshots_of(answer.out)) result.push_back({std::move(one)});
  std::sort(result.begin(), result.end(), [](const auto& a, const auto& b) { return a.backup < b.backup; });
  return result;
}

Backup BackupRepository::load(const Snapshot& snapshot, const BackupWatch& watch) {
  const std::string cached = (options_.records / (escaped_id(snapshot.backup) + ".json")).string();
  std::string text = read_file_if_there(cached).value_or("");
  if (text.empty()) {
    Call call;
    call.arguments = {"dump", snapshot.id, "/backup.json"};
    text = Restic(options_).run(call, watch).out;
    make_folders(options_.records.string(), 0700);
    write_file_atomic(cached, text, 0600);
  }
  const auto content = restic::content_of(text, cached);
  return {content.id, snapshot.id, content, stored_verification(content.id)};
}

std::optional<BackupVerification> BackupRepository::stored_verification(const std::string& id) const {
  const std::string file = (options_.records / (id + ".verified.json")).string();
  const auto text = read_file_if_there(file);
  if (!text) return std::nullopt;
  return restic::verification_of(*text, file);
}

std::vector<Backup> BackupRepository::list(const BackupWatch& watch) {
  std::vector<Backup> result;
  for (const auto& snapshot : snapshots(watch)) result.push_back(load(snapshot, watch));
  return result;
}

Backup BackupRepository::find(const std::string& id, const BackupWatch& watch) {
  const auto all = snapshots(watch);
  for (const auto& snapshot : all) {
    if (snapshot.backup == id || (id == "latest" && &snapshot == &all.back())) return load(snapshot, watch);
  }
  throw Error(Code::not_found, Text{"backup " + printable(id), "备份 " + printable(id)});
}

BackupContent BackupRepository::restore(const std::string& id, const fs::path& target, const BackupWatch& watch,
                                        const AfterRestore& after_restore) {
  const Backup backup = find(id, watch);
  const BackupContent& content = backup.content;
  if (path_exists(target.string()) && !(is_folder(target.string()) && fs::is_empty(target))) {
    throw Error(Code::already_exists, target.string(),
                Text{"a backup is restored into an empty folder only", "备份只能还原到空文件夹"});
  }
  const fs::path parent = target.parent_path();
  make_folders(parent.string());
  const std::string name = target.filename().string();
  Scratch files(parent / ("." + name + ".ferry-restore"));
  const Scratch records(parent / ("." + name + ".ferry-records"));
  need_room(parent, content.bytes);

  Call call;
  call.phase = BackupProgress::Phase::restore;
  call.bytes_total = content.bytes;
  report(watch, call.phase);
  call.arguments = {"restore", content.files_snapshot, "--target", files.path().string()};
  Restic(options_).run(call, watch);
  call.arguments = {"restore", backup.snapshot, "--target", records.path().string()};
  Restic(options_).run(call, watch);
  put_databases(content, files.path(), records.path() / "databases");
  if (after_restore) after_restore(content, files.path(), records.path() / "databases");
  set_owner_and_mode(files.path(), content.root_uid, content.root_gid, content.root_mode);
  // Everything must be on the medium before it gets the name that makes it a finished restore.
  sync_file_system(files.path().string());
  if (::rename(files.path().c_str(), target.c_str()) != 0) throw system_error(target.string(), errno);
  sync_file_system(parent.string());
  return content;
}

BackupVerification BackupRepository::verify(const std::string& id, const fs::path& scratch, const BackupWatch& watch,
                                            const Clock& clock) {
  const Scratch folder(scratch / "ferry-verify");
  return restore_verified(id, folder.path() / "installation", watch, nullptr, clock);
}

BackupVerification BackupRepository::restore_verified(const std::string& id, const fs::path& target,
                                                      const BackupWatch& watch, const AfterRestore& after_restore,
                                                      const Clock& clock) {
  const Backup backup = find(id, watch);
  BackupVerification result;
  result.when = to_string(clock());
  const auto store = [&] {
    make_folders(options_.records.string(), 0700);
    write_file_atomic((options_.records / (backup.id + ".verified.json")).string(), Json(result).dump(2) + "\n", 0600);
  };
  try {
    restore_and_compare(backup, target, watch, after_restore, result);
  } catch (const Error& error) {
    // An earlier "passed" must not outlive the finding that the backup is damaged.
    if (error.code() == Code::backup_damaged || error.code() == Code::program_failed) {
      result.differing = 1;
      result.differences = {error.describe(Language::english)};
      store();
    }
    throw;
  }
  result.passed = result.differing == 0;
  store();
  return result;
}

void BackupRepository::restore_and_compare(const Backup& backup, const fs::path& target, const BackupWatch& watch,
                                           const AfterRestore& after_restore, BackupVerification& result) {
  const auto begin = std::chrono::steady_clock::now();
  Comparison expected;
  restore(backup.id, target, watch, [&](const BackupContent& content, const fs::path& root, const fs::path& dumps) {
    expected.before = read_manifest(dumps.parent_path() / "manifest.mtree");
    expected.after = read_manifest(dumps.parent_path() / "after.mtree");
    if (after_restore) after_restore(content, root, dumps);
  });
  result.restore_ms = ms_since(begin);
  report(watch, BackupProgress::Phase::compare);
  TreeOptions options;
  options.progress = [&](const TreeProgress&) {
    if (watch.cancelled && watch.cancelled()) throw Error(Code::interrupted, Text{"backup", "备份"});
  };
  compare_restored(expected, backup.content, read_tree(target.string(), options), result);
  if (expected.before.mtree_digest() != backup.content.manifest) {
    result.differences.emplace_back("manifest.mtree");
    ++result.differing;
  }
  result.ms = ms_since(begin);
}

void BackupRepository::check(const BackupWatch& watch) {
  if (!exists()) throw Error(Code::not_found, options_.folder.string(), Text{"no backup repository", "没有备份仓库"});
  Call call;
  call.arguments = {"check"};
  Restic(options_).run(call, watch);
}

Manifest BackupRepository::manifest(const std::string& id, const BackupWatch& watch) {
  const Backup backup = find(id, watch);
  Call call;
  call.arguments = {"dump", backup.snapshot, "/manifest.mtree"};
  return Manifest::from_mtree(Restic(options_).run(call, watch).out, id + "/manifest.mtree");
}

void require_verified(const std::optional<Backup>& backup) {
  if (!backup) throw Error(Code::no_backup);
  if (backup->counts()) return;
  Text detail;
  if (backup->verified) {
    detail = {counted(backup->verified->differing, "difference"),
              std::to_string(backup->verified->differing) + " 处差异"};
    for (const auto& difference : backup->verified->differences) {
      detail.en += "\n" + difference;
      detail.zh += "\n" + difference;
    }
  }
  throw Error(Code::backup_unverified, backup->id, detail);
}

}  // namespace ferry
