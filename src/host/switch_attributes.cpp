// Extended attributes of objects that are being replaced. Strict where the survey is lenient: an attribute that can't
// be read or carried over would be lost silently.
#include <sys/xattr.h>

#include <cerrno>

#include "base/error.h"
#include "host/switch_calls.h"

namespace ferry::calls {
namespace {

// There are no *at forms before Linux 6.13; the magic link of the folder's descriptor serves as the base.
std::string path_of(int folder, const std::string& name) {
  return "/proc/self/fd/" + std::to_string(folder) + "/" + name;
}

bool unsupported(int error) {
  return error == ENOTSUP || error == ENOSYS;
}

// Empty optional: no such attribute.
std::optional<std::string> value_of(const std::string& path, const char* name, const std::string& where) {
  std::string value(256, '\0');
  for (;;) {
    const auto length = ::lgetxattr(path.c_str(), name, value.data(), value.size());
    if (length >= 0) {
      value.resize(static_cast<std::size_t>(length));
      return value;
    }
    if (errno == ENODATA || unsupported(errno)) return std::nullopt;
    if (errno != ERANGE || value.size() >= 65536) throw system_error(printable(where), errno);
    value.resize(65536);  // XATTR_SIZE_MAX
  }
}

}  // namespace

ExtendedAttributes extended_attributes(int folder, const std::string& name, const std::string& where) {
  const auto path = path_of(folder, name);
  std::string names(512, '\0');
  auto size = ::llistxattr(path.c_str(), names.data(), names.size());
  if (size < 0 && errno == ERANGE) {
    names.resize(65536);  // XATTR_LIST_MAX
    size = ::llistxattr(path.c_str(), names.data(), names.size());
  }
  if (size < 0) {
    if (unsupported(errno)) return {};
    throw system_error(printable(where), errno);
  }
  names.resize(static_cast<std::size_t>(size));
  ExtendedAttributes out;
  for (std::size_t begin = 0; begin < names.size();) {
    const std::string key = names.c_str() + begin;
    if (auto value = value_of(path, key.c_str(), where)) out[key] = std::move(*value);
    begin += key.size() + 1;
  }
  return out;
}

void set_extended_attributes(int folder, const std::string& name, const ExtendedAttributes& attributes,
                             const std::string& where) {
  if (attributes.empty()) return;
  const auto path = path_of(folder, name);
  for (const auto& [key, value] : attributes) {
    if (::lsetxattr(path.c_str(), key.c_str(), value.data(), value.size(), 0) == 0) continue;
    const int error = errno;
    // Labels (security.selinux) are often set by the system itself and may not be set by us.
    if (value_of(path, key.c_str(), where) == value) continue;
    throw system_error(printable(where) + " (" + key + ")", error);
  }
}

}  // namespace ferry::calls
