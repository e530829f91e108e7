#include "database/script_run.h"

#include <utility>

#include "base/error.h"
#include "database/dialect.h"
#include "host/crash_point.h"

namespace ferry {
namespace {

using Time = std::chrono::steady_clock;

constexpr const char* make_record =
    "CREATE TABLE IF NOT EXISTS ferry_migration (run TEXT NOT NULL, script TEXT NOT NULL, digest TEXT NOT NULL, "
    "statement INTEGER NOT NULL, at TEXT NOT NULL, PRIMARY KEY (run, script))";

bool has_record(Connection& connection) {
  const auto objects = connection.dialect().objects(connection);
  for (const auto& object : objects)
    if (object.type == "table" && object.name == "ferry_migration") return true;
  return false;
}

// What is executed and recorded together.
struct Unit {
  std::size_t begin = 0, end = 0;  // statements
  StatementEffect effect = StatementEffect::normal;
};

std::string place(const Script& script, std::size_t index) {
  return script.name + ":" + std::to_string(script.statements[index].line);
}

[[noreturn]] void refuse(const Script& script, std::size_t index, const Text& why) {
  const auto& statement = script.statements[index].text;
  throw Error(Code::migration_failed, place(script, index), Text{why.en + ": " + statement, why.zh + "：" + statement});
}

// All units are found before anything runs, so that a script that can't be recorded changes nothing.
std::vector<Unit> units_of(const Script& script, const Dialect& dialect) {
  std::vector<Unit> units;
  constexpr auto none = static_cast<std::size_t>(-1);
  auto opened = none;
  for (std::size_t i = 0; i < script.statements.size(); ++i) {
    const auto effect = dialect.effect(script.statements[i].text);
    if (effect == StatementEffect::rollback)
      refuse(
          script, i,
          {"ROLLBACK in a migration script would undo what is recorded", "迁移脚本中的 ROLLBACK 会撤销已记录的进度"});
    if (effect == StatementEffect::begin) {
      if (opened != none) refuse(script, i, {"a transaction is already open", "已有未结束的事务"});
      opened = i;
    } else if (effect == StatementEffect::commit) {
      if (opened == none) refuse(script, i, {"no transaction is open", "没有已开始的事务"});
      units.push_back({opened, i + 1, StatementEffect::begin});
      opened = none;
    } else if (opened == none) {
      if (effect == StatementEffect::savepoint)
        refuse(script, i, {"a savepoint outside of BEGIN ... COMMIT", "BEGIN ... COMMIT 之外的保存点"});
      units.push_back({i, i + 1, effect});
    }
  }
  if (opened != none) refuse(script, opened, {"COMMIT is missing", "缺少 COMMIT"});
  return units;
}

class Run {
 public:
  Run(Connection& connection, const std::string& run, const Script& script, const ScriptEvents& events,
      const Clock& now)
      : connection_(connection), run_(run), script_(script), events_(events), now_(now) {}

  ScriptResult execute() {
    const auto units = units_of(script_, connection_.dialect());
    const auto start = done_ = prepare();
    look_at_session();
    for (const auto& unit : units) {
      if (unit.end > start && unit.begin < start)
        throw Error(Code::migration_failed, place(script_, unit.begin),
                    Text{"the record ends inside this transaction", "进度记录停在该事务中间"});
      if (unit.begin < start)
        repeat(unit);
      else
        execute_unit(unit);
    }
    commit();
    return {start, script_.statements.size() - start};
  }

 private:
  // How many statements are done already.
  std::size_t prepare() {
    connection_.execute(make_record);
    std::size_t done = 0;
    for (const auto& progress : recorded_progress(connection_)) {
      if (progress.run != run_)
        throw Error(Code::run_unfinished, progress.run,
                    Text{"its migration of " + connection_.id() + " stopped in " + progress.script +
                             " after statement " + std::to_string(progress.statement),
                         "其对 " + connection_.id() + " 的迁移停在 " + progress.script + " 第 " +
                             std::to_string(progress.statement) + " 条语句之后"});
      if (progress.script != script_.name) continue;
      if (progress.digest != script_.digest)
        throw Error(Code::migration_failed, script_.name,
                    Text{"the script changed after " + std::to_string(progress.statement) +
                             " of its statements ran; go back to the recovery point",
                         "脚本执行 " + std::to_string(progress.statement) + " 条语句后被改动；请回退到恢复点"});
      done = progress.statement;
    }
    return done;
  }

  // The session of the earlier call is gone, and with it what PRAGMA and ATTACH had set.
  void repeat(const Unit& unit) {
    if (unit.effect != StatementEffect::session) return;
    statement(unit.begin);
    look_at_session();
  }

  void look_at_session() { share_ = connection_.dialect().may_share_commit(connection_); }

