#include "power/scenario.h"

#include <filesystem>
#include <set>

#include "base/error.h"
#include "host/durable.h"
#include "host/switch_calls.h"
#include "run/run_log.h"

namespace ferry::power {
namespace {

using testing::difference;
using testing::snapshot;
using Tell = std::function<void(const std::string&)>;

Moment at_eight() {
  return parse_moment("2026-01-31T08:00:00.000Z");
}

std::string log_path(const DeployPlace& place) {
  return place.run_folder() + "/log";
}

// A document that is replaced as a whole (durable::write): always one version of it, and none older than the last that
// was said to be written.
std::string version_of_document(int number) {
  std::string out;
  for (int line = 0; line < 100; ++line) out += "version " + std::to_string(number) + "\n";
  return out;
}

class Log {
 public:
  Log(const DeployPlace& place, Tell tell)
      : document_(place.staging + "/document"), log_(open(place)), tell_(std::move(tell)) {}
  void add(RecordKind kind) {
    log_.append(kind, "switch", Json{{"filler", std::string(300, 'x')}});
    const auto records = static_cast<int>(log_.records().size());
    tell_("log " + std::to_string(records));
    durable::write(document_, version_of_document(records));
    tell_("document " + std::to_string(records));
  }

 private:
  static RunLog open(const DeployPlace& place) {
    durable::make_folders(place.run_folder());
    return RunLog::create(log_path(place), at_eight);
  }
  std::string document_;
  RunLog log_;
  Tell tell_;
};

}  // namespace

void Progress::add(const std::string& note) {
  const auto blank = note.find(' ');
  const auto word = note.substr(0, blank);
  const auto rest = note.substr(blank + 1);
  if (word == "log") logged = std::stoull(rest);
  if (word == "document") written = std::stoi(rest);
  if (word == "begin") {
    if (rest == "discard") way_back.reset();
    last = rest;
    ended = false;
  }
  if (word == "end") ended = true;
  if (word == "end" && last == "discard") way_back = false;
}

Progress Progress::of(const Trace& trace, std::size_t instant) {
  Progress out;
  out.logged = 0;
  out.written = 0;
  out.way_back = true;
  for (std::size_t i = 0; i < instant; ++i)
    if (trace.calls[i].kind == Call::Kind::note) out.add(trace.calls[i].bytes);
  return out;
}

Scenario::Scenario(Manner manner) : base_(std::filesystem::path(oa_.place().root).parent_path()) {
  options_.threads = 1;
  options_.use_exchange = manner != Manner::two_renames;
  if (manner == Manner::prepared) options_.now = testing::a_minute_later;
}

// As operations_of counts: changes sorted by path.
std::uint32_t Scenario::number_of(std::string_view path) const {
  std::set<std::string> before;
  for (const auto& change : oa_.input().changes)
    if (change.path.bytes() < path && change.before != change.after) before.insert(change.path.bytes());
  return static_cast<std::uint32_t>(before.size());
}

// What an interrupted stage and a vanished object leave behind must not be believed after a power cut either. The new
// object has size, time and, where the file system gives it out again, inode number of the one that vanished.
void Scenario::disturb_staging() const {
  auto options = options_;
  int asked = 0;
  options.cancelled = [&] { return ++asked > 5; };
  try {
    stage(oa_.place(), oa_.input(), oa_.content(), options);
  } catch (const Error& error) {
    if (error.code() != Code::interrupted) throw;
  }
  stage(oa_.place(), oa_.input(), oa_.content(), options_);
  // Two, so that the second gets its inode number back: the first one's goes to the new record.
  const auto swap = calls::open_folder(oa_.place().run_folder() + "/swap/0");
  for (const char* path : {"added-at-top", "webapp/login.jsp"})
    calls::remove_file(swap.get(), std::to_string(number_of(path)), "swap");
}

void Scenario::work(const Tell& tell) const {
  const auto phase = [&](const std::string& name, const std::function<void()>& work) {
    tell("begin " + name);
    work();
    tell("end " + name);
  };
  Log log(oa_.place(), tell);
  log.add(RecordKind::started);
  phase("prepare", [&] { disturb_staging(); });
  phase("stage", [&] { stage(oa_.place(), oa_.input(), oa_.content(), options_); });
  log.add(RecordKind::intent);
  phase("switch", [&] { switch_tree(oa_.place(), oa_.input(), options_); });
  log.add(RecordKind::done);
  phase("back", [&] { take_back(oa_.place(), options_); });
  log.add(RecordKind::undone);
  phase("switch", [&] { switch_tree(oa_.place(), oa_.input(), options_); });
  log.add(RecordKind::done);
  phase("discard", [&] { discard(oa_.place()); });
  log.add(RecordKind::committed);
}

void Scenario::upgrade(bool staged, const Tell& tell) const {
  // With a journal the list is complete, and what is in it is done, also backwards and forwards again.
  if (!staged) stage(oa_.place(), oa_.input(), oa_.content(), options_);
  tell("begin switch");
  switch_tree(oa_.place(), oa_.input(), options_);
  tell("end switch");
}

void Scenario::learn_versions() {
  old_ = snapshot(oa_.root());
  upgrade(false, [](const std::string&) {});
  new_ = snapshot(oa_.root());
}

std::string Scenario::check_log(const Progress& progress) const {
  const auto path = log_path(oa_.place());
  if (!path_exists(path)) return progress.logged.value_or(0) == 0 ? "" : "the run log is gone";
  const auto records = read_log(path).records.size();
  if (!progress.logged) return {};
  if (records < progress.logged)
    return "the run log has lost records: " + std::to_string(records) + " of " + std::to_string(*progress.logged);
  if (records > *progress.logged + 1) return "the run log has records that nobody wrote";
  // It goes on: what a torn line left is cut off.
  RunLog::open(path, at_eight);
  return read_log(path).torn ? "the torn line still stands there" : "";
}

std::string Scenario::check_document(const Progress& progress) const {
  if (!progress.written) return {};
  const auto now = read_file_if_there(oa_.place().staging + "/document");
  const int version = *progress.written;
  if (now ? *now == version_of_document(version) || *now == version_of_document(version + 1) : version == 0) return {};
  return "the document is not version " + std::to_string(version) + " or the next";
}

std::string Scenario::check(const Progress& progress) const {
  if (auto problem = check_log(progress); !problem.empty()) return problem;
  if (auto problem = check_document(progress); !problem.empty()) return problem;
  const auto state = switch_state(oa_.place().run_folder());
  const auto position = state.position;
  const auto now = snapshot(oa_.root());
  const auto told = "it says " + std::string(name_of(position)) + " (after " + (progress.ended ? "the end of " : "") +
                    progress.last + "), but ";
  if (position == SwitchPosition::nothing || position == SwitchPosition::back)
    if (auto found = difference(old_, now); !found.empty()) return told + "is not the old version:\n" + found;
  if (position == SwitchPosition::done)
    if (auto found = difference(new_, now); !found.empty()) return told + "is not the new version:\n" + found;
  const auto is = [&](SwitchPosition a, SwitchPosition b, SwitchPosition c) {
    return position == a || position == b || position == c;
  };
  using enum SwitchPosition;
  bool right = true;
  if (progress.last.empty() || progress.last == "prepare" || progress.last == "stage") right = position == nothing;
  if (progress.last == "switch")
    right = progress.ended ? position == done : is(nothing, partly_done, done) || position == back;
  if (progress.last == "back")
    right = progress.ended ? position == back : is(done, partly_back, back) || position == partly_done;
  if (progress.last == "unknown" || (progress.again && !progress.ended)) right = true;
  if (progress.last == "discard") right = position == done;
  if (!right) return told + "that can't be";
  if (progress.way_back && *progress.way_back != state.way_back)
    return told + (state.way_back ? "the way back was given up" : "the way back is lost");
  return {};
}

bool Scenario::has_way_back() const {
  return switch_state(oa_.place().run_folder()).way_back;
}

std::string Scenario::finish(bool forward, bool staged, const Tell& tell) const {
  const auto run = oa_.place().run_folder();
  const auto state = switch_state(run);
  if (!state.way_back) forward = true;
  if (forward) {
    upgrade(staged, tell);
  } else if (state.position != SwitchPosition::nothing) {
    tell("begin back");
    const auto report = recover(run, Direction::backward, options_);
    tell("end back");
    for (const auto& third : report.third) return "kept aside without need: " + printable(third.path.bytes());
  }
  if (auto found = difference(forward ? new_ : old_, snapshot(oa_.root())); !found.empty())
    return std::string("brought to the ") + (forward ? "new" : "old") + " version, but\n" + found;
  return {};
}

}  // namespace ferry::power
