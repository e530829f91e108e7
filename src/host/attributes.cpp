// Extended attributes, ACLs among them. A file system without them has none; that is no error.
#include <sys/xattr.h>

#include "host/walk.h"

namespace ferry {
namespace {

// `list(buffer, size)` and `get(name, buffer, size)` are one of the families of calls in xattr(7).
template <class List, class Get>
Attributes collect(const List& list, const Get& get) {
  Attributes out;
  char small[512];
  ssize_t size = list(small, sizeof small);
  if (size == 0 || (size < 0 && errno != ERANGE)) return out;
  std::string names;
  if (size > 0) {
    names.assign(small, static_cast<std::size_t>(size));
  } else {
    names.resize(65536);  // XATTR_LIST_MAX
    size = list(names.data(), names.size());
    if (size <= 0) return out;
    names.resize(static_cast<std::size_t>(size));
  }
  std::string value(65536, '\0');  // XATTR_SIZE_MAX
  for (std::size_t begin = 0; begin < names.size();) {
    const std::size_t end = names.find('\0', begin);
    const std::string name = names.substr(begin, end - begin);
    const ssize_t length = get(name.c_str(), value.data(), value.size());
    if (length >= 0) out[name] = value.substr(0, static_cast<std::size_t>(length));
    if (end == std::string::npos) break;
    begin = end + 1;
  }
  return out;
}

}  // namespace

Attributes attributes_of(int fd) {
  return collect([&](char* buffer, std::size_t size) { return flistxattr(fd, buffer, size); },
                 [&](const char* name, char* buffer, std::size_t size) { return fgetxattr(fd, name, buffer, size); });
}

// There are no *at forms before Linux 6.13; the magic link of the folder's descriptor serves as the base.
Attributes attributes_at(int folder, const std::string& name) {
  const std::string path = "/proc/self/fd/" + std::to_string(folder) + "/" + name;
  return collect(
      [&](char* buffer, std::size_t size) { return llistxattr(path.c_str(), buffer, size); },
      [&](const char* key, char* buffer, std::size_t size) { return lgetxattr(path.c_str(), key, buffer, size); });
}

}  // namespace ferry
