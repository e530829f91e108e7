// RFC 8878: a frame is a header, blocks with 3-byte headers (bit 0 last, bits 1-2 type, then size), and 4 bytes of
// checksum if the header says so; a skippable frame is magic, 4 bytes of size, content.
#define ZSTD_STATIC_LINKING_ONLY
#include <zstd.h>

#include <cerrno>
#include <fstream>
#include <string>

#include "base/error.h"
#include "package/archive_reader.h"

namespace ferry {
namespace {

std::uint32_t little_endian(const std::string& bytes) {
  std::uint32_t out = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) out = out << 8U | static_cast<std::uint8_t>(bytes[i]);
  return out;
}

class FrameWalk {
 public:
  explicit FrameWalk(const std::string& file) : in_(file, std::ios::binary | std::ios::ate) {
    if (!in_) throw system_error(file, errno);
    size_ = static_cast<std::uint64_t>(in_.tellg());
  }

  ZstdEnd run() {
    if (size_ == 0) return ZstdEnd::truncated;
    while (at_ < size_) {
      const auto end = frame();
      if (end != ZstdEnd::complete) return end;
    }
    return at_ == size_ ? ZstdEnd::complete : ZstdEnd::truncated;
  }

 private:
  // As many of the bytes as there are.
  std::string peek(std::size_t size) {
    std::string out(size, '\0');
    in_.clear();
    in_.seekg(static_cast<std::streamoff>(at_));
    in_.read(out.data(), static_cast<std::streamsize>(size));
    out.resize(static_cast<std::size_t>(in_.gcount()));
    return out;
  }

  ZstdEnd frame() {
    const auto bytes = peek(ZSTD_FRAMEHEADERSIZE_MAX);
    ZSTD_frameHeader header{};
    const auto need = ZSTD_getFrameHeader(&header, bytes.data(), bytes.size());
    if (ZSTD_isError(need)) return ZstdEnd::damaged;
    if (need > 0) return ZstdEnd::truncated;
    if (header.frameType == ZSTD_skippableFrame) {
      at_ += 8 + header.frameContentSize;
      return at_ <= size_ ? ZstdEnd::complete : ZstdEnd::truncated;
    }
    at_ += header.headerSize;
    for (bool last = false; !last;) {
      const auto block = peek(3);
      if (block.size() < 3) return ZstdEnd::truncated;
      const auto value = little_endian(block);
      last = (value & 1U) != 0;
      const auto type = value >> 1U & 3U;
      if (type == 3) return ZstdEnd::damaged;
      at_ += 3 + (type == 1 ? 1 : value >> 3U);
      if (at_ > size_) return ZstdEnd::truncated;
    }
    at_ += header.checksumFlag != 0 ? 4 : 0;
    return at_ <= size_ ? ZstdEnd::complete : ZstdEnd::truncated;
  }

  std::ifstream in_;
  std::uint64_t size_ = 0;
  std::uint64_t at_ = 0;
};

}  // namespace

ZstdEnd zstd_end(const std::string& file) {
  return FrameWalk(file).run();
}

}  // namespace ferry
