#include "database/sqlite_copy.h"

#include <sqlite3.h>

#include <memory>
#include <optional>

#include "base/error.h"
#include "database/dialect.h"
#include "database/sqlite_fault.h"

namespace ferry {
namespace {

// https://www.sqlite.org/backup.html. As much as is copied under one shared lock: a writer of a database without WAL
// waits that long at most.
constexpr int pages_per_step = 2048;
// A write by another process makes SQLite begin again. After so many times the rest is copied under one lock.
constexpr int most_restarts = 3;

struct CloseHandle {
  void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
};
using Handle = std::unique_ptr<sqlite3, CloseHandle>;

struct FinishBackup {
  void operator()(sqlite3_backup* backup) const { sqlite3_backup_finish(backup); }
};

[[noreturn]] void fail(int code, int error_number, const std::string& file, const std::string& message) {
  if ((code & 0xFF) == SQLITE_BUSY || (code & 0xFF) == SQLITE_LOCKED) throw Error(Code::database_locked, file, message);
  if (auto fault = sqlite_fault(code, error_number, file, message)) throw std::move(*fault);
  // Why the copy can't be made SQLite has forgotten when it has tried to open it for reading as well.
  if ((code & 0xFF) == SQLITE_CANTOPEN) throw Error(Code::io, file, message);
  throw Error(Code::database_query, file, Text{"copying the database: " + message, "复制数据库时：" + message});
}

Handle create(const std::string& file) {
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(file.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
  Handle handle(raw);
  if (code != SQLITE_OK) fail(code, raw == nullptr ? 0 : sqlite3_system_errno(raw), file, sqlite3_errstr(code));
  // A copy that is cut off is thrown away, a finished one is flushed as a whole: no journal, no flush in between.
  sqlite3_exec(raw, "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF", nullptr, nullptr, nullptr);
  return handle;
}

void copy_all(sqlite3* from, sqlite3* to, const std::string& file, std::uint64_t page_size,
              const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
  const std::unique_ptr<sqlite3_backup, FinishBackup> backup(sqlite3_backup_init(to, "main", from, "main"));
  if (!backup) fail(sqlite3_errcode(to), sqlite3_system_errno(to), file, sqlite3_errmsg(to));
  int restarts = 0;
  int remaining = -1;
  for (;;) {
    const int code = sqlite3_backup_step(backup.get(), restarts < most_restarts ? pages_per_step : -1);
    if (code != SQLITE_OK && code != SQLITE_DONE) {
      // Either side may have failed; only one of them has seen an errno.
      const int from_errno = sqlite3_system_errno(from);
      fail(code, from_errno != 0 ? from_errno : sqlite3_system_errno(to), file, sqlite3_errstr(code));
    }
    const int left = sqlite3_backup_remaining(backup.get());
    if (remaining >= 0 && left >= remaining && code != SQLITE_DONE) ++restarts;
    remaining = left;
    const auto total = static_cast<std::uint64_t>(sqlite3_backup_pagecount(backup.get()));
    if (progress) progress((total - static_cast<std::uint64_t>(left)) * page_size, total * page_size);
    if (code == SQLITE_DONE) return;
  }
}

std::int64_t page_count(sqlite3* handle) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(handle, "PRAGMA page_count", -1, &statement, nullptr) != SQLITE_OK) return -1;
  const auto pages = sqlite3_step(statement) == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : -1;
  sqlite3_finalize(statement);
  return pages;
}

}  // namespace

std::uint64_t copy_sqlite(Connection& source, const std::string& target,
                          const std::function<void(std::uint64_t done, std::uint64_t total)>& progress) {
  // In WAL mode a reader stands in nobody's way, so one state can be held for the whole copy.
  std::optional<Transaction> one_moment;
  const bool wal = source.scalar("PRAGMA journal_mode") == "wal";
  if (wal && source.mode() == OpenMode::read_only) one_moment.emplace(source);
  const auto page_size = static_cast<std::uint64_t>(source.number("PRAGMA page_size"));
  auto* from = static_cast<sqlite3*>(source.native());
  const auto to = create(target);
  copy_all(from, to.get(), source.file(), page_size, progress);
  const auto pages = page_count(to.get());
  // Without WAL another process may have written between the last step and now; then the source says nothing.
  if (one_moment && pages != source.number("PRAGMA page_count"))
    throw Error(Code::backup_unverified, source.file(),
                Text{"the copy has " + std::to_string(pages) + " pages",
                     "副本为 " + std::to_string(pages) + " 页，与原库不一致"});
  return static_cast<std::uint64_t>(pages);
}

}  // namespace ferry
