#include "deploy/journal.h"

#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/append.h"
#include "base/error.h"
#include "deploy/parallel.h"
#include "deploy/sealed_lines.h"
#include "host/crash_point.h"
#include "host/durable.h"
#include "host/files.h"
#include "host/switch_calls.h"

namespace ferry {
namespace {

constexpr std::string_view magic = "ferry-switch";
constexpr std::string_view version = "1";
constexpr std::size_t operations_per_range = 500;
constexpr std::array marks_in_order{Mark::forward_begun, Mark::forward_done, Mark::back_begun, Mark::back_done,
                                    Mark::discarded};

// type:mode:uid:gid:size:mtime:inode:rest, "rest" being the digest of a file or the escaped target of a link.
void write_identity(std::string& out, const std::optional<Identity>& object) {
  out += ' ';
  if (!object) {
    out += '-';
    return;
  }
  const auto& entry = object->entry;
  out += name_of(entry.type);
  for (const auto value : {std::uint64_t{entry.mode}, std::uint64_t{entry.uid}, std::uint64_t{entry.gid}, entry.size}) {
    out += ':';
    append_number(out, value);
  }
  out += ':';
  append_number(out, entry.mtime_ns);
  out += ':';
  append_number(out, object->inode);
  out += ':';
  if (entry.type == EntryType::file && !entry.digest.empty()) append_hex(out, entry.digest.bytes());
  if (entry.type == EntryType::link) append_escaped(out, entry.link);
}

std::optional<Identity> read_identity(std::string_view text, const std::string& where) {
  if (text == "-") return std::nullopt;
  std::array<std::string_view, 7> parts;
  for (auto& part : parts) {
    const auto colon = text.find(':');
    if (colon == std::string_view::npos)
      throw Error(Code::corrupt_log, where, Text{"malformed identity", "对象标识格式有误"});
    part = text.substr(0, colon);
    text.remove_prefix(colon + 1);
  }
  Identity out;
  out.entry.type = entry_type(parts[0]);
  out.entry.mode = static_cast<std::uint32_t>(number_of(parts[1], where));
  out.entry.uid = static_cast<std::uint32_t>(number_of(parts[2], where));
  out.entry.gid = static_cast<std::uint32_t>(number_of(parts[3], where));
  out.entry.size = number_of(parts[4], where);
  out.entry.mtime_ns = signed_number_of(parts[5], where);
  out.inode = number_of(parts[6], where);
  if (out.entry.type == EntryType::file && !text.empty()) out.entry.digest = Digest::from_hex(text);
  if (out.entry.type == EntryType::link) out.entry.link = unescape(text);
  return out;
}

// An escaped path is empty only for the root, which then is written as '.'.
std::string field_of(const RelativePath& path) {
  return path.empty() ? "." : escape(path.bytes());
}
RelativePath path_of(std::string_view field) {
  return field == "." ? RelativePath() : RelativePath(unescape(field));
}

void append_operation(std::string& out, const Operation& operation) {
  out += "op ";
  append_number(out, operation.number);
  out += ' ';
  out += name_of(operation.kind);
  out += ' ';
  if (operation.path.empty()) out += '.';
  append_escaped(out, operation.path.bytes());
  write_identity(out, operation.before);
  write_identity(out, operation.after);
  out += ' ';
  if (operation.capability.empty()) out += '-';
  append_escaped(out, operation.capability);
}

Operation read_operation(std::string_view line, const std::string& where) {
  const auto fields = fields_of<7>(line);
  if (!fields) throw Error(Code::corrupt_log, where, Text{"malformed operation", "操作格式有误"});
  Operation out;
  const auto& [word, number, kind_name, path, before, after, capability] = *fields;
  out.number = static_cast<std::uint32_t>(number_of(number, where));
  const auto kind = operation_kind(kind_name);
  if (!kind) throw Error(Code::corrupt_log, where, Text{"unknown operation", "未知的操作"});
  out.kind = *kind;
  out.path = path_of(path);
  out.before = read_identity(before, where);
  out.after = read_identity(after, where);
  if (capability != "-") out.capability = unescape(capability);
  return out;
}

std::string time_field(const std::optional<std::int64_t>& time) {
  return time ? std::to_string(*time) : "-";
}
std::optional<std::int64_t> read_time(std::string_view field, const std::string& where) {
  if (field == "-") return std::nullopt;
  return signed_number_of(field, where);
}

Mark read_mark(const std::vector<std::string_view>& fields, const std::string& where) {
  if (fields.size() == 2 && fields[0] == "mark")
    for (const auto mark : marks_in_order)
      if (fields[1] == name_of(mark)) return mark;
  throw Error(Code::corrupt_log, where, Text{"malformed mark", "标记格式有误"});
}

void read_header(Journal& journal, const std::vector<std::string_view>& fields, const std::string& where) {
  if (fields.size() < 2 || fields[0] != magic)
    throw Error(Code::corrupt_log, where, Text{"not a switch journal", "不是切换日志"});
  if (fields[1] != version)
    throw Error(Code::unsupported_format, where,
                Text{"version " + std::string(fields[1]), "版本 " + std::string(fields[1])});
  if (fields.size() != 4) throw Error(Code::corrupt_log, where, Text{"malformed header", "首行格式有误"});
  journal.root = unescape(fields[2]);
  journal.root_inode = number_of(fields[3], where);
}

void check_end(const Journal& journal, const std::vector<std::string_view>& fields, bool whole,
               const std::string& where) {
  if (!whole || fields.size() != 4 || number_of(fields[1], where) != journal.operations.size() ||
      number_of(fields[2], where) != journal.times.size())
    throw Error(Code::corrupt_log, where, Text{"the list of operations is not whole", "操作列表不完整"});
}

// The bytes in front of the line that ends the list, and the digest that this line says they have.
struct ListEnd {
  std::size_t bytes = 0;
  std::string_view digest;
};

std::optional<ListEnd> end_of_list(std::string_view text) {
  constexpr std::size_t digits = 16;
  const auto word = text.rfind(" end ");  // no path has a blank in it
  if (word == std::string_view::npos || word <= digits || text[word - digits - 1] != '\n') return std::nullopt;
  const auto line_end = text.find('\n', word);
  if (line_end == std::string_view::npos) return std::nullopt;
  const auto begin = word - digits;
  const auto payload = text.substr(word + 1, line_end - word - 1);
  const auto fields = fields_of<4>(payload);
  if (!fields || sealed(payload) != text.substr(begin, line_end + 1 - begin)) return std::nullopt;
  return ListEnd{begin, fields->at(3)};
}

std::string line_name(const std::string& where, std::size_t line) {
  return where + ":" + std::to_string(line + 1);
}

// The operations, which stand together behind the header and are nearly all of a journal.
std::vector<Operation> parse_operations(const SealedLines& lines, const std::string& where) {
  std::size_t end = 1;
  while (end < lines.payloads.size() && lines.payloads[end].starts_with("op ")) ++end;
  std::vector<Operation> out(end - 1);
  in_parallel(out.size(), operations_per_range, look_up_threads(), [&](std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) {
      try {
        out[i] = read_operation(lines.payloads[i + 1], where);
      } catch (const Error& error) {
        if (error.code() != Code::corrupt_log) throw;
        throw Error(Code::corrupt_log, line_name(where, i + 1), error.detail_text());
      }
    }
  });
  return out;
}

// `whole`: bytes of the list when its own digest is right, else 0. Where it is, no line's own seal has to be looked at,
// which saves half the time of reading a long journal.
Journal parse_lines(std::string_view text, std::size_t whole, const std::string& where) {
  const auto lines = unsealed(text, where, whole);
  Journal out;
  bool ended = false;
  if (!lines.payloads.empty()) {
    read_header(out, fields_of(lines.payloads[0]), line_name(where, 0));
    out.operations = parse_operations(lines, where);
  }
  for (std::size_t i = 1 + out.operations.size(); i < lines.payloads.size(); ++i) {
    const auto here = line_name(where, i);
    const auto fields = fields_of(lines.payloads[i]);
    if (ended) {
      out.marks.push_back(read_mark(fields, here));
    } else if (fields[0] == "time" && fields.size() == 4) {
      out.times.push_back({path_of(fields[1]), read_time(fields[2], here), read_time(fields[3], here)});
    } else if (fields[0] == "end") {
      check_end(out, fields, whole != 0 && whole == lines.ends[i - 1], here);
      ended = true;
    } else {
      throw Error(Code::corrupt_log, here, Text{"unknown line", "未知的行"});
    }
  }
  if (!ended) throw Error(Code::corrupt_log, where, Text{"the journal has lost its end", "日志缺少结尾"});
  out.bytes = lines.bytes;
  return out;
}

// A value that can't be (a path with '..') under a right seal was written by no Ferry.
Journal parse(std::string_view text, std::size_t whole, const std::string& where) {
  try {
    return parse_lines(text, whole, where);
  } catch (const Error& error) {
    if (error.code() == Code::corrupt_log || error.code() == Code::unsupported_format) throw;
    throw Error(Code::corrupt_log, where, error.what());
  }
}

}  // namespace

