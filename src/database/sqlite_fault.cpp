#include "database/sqlite_fault.h"

#include <sqlite3.h>

#include <cerrno>
#include <cstdlib>
#include <string_view>

namespace ferry {

Text damaged_words() {
  return {"the database is damaged (PRAGMA integrity_check): restore it from a recovery point or a backup",
          "数据库已损坏（PRAGMA integrity_check）：请从恢复点或备份还原"};
}

std::optional<Error> sqlite_fault(int code, int error_number, const std::string& file, const std::string& message) {
  switch (code & 0xFF) {
    case SQLITE_FULL:
      // SQLite reports a full disk and its own limit alike, and does not keep the system's word.
      return Error(Code::disk_full, file,
                   Text{message + "; if the disk has room, it is the database's own limit (max_page_count)",
                        "“" + message + "”；若磁盘仍有空间，则为数据库自身的上限（max_page_count）"});
    // Also what it makes of EIO while it reads (SQLITE_IOERR_CORRUPTFS).
    case SQLITE_CORRUPT:
      return Error(Code::io, file,
                   Text{message + ": the disk can't be read (the kernel log says so), or " + damaged_words().en,
                        "“" + message + "”：磁盘无法读取（见内核日志），或" + damaged_words().zh});
    case SQLITE_NOTADB:
      return Error(Code::database_unreachable, file,
                   Text{message + ": another file stands here, or " + damaged_words().en,
                        "“" + message + "”：此处是其他文件，或" + damaged_words().zh});
    case SQLITE_NOMEM:
      return system_error(file, ENOMEM);
    // The file is there (the caller has looked), so the system says why it can't be opened.
    case SQLITE_CANTOPEN:
      if (error_number == 0 || !is_fault_of_machine(system_error(file, error_number).code())) return std::nullopt;
      [[fallthrough]];
    case SQLITE_IOERR: {
      if (error_number == 0) return Error(Code::io, file, message);
      const auto cause = system_error(file, error_number);
      return Error(cause.code(), file,
                   Text{message + ": " + cause.detail_text().en, "“" + message + "”：" + cause.detail_text().zh});
    }
    default:
      return std::nullopt;
  }
}

std::optional<Error> fault_in_check(const std::string& line, const std::string& file) {
  static constexpr std::string_view mark = "error code=";
  const auto at = line.find(mark);
  if (at == std::string::npos) return std::nullopt;
  return sqlite_fault(std::atoi(line.c_str() + at + mark.size()), 0, file, line);
}

}  // namespace ferry
