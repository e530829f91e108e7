// One Ferry at a time works on an installation. The kernel holds the lock, so that it ends with its holder, however
// that ended.
#pragma once
#include <string>

#include "base/clock.h"
#include "base/json.h"
#include "host/descriptor.h"

namespace ferry {

struct LockHolder {
  int pid = 0;
  std::string command;
  std::string since;  // RFC 3339
  std::string host;
};
void to_json(Json& json, const LockHolder& value);
void from_json(const Json& json, LockHolder& value);

class InstallationLock {
 public:
  // Makes the staging folder if needed and locks <staging>/lock (flock; not inherited by programs that Ferry starts).
  // `command` is what the next one is told. Throws Error(locked) with the holder in the detail; Error(permission, ...).
  InstallationLock(const std::string& staging, const std::string& command, Moment now = system_now());
  ~InstallationLock();
  InstallationLock(InstallationLock&&) noexcept = default;
  InstallationLock& operator=(InstallationLock&&) = delete;

  // Whether somebody holds the lock now; for showing only, since it can change at once.
  static bool is_held(const std::string& staging, LockHolder* holder = nullptr);

 private:
  Descriptor file_;
};

}  // namespace ferry
