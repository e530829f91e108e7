#include "deploy/sealed_lines.h"

#include <atomic>
#include <charconv>

#include "base/digest.h"
#include "base/error.h"
#include "deploy/parallel.h"

namespace ferry {
namespace {

constexpr std::size_t seal_digits = 16;
constexpr std::size_t lines_per_range = 1000;

Digest digest_of(std::string_view payload) {
  // Made once per thread: setting up a hashing context costs more than hashing a line.
  thread_local Hasher hasher;
  hasher.update(payload);
  return hasher.finish();
}

std::string seal_of(std::string_view payload) {
  const auto digest = digest_of(payload);
  return to_hex(std::span(digest.bytes()).first(seal_digits / 2));
}

// Empty optional: the seal is wrong.
std::optional<std::string_view> payload_of(std::string_view line) {
  if (line.size() <= seal_digits || line[seal_digits] != ' ') return std::nullopt;
  const auto payload = line.substr(seal_digits + 1);
  if (line.substr(0, seal_digits) != seal_of(payload)) return std::nullopt;
  return payload;
}

template <class Number>
Number parse_number(std::string_view text, const std::string& where) {
  Number value{};
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec != std::errc() || result.ptr != text.data() + text.size())
    throw Error(Code::corrupt_log, where, Text{"not a number", "不是数字"});
  return value;
}

}  // namespace

void append_sealed(std::string& out, std::string_view payload) {
  const auto seal = digest_of(payload);
  append_hex(out, std::span(seal.bytes()).first(seal_digits / 2));
  out += ' ';
  out += payload;
  out += '\n';
}

std::string sealed(std::string_view payload) {
  std::string out;
  append_sealed(out, payload);
  return out;
}

SealedLines unsealed(std::string_view text, const std::string& where, std::size_t trusted) {
  SealedLines out;
  std::vector<std::string_view> lines;
  std::size_t begin = 0;
  for (;;) {
    const auto end = text.find('\n', begin);
    if (end == std::string_view::npos) break;
    // The power failed while it was being written: of a line over several sectors any may be missing, also the first,
    // and reads as zeros. Only the last line can be like that, since each is synced before the next is begun.
    if (end + 1 == text.size() && text.find('\0', begin) != std::string_view::npos) break;
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
    out.ends.push_back(begin);
  }
  out.payloads.resize(lines.size());
  // A journal of many thousand lines is read between "stop" and "start": the seals are checked on all cores.
  std::atomic<std::size_t> first_damaged{lines.size()};
  in_parallel(lines.size(), lines_per_range, look_up_threads(), [&](std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) {
      const bool known = out.ends[i] <= trusted && lines[i].size() > seal_digits;
      if (auto payload = known ? lines[i].substr(seal_digits + 1) : payload_of(lines[i])) {
        out.payloads[i] = *payload;
        continue;
      }
      auto least = first_damaged.load();
      while (i < least && !first_damaged.compare_exchange_weak(least, i)) {
      }
      return;
    }
  });
  if (first_damaged < lines.size())
    throw Error(Code::corrupt_log, where + ":" + std::to_string(first_damaged + 1),
                Text{"the line is damaged", "该行已损坏"});
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
