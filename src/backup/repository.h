// Backups of an installation: files with restic, databases by dumps that were made first, and a record of what they
// hold. Format and order in docs/formats/backup.md. A backup counts only after it has been restored once: verify().
//
// Errors of all functions, beside those named there: program_missing (no restic), missing_secret (no password given),
// wrong_secret (restic refused it), backup_damaged (repository broken, with restic's last lines), locked (another
// living restic holds it; a dead one's lock is removed), disk_full (repository or target), interrupted (cancelled; the
// repository stays usable), program_failed (anything else, with restic's last lines).
#pragma once
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/json.h"
#include "base/path.h"
#include "model/environment.h"
#include "model/manifest.h"
#include "model/value.h"

namespace ferry {

struct RepositoryOptions {
  std::filesystem::path folder;   // restic's repository; absolute
  SecretReference password;       // never a value; handed to restic by a pipe, not by argument or variable
  std::filesystem::path records;  // what Ferry knows about verified backups; default <folder>.records
  std::string program = "restic";
};

struct BackupProgress {
  enum class Phase { databases, manifest, files, records, restore, compare } phase = Phase::files;
  std::uint64_t files_done = 0;
  std::uint64_t files_total = 0;
  std::uint64_t bytes_done = 0;
  std::uint64_t bytes_total = 0;  // 0: not known yet
};

// Called from the calling thread, several times a second while restic works.
struct BackupWatch {
  std::function<void(const BackupProgress&)> progress;
  std::function<bool()> cancelled;  // true: restic is ended and Error(interrupted) thrown
};

// One database inside a backup.
struct BackupDatabase {
  std::string id;
  std::string kind;    // sqlite
  std::string dump;    // file name inside the dump folder
  RelativePath place;  // where the dump is put below the root on restore; empty: the caller loads it (after_restore)
  Digest digest;       // SHA-256 of the dump file
  Digest content;      // digest of the content as the database room computes it; may be empty
  std::uint64_t bytes = 0;
};

// backup.json: what a backup is of. Written last, so that a backup that was cut has none and is not listed.
struct BackupContent {
  int format = 1;
  std::string id;  // bak-...
  std::string environment;
  std::string product;
  Version version;
  std::string root;  // where the installation stood
  std::uint32_t root_mode = 0755;
  std::uint32_t root_uid = 0;
  std::uint32_t root_gid = 0;
  Digest inventory;   // digest of the inventory it belongs to; may be empty
  std::string taken;  // RFC 3339, begin
  std::string files_snapshot;
  Digest manifest;                     // digest of the mtree text stored with it
  std::vector<RelativePath> excluded;  // generated and ignored paths, live database files
  std::vector<RelativePath> moving;    // changed while the backup ran: either state is accepted by verify
  std::vector<BackupDatabase> databases;
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;  // of files and dumps
  std::int64_t ms = 0;
};

// Result of a restore that was compared. Stored in the records folder.
struct BackupVerification {
  std::string when;  // RFC 3339
  bool passed = false;
  std::int64_t ms = 0;  // of the restore and the comparison
  std::int64_t restore_ms = 0;
  std::uint64_t bytes = 0;
  std::uint64_t files = 0;
  std::vector<std::string> differences;  // printable; the first 200
  std::uint64_t differing = 0;
};

struct Backup {
  std::string id;
  std::string snapshot;  // restic's snapshot of records and dumps
  BackupContent content;
  std::optional<BackupVerification> verified;
  bool counts() const { return verified && verified->passed; }
};

struct BackupRequest {
  std::string environment;
  std::string product;
  Version version;
  std::filesystem::path root;
  Digest inventory;
  std::vector<RelativePath> excluded;  // Paths::generated and Paths::ignored of the profile
  // Makes the dumps in `folder` (empty, private) and says what they are; called first, because files only grow beside
  // a database (an attachment without its row is harmless, a row without its attachment is not).
  std::function<std::vector<BackupDatabase>(const std::filesystem::path& folder)> dump_databases;
  // The files of the root as they are now (excluded paths may be in it; they are dropped). Called before and after.
  std::function<Manifest()> take_manifest;
  // Where dumps and records are gathered; needs room for the dumps; removed afterwards. Default: <records>/work.
  std::filesystem::path work;
  Clock clock = system_now;
};

// After the files are back and before the folder gets its name: loads databases that have no place in the root.
using AfterRestore =
    std::function<void(const BackupContent&, const std::filesystem::path& root, const std::filesystem::path& dumps)>;

class BackupRepository {
 public:
  explicit BackupRepository(RepositoryOptions options);

  // Makes the repository unless there is one; an existing one is opened (so the password is checked).
  void init(const BackupWatch& watch = {});
  bool exists() const;

  Backup create(const BackupRequest& request, const BackupWatch& watch = {});

  // Complete backups, oldest first.
  std::vector<Backup> list(const BackupWatch& watch = {});
  // Error(not_found). "latest" is allowed.
  Backup find(const std::string& id, const BackupWatch& watch = {});

  // Puts the backup into `target`, which must not exist or be empty (Error(already_exists)). Works in a sibling folder
  // that gets its name when everything is there and flushed: a restore that was cut leaves no target, and is simply
  // repeated. Owners are restored when running as root.
  BackupContent restore(const std::string& id, const std::filesystem::path& target, const BackupWatch& watch = {},
                        const AfterRestore& after_restore = nullptr);

  // restore(), then compared like verify, and the result stored like there. The target stays whatever was found:
  // `passed` tells.
  BackupVerification restore_verified(const std::string& id, const std::filesystem::path& target,
                                      const BackupWatch& watch = {}, const AfterRestore& after_restore = nullptr,
                                      const Clock& clock = system_now);

  // Restores into `scratch` (removed afterwards), compares every file, link, mode and database dump with what was
  // noted at backup time, and stores the result (a failed one too; see require_verified).
  // `scratch` needs room for the whole installation: Error(disk_full) otherwise.
  BackupVerification verify(const std::string& id, const std::filesystem::path& scratch, const BackupWatch& watch = {},
                            const Clock& clock = system_now);

  // restic's own check of the repository structure; Error(backup_damaged).
  void check(const BackupWatch& watch = {});

  // The stored manifest and dumps of a backup, for comparisons: records/manifest.mtree.
  Manifest manifest(const std::string& id, const BackupWatch& watch = {});

 private:
  struct Snapshot;
  std::vector<Snapshot> snapshots(const BackupWatch& watch);
  Backup load(const Snapshot& snapshot, const BackupWatch& watch);
  void restore_and_compare(const Backup& backup, const std::filesystem::path& target, const BackupWatch& watch,
                           const AfterRestore& after_restore, BackupVerification& result);
  std::optional<BackupVerification> stored_verification(const std::string& id) const;

  RepositoryOptions options_;
};

// Throws Error(backup_unverified / no_backup) unless the backup is there, verified and passed: promise 3.
void require_verified(const std::optional<Backup>& backup);

void to_json(Json& json, const BackupDatabase& value);
void from_json(const Json& json, BackupDatabase& value);
void to_json(Json& json, const BackupContent& value);
void from_json(const Json& json, BackupContent& value);
void to_json(Json& json, const BackupVerification& value);
void from_json(const Json& json, BackupVerification& value);
void to_json(Json& json, const Backup& value);

}  // namespace ferry
