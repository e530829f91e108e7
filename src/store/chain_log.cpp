#include "store/chain_log.h"

#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "host/files.h"

namespace ferry {
namespace {

constexpr int known_format = 1;
constexpr std::uint64_t limit = 4ULL << 30U;

std::uint64_t size_of(const std::string& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (!error) return size;
  if (error == std::errc::no_such_file_or_directory) return 0;
  throw system_error(path, error.value());
}

void cut(const std::string& path, std::uint64_t size) {
  std::error_code error;
  std::filesystem::resize_file(path, size, error);
  if (error) throw system_error(path, error.value());
}

std::string read_from(const std::string& path, std::uint64_t offset, std::uint64_t size) {
  std::string out(size - offset, '\0');
  std::ifstream file(path, std::ios::binary);
  file.seekg(static_cast<std::streamoff>(offset));
  if (!file.read(out.data(), static_cast<std::streamsize>(out.size())))
    throw Error(Code::io, path, Text{"short read", "读取不完整"});
  return out;
}

}  // namespace

ChainLog::ChainLog(const std::string& folder, const std::string& name)
    : log_(folder + "/" + name + ".jsonl"), head_(folder + "/" + name + ".head") {}

ChainLog::Head ChainLog::read_head() const {
  const auto text = read_file_if_there(head_);
  if (!text) return {};
  try {
    const Json json = parse_json(*text, head_);
    if (json.at("format") != known_format)
      throw Error(Code::unsupported_format, head_,
                  Text{"format " + json.at("format").dump(), "格式 " + json.at("format").dump()});
    return {json.at("n").get<std::uint64_t>(), json.at("bytes").get<std::uint64_t>(), json.at("hash").get<Digest>()};
  } catch (const Json::exception& e) {
    throw Error(Code::corrupt_log, head_, e.what());
  } catch (const Error& e) {
    if (e.code() == Code::unsupported_format) throw;
    throw Error(Code::corrupt_log, head_, e.detail_text());
  }
}

void ChainLog::write_head(const Head& head) const {
  const Json json{{"format", known_format}, {"n", head.number}, {"bytes", head.bytes}, {"hash", head.digest}};
  write_file_atomic(head_, canonical(json) + "\n");
}

// Records that follow from `from`, up to the first line that is none.
ChainLog::Parsed ChainLog::parse(std::string_view text, const Head& from) const {
  Parsed out;
  out.good_bytes = from.bytes;
  out.all_bytes = from.bytes + text.size();
  std::uint64_t number = from.number;
  Digest previous = from.digest;
  bool damaged = false;
  for (std::size_t at = 0; at < text.size();) {
    const auto newline = text.find('\n', at);
    if (newline == std::string_view::npos) break;
    auto record = record_of(text.substr(at, newline - at));
    at = newline + 1;
    if (damaged || !record || record->number != number + 1 || record->previous != previous) {
      damaged = true;
      if (record) out.valid_after_damage = true;
      continue;
    }
    ++number;
    previous = record->digest;
    out.good_bytes = from.bytes + at;
    out.records.push_back(std::move(*record));
  }
  return out;
}

void ChainLog::require_intact(const Head& head, const Parsed& parsed) const {
  const auto at = log_ + ":" + std::to_string(parsed.records.size() + 1);
  if (parsed.records.size() < head.number)
    throw Error(Code::corrupt_log, at,
                Text{"record " + std::to_string(head.number) + " was acknowledged, only " +
                         std::to_string(parsed.records.size()) + " are whole",
                     "已确认写入到第 " + std::to_string(head.number) + " 条记录，但只有 " +
                         std::to_string(parsed.records.size()) + " 条完整"});
  if (head.number > 0 && parsed.records[head.number - 1].digest != head.digest)
    throw Error(Code::corrupt_log, log_ + ":" + std::to_string(head.number),
                Text{"not the record that was acknowledged", "不是当初确认写入的那条记录"});
  // Without a head only the first append can have been under way, and a torn append has nothing whole behind the tear.
  if (head.number == 0 && parsed.valid_after_damage)
    throw Error(Code::corrupt_log, at, Text{"damaged, with whole records behind it", "已损坏，但其后仍有完整的记录"});
}

std::vector<ChainRecord> ChainLog::read() const {
  // Head first: the log is written before it, so that a log read afterwards is never behind.
  const Head head = read_head();
  const auto text = read_file_if_there(log_, limit);
  auto parsed = parse(text.value_or(""), {});
  require_intact(head, parsed);
  return std::move(parsed.records);
}

Digest ChainLog::head() const {
  return read_head().digest;
}

// What lies behind the acknowledged part. Only this is read before an append, so that its cost does not grow.
ChainLog::Parsed ChainLog::parse_tail(const Head& head) const {
  const auto size = size_of(log_);
  if (size < head.bytes)
    throw Error(Code::corrupt_log, log_,
                Text{std::to_string(size) + " bytes, " + std::to_string(head.bytes) + " were acknowledged",
                     "现有 " + std::to_string(size) + " 字节，已确认写入 " + std::to_string(head.bytes) + " 字节"});
  auto parsed = parse(size == head.bytes ? std::string() : read_from(log_, head.bytes, size), head);
  if (head.number == 0) require_intact(head, parsed);
  return parsed;
}

std::vector<ChainRecord> ChainLog::append(std::vector<Json> data) {
  Head head = read_head();
  const auto tail = parse_tail(head);
  if (!tail.records.empty()) head = {tail.records.back().number, tail.good_bytes, tail.records.back().digest};
  std::vector<ChainRecord> added;
  std::string lines;
  ChainRecord last;
  last.number = head.number;
  last.digest = head.digest;
  for (auto& item : data) {
    last = next_record(last.number == 0 ? nullptr : &last, std::move(item));
    lines += line_of(last) + "\n";
    added.push_back(last);
  }
  if (tail.all_bytes > head.bytes) cut(log_, head.bytes);
  if (added.empty()) return added;
  write_lines(lines, head.bytes, {last.number, head.bytes + lines.size(), last.digest});
  return added;
}

void ChainLog::write_lines(const std::string& lines, std::uint64_t size_before, const Head& head) const {
  try {
    append_file(log_, lines);
    write_head(head);
  } catch (const Error&) {
    // The caller is told that nothing was appended, so nothing may turn up later. Should the cut fail as well, the next
    // reader sees records that nobody acknowledged, which is what a crash would have left, too.
    std::error_code ignored;
    std::filesystem::resize_file(log_, size_before, ignored);
    throw;
  }
}

}  // namespace ferry
