// restic(1) as a program: password, progress, cancelling, and what its messages mean. Debian's 0.14 is what it is
// written for: no progress for restores, no subfolders of snapshots, errors only as text.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "backup/repository.h"
#include "host/program.h"

namespace ferry::restic {

struct Call {
  std::vector<std::string> arguments;
  std::string directory;
  BackupProgress::Phase phase = BackupProgress::Phase::files;
  std::uint64_t bytes_total = 0;  // for calls that report nothing themselves: shown beside the bytes written
  bool partial_is_fine = false;   // status 3: some source files could not be read; the caller looks at `unread`
};

struct Answer {
  std::string out;                  // of calls without progress
  Json summary;                     // "summary" message of a backup; null otherwise
  std::vector<std::string> unread;  // paths that a backup could not read
};

class Restic {
 public:
  explicit Restic(const RepositoryOptions& options) : options_(options) {}
  // Removes locks of dead processes and tries again when restic says that the repository is locked.
  Answer run(const Call& call, const BackupWatch& watch) const;

 private:
  Answer run_once(const Call& call, const BackupWatch& watch) const;
  std::string password() const;

  const RepositoryOptions& options_;
};

// What restic's last words mean; `folder` is what it is about.
Error error_from(const std::string& folder, const ProgramResult& result);

}  // namespace ferry::restic
