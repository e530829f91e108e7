// Lets the Nth system call of a kind on the files below a folder fail, in a program that is not made for it: loaded by
// LD_PRELOAD, without ptrace, so that thousands of runs are affordable. What a library does by raw instructions passes
// by; the programs under test go through libc.
//
//   FAULT_BELOW=/a:/b   only files below these folders
//   FAULT_KIND=write    open write sync rename make remove attribute truncate read list map; or all
//   FAULT_AT=7          the seventh one fails; 0: none, they are only counted
//   FAULT_ERRNO=28
//   FAULT_STAYS=1       and so do all after it: the disk stays full
//   FAULT_DELAY_US=N    instead: every call of that kind takes so much longer, as on a slow disk
//   FAULT_CLOCK=-86400  the wall clock is wrong by so many seconds
//   FAULT_COUNT=FILE    receives lines "KIND NUMBER" at the end, and "hit CALL PATH" for the first one that failed
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

enum kind { k_open, k_write, k_sync, k_rename, k_make, k_remove, k_attribute, k_truncate, k_read, k_list, k_map, kinds };
static const char* const names[kinds] = {"open",   "write",     "sync",     "rename", "make", "remove",
                                         "attribute", "truncate", "read",   "list",   "map"};
static atomic_long counts[kinds];
static atomic_long total;
static char below[4096];
static long at;
static long clock_off, delay_us;
static int error_number, stays, wanted = -1, active;
static char count_file[4096];
static char hit[PATH_MAX + 64];

static long (*real_syscall)(long, ...);
#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static void copy_variable(const char* name, char* to, size_t size) {
  const char* value = getenv(name);
  snprintf(to, size, "%s", value ? value : "");
}

__attribute__((constructor)) static void begin(void) {
  char self[PATH_MAX];
  real_syscall = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
  const long length = real_syscall(SYS_readlink, "/proc/self/exe", self, sizeof self - 1);
  self[length > 0 ? length : 0] = 0;
  // What the program under test starts is left alone, other commands of its own too.
  unsetenv("LD_PRELOAD");
  if (strlen(self) < 6 || strcmp(self + strlen(self) - 6, "/ferry") != 0) return;
  const char* off = getenv("FAULT_CLOCK");
  clock_off = off ? atol(off) : 0;
  copy_variable("FAULT_BELOW", below, sizeof below);
  copy_variable("FAULT_COUNT", count_file, sizeof count_file);
  const char* value = getenv("FAULT_AT");
  at = value ? atol(value) : 0;
  value = getenv("FAULT_DELAY_US");
  delay_us = value ? atol(value) : 0;
  value = getenv("FAULT_ERRNO");
  error_number = value ? atoi(value) : EIO;
  stays = getenv("FAULT_STAYS") != NULL;
  value = getenv("FAULT_KIND");
  for (int i = 0; value && i < kinds; ++i)
    if (strcmp(names[i], value) == 0) wanted = i;
  active = below[0] != 0;
}

