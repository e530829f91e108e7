// The parts that all four minisign files share: a comment line, then base64 of a fixed layout. Not for other rooms.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace ferry::minisign {

// Initialises libsodium once; aborts when the system gives no random numbers.
void ready();

// Lines without their ends; a last line may lack its end.
std::vector<std::string_view> lines_of(std::string_view text);

// Bytes of a base64 line that must decode to `size` bytes; throws Error(code, where).
std::string decoded(std::string_view line, std::size_t size, Code code, const std::string& where);

std::string key_id_text(const std::array<std::uint8_t, 8>& id);

template <std::size_t Size>
std::array<std::uint8_t, Size> part(std::string_view bytes, std::size_t offset) {
  std::array<std::uint8_t, Size> out;
  for (std::size_t i = 0; i < Size; ++i) out[i] = static_cast<std::uint8_t>(bytes[offset + i]);
  return out;
}
template <std::size_t Size>
void append(std::string& out, const std::array<std::uint8_t, Size>& bytes) {
  for (const auto byte : bytes) out += static_cast<char>(byte);
}
std::string base64(const std::string& bytes);

inline constexpr std::string_view comment_prefix = "untrusted comment: ";
inline constexpr std::string_view trusted_prefix = "trusted comment: ";

}  // namespace ferry::minisign
