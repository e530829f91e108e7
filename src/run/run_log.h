// What has happened in a run: <staging>/runs/<run>/log. Append-only JSON lines, each with its number, the digest of the
// line before and its own. The only truth about a run (DESIGN "One truth"). Format: docs/formats/run-log.md.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "host/durable.h"

namespace ferry {

enum class RecordKind {
  started,      // who, what, which steps
  intent,       // a step is about to act
  saved,        // values that a step wants to find again
  done,         // a step has acted
  failed,       // a step has thrown
  resumed,      // somebody went on
  undo_intent,  // a step is about to be taken back
  undone,
  undo_failed,
  note,
  opened,       // opened to users
  committed,    // the way back is closed
  rolled_back,  // every step is taken back
  turned,       // from here on it is taken back to a stop, or all the way
  stands        // it stands at that stop again and may go on
};
std::string_view name_of(RecordKind kind);

struct LogRecord {
  std::uint64_t number = 0;  // from 1
  RecordKind kind = RecordKind::note;
  std::string at;    // RFC 3339, UTC
  std::string step;  // id; empty: the run
  Json data = Json::object();
  Digest digest;  // of the line; also proof of everything before it
};

struct LogContent {
  std::vector<LogRecord> records;
  std::uint64_t bytes = 0;  // of whole records; what follows is a torn line
  bool torn = false;
};

// Reads and checks the chain. A last line without its line feed was being written when the power failed: dropped.
// Anything else that does not fit is Error(corrupt_log, path:line). Error(not_found) without a log.
LogContent read_log(const std::string& path);
LogContent parse_log(std::string_view bytes, const std::string& where);

class RunLog {
 public:
  // Error(already_exists) / reads, checks, cuts a torn line off.
  static RunLog create(const std::string& path, Clock clock);
  static RunLog open(const std::string& path, Clock clock);

  // Durable when it returns. Strings in `data` that are not UTF-8 are escaped. Throws Error(sync_failed, disk_full,
  // io).
  const LogRecord& append(RecordKind kind, const std::string& step, const Json& data);
  const std::vector<LogRecord>& records() const { return records_; }
  // False after an append that failed: half a line may stand there, and nothing may be written after it until the log
  // is opened anew, which cuts it off. Every further append is Error(io).
  bool usable() const { return usable_; }

 private:
  RunLog(const std::string& path, Clock clock, LogContent content);

  std::string path_;
  Clock clock_;
  std::vector<LogRecord> records_;
  durable::Appender file_;
  bool usable_ = true;
};

}  // namespace ferry
