#include "package/zip_end.h"

#include <cerrno>
#include <cstdint>
#include <fstream>

#include "base/error.h"

namespace ferry {
namespace {

constexpr std::size_t record_bytes = 22;
constexpr std::size_t longest_comment = 65535;

std::uint64_t number(const std::string& bytes, std::size_t offset, std::size_t size) {
  std::uint64_t out = 0;
  for (std::size_t i = size; i-- > 0;) out = out << 8U | static_cast<std::uint8_t>(bytes[offset + i]);
  return out;
}

bool is_end_record(const std::string& tail, std::size_t at, std::uint64_t tail_begin) {
  if (tail.compare(at, 4, "PK\5\6") != 0) return false;
  if (at + record_bytes + number(tail, at + 20, 2) != tail.size()) return false;
  const auto size = number(tail, at + 12, 4);
  const auto offset = number(tail, at + 16, 4);
  // Zip64: the numbers are in a record of its own; its locator stands in front of this one.
  if (size == 0xFFFFFFFF || offset == 0xFFFFFFFF) return at >= 20 && tail.compare(at - 20, 4, "PK\6\7") == 0;
  return offset + size == tail_begin + at || (at >= 20 && tail.compare(at - 20, 4, "PK\6\7") == 0);
}

}  // namespace

void require_whole_zip(const std::string& file) {
  errno = 0;
  std::ifstream in(file, std::ios::binary | std::ios::ate);
  if (!in) throw system_error(file, errno);
  const auto size = static_cast<std::uint64_t>(in.tellg());
  const auto begin = size > record_bytes + longest_comment + 20 ? size - record_bytes - longest_comment - 20 : 0;
  std::string head(static_cast<std::size_t>(std::min<std::uint64_t>(size, 4)), '\0');
  in.seekg(0);
  in.read(head.data(), static_cast<std::streamsize>(head.size()));
  if (head != std::string("PK\3\4PK\5\6").substr(0, head.size()) && head != "PK\5\6")
    throw Error(Code::hostile_archive, file, Text{"no zip file", "不是 zip 文件"});
  std::string tail(static_cast<std::size_t>(size - begin), '\0');
  in.seekg(static_cast<std::streamoff>(begin));
  in.read(tail.data(), static_cast<std::streamsize>(tail.size()));
  if (!in) throw Error(Code::io, file, Text{"reading failed", "读取失败"});
  for (std::size_t at = tail.size() < record_bytes ? 0 : tail.size() - record_bytes + 1; at-- > 0;)
    if (is_end_record(tail, at, begin)) return;
  throw Error(Code::truncated_archive, file,
              Text{"the zip's end record is missing: copy or download it again", "zip 缺少结尾记录：请重新复制或下载"});
}

}  // namespace ferry
