// Paths inside an installation. They are bytes, not text: names on customers' disks are UTF-8, GBK or anything else.
#pragma once
#include <compare>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace ferry {

// A path below some folder: no leading '/', no empty, '.' or '..' component, no NUL, not longer than 4096 bytes.
// The empty path names the folder itself. What is malformed can't be made.
class RelativePath {
 public:
  RelativePath() = default;
  // Throws Error(out_of_bounds_path). A trailing '/' and './' in front are dropped.
  explicit RelativePath(std::string_view bytes);

  const std::string& bytes() const { return bytes_; }
  bool empty() const { return bytes_.empty(); }
  RelativePath parent() const;
  std::string_view name() const;
  RelativePath operator/(std::string_view name) const;
  // True for the path itself and for everything below it; everything is under the empty path.
  bool is_under(const RelativePath& folder) const;
  std::vector<std::string> components() const;

  auto operator<=>(const RelativePath&) const = default;

 private:
  std::string bytes_;
};

// mtree(5) form: bytes outside printable ASCII, space, '#', '\\' and '*?[' as backslash and three octal digits. It is
// also how JSON carries a path, because JSON strings must be UTF-8 (RFC 8259 section 8.1).
std::string escape(std::string_view bytes);
// The same, appended; `also`: one more byte that is escaped.
void append_escaped(std::string& out, std::string_view bytes, char also = '\0');
// Throws Error(invalid_document) on a malformed escape.
std::string unescape(std::string_view escaped);
// For people: the bytes where they are valid UTF-8 without control characters, else the escaped form.
std::string printable(std::string_view bytes);
bool is_utf8(std::string_view bytes);

}  // namespace ferry

template <>
struct std::hash<ferry::RelativePath> {
  std::size_t operator()(const ferry::RelativePath& path) const noexcept {
    return std::hash<std::string>{}(path.bytes());
  }
};
