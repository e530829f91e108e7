#include "run/run_log.h"

#include <array>

#include "base/error.h"
#include "host/crash_point.h"
#include "host/files.h"

namespace ferry {
namespace {

constexpr std::array kinds{RecordKind::started,     RecordKind::intent,  RecordKind::saved,       RecordKind::done,
                           RecordKind::failed,      RecordKind::resumed, RecordKind::undo_intent, RecordKind::undone,
                           RecordKind::undo_failed, RecordKind::note,    RecordKind::opened,      RecordKind::committed,
                           RecordKind::rolled_back, RecordKind::turned,  RecordKind::stands};

RecordKind kind_named(const std::string& name) {
  for (const auto kind : kinds)
    if (name_of(kind) == name) return kind;
  throw Error(Code::corrupt_log, name, Text{"unknown kind of record", "未知的记录类型"});
}

// What canonical JSON can carry: no bytes that are not UTF-8, no fractions (they become texts).
Json carried(const Json& value) {
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    return is_utf8(text) ? text : escape(text);
  }
  if (value.is_number_float()) return value.dump();
  if (value.is_array()) {
    Json out = Json::array();
    for (const auto& item : value) out.push_back(carried(item));
    return out;
  }
  if (value.is_object()) {
    Json out = Json::object();
    for (const auto& [key, item] : value.items()) out[is_utf8(key) ? key : escape(key)] = carried(item);
    return out;
  }
  return value;
}

Json without_digest(const LogRecord& record, const Digest& previous) {
  return Json{{"n", record.number},  {"kind", name_of(record.kind)}, {"at", record.at},
              {"step", record.step}, {"data", record.data},          {"prev", previous}};
}

std::string line_of(const LogRecord& record, const Digest& previous) {
  auto json = without_digest(record, previous);
  json["sha256"] = record.digest;
  return canonical(json);
}

LogRecord read_line(std::string_view line, const LogContent& before, const std::string& where) {
  const Digest previous = before.records.empty() ? Digest() : before.records.back().digest;
  LogRecord out;
  try {
    const auto json = parse_json(line, where);
    out.number = json.at("n").get<std::uint64_t>();
    out.kind = kind_named(json.at("kind").get<std::string>());
    out.at = json.at("at").get<std::string>();
    out.step = json.at("step").get<std::string>();
    out.data = json.at("data");
    out.digest = digest_of(without_digest(out, previous));
  } catch (const std::exception& error) {
    throw Error(Code::corrupt_log, where, error.what());
  }
  if (out.number != before.records.size() + 1)
    throw Error(Code::corrupt_log, where, Text{"a record is missing", "缺少一条记录"});
  // The line is the canonical form of itself: no byte of it can be changed without being noticed.
  if (line_of(out, previous) != line)
    throw Error(Code::corrupt_log, where, Text{"the record was changed", "记录被改动过"});
  return out;
}

}  // namespace

std::string_view name_of(RecordKind kind) {
  static constexpr std::array<std::string_view, kinds.size()> names{
      "started",     "intent", "saved",  "done",      "failed",      "resumed", "undo_intent", "undone",
      "undo_failed", "note",   "opened", "committed", "rolled_back", "turned",  "stands"};
  return names.at(static_cast<std::size_t>(kind));
}

LogContent parse_log(std::string_view bytes, const std::string& where) {
  LogContent out;
  std::size_t begin = 0;
  for (;;) {
    const auto end = bytes.find('\n', begin);
    if (end == std::string_view::npos) break;
    const auto line = bytes.substr(begin, end - begin);
    // Of a line over several sectors any may be missing after a power cut, also the first, and reads as zeros. Only the
    // last line can be like that: each is synced before the next is begun.
    if (end + 1 == bytes.size() && line.find('\0') != std::string_view::npos) break;
    const auto here = where + ":" + std::to_string(out.records.size() + 1);
    auto record = read_line(line, out, here);
    out.records.push_back(std::move(record));
    begin = end + 1;
  }
  out.bytes = begin;
  out.torn = begin < bytes.size();
  return out;
}

LogContent read_log(const std::string& path) {
  return parse_log(read_file(path, 4ULL << 30U), path);
}

RunLog::RunLog(const std::string& path, Clock clock, LogContent content)
    : path_(path), clock_(std::move(clock)), records_(std::move(content.records)), file_(path, content.bytes) {}

RunLog RunLog::create(const std::string& path, Clock clock) {
  // One without a whole record is from a start that was killed before it had done anything.
  if (path_exists(path) && !read_log(path).records.empty()) throw Error(Code::already_exists, path);
  return {path, std::move(clock), LogContent{}};
}

RunLog RunLog::open(const std::string& path, Clock clock) {
  return {path, std::move(clock), read_log(path)};
}

const LogRecord& RunLog::append(RecordKind kind, const std::string& step, const Json& data) {
  LogRecord record;
  record.number = records_.size() + 1;
  record.kind = kind;
  record.at = to_string(clock_());
  record.step = step;
  record.data = carried(data);
  const Digest previous = records_.empty() ? Digest() : records_.back().digest;
  record.digest = digest_of(without_digest(record, previous));
  const auto line = line_of(record, previous) + "\n";
  if (!usable_) throw Error(Code::io, path_, Text{"an earlier record could not be written", "先前的记录未能写入"});
  crash_point(CrashPoint::run_before_record);
  usable_ = false;
  file_.append(line);
  file_.sync();
  usable_ = true;
  records_.push_back(std::move(record));
  crash_point(CrashPoint::run_after_record);
  return records_.back();
}

}  // namespace ferry
