// In the place of the C library's functions of these names, for the whole program: they do the same and tell the
// recorder. A function of the program stands before one of a shared library in the search of the dynamic linker.
// Both names of a call, with and without 64, are defined here.
#undef _FILE_OFFSET_BITS
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "power/interposed.h"

namespace {

using namespace ferry::power;
using namespace ferry::power::interposed;

template <class Function>
Function* real(const char* name) {
  auto* found = reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
  if (found == nullptr) std::abort();
  return found;
}
#define REAL(name, ...) static auto* const real_##name = real<__VA_ARGS__>(#name)

constexpr const char* boot_file = "/proc/sys/kernel/random/boot_id";

int other_boot() {
  const int file = ::memfd_create("boot", MFD_CLOEXEC);
  const auto text = "00000000-0000-0000-0000-" + std::to_string(100000000000 + boot()) + "\n";
  if (::pwrite(file, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) std::abort();
  return file;
}

int open_any(int folder, const char* path, int flags, unsigned mode) {
  REAL(openat64, int(int, const char*, int, ...));
  if (boot() != 0 && std::strcmp(path, boot_file) == 0) return other_boot();
  if ((flags & (O_CREAT | O_TRUNC)) == 0) return real_openat64(folder, path, flags, mode);
  changing();
  const auto place = place_of(folder, path);
  const int file = real_openat64(folder, path, flags, mode);
  const int error = errno;
  if (file >= 0 && !place.exists) created(folder, path, place, {});
  if (file >= 0 && place.exists && (flags & O_TRUNC) != 0)
    if (const auto object = object_of(file); object != 0) truncated(object, 0, file, path);
  errno = error;
  return file;
}

unsigned mode_of(int flags, va_list list) {
  return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(list, unsigned) : 0;
}

// Calls that write in ways the recorder does not follow must not pass unnoticed.
void refuse(int file, const char* what) {
  if (object_of(file) == 0) return;
  std::fprintf(stderr, "power recorder: %s is not recorded; teach it\n", what);
  std::abort();
}

template <class Change>
int at_names(int folder, const char* path, int folder2, const char* path2, Call::Kind kind, const Change& change) {
  changing();
  const auto from = place_of(folder, path);
  const auto to = place_of(folder2, path2);
  const int result = change();
  if (result != 0 || from.dir == 0) return result;
  if (to.dir == 0) std::abort();  // out of the recorded tree
  Call call;
  if (kind == Call::Kind::move && to.exists && to.object != from.object) call.inode = gone(to);
  call.kind = kind;
  call.dir = from.dir;
  call.name = from.name;
  call.dir2 = to.dir;
  call.name2 = to.name;
  touched_parent(call, folder, path);
  touched_parent(call, folder2, path2);
  touched_object(call, folder2, path2);
  if (kind == Call::Kind::exchange) touched_object(call, folder, path);
  add(std::move(call));
  return result;
}

template <class Change>
int removing(int folder, const char* path, const Change& change) {
  changing();
  const auto place = place_of(folder, path);
  const int result = change();
  if (result != 0 || place.dir == 0) return result;
  Call call;
  call.inode = gone(place);
  call.kind = Call::Kind::remove;
  call.dir = place.dir;
  call.name = place.name;
  touched_parent(call, folder, path);
  add(std::move(call));
  return result;
}

template <class Change>
int creating(int folder, const char* path, const std::string& target, const Change& change) {
  changing();
  const auto place = place_of(folder, path);
  const int result = change();
  if (result == 0) created(folder, path, place, target);
  return result;
}

template <class Change>
int of_path(int folder, const char* path, int flags, const Change& change) {
  changing();
  const int result = change();
  const bool follow = (flags & AT_SYMLINK_NOFOLLOW) == 0;
  if (result == 0)
    if (const auto object = object_at(folder, path, follow); object != 0)
      changed_attributes(object, folder, path, flags & AT_SYMLINK_NOFOLLOW);
  return result;
}

template <class Change>
int of_file(int file, const Change& change) {
  changing();
  const int result = change();
  if (result == 0)
    if (const auto object = object_of(file); object != 0) changed_attributes(object, file, "", AT_EMPTY_PATH);
  return result;
}

}  // namespace

extern "C" {

int open64(const char* path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  const auto mode = mode_of(flags, list);
  va_end(list);
  return open_any(AT_FDCWD, path, flags, mode);
}
int open(const char* path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  const auto mode = mode_of(flags, list);
  va_end(list);
  return open_any(AT_FDCWD, path, flags, mode);
}
int openat64(int folder, const char* path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  const auto mode = mode_of(flags, list);
  va_end(list);
  return open_any(folder, path, flags, mode);
}
int openat(int folder, const char* path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  const auto mode = mode_of(flags, list);
  va_end(list);
  return open_any(folder, path, flags, mode);
}

int mkostemp64(char* path, int flags) {
  REAL(mkostemp64, int(char*, int));
  changing();
  const int file = real_mkostemp64(path, flags);
  const int error = errno;
  if (file >= 0) created(AT_FDCWD, path, place_of(AT_FDCWD, path), {});
  errno = error;
  return file;
}
int mkostemp(char* path, int flags) {
  return mkostemp64(path, flags);
}
int mkstemp64(char* path) {
  return mkostemp64(path, 0);
}
int mkstemp(char* path) {
  return mkostemp64(path, 0);
}

ssize_t write(int file, const void* bytes, size_t size) {
  REAL(write, ssize_t(int, const void*, size_t));
  changing();
  const auto object = object_of(file);
  if (object == 0) return real_write(file, bytes, size);
  const bool appends = (::fcntl(file, F_GETFL) & O_APPEND) != 0;
  const auto at = ::lseek(file, 0, appends ? SEEK_END : SEEK_CUR);
  const auto done = real_write(file, bytes, size);
  if (done > 0) wrote(file, object, static_cast<std::uint64_t>(at), bytes, static_cast<std::size_t>(done));
  return done;
}
ssize_t pwrite64(int file, const void* bytes, size_t size, off_t at) {
  REAL(pwrite64, ssize_t(int, const void*, size_t, off_t));
  changing();
  const auto done = real_pwrite64(file, bytes, size, at);
  if (const auto object = object_of(file); object != 0 && done > 0)
    wrote(file, object, static_cast<std::uint64_t>(at), bytes, static_cast<std::size_t>(done));
  return done;
}
ssize_t pwrite(int file, const void* bytes, size_t size, off_t at) {
  return pwrite64(file, bytes, size, at);
}
int ftruncate64(int file, off_t size) {
  REAL(ftruncate64, int(int, off_t));
  changing();
  const int result = real_ftruncate64(file, size);
  if (result == 0)
    if (const auto object = object_of(file); object != 0)
      truncated(object, static_cast<std::uint64_t>(size), file, nullptr);
  return result;
}
int ftruncate(int file, off_t size) {
  return ftruncate64(file, size);
}
ssize_t copy_file_range(int in, off_t* in_at, int out, off_t* out_at, size_t size, unsigned flags) {
  REAL(copy_file_range, ssize_t(int, off_t*, int, off_t*, size_t, unsigned));
  if (object_of(out) != 0) {  // the caller has to write itself then
    errno = EXDEV;
    return -1;
  }
  return real_copy_file_range(in, in_at, out, out_at, size, flags);
}
ssize_t sendfile64(int out, int in, off_t* at, size_t size) {
  REAL(sendfile64, ssize_t(int, int, off_t*, size_t));
  refuse(out, "sendfile");
  return real_sendfile64(out, in, at, size);
}
int fallocate64(int file, int mode, off_t at, off_t size) {
  REAL(fallocate64, int(int, int, off_t, off_t));
  refuse(file, "fallocate");
  return real_fallocate64(file, mode, at, size);
}

int renameat2(int folder, const char* path, int folder2, const char* path2, unsigned flags) {
  REAL(renameat2, int(int, const char*, int, const char*, unsigned));
  const auto kind = (flags & RENAME_EXCHANGE) != 0 ? Call::Kind::exchange : Call::Kind::move;
  return at_names(folder, path, folder2, path2, kind,
                  [&] { return real_renameat2(folder, path, folder2, path2, flags); });
}
int renameat(int folder, const char* path, int folder2, const char* path2) {
  return renameat2(folder, path, folder2, path2, 0);
}
int rename(const char* path, const char* path2) {
  return renameat2(AT_FDCWD, path, AT_FDCWD, path2, 0);
}

int mkdirat(int folder, const char* path, mode_t mode) {
  REAL(mkdirat, int(int, const char*, mode_t));
  return creating(folder, path, {}, [&] { return real_mkdirat(folder, path, mode); });
}
int mkdir(const char* path, mode_t mode) {
  return mkdirat(AT_FDCWD, path, mode);
}
int symlinkat(const char* target, int folder, const char* path) {
  REAL(symlinkat, int(const char*, int, const char*));
  return creating(folder, path, target, [&] { return real_symlinkat(target, folder, path); });
}
int symlink(const char* target, const char* path) {
  return symlinkat(target, AT_FDCWD, path);
}
int linkat(int folder, const char* path, int folder2, const char* path2, int flags) {
  REAL(linkat, int(int, const char*, int, const char*, int));
  changing();
  const auto from = place_of(folder, path);
  const auto to = place_of(folder2, path2);
  const int result = real_linkat(folder, path, folder2, path2, flags);
  if (result != 0 || to.dir == 0) return result;
  Call call;
  call.kind = Call::Kind::link;
  call.object = from.object;
  call.dir = to.dir;
  call.name = to.name;
  touched_parent(call, folder2, path2);
  touched_object(call, folder2, path2);
  add(std::move(call));
  return result;
}
int link(const char* path, const char* path2) {
  return linkat(AT_FDCWD, path, AT_FDCWD, path2, 0);
}
int unlinkat(int folder, const char* path, int flags) {
  REAL(unlinkat, int(int, const char*, int));
  return removing(folder, path, [&] { return real_unlinkat(folder, path, flags); });
}
int unlink(const char* path) {
  return unlinkat(AT_FDCWD, path, 0);
}
int rmdir(const char* path) {
  return unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
}
int remove(const char* path) {
  if (unlink(path) == 0) return 0;
  return errno == EISDIR ? rmdir(path) : -1;
}

int fchmodat(int folder, const char* path, mode_t mode, int flags) {
  REAL(fchmodat, int(int, const char*, mode_t, int));
  return of_path(folder, path, flags, [&] { return real_fchmodat(folder, path, mode, flags); });
}
int chmod(const char* path, mode_t mode) {
  return fchmodat(AT_FDCWD, path, mode, 0);
}
int fchmod(int file, mode_t mode) {
  REAL(fchmod, int(int, mode_t));
  return of_file(file, [&] { return real_fchmod(file, mode); });
}
int fchownat(int folder, const char* path, uid_t uid, gid_t gid, int flags) {
  REAL(fchownat, int(int, const char*, uid_t, gid_t, int));
  return of_path(folder, path, flags, [&] { return real_fchownat(folder, path, uid, gid, flags); });
}
int chown(const char* path, uid_t uid, gid_t gid) {
  return fchownat(AT_FDCWD, path, uid, gid, 0);
}
int lchown(const char* path, uid_t uid, gid_t gid) {
  return fchownat(AT_FDCWD, path, uid, gid, AT_SYMLINK_NOFOLLOW);
}
int fchown(int file, uid_t uid, gid_t gid) {
  REAL(fchown, int(int, uid_t, gid_t));
  return of_file(file, [&] { return real_fchown(file, uid, gid); });
}
int utimensat(int folder, const char* path, const timespec times[2], int flags) {
  REAL(utimensat, int(int, const char*, const timespec*, int));
  return of_path(folder, path, flags, [&] { return real_utimensat(folder, path, times, flags); });
}
int futimens(int file, const timespec times[2]) {
  REAL(futimens, int(int, const timespec*));
  return of_file(file, [&] { return real_futimens(file, times); });
}
int lsetxattr(const char* path, const char* name, const void* value, size_t size, int flags) {
  REAL(lsetxattr, int(const char*, const char*, const void*, size_t, int));
  return of_path(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, [&] { return real_lsetxattr(path, name, value, size, flags); });
}
int setxattr(const char* path, const char* name, const void* value, size_t size, int flags) {
  REAL(setxattr, int(const char*, const char*, const void*, size_t, int));
  return of_path(AT_FDCWD, path, 0, [&] { return real_setxattr(path, name, value, size, flags); });
}
int fsetxattr(int file, const char* name, const void* value, size_t size, int flags) {
  REAL(fsetxattr, int(int, const char*, const void*, size_t, int));
  return of_file(file, [&] { return real_fsetxattr(file, name, value, size, flags); });
}
int lremovexattr(const char* path, const char* name) {
  REAL(lremovexattr, int(const char*, const char*));
  return of_path(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, [&] { return real_lremovexattr(path, name); });
}

int fsync(int file) {
  REAL(fsync, int(int));
  return begin_sync("fsync", file, Call::Kind::sync_file) ? real_fsync(file) : 0;
}
int fdatasync(int file) {
  REAL(fdatasync, int(int));
  return begin_sync("fdatasync", file, Call::Kind::sync_data) ? real_fdatasync(file) : 0;
}
int syncfs(int file) {
  REAL(syncfs, int(int));
  return begin_sync("syncfs", file, Call::Kind::sync_all) ? real_syncfs(file) : 0;
}

int statx(int folder, const char* path, int flags, unsigned mask, struct statx* out) {
  REAL(statx, int(int, const char*, int, unsigned, struct statx*));
  const int result = real_statx(folder, path, flags, mask, out);
  if (result == 0) translate(*out);
  return result;
}

}  // extern "C"
