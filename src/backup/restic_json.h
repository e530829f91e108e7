// What restic prints as JSON, and the records of backups that lie in its repository: bytes from outside this process.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "backup/repository.h"

namespace ferry::restic {

// One line of `--json`. Anything that is not what is documented for restic 0.14 is `other`, never an error: progress
// and the like are told, not relied on.
struct Message {
  enum class Kind { other, status, summary, unread } kind = Kind::other;
  BackupProgress progress;  // status
  Json summary;             // summary: as it stands
  std::string item;         // unread: the path that restic could not read
};
Message message_of(std::string_view line);

// `restic snapshots --json`: those with a backup's id among their tags.
struct Listed {
  std::string id;
  std::string backup;  // bak-...
  std::string time;
};
std::vector<Listed> snapshots_of(std::string_view text);  // Error(invalid_document)

// `where` names them in Error(invalid_document, unsupported_format).
BackupContent content_of(std::string_view text, const std::string& where);
BackupVerification verification_of(std::string_view text, const std::string& where);

}  // namespace ferry::restic
