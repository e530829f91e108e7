#include "deploy/sealed_lines.h"

#include <charconv>

#include "base/digest.h"
#include "base/error.h"

namespace ferry {
namespace {

constexpr std::size_t seal_digits = 16;

std::string seal_of(std::string_view payload) {
  // Made once per thread: setting up a hashing context costs more than hashing a line.
  thread_local Hasher hasher;
  hasher.update(payload);
  const auto digest = hasher.finish();
  return to_hex(std::span(digest.bytes()).first(seal_digits / 2));
}

template <class Number>
Number parse_number(std::string_view text, const std::string& where) {
  Number value{};
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec != std::errc() || result.ptr != text.data() + text.size())
    throw Error(Code::corrupt_log, where, "not a number");
  return value;
}

}  // namespace

std::string sealed(std::string_view payload) {
  std::string out = seal_of(payload);
  out += ' ';
  out += payload;
  out += '\n';
  return out;
}

SealedLines unsealed(std::string_view text, const std::string& where) {
  SealedLines out;
  std::size_t begin = 0;
  for (;;) {
    const auto end = text.find('\n', begin);
    if (end == std::string_view::npos) break;
    const auto line = text.substr(begin, end - begin);
    // The power failed while it was being written: of a line over several sectors any may be missing, also the first,
    // and reads as zeros. Only the last line can be like that, since each is synced before the next is begun.
    if (end + 1 == text.size() && line.find('\0') != std::string_view::npos) break;
    const auto payload = line.size() > seal_digits ? line.substr(seal_digits + 1) : std::string_view();
    if (line.size() <= seal_digits || line[seal_digits] != ' ' || line.substr(0, seal_digits) != seal_of(payload))
      throw Error(Code::corrupt_log, where + ":" + std::to_string(out.payloads.size() + 1), "the line is damaged");
    out.payloads.push_back(payload);
    begin = end + 1;
    out.ends.push_back(begin);
  }
  out.bytes = begin;
  out.torn = begin < text.size();
  return out;
}

std::vector<std::string_view> fields_of(std::string_view payload) {
  std::vector<std::string_view> out;
  for (std::size_t begin = 0; begin <= payload.size();) {
    const auto end = std::min(payload.find(' ', begin), payload.size());
    out.push_back(payload.substr(begin, end - begin));
    begin = end + 1;
  }
  return out;
}

std::uint64_t number_of(std::string_view text, const std::string& where) {
  return parse_number<std::uint64_t>(text, where);
}
std::int64_t signed_number_of(std::string_view text, const std::string& where) {
  return parse_number<std::int64_t>(text, where);
}

}  // namespace ferry
