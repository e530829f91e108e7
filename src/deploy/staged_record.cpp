#include "deploy/staged_record.h"

#include "base/error.h"
#include "deploy/sealed_lines.h"
#include "host/durable.h"
#include "host/files.h"

namespace ferry {
namespace {

constexpr std::string_view magic = "ferry-staged";
constexpr std::string_view version = "1";

std::string old_line(std::uint32_t number, const ContentSign& sign) {
  return sealed("old " + std::to_string(number) + " " + std::to_string(sign.inode) + " " + std::to_string(sign.size) +
                " " + std::to_string(sign.mtime_ns) + " " + std::to_string(sign.ctime_ns));
}

void read_line(StagedRecord& record, const std::vector<std::string_view>& fields, const std::string& where) {
  const auto number = [&](std::size_t i) { return number_of(fields[i], where); };
  const auto signed_number = [&](std::size_t i) { return signed_number_of(fields[i], where); };
  if (fields[0] == "object" && fields.size() == 5) {
    // Mostly in ascending order, so behind the last one; a later line about the same object counts.
    record.objects.insert_or_assign(record.objects.end(), static_cast<std::uint32_t>(number(1)),
                                    StagedObject{number(2), number(3), signed_number(4)});
  } else if (fields[0] == "old" && fields.size() == 6) {
    record.old.insert_or_assign(record.old.end(), static_cast<std::uint32_t>(number(1)),
                                ContentSign{number(2), number(3), signed_number(4), signed_number(5)});
  } else if (fields[0] == "syncing") {
    record.syncing = true;
  } else if (fields[0] == "synced") {
    record.synced = true;
  } else {
    throw Error(Code::corrupt_log, where, Text{"unknown line", "未知的行"});
  }
}

StagedRecord parse(std::string_view text, const std::string& where) {
  const auto lines = unsealed(text, where);
  if (lines.payloads.empty()) throw Error(Code::corrupt_log, where, Text{"empty", "内容为空"});
  StagedRecord out;
  const auto header = fields_of(lines.payloads[0]);
  if (header.size() != 4 || header[0] != magic || header[1] != version)
    throw Error(Code::corrupt_log, where, Text{"unknown header", "未知的首行"});
  out.input = Digest::from_hex(header[2]);
  out.boot = header[3];
  for (std::size_t i = 1; i < lines.payloads.size(); ++i) read_line(out, fields_of(lines.payloads[i]), where);
  return out;
}

}  // namespace

std::string staged_record_path(const std::string& run_folder) {
  return run_folder + "/staged";
}

std::string present_boot() {
  auto id = read_file("/proc/sys/kernel/random/boot_id");
  while (!id.empty() && id.back() == '\n') id.pop_back();
  return id;
}

std::optional<StagedRecord> read_staged_record(const std::string& run_folder) {
  const auto path = staged_record_path(run_folder);
  const auto text = read_file_if_there(path, 4ULL << 30U);
  if (!text) return std::nullopt;
  try {
    return parse(*text, path);
  } catch (const Error& error) {
    // It is not the truth about anything but work that can be repeated, and it is written without a flush: damage is
    // what a power cut leaves.
    if (error.code() == Code::corrupt_log || error.code() == Code::invalid_document) return std::nullopt;
    throw;
  }
}

void write_staged_record(const std::string& run_folder, const StagedRecord& record) {
  std::string text =
      sealed(std::string(magic) + " " + std::string(version) + " " + record.input.hex() + " " + record.boot);
  for (const auto& [number, object] : record.objects) text += staged_object_line(number, object);
  for (const auto& [number, sign] : record.old) text += old_line(number, sign);
  if (record.synced) text += staged_word_line("synced");
  durable::write(staged_record_path(run_folder), text);
}

std::string staged_object_line(std::uint32_t number, const StagedObject& object) {
  return sealed("object " + std::to_string(number) + " " + std::to_string(object.inode) + " " +
                std::to_string(object.size) + " " + std::to_string(object.mtime_ns));
}

std::string staged_word_line(std::string_view word) {
  return sealed(word);
}

}  // namespace ferry
