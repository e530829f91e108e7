// Text lines that show damage: 16 hexadecimal digits (the first 8 bytes of the SHA-256 of the rest), a blank, the rest,
// a line feed. Readable with `less` when everything else is gone.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ferry {

std::string sealed(std::string_view payload);
void append_sealed(std::string& out, std::string_view payload);

struct SealedLines {
  std::vector<std::string_view> payloads;  // views into the text
  std::vector<std::uint64_t> ends;         // offset behind each line
  std::uint64_t bytes = 0;                 // of whole lines
  bool torn = false;                       // bytes without line feed behind them
};
// Throws Error(corrupt_log, where:line) on a whole line whose seal is wrong. The seals of the first `trusted` bytes,
// whole lines that are known to be right otherwise, are not looked at.
SealedLines unsealed(std::string_view text, const std::string& where, std::size_t trusted = 0);

// Blank-separated fields of a payload.
std::vector<std::string_view> fields_of(std::string_view payload);
// Exactly so many; empty optional when there are more or fewer. For the lines of which there are many: nothing is
// allocated.
template <std::size_t Count>
std::optional<std::array<std::string_view, Count>> fields_of(std::string_view payload) {
  std::array<std::string_view, Count> out;
  for (std::size_t i = 0; i < Count; ++i) {
    const auto end = payload.find(' ');
    if ((end == std::string_view::npos) != (i + 1 == Count)) return std::nullopt;
    out[i] = payload.substr(0, end);
    if (i + 1 < Count) payload.remove_prefix(end + 1);
  }
  return out;
}
// Throws Error(corrupt_log, where).
std::uint64_t number_of(std::string_view text, const std::string& where);
std::int64_t signed_number_of(std::string_view text, const std::string& where);

}  // namespace ferry
