// Text lines that show damage: 16 hexadecimal digits (the first 8 bytes of the SHA-256 of the rest), a blank, the rest,
// a line feed. Readable with `less` when everything else is gone.
#pragma once
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
// Throws Error(corrupt_log, where:line) on a whole line whose seal is wrong.
SealedLines unsealed(std::string_view text, const std::string& where);

// Blank-separated fields of a payload.
std::vector<std::string_view> fields_of(std::string_view payload);
// Throws Error(corrupt_log, where).
std::uint64_t number_of(std::string_view text, const std::string& where);
std::int64_t signed_number_of(std::string_view text, const std::string& where);

}  // namespace ferry
