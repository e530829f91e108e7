#include "host/lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/error.h"
#include "host/facts.h"
#include "host/files.h"

namespace ferry {
namespace {

std::string file_of(const std::string& staging) {
  return staging + "/lock";
}

// The holder writes after it has the lock, so a reader may come too early: then nothing is known about it.
LockHolder read_holder(const std::string& file) {
  LockHolder out;
  try {
    parse_json(read_file(file), file).get_to(out);
  } catch (const Error&) {
  } catch (const Json::exception&) {
  }
  return out;
}

std::string describe(const LockHolder& holder) {
  if (holder.pid == 0) return {};
  return "process " + std::to_string(holder.pid) + " on " + holder.host + " since " + holder.since + ": " +
         holder.command;
}

}  // namespace

InstallationLock::InstallationLock(const std::string& staging, const std::string& command, Moment now) {
  make_folders(staging);
  const std::string file = file_of(staging);
  file_ = Descriptor(open(file.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644));
  if (!file_.valid()) throw system_error(file, errno);
  if (flock(file_.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) throw Error(Code::locked, staging, describe(read_holder(file)));
    throw system_error(file, errno);
  }
  const LockHolder me{getpid(), is_utf8(command) ? command : escape(command), to_string(now), host_name()};
  const std::string text = Json(me).dump() + "\n";
  // What is written here only informs; the lock is the kernel's. So a full disk is no reason to refuse.
  if (ftruncate(file_.get(), 0) == 0 && pwrite(file_.get(), text.data(), text.size(), 0) < 0)
    static_cast<void>(ftruncate(file_.get(), 0));
}

InstallationLock::~InstallationLock() {
  // The file stays: removing it would let two holders lock two files of the same name.
  if (file_.valid() && ftruncate(file_.get(), 0) != 0) file_.reset();
}

bool InstallationLock::is_held(const std::string& staging, LockHolder* holder) {
  const std::string file = file_of(staging);
  const Descriptor fd(open(file.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd.valid()) {
    if (errno == ENOENT || errno == ENOTDIR) return false;
    throw system_error(file, errno);
  }
  if (flock(fd.get(), LOCK_SH | LOCK_NB) == 0) return false;
  if (errno != EWOULDBLOCK) throw system_error(file, errno);
  if (holder != nullptr) *holder = read_holder(file);
  return true;
}

void to_json(Json& json, const LockHolder& value) {
  json = Json{{"pid", value.pid}, {"command", value.command}, {"since", value.since}, {"host", value.host}};
}

void from_json(const Json& json, LockHolder& value) {
  json.at("pid").get_to(value.pid);
  json.at("command").get_to(value.command);
  json.at("since").get_to(value.since);
  json.at("host").get_to(value.host);
}

}  // namespace ferry
