// Migration by scripts, statement by statement, resumable: which statements ran is recorded in the database itself, in
// the same transaction as the statement. After a kill at any moment the next call goes on behind the last recorded
// statement; nothing runs twice, nothing is left out (promise 1). Record: docs/formats/migration-record.md.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/digest.h"
#include "database/connection.h"
#include "database/script.h"

namespace ferry {

struct ScriptProgress {
  std::string run;
  std::string script;
  Digest digest;
  std::size_t statement = 0;  // so many are done
  std::string at;             // RFC 3339
};

struct ScriptEvents {
  // Before each statement (index 0-based); may throw Error(interrupted) to stop there: what ran before it is committed.
  std::function<void(const Script& script, std::size_t index)> before;
  // After the commit that made statements [0, done) lasting.
  std::function<void(const Script& script, std::size_t done)> committed;
  // Statements share a commit (two flushes of the disk) for this long; 0: each has its own. Safe either way, because a
  // statement and its record are always in the same transaction.
  Milliseconds commit_every{200};
};

struct ScriptResult {
  std::size_t skipped = 0;   // done by an earlier call
  std::size_t executed = 0;  // now
};

// Runs what is not yet recorded for (run, script). The connection must be read-write; the caller sees to it that the
// application is stopped.
//
// Transactions of the script's own (BEGIN ... COMMIT) are one unit: recorded when committed. ROLLBACK, and SAVEPOINT
// outside of such a transaction, are refused before the first statement runs. PRAGMA and ATTACH change the session:
// they run outside a transaction and are repeated on resume; VACUUM can be repeated.
//
// Throws Error(migration_failed, "script:line", statement and the database's message): the statement has left nothing
// behind, and what ran before it stands exactly as far as it is recorded. Also when the script's bytes changed since
// its first statement ran. Error(run_unfinished) when statements of another run are recorded, Error(database_locked).
ScriptResult run_script(Connection& connection, const std::string& run, const Script& script,
                        const ScriptEvents& events = {}, const Clock& now = system_now);

// What is recorded; empty when there is no record table.
std::vector<ScriptProgress> recorded_progress(Connection& connection);
// Drops the record. Call it when the run is committed ("open"), not before: without it a resume would begin again.
void forget_progress(Connection& connection);

}  // namespace ferry
