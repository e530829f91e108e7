#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string_view>

#include "power/interposed.h"
#include "power/recorder_state.h"

namespace ferry::power {

Recorder& me() {
  static Recorder recorder;
  return recorder;
}

[[noreturn]] void give_up(const std::string& what) {
  throw std::runtime_error("power recorder: " + what + ": " + std::strerror(errno));
}

std::uint64_t new_number() {
  auto& self = me();
  if (self.free.empty()) return self.next_number++;
  const auto lowest = *self.free.begin();
  self.free.erase(self.free.begin());
  return lowest;
}

std::int64_t ns_of(const statx_timestamp& time) {
  return time.tv_sec * second_ns + time.tv_nsec;
}

std::optional<struct statx> look(int folder, const char* path, int flags) {
  struct statx raw {};
  if (::syscall(SYS_statx, folder, path, flags, STATX_BASIC_STATS, &raw) != 0) return std::nullopt;
  return raw;
}

std::uint64_t device_of(const struct statx& raw) {
  return (std::uint64_t{raw.stx_dev_major} << 32U) | raw.stx_dev_minor;
}

std::map<std::string, std::string> extended_of(const std::string& path) {
  std::map<std::string, std::string> out;
  std::string names(65536, '\0');
  const auto size = ::llistxattr(path.c_str(), names.data(), names.size());
  for (std::string_view rest(names.data(), size > 0 ? static_cast<std::size_t>(size) : 0); !rest.empty();) {
    const std::string key(rest.substr(0, rest.find('\0')));
    std::string value(65536, '\0');
    const auto length = ::lgetxattr(path.c_str(), key.c_str(), value.data(), value.size());
    if (length >= 0) out[key] = value.substr(0, static_cast<std::size_t>(length));
    rest.remove_prefix(key.size() + 1);
  }
  return out;
}

Attributes attributes_of(const struct statx& raw, const std::string& path) {
  return {raw.stx_mode, raw.stx_uid, raw.stx_gid, ns_of(raw.stx_mtime), ns_of(raw.stx_ctime), extended_of(path)};
}

void use_device_of(const std::string& root) {
  const auto raw = look(AT_FDCWD, root.c_str());
  if (!raw) give_up(root);
  me().device = device_of(*raw);
  me().root = root;
}

namespace {

// Threads of the program under test look while one of them changes.
using Hold = std::lock_guard<std::recursive_mutex>;
std::recursive_mutex& guard() {
  static std::recursive_mutex mutex;
  return mutex;
}

std::optional<struct statx> look_open(int file) {
  return look(file, "", AT_EMPTY_PATH);
}

const Known* known(const std::optional<struct statx>& raw) {
  if (!raw || device_of(*raw) != me().device) return nullptr;
  const auto found = me().by_inode.find(raw->stx_ino);
  return found == me().by_inode.end() ? nullptr : &found->second;
}

}  // namespace

void record(const State& begin, const std::string& root) {
  use_device_of(root);
  me().trace = {begin, {}};
  me().on = true;
}

Trace stop_recording() {
  me().on = false;
  return std::move(me().trace);
}

bool recording() {
  return me().on;
}

void note(const std::string& text) {
  if (!me().on) return;
  Call call;
  call.bytes = text;
  me().trace.calls.push_back(std::move(call));
}

void pretend_boot(int number) {
  me().boot = number;
}

void plan_syncs(const SyncPlan& plan) {
  me().syncs = plan;
  me().sync_count = 0;
}

int syncs_so_far() {
  return me().sync_count;
}

void before_each_change(std::function<void()> hook) {
  me().hook = std::move(hook);
}

// What the interposed functions call.
namespace interposed {

void changing() {
  auto& self = me();
  if (!self.hook || self.in_hook) return;
  self.in_hook = true;
  self.hook();
  self.in_hook = false;
}

Place place_of(int folder, const char* path) {
  const Hold hold(guard());
  Place out;
  if (!me().on) return out;
  const std::string_view whole(path);
  const auto slash = whole.rfind('/');
  if (slash == std::string_view::npos) {
    const auto raw = folder == AT_FDCWD ? look(AT_FDCWD, ".", 0) : look_open(folder);
    if (const auto* parent = known(raw)) out.dir = parent->id;
    out.name = whole;
  } else {
    const std::string parent_path(slash == 0 ? "/" : whole.substr(0, slash));
    if (const auto* parent = known(look(folder, parent_path.c_str(), 0))) out.dir = parent->id;
    out.name = whole.substr(slash + 1);
  }
  const auto raw = look(folder, path);
  out.exists = raw.has_value();
  if (const auto* object = known(raw)) out.object = object->id;
  if (raw) {
    out.inode = raw->stx_ino;
    out.last_name = S_ISDIR(raw->stx_mode) || raw->stx_nlink <= 1;
  }
  return out;
}

Id object_of(int file) {
  const Hold hold(guard());
  if (!me().on) return 0;
  const auto* object = known(look_open(file));
  return object == nullptr ? 0 : object->id;
}

Id object_at(int folder, const char* path, bool follow) {
  const Hold hold(guard());
  if (!me().on) return 0;
  const auto* object = known(look(folder, path, follow ? 0 : AT_SYMLINK_NOFOLLOW));
  return object == nullptr ? 0 : object->id;
}

std::uint64_t gone(const Place& place) {
  const Hold hold(guard());
  auto& self = me();
  if (place.object == 0 || !place.last_name) return 0;
  self.by_inode.erase(place.inode);
  const auto number = self.numbers.at(place.object);
  self.free.insert(number);
  self.numbers.erase(place.object);
  return number;
}

void add(Call call) {
  const Hold hold(guard());
  me().trace.calls.push_back(std::move(call));
}

Call::Touched times_of(Id id, const std::optional<struct statx>& raw) {
  return {id, raw ? ns_of(raw->stx_mtime) : 0, raw ? ns_of(raw->stx_ctime) : 0};
}

void touched_parent(Call& call, int folder, const char* path) {
  const Hold hold(guard());
  const std::string_view whole(path);
  const auto slash = whole.rfind('/');
  std::optional<struct statx> raw;
  if (slash == std::string_view::npos)
    raw = folder == AT_FDCWD ? look(AT_FDCWD, ".", 0) : look_open(folder);
  else
    raw = look(folder, std::string(slash == 0 ? "/" : whole.substr(0, slash)).c_str(), 0);
  if (const auto* parent = known(raw)) call.touched.push_back(times_of(parent->id, raw));
}

void touched_object(Call& call, int folder, const char* path) {
  const Hold hold(guard());
  const auto raw = look(folder, path);
  if (const auto* object = known(raw)) call.touched.push_back(times_of(object->id, raw));
}

void created(int folder, const char* path, const Place& place, const std::string& target) {
  const Hold hold(guard());
  if (place.dir == 0) return;
  auto& self = me();
  const auto raw = look(folder, path);
  if (!raw) give_up(path);
  Call call;
  call.kind = Call::Kind::create;
  call.dir = place.dir;
  call.name = place.name;
  call.bytes = target;
  call.object = self.next_id++;
  call.inode = new_number();
  self.by_inode[raw->stx_ino] = {call.object};
  self.numbers[call.object] = call.inode;
  call.set = {raw->stx_mode, raw->stx_uid, raw->stx_gid, ns_of(raw->stx_mtime), ns_of(raw->stx_ctime), {}};
  touched_parent(call, folder, path);
  add(std::move(call));
}

void wrote(int file, Id object, std::uint64_t offset, const void* bytes, std::size_t size) {
  const Hold hold(guard());
  Call call;
  call.kind = Call::Kind::write;
  call.object = object;
  call.offset = offset;
  call.bytes.assign(static_cast<const char*>(bytes), size);
  call.appends = (::fcntl(file, F_GETFL) & O_APPEND) != 0;
  call.touched.push_back(times_of(object, look_open(file)));
  add(std::move(call));
}

void truncated(Id object, std::uint64_t size, const std::optional<int>& file, const char* path) {
  const Hold hold(guard());
  Call call;
  call.kind = Call::Kind::truncate;
  call.object = object;
  call.offset = size;
  call.touched.push_back(times_of(object, file ? look_open(*file) : look(AT_FDCWD, path, 0)));
  add(std::move(call));
}

void changed_attributes(Id object, int folder, const char* path, int flags) {
  const Hold hold(guard());
  const auto raw = look(folder, path, flags);
  if (!raw) give_up(path);
  std::string absolute;
  if ((flags & AT_EMPTY_PATH) != 0)
    absolute = "/proc/self/fd/" + std::to_string(folder);
  else if (*path == '/' || folder == AT_FDCWD)
    absolute = path;
  else
    absolute = "/proc/self/fd/" + std::to_string(folder) + "/" + path;
  Call call;
  call.kind = Call::Kind::attributes;
  call.object = object;
  call.set = attributes_of(*raw, absolute);
  if ((flags & AT_EMPTY_PATH) != 0) {  // the magic link itself has no attributes
    std::string real(4096, '\0');
    const auto length = ::readlink(absolute.c_str(), real.data(), real.size());
    real.resize(length > 0 ? static_cast<std::size_t>(length) : 0);
    call.set.extended = extended_of(real);
  }
  add(std::move(call));
}

// What a folder is synced for.
std::string last_name_in(Id folder) {
  const auto& calls = me().trace.calls;
  for (auto call = calls.rbegin(); folder != 0 && call != calls.rend(); ++call) {
    if (call->dir2 == folder) return " for " + call->name2;
    if (call->dir == folder) return " for " + call->name;
  }
  return {};
}

std::string last_note() {
  const auto& calls = me().trace.calls;
  for (auto call = calls.rbegin(); call != calls.rend(); ++call)
    if (call->kind == Call::Kind::note) return "in " + call->bytes;
  return {};
}

bool begin_sync(const char* name, int file, Call::Kind kind) {
  const Hold hold(guard());
  changing();
  auto& self = me();
  const int number = self.sync_count++;
  const bool omitted = self.syncs.omit.contains(number);
  if (omitted && self.syncs.omitted) self.syncs.omitted();
  if (self.on && !omitted) {
    const auto raw = look_open(file);
    const auto* object = known(raw);
    const bool here = raw && device_of(*raw) == self.device;
    if (object != nullptr || (kind == Call::Kind::sync_all && here)) {
      Call call;
      call.kind = kind;
      call.object = object == nullptr ? 0 : object->id;
      std::string path(4096, '\0');
      const auto length = ::readlink(("/proc/self/fd/" + std::to_string(file)).c_str(), path.data(), path.size());
      path.resize(length > 0 ? static_cast<std::size_t>(length) : 0);
      if (path.starts_with(self.root)) path.erase(0, self.root.size());
      call.label =
          std::string(name) + " " + (kind == Call::Kind::sync_all ? last_note() : path + last_name_in(call.object));
      call.offset = static_cast<std::uint64_t>(number);
      add(std::move(call));
    }
  }
  return !omitted && !self.syncs.pretend && !self.on;
}

int boot() {
  return me().boot;
}

void translate(struct statx& raw) {
  const Hold hold(guard());
  const auto* object = known(raw);
  if (object == nullptr) return;
  raw.stx_ino = me().numbers.at(object->id);
  if (object->built_ctime_ns == 0 || ns_of(raw.stx_ctime) != object->built_ctime_ns) return;
  raw.stx_ctime.tv_sec = object->shown_ctime_ns / second_ns;
  raw.stx_ctime.tv_nsec = static_cast<std::uint32_t>(object->shown_ctime_ns % second_ns);
}

}  // namespace interposed
}  // namespace ferry::power
