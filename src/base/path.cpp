#include "base/path.h"

#include <cstdint>

#include "base/error.h"

namespace ferry {
namespace {

constexpr std::size_t longest_path = 4096;  // PATH_MAX on Linux

bool is_plain(unsigned char c) {
  return c > 0x20 && c < 0x7F && c != '#' && c != '\\' && c != '*' && c != '?' && c != '[';
}

}  // namespace

RelativePath::RelativePath(std::string_view bytes) {
  const auto refuse = [&](const char* why) { throw Error(Code::out_of_bounds_path, printable(bytes), why); };
  if (bytes.size() > longest_path) refuse("longer than 4096 bytes");
  if (bytes.starts_with('/')) refuse("absolute");
  if (bytes.find('\0') != std::string_view::npos) refuse("contains a NUL byte");
  while (bytes.starts_with("./")) bytes.remove_prefix(2);
  if (bytes.ends_with('/')) bytes.remove_suffix(1);
  if (bytes.empty() || bytes == ".") return;
  for (std::size_t begin = 0; begin <= bytes.size();) {
    const std::size_t end = std::min(bytes.find('/', begin), bytes.size());
    const auto part = bytes.substr(begin, end - begin);
    if (part.empty()) refuse("empty component");
    if (part == "." || part == "..") refuse("'.' or '..' inside");
    begin = end + 1;
  }
  bytes_ = bytes;
}

RelativePath RelativePath::parent() const {
  RelativePath out;
  const auto slash = bytes_.rfind('/');
  if (slash != std::string::npos) out.bytes_ = bytes_.substr(0, slash);
  return out;
}

std::string_view RelativePath::name() const {
  const auto slash = bytes_.rfind('/');
  return slash == std::string::npos ? std::string_view(bytes_) : std::string_view(bytes_).substr(slash + 1);
}

RelativePath RelativePath::operator/(std::string_view name) const {
  if (bytes_.empty()) return RelativePath(name);
  if (name.empty()) return *this;
  std::string joined;
  joined.reserve(bytes_.size() + 1 + name.size());
  joined.append(bytes_).append(1, '/').append(name);
  // One plain name below a path that was checked when it was made: nothing more can be wrong with it. A walk makes
  // hundreds of thousands of these.
  const bool plain = name.find('/') == std::string_view::npos && name.find('\0') == std::string_view::npos &&
                     name != "." && name != "..";
  if (!plain || joined.size() > longest_path) return RelativePath(joined);
  RelativePath out;
  out.bytes_ = std::move(joined);
  return out;
}

bool RelativePath::is_under(const RelativePath& folder) const {
  if (folder.empty()) return true;
  return bytes_.starts_with(folder.bytes_) &&
         (bytes_.size() == folder.bytes_.size() || bytes_[folder.bytes_.size()] == '/');
}

std::vector<std::string> RelativePath::components() const {
  std::vector<std::string> out;
  for (std::size_t begin = 0; begin < bytes_.size();) {
    const std::size_t end = std::min(bytes_.find('/', begin), bytes_.size());
    out.push_back(bytes_.substr(begin, end - begin));
    begin = end + 1;
  }
  return out;
}

void append_escaped(std::string& out, std::string_view bytes, char also) {
  std::size_t begin = 0;  // of the plain bytes that are still to be appended
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    if (is_plain(byte) && bytes[i] != also) continue;
    out.append(bytes, begin, i - begin);
    begin = i + 1;
    out += '\\';
    out += static_cast<char>('0' + (byte >> 6U));
    out += static_cast<char>('0' + ((byte >> 3U) & 7U));
    out += static_cast<char>('0' + (byte & 7U));
  }
  out.append(bytes, begin);
}

std::string escape(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  append_escaped(out, bytes);
  return out;
}

std::string unescape(std::string_view escaped) {
  std::string out;
  out.reserve(escaped.size());
  for (std::size_t i = 0; i < escaped.size(); ++i) {
    if (escaped[i] != '\\') {
      out += escaped[i];
      continue;
    }
    unsigned value = 0;
    if (i + 3 >= escaped.size())
      throw Error(Code::invalid_document, std::string(escaped), Text{"cut-off octal escape", "八进制转义不完整"});
    for (std::size_t k = 1; k <= 3; ++k) {
      const char c = escaped[i + k];
      if (c < '0' || c > '7')
        throw Error(Code::invalid_document, std::string(escaped), Text{"malformed octal escape", "八进制转义有误"});
      value = value * 8 + static_cast<unsigned>(c - '0');
    }
    if (value > 255)
      throw Error(Code::invalid_document, std::string(escaped), Text{"octal escape above 255", "八进制转义超过 255"});
    out += static_cast<char>(value);
    i += 3;
  }
  return out;
}

bool is_utf8(std::string_view bytes) {
  for (std::size_t i = 0; i < bytes.size();) {
    const auto lead = static_cast<unsigned char>(bytes[i]);
    std::size_t more = 0;
    std::uint32_t value = lead;
    if (lead >= 0xC2 && lead <= 0xDF) {
      more = 1;
      value = lead & 0x1FU;
    } else if (lead >= 0xE0 && lead <= 0xEF) {
      more = 2;
      value = lead & 0x0FU;
    } else if (lead >= 0xF0 && lead <= 0xF4) {
      more = 3;
      value = lead & 0x07U;
    } else if (lead >= 0x80) {
      return false;
    }
    if (i + more >= bytes.size() + (more == 0 ? 1 : 0)) return false;
    for (std::size_t k = 1; k <= more; ++k) {
      const auto next = static_cast<unsigned char>(bytes[i + k]);
      if ((next & 0xC0U) != 0x80U) return false;
      value = value << 6U | (next & 0x3FU);
    }
    if ((more == 2 && (value < 0x800 || (value >= 0xD800 && value <= 0xDFFF))) ||
        (more == 3 && (value < 0x10000 || value > 0x10FFFF)))
      return false;
    i += more + 1;
  }
  return true;
}

std::string printable(std::string_view bytes) {
  bool clean = is_utf8(bytes);
  for (const char c : bytes) clean = clean && static_cast<unsigned char>(c) >= 0x20 && c != 0x7F;
  return clean ? std::string(bytes) : escape(bytes);
}

}  // namespace ferry
