#include "host/durable.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "base/error.h"
#include "host/crash_point.h"
#include "host/switch_calls.h"

namespace ferry::durable {
namespace {

std::string parent_of(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Descriptor open_file(const std::string& path, int flags, unsigned mode) {
  Descriptor file(::open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, mode));
  if (!file.valid()) throw system_error(path, errno);
  return file;
}

}  // namespace

void sync_folder(const std::string& path) {
  calls::sync_file(calls::open_folder(path).get(), path);
}

void make_folders(const std::string& path, unsigned mode) {
  if (path.empty() || path == "/") return;
  struct stat present {};
  if (::stat(path.c_str(), &present) == 0) {
    if (!S_ISDIR(present.st_mode)) throw Error(Code::not_a_directory, path);
    return;
  }
  const auto parent = parent_of(path);
  make_folders(parent, mode);
  if (::mkdir(path.c_str(), static_cast<mode_t>(mode)) != 0 && errno != EEXIST) throw system_error(path, errno);
  sync_folder(parent);
}

void write(const std::string& path, std::string_view bytes, unsigned mode) {
  const auto temporary = path + ".tmp";
  {
    const auto file = open_file(temporary, O_WRONLY | O_CREAT | O_TRUNC, mode);
    calls::write_all(file.get(), bytes, temporary);
    calls::sync_file(file.get(), temporary);
  }
  crash_point(CrashPoint::durable_written);
  if (::rename(temporary.c_str(), path.c_str()) != 0) throw system_error(path, errno);
  crash_point(CrashPoint::durable_in_place);
  sync_folder(parent_of(path));
}

Appender::Appender(const std::string& path, std::uint64_t keep, unsigned mode) : path_(path) {
  struct stat present {};
  const bool is_new = ::lstat(path.c_str(), &present) != 0;
  file_ = open_file(path, O_WRONLY | O_CREAT | O_APPEND, mode);
  if (!is_new && keep < static_cast<std::uint64_t>(present.st_size)) {
    if (::ftruncate(file_.get(), static_cast<off_t>(keep)) != 0) throw system_error(path, errno);
    calls::sync_file(file_.get(), path);
  }
  if (is_new) sync_folder(parent_of(path));
}

void Appender::append(std::string_view bytes) {
  calls::write_all(file_.get(), bytes, path_);
}

void Appender::sync() {
  if (::fdatasync(file_.get()) != 0) throw Error(Code::sync_failed, path_, system_error({}, errno).detail_text());
}

}  // namespace ferry::durable
