// Power cuts while a database goes back to its recovery point. FERRY_FULL=1: 5,000 seeds, else 200. FERRY_SEED=N: only
// that one.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <set>

#include "base/error.h"
#include "host/files.h"
#include "point/point.h"
#include "power/model.h"
#include "power/recorder.h"

namespace ferry::power {
namespace {

namespace fs = std::filesystem;

const std::string old_database(20'000, 'o');
const std::string old_wal(9'000, 'w');
const std::string copy_of_point(30'000, 'p');

class RestoreCut {
 public:
  explicit RestoreCut(const std::set<int>& omit = {}) {
    fs::create_directory(folder_ / "db");
    fs::create_directory(folder_ / "points");
    write_file_atomic(file_, old_database);
    write_file_atomic(file_ + "-wal", old_wal);
    write_file_atomic(folder_ / "points/oa.copy", copy_of_point);
    point_.database = "oa";
    point_.file = "oa.copy";
    point_.digest = Digest::of(copy_of_point);
    point_.bytes = copy_of_point.size();
    const auto begin = scan(folder_.path());
    plan_syncs({omit, true});
    record(begin, folder_.path());
    restore();
    trace = stop_recording();
    plan_syncs({{}, true});
    complete = difference(all_kept(trace), scan(folder_.path()));
  }

  std::string complete;  // empty: the record is

  Trace trace;

  // Empty: as promised.
  std::string power_cut_of(std::uint64_t number, std::optional<std::size_t> instant = std::nullopt) {
    Seed seed(number);
    const auto model = number % 2 == 0 ? Model::ordered : Model::unordered;
    const Trace* now = &trace;
    Trace again;
    try {
      for (int depth = 0; depth < 3; ++depth) {
        const auto at = instant && depth == 0 ? *instant : pick_instant(*now, seed);
        const auto state = power_cut(*now, at, model, seed);
        materialise(state, folder_.path());
        if (auto problem = look(at == now->calls.size()); !problem.empty()) return problem;
        record(state, folder_.path());
        restore();
        again = stop_recording();
        now = &again;
        if (auto problem = look(true); !problem.empty()) return "restored again: " + problem;
      }
    } catch (const Error& error) {
      stop_recording();
      return std::string("it fails: ") + error.what();
    }
    return {};
  }

 private:
  void restore() const {
    RestoreOptions options;
    options.in_use = [](const auto&) { return std::vector<std::string>(); };
    options.now = [] { return parse_moment("2026-01-31T08:00:00.000Z"); };
    options.aside_parent = folder_ / "aside";
    restore_point(folder_ / "points", point_, file_, options);
  }

  // Of the old ones nothing may ever be lost.
  bool stands_somewhere(const std::string& content) const {
    for (const auto& item : fs::recursive_directory_iterator(folder_.path()))
      if (item.is_regular_file() && read_file(item.path()) == content) return true;
    return false;
  }

  std::string look(bool ended) const {
    const auto database = read_file_if_there(file_);
    const auto wal = read_file_if_there(file_ + "-wal");
    if (!database) return "no database under its name";
    const bool is_new = *database == copy_of_point;
    if (!is_new && *database != old_database) return "the database is neither the old one nor the point";
    if (is_new && wal && !wal->empty()) return "the point stands beside the old -wal";
    if (!stands_somewhere(old_database) || !stands_somewhere(old_wal)) return "something of the old one is lost";
    if (ended) return is_new && !restore_unfinished(file_) ? "" : "it was said to be restored and is not";
    if (restore_unfinished(file_)) return {};
    if (!is_new && (!wal || *wal != old_wal)) return "the old database without its -wal, and nobody says so";
    return {};
  }

  TempFolder folder_{"ferry-restore"};
  std::string file_ = folder_ / "db/oa.db";
  RecoveryPoint point_;
};

bool full() {
  return std::getenv("FERRY_FULL") != nullptr;
}

TEST(RestoreCutOff, TheRecordIsComplete) {
  EXPECT_EQ(RestoreCut().complete, "");
}

TEST(RestoreCutOff, AnywhereLeavesTheOldDatabaseOrThePointOrSaysThatItIsUnfinished) {
  RestoreCut cut;
  if (const char* one = std::getenv("FERRY_SEED"); one != nullptr) {
    EXPECT_EQ(cut.power_cut_of(std::strtoull(one, nullptr, 10)), "");
    return;
  }
  for (std::uint64_t seed = 1; seed <= (full() ? 5000U : 200U); ++seed)
    ASSERT_EQ(cut.power_cut_of(seed), "") << "again with FERRY_SEED=" << seed;
}

// Several in a row count as one: a move between two folders is on the medium with either of them, and one that goes on
// after a cut syncs once more what may have been synced already.
TEST(RestoreCutOff, EveryPlaceThatSyncsIsMissed) {
  const RestoreCut whole;
  const auto& calls = whole.trace.calls;
  int places = 0;
  for (std::size_t at = 0; at < calls.size(); ++at) {
    std::set<int> row;
    std::string labels;
    const auto begin = at;
    for (; at < calls.size() && calls[at].is_sync(); ++at) {
      row.insert(static_cast<int>(calls[at].offset));
      labels += calls[at].label + "; ";
    }
    if (row.empty()) continue;
    ++places;
    RestoreCut without(row);
    std::string found;
    for (std::uint64_t seed = 1; seed <= 1000 && found.empty(); ++seed)
      found = without.power_cut_of(seed, std::min(begin + Seed(seed).pick(20), without.trace.calls.size()));
    EXPECT_NE(found, "") << "nothing is lost without " << labels;
  }
  EXPECT_GE(places, 6);
}

}  // namespace
}  // namespace ferry::power