std::string_view name_of(Mark mark) {
  switch (mark) {
    case Mark::forward_begun:
      return "forward_begun";
    case Mark::forward_done:
      return "forward_done";
    case Mark::back_begun:
      return "back_begun";
    case Mark::back_done:
      return "back_done";
    default:
      return "discarded";
  }
}

Mark Journal::position() const {
  for (auto mark = marks.rbegin(); mark != marks.rend(); ++mark)
    if (*mark != Mark::discarded) return *mark;
  return Mark::forward_begun;
}

std::string journal_path(const std::string& run_folder) {
  return run_folder + "/switch.journal";
}

std::string list_of(const Journal& journal) {
  std::string out = sealed(std::string(magic) + " " + std::string(version) + " " + escape(journal.root) + " " +
                           std::to_string(journal.root_inode));
  std::vector<std::string> parts((journal.operations.size() + operations_per_range - 1) / operations_per_range);
  in_parallel(journal.operations.size(), operations_per_range, look_up_threads(),
              [&](std::size_t first, std::size_t last) {
                auto& part = parts[first / operations_per_range];
                std::string line;
                for (std::size_t i = first; i < last; ++i) {
                  line.clear();
                  append_operation(line, journal.operations[i]);
                  append_sealed(part, line);
                }
              });
  std::size_t bytes = out.size();
  for (const auto& part : parts) bytes += part.size();
  out.reserve(bytes + bytes / 4);  // the folder times follow
  for (const auto& part : parts) out += part;
  for (const auto& time : journal.times)
    out += sealed("time " + field_of(time.path) + " " + time_field(time.before) + " " + time_field(time.after));
  const auto digest = Digest::of(out);
  out += sealed("end " + std::to_string(journal.operations.size()) + " " + std::to_string(journal.times.size()) + " " +
                digest.hex());
  return out;
}