  void execute_unit(const Unit& unit) {
    if (unit.effect == StatementEffect::session || unit.effect == StatementEffect::standalone) {
      commit();
      before(unit.begin);
      statement(unit.begin);
      look_at_session();
      open();
    } else {
      open();
      const bool own = unit.effect == StatementEffect::begin;
      for (auto i = unit.begin; i < unit.end; ++i) {
        before(i);
        // The script's BEGIN and COMMIT stand for ours, in which the record is written too.
        if (!own || (i != unit.begin && i + 1 != unit.end)) guarded(i);
      }
    }
    done_ = unit.end;
    if (!share_ || Time::now() - opened_ >= events_.commit_every) commit();
  }

  void before(std::size_t index) {
    if (!events_.before) return;
    try {
      events_.before(script_, index);
    } catch (...) {
      keep_what_is_done();
      throw;
    }
  }

  void guarded(std::size_t index) {
    try {
      statement(index);
    } catch (const Error&) {
      keep_what_is_done();
      throw;
    }
  }

  void statement(std::size_t index) {
    try {
      connection_.execute(script_.statements[index].text);
    } catch (Error& error) {
      if (error.code() != Code::database_query) throw std::move(error).within(place(script_, index));
      throw Error(Code::migration_failed, place(script_, index), error.detail_text());
    }
    crash_point(CrashPoint::script_statement);
  }

  void open() {
    if (!transaction_) {
      transaction_.emplace(connection_);
      opened_ = Time::now();
    }
    mark();
  }

  // Where the statements of earlier units end: a failing unit is undone back to here.
  void mark() {
    if (marked_) connection_.execute("RELEASE ferry_unit");
    connection_.execute("SAVEPOINT ferry_unit");
    marked_ = true;
  }

  // Undoes the unit that failed and commits those before it. Some errors (disk full) make the database roll back all
  // by itself; then those before it are neither there nor recorded, which is as good.
  void keep_what_is_done() {
    if (!transaction_) return;
    try {
      connection_.execute("ROLLBACK TO ferry_unit");
      commit();
    } catch (const Error&) {
      transaction_.reset();
      marked_ = false;
    }
  }

  void commit() {
    if (!transaction_) return;
    if (done_ > 0)
      connection_.execute(
          "INSERT INTO ferry_migration (run, script, digest, statement, at) VALUES (:run, :script, :digest, :done, "
          ":at) "
          "ON CONFLICT (run, script) DO UPDATE SET statement = excluded.statement, at = excluded.at",
          {{"run", run_},
           {"script", script_.name},
           {"digest", script_.digest.hex()},
           {"done", static_cast<std::int64_t>(done_)},
           {"at", to_string(now_())}});
    try {
      transaction_->commit();
    } catch (const Error& error) {
      // A deferred constraint speaks up only here. Commits are not shared then, so it is about the last statement.
      transaction_.reset();
      marked_ = false;
      if (error.code() != Code::database_query || done_ == 0) throw;
      throw Error(Code::migration_failed, place(script_, done_ - 1), error.detail_text());
    }
    transaction_.reset();
    marked_ = false;
    crash_point(CrashPoint::script_committed);
    if (events_.committed) events_.committed(script_, done_);
  }

  Connection& connection_;
  const std::string& run_;
  const Script& script_;
  const ScriptEvents& events_;
  const Clock& now_;
  std::optional<Transaction> transaction_;
  Time::time_point opened_{};
  bool marked_ = false;
  std::size_t done_ = 0;
  bool share_ = false;  // statements may share a commit
};

}  // namespace

ScriptResult run_script(Connection& connection, const std::string& run, const Script& script,
                        const ScriptEvents& events, const Clock& now) {
  if (!connection.dialect().transactional_ddl())
    throw Error(Code::unsupported_format, std::string(connection.dialect().product()),
                Text{"its schema changes can't be recorded in the same transaction",
                     "其结构变更无法与进度记录在同一事务中完成"});
  return Run(connection, run, script, events, now).execute();
}

std::vector<ScriptProgress> recorded_progress(Connection& connection) {
  std::vector<ScriptProgress> out;
  if (!has_record(connection)) return out;
  const auto table =
      connection.query("SELECT run, script, digest, statement, at FROM ferry_migration ORDER BY at, script");
  for (const auto& row : table.rows)
    out.push_back({row[0].value_or(""), row[1].value_or(""), Digest::from_hex(row[2].value_or("")),
                   static_cast<std::size_t>(std::stoull(row[3].value_or("0"))), row[4].value_or("")});
  return out;
}

void forget_progress(Connection& connection) {
  connection.execute("DROP TABLE IF EXISTS ferry_migration");
}

}  // namespace ferry