__attribute__((destructor)) static void end(void) {
  if (!active || count_file[0] == 0) return;
  active = 0;
  char text[PATH_MAX + 512];
  int size = 0;
  for (int i = 0; i < kinds; ++i)
    size += snprintf(text + size, sizeof text - size, "%s %ld\n", names[i], atomic_load(&counts[i]));
  if (hit[0]) size += snprintf(text + size, sizeof text - size, "hit %s\n", hit);
  const int fd = (int)real_syscall(SYS_openat, AT_FDCWD, count_file, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (fd < 0 || real_syscall(SYS_write, fd, text, size) != size) _exit(125);
  real_syscall(SYS_close, fd);
}

static int is_below(const char* path) {
  for (const char* folder = below; *folder;) {
    const char* stop = strchrnul(folder, ':');
    const size_t length = (size_t)(stop - folder);
    if (strncmp(path, folder, length) == 0 && (path[length] == '/' || path[length] == 0)) return 1;
    folder = *stop ? stop + 1 : stop;
  }
  return 0;
}

// Absolute path of a name below an open folder, or of the open file itself.
static void resolve(int folder, const char* name, char* out) {
  out[0] = 0;
  if (name && name[0] == '/') {
    snprintf(out, PATH_MAX, "%s", name);
    return;
  }
  char link[64];
  if (folder == AT_FDCWD)
    strcpy(link, "/proc/self/cwd");
  else
    snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
  long length = real_syscall(SYS_readlink, link, out, PATH_MAX - 1);
  if (length < 0) length = 0;
  out[length] = 0;
  if (name && name[0]) snprintf(out + length, (size_t)(PATH_MAX - length), "/%s", name);
}

// 1: this call fails; errno is set.
static int fails(enum kind kind, const char* call, int folder, const char* name) {
  if (!active) return 0;
  const int saved = errno;
  char path[PATH_MAX];
  resolve(folder, name, path);
  errno = saved;
  if (!is_below(path)) return 0;
  const long number = atomic_fetch_add(&counts[kind], 1) + 1;
  const long all = atomic_fetch_add(&total, 1) + 1;
  if (wanted >= 0 && wanted != (int)kind) return 0;
  if (delay_us > 0) {
    const struct timespec pause = {delay_us / 1000000, delay_us % 1000000 * 1000};
    real_syscall(SYS_nanosleep, &pause, NULL);
    errno = saved;
  }
  if (at == 0) return 0;
  const long mine = wanted >= 0 ? number : all;
  if (mine < at || (mine > at && !stays)) return 0;
  // A disk that is full or read-only lets one read and remove.
  if (mine > at && (kind == k_read || kind == k_list || kind == k_remove)) return 0;
  if (!hit[0]) snprintf(hit, sizeof hit, "%s %s", call, path);
  errno = error_number;
  return 1;
}

static int has_mode(int flags) { return (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE; }

#define OPEN(function)                                                            \
  int function(const char* path, int flags, ...) {                               \
    mode_t mode = 0;                                                              \
    if (has_mode(flags)) {                                                        \
      va_list list;                                                               \
      va_start(list, flags);                                                      \
      mode = va_arg(list, mode_t);                                                \
      va_end(list);                                                               \
    }                                                                             \
    if (fails(k_open, "open", AT_FDCWD, path)) return -1;                         \
    return (int)real_syscall(SYS_openat, AT_FDCWD, path, flags, mode);            \
  }
OPEN(open)
OPEN(open64)

#define OPENAT(function)                                                          \
  int function(int folder, const char* path, int flags, ...) {                    \
    mode_t mode = 0;                                                              \
    if (has_mode(flags)) {                                                        \
      va_list list;                                                               \
      va_start(list, flags);                                                      \
      mode = va_arg(list, mode_t);                                                \
      va_end(list);                                                               \
    }                                                                             \
    if (fails(k_open, "openat", folder, path)) return -1;                         \
    return (int)real_syscall(SYS_openat, folder, path, flags, mode);              \
  }
OPENAT(openat)
OPENAT(openat64)

// Six arguments are always there to be passed on (x86-64 and arm64 take them from registers).
long syscall(long number, ...) {
  va_list list;
  va_start(list, number);
  long a[6];
  for (int i = 0; i < 6; ++i) a[i] = va_arg(list, long);
  va_end(list);
  if (number == SYS_openat2 && fails(k_open, "openat2", (int)a[0], (const char*)a[1])) return -1;
  if (number == SYS_renameat2 && fails(k_rename, "renameat2", (int)a[0], (const char*)a[1])) return -1;
  return real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

#define ON_FD(type, function, kind, parameters, arguments, fd)                    \
  type function parameters {                                                      \
    if (fails(kind, #function, fd, NULL)) return (type)-1;                        \
    return REAL(function) arguments;                                              \
  }
ON_FD(ssize_t, write, k_write, (int fd, const void* bytes, size_t size), (fd, bytes, size), fd)
ON_FD(ssize_t, pwrite, k_write, (int fd, const void* bytes, size_t size, off_t place), (fd, bytes, size, place), fd)
ON_FD(ssize_t, pwrite64, k_write, (int fd, const void* bytes, size_t size, off64_t place), (fd, bytes, size, place), fd)
ON_FD(ssize_t, copy_file_range, k_write, (int in, off64_t* a, int fd, off64_t* b, size_t size, unsigned flags),
      (in, a, fd, b, size, flags), fd)
ON_FD(ssize_t, read, k_read, (int fd, void* bytes, size_t size), (fd, bytes, size), fd)
ON_FD(ssize_t, pread, k_read, (int fd, void* bytes, size_t size, off_t place), (fd, bytes, size, place), fd)
ON_FD(ssize_t, pread64, k_read, (int fd, void* bytes, size_t size, off64_t place), (fd, bytes, size, place), fd)
ON_FD(int, fsync, k_sync, (int fd), (fd), fd)
ON_FD(int, fdatasync, k_sync, (int fd), (fd), fd)
ON_FD(int, syncfs, k_sync, (int fd), (fd), fd)
ON_FD(int, ftruncate, k_truncate, (int fd, off_t size), (fd, size), fd)
ON_FD(int, ftruncate64, k_truncate, (int fd, off64_t size), (fd, size), fd)
ON_FD(int, fchmod, k_attribute, (int fd, mode_t mode), (fd, mode), fd)
ON_FD(int, fchown, k_attribute, (int fd, uid_t uid, gid_t gid), (fd, uid, gid), fd)
ON_FD(int, futimens, k_attribute, (int fd, const struct timespec times[2]), (fd, times), fd)

#define AT(function, kind, parameters, arguments, folder, name)                   \
  int function parameters {                                                       \
    if (fails(kind, #function, folder, name)) return -1;                          \
    return REAL(function) arguments;                                              \
  }
AT(rename, k_rename, (const char* from, const char* to), (from, to), AT_FDCWD, from)
AT(renameat, k_rename, (int a, const char* from, int b, const char* to), (a, from, b, to), a, from)
AT(renameat2, k_rename, (int a, const char* from, int b, const char* to, unsigned flags), (a, from, b, to, flags), a, from)
AT(mkdir, k_make, (const char* path, mode_t mode), (path, mode), AT_FDCWD, path)
AT(mkdirat, k_make, (int a, const char* path, mode_t mode), (a, path, mode), a, path)
AT(symlink, k_make, (const char* to, const char* path), (to, path), AT_FDCWD, path)
AT(symlinkat, k_make, (const char* to, int a, const char* path), (to, a, path), a, path)
AT(linkat, k_make, (int a, const char* from, int b, const char* to, int flags), (a, from, b, to, flags), b, to)
AT(unlink, k_remove, (const char* path), (path), AT_FDCWD, path)
AT(unlinkat, k_remove, (int a, const char* path, int flags), (a, path, flags), a, path)
AT(rmdir, k_remove, (const char* path), (path), AT_FDCWD, path)
AT(remove, k_remove, (const char* path), (path), AT_FDCWD, path)
AT(chmod, k_attribute, (const char* path, mode_t mode), (path, mode), AT_FDCWD, path)
AT(fchmodat, k_attribute, (int a, const char* path, mode_t mode, int flags), (a, path, mode, flags), a, path)
AT(fchownat, k_attribute, (int a, const char* path, uid_t uid, gid_t gid, int flags), (a, path, uid, gid, flags), a, path)
AT(utimensat, k_attribute, (int a, const char* path, const struct timespec times[2], int flags), (a, path, times, flags),
   a, path)

DIR* opendir(const char* path) { return fails(k_list, "opendir", AT_FDCWD, path) ? NULL : REAL(opendir)(path); }
DIR* fdopendir(int fd) { return fails(k_list, "fdopendir", fd, NULL) ? NULL : REAL(fdopendir)(fd); }

void* mmap(void* place, size_t size, int protection, int flags, int fd, off_t offset) {
  if (fd >= 0 && fails(k_map, "mmap", fd, NULL)) return MAP_FAILED;
  return (void*)real_syscall(SYS_mmap, place, size, protection, flags, fd, offset);
}
void* mmap64(void* place, size_t size, int protection, int flags, int fd, off64_t offset) {
  if (fd >= 0 && fails(k_map, "mmap", fd, NULL)) return MAP_FAILED;
  return (void*)real_syscall(SYS_mmap, place, size, protection, flags, fd, offset);
}

int clock_gettime(clockid_t clock, struct timespec* out) {
  const int done = (int)real_syscall(SYS_clock_gettime, clock, out);
  if (done == 0 && clock == CLOCK_REALTIME) out->tv_sec += clock_off;
  return done;
}
time_t time(time_t* out) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (out) *out = now.tv_sec;
  return now.tv_sec;
}