void write_journal(const std::string& run_folder, Journal& journal) {
  const auto path = journal_path(run_folder);
  const auto temporary = path + ".tmp";
  if (::unlink(temporary.c_str()) != 0 && errno != ENOENT) throw system_error(temporary, errno);
  {
    const auto text = list_of(journal) + sealed("mark " + std::string(name_of(Mark::forward_begun)));
    const auto folder = calls::open_folder(run_folder);
    const auto file = calls::create_file(folder.get(), "switch.journal.tmp", temporary);
    calls::write_all(file.get(), text, temporary);
    calls::sync_file(file.get(), temporary);
    journal.bytes = text.size();
    journal.marks = {Mark::forward_begun};
  }
  crash_point(CrashPoint::journal_written);
  if (::rename(temporary.c_str(), path.c_str()) != 0) throw system_error(path, errno);
  durable::sync_folder(run_folder);
}

std::optional<Journal> read_journal(const std::string& run_folder) {
  const auto path = journal_path(run_folder);
  const auto text = read_file_if_there(path, 4ULL << 30U);
  if (!text) return std::nullopt;
  return parse_journal(*text, path);
}

Journal parse_list(std::string_view text, const std::string& where) {
  const auto end = end_of_list(text);
  return parse(text, end ? end->bytes : 0, where);
}

bool is_whole_list(std::string_view text) {
  const auto end = end_of_list(text);
  return end && Digest::of(text.substr(0, end->bytes)).hex() == end->digest;
}

Journal parse_journal(std::string_view text, const std::string& where) {
  auto out = parse(text, is_whole_list(text) ? end_of_list(text)->bytes : 0, where);
  // The first mark was renamed into place together with the list: without it the file has lost its end.
  if (out.marks.empty()) throw Error(Code::corrupt_log, where, Text{"the journal has lost its end", "日志缺少结尾"});
  return out;
}

void append_mark(const std::string& path, Journal& journal, Mark mark) {
  const auto line = sealed("mark " + std::string(name_of(mark)));
  durable::Appender file(path, journal.bytes);
  file.append(line);
  file.sync();
  journal.marks.push_back(mark);
  journal.bytes += line.size();
}

}  // namespace ferry
