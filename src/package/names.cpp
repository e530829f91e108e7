#include "package/names.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <cctype>

#include "base/error.h"

namespace ferry {
namespace {

constexpr std::size_t longest_component = 255;  // NAME_MAX on Linux, and of NTFS in characters

// Calls `use` with every byte that stands for itself: in names that are not UTF-8 the byte after a lead byte (0x81 and
// above: GBK, Shift-JIS, Big5) belongs to a character and may look like a letter or a backslash.
template <class Use>
void each_own_byte(std::string_view bytes, Use use) {
  const bool utf8 = is_utf8(bytes);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (!utf8 && static_cast<unsigned char>(bytes[i]) >= 0x81 && i + 1 < bytes.size() && bytes[i + 1] != '/') {
      ++i;
      continue;
    }
    use(i, bytes[i]);
  }
}

// `bytes` is valid UTF-8.
std::string folded_utf8(std::string_view bytes) {
  std::string out;
  for (std::size_t i = 0; i < bytes.size();) {
    const auto lead = static_cast<unsigned char>(bytes[i]);
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    UChar32 character = length == 1 ? lead : lead & (0x7F >> length);
    for (std::size_t k = 1; k < length; ++k)
      character = character << 6 | (static_cast<unsigned char>(bytes[i + k]) & 0x3F);
    i += length;
    std::uint8_t buffer[U8_MAX_LENGTH];
    std::size_t size = 0;
    U8_APPEND_UNSAFE(buffer, size, u_foldCase(character, U_FOLD_CASE_DEFAULT));
    out.append(reinterpret_cast<const char*>(buffer), size);
  }
  return out;
}

[[noreturn]] void refuse(std::string_view name, const Text& why) {
  throw Error(Code::hostile_archive, printable(name), why);
}

void refuse_bytes(std::string_view bytes) {
  each_own_byte(bytes, [&](std::size_t, char c) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte == 0) refuse(bytes, {"contains a NUL byte", "含有 NUL 字节"});
    if (byte < 0x20 || byte == 0x7F) refuse(bytes, {"contains a control character", "含有控制字符"});
    if (c == '\\') refuse(bytes, {"contains a backslash, a separator on Windows", "含有反斜杠（Windows 的分隔符）"});
  });
}

}  // namespace

RelativePath checked_name(std::string_view bytes) {
  if (bytes.empty()) refuse(bytes, {"an entry without a name", "条目没有名称"});
  refuse_bytes(bytes);
  const auto letter = static_cast<unsigned char>(bytes[0]);
  if (bytes.size() >= 2 && bytes[1] == ':' && std::isalpha(letter))
    refuse(bytes, {"a drive letter in front", "以盘符开头"});
  RelativePath path;
  try {
    path = RelativePath(bytes);
  } catch (const Error& e) {
    refuse(bytes, e.detail_text());
  }
  if (path.empty()) refuse(bytes, {"names the folder itself", "指向文件夹自身"});
  for (const auto& part : path.components())
    if (part.size() > longest_component)
      refuse(bytes, {"a component of more than 255 bytes", "某一级名称超过 255 字节"});
  return path;
}

void check_link_target(const RelativePath& link, std::string_view target) {
  const auto refuse_link = [&](const Text& why) {
    throw Error(Code::hostile_archive, printable(link.bytes()) + " -> " + printable(target), why);
  };
  if (target.empty()) refuse_link({"a link without target", "链接没有目标"});
  if (target.starts_with('/')) refuse_link({"a link with an absolute target", "链接指向绝对路径"});
  if (target.size() > 4095) refuse_link({"a link target of more than 4095 bytes", "链接目标超过 4095 字节"});
  try {
    refuse_bytes(target);
  } catch (const Error& e) {
    refuse_link({"the link target " + e.detail(), "链接目标有误：" + e.detail_text().zh});
  }
  std::size_t depth = link.components().size() - 1;
  bool below = false;
  for (std::size_t begin = 0; begin <= target.size();) {
    const std::size_t end = std::min(target.find('/', begin), target.size());
    const auto part = target.substr(begin, end - begin);
    begin = end + 1;
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      below = true;
      continue;
    }
    if (below) refuse_link({"'..' behind a component of a link target", "链接目标中间含有 “..”"});
    if (depth == 0) refuse_link({"a link that leads out", "链接指向包外"});
    --depth;
  }
}

std::string folded(std::string_view bytes) {
  std::string out(bytes);
  if (!is_utf8(bytes)) {
    each_own_byte(bytes, [&](std::size_t i, char c) {
      if (c >= 'A' && c <= 'Z') out[i] = static_cast<char>(c - 'A' + 'a');
    });
    return out;
  }
  return folded_utf8(bytes);
}

void SeenNames::add_one(const std::string& name, bool folder, bool entry) {
  const auto [found, fresh] = seen_.try_emplace(folded(name), Seen{name, folder, entry});
  if (fresh) return;
  auto& seen = found->second;
  if (seen.name != name)
    refuse(name, {"differs only in upper and lower case from " + printable(seen.name),
                  "与 " + printable(seen.name) + " 仅大小写不同"});
  if (entry && seen.entry) refuse(name, {"stands twice in the archive", "在压缩包中重复"});
  if (folder != seen.folder)
    refuse(name, {"is a folder for some entries and none for others", "既是文件夹又不是文件夹"});
  seen.entry = seen.entry || entry;
}

void SeenNames::add(const RelativePath& path, bool folder) {
  for (auto parent = path.parent(); !parent.empty(); parent = parent.parent()) add_one(parent.bytes(), true, false);
  add_one(path.bytes(), folder, true);
}

}  // namespace ferry
