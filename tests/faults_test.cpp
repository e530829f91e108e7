// Faults of the machine at any system call of a run: full, broken and read-only disks, no descriptors, no memory. A run
// that meets one must say what and where, lose nothing, tell its state truthfully, and go on or back once the fault is
// gone. The calls fail by a library that is loaded into the real program (tests/support/fault.c).
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <set>
#include <sstream>

#include "support/tiny_run.h"

namespace ferry::test {
namespace {

namespace fs = std::filesystem;
using Variables = std::map<std::string, std::string>;

struct Fault {
  std::string kind;  // of tests/support/fault.c
  long at = 0;
  int error = 0;
  bool stays = false;
};

const std::map<int, std::string> errors{{ENOSPC, "ENOSPC"}, {EDQUOT, "EDQUOT"}, {EIO, "EIO"},
                                        {EROFS, "EROFS"},   {EMFILE, "EMFILE"}, {ENOMEM, "ENOMEM"}};

std::string name_of(const Fault& fault) {
  return fault.kind + " " + std::to_string(fault.at) + " " + errors.at(fault.error) + (fault.stays ? " stays" : "");
}

class Faults : public TinyRunTest {
 protected:
  std::string counts() const { return run.world().path("logs/counts"); }

  Variables injected(const Fault& fault) const {
    fs::remove(counts());
    Variables out{{"LD_PRELOAD", FERRY_FAULT_LIBRARY},
                  {"FAULT_BELOW", run.world().path("clone")},
                  {"FAULT_KIND", fault.kind},
                  {"FAULT_AT", std::to_string(fault.at)},
                  {"FAULT_ERRNO", std::to_string(fault.error)},
                  {"FAULT_COUNT", counts()}};
    if (fault.stays) out["FAULT_STAYS"] = "1";
    return out;
  }

  // How many calls the program made.
  long counted(const Ended& ended) const {
    EXPECT_EQ(ended.status, 0) << ended.all();
    long out = 0;
    std::istringstream lines(read_file(counts()));
    std::string kind;
    for (long number = 0; lines >> kind >> number;) out += number;
    return out;
  }
  long calls_of_a_run() const { return counted(run.resume(injected({"all", 0, EIO, false}))); }

  // "CALL PATH" of the call that failed; empty: the run was over before.
  std::string hit() const {
    const auto text = read_file_if_there(counts()).value_or("");
    const auto at = text.find("hit ");
    return at == std::string::npos ? std::string() : text.substr(at + 4, text.find('\n', at) - at - 4);
  }

  void expect_new() const {
    EXPECT_EQ(run.phase(), "complete");
    EXPECT_EQ(run.snapshot(), run.new_snapshot());
  }
  void go_on() const {
    // The record that could not be confirmed may have been the last one.
    if (run.phase() != "complete") {
      const auto ended = run.resume();
      EXPECT_EQ(ended.status, 0) << ended.all();
    }
    expect_new();
  }
  void go_back() const {
    const auto ended = run.rollback();
    EXPECT_EQ(ended.status, 0) << ended.all();
    EXPECT_EQ(run.phase(), "rolled_back");
    EXPECT_EQ(run.snapshot(), run.old_snapshot());
  }

  // Which file, what is wrong with it, what to do; in both languages.
  void expect_told(const Ended& ended, const Fault& fault) const {
    EXPECT_EQ(ended.signal, 0) << ended.all();
    const Json json = ended.json();
    ASSERT_TRUE(json.is_object() && json.contains("error")) << ended.all();
    const Json& error = json.at("error");
    const auto about = error.at("about").get<std::string>();
    const auto detail = error.at("detail").get<std::string>();
    // SQLite does not always keep why the system refused, and opens for reading what it can't open for writing.
    const bool database = about.ends_with(".db") || about.ends_with(".sqlite");
    static const std::map<int, std::string> codes{
        {ENOSPC, "disk_full"},     {EDQUOT, "disk_full"},      {EIO, "io"},
        {EROFS, "immutable_file"}, {EMFILE, "too_many_files"}, {ENOMEM, "out_of_memory"}};
    std::set<std::string> right{codes.at(fault.error), "sync_failed"};
    if (database) right.insert({"io", "immutable_file"});
    EXPECT_TRUE(right.contains(error.at("code").get<std::string>())) << ended.all();
    // Never "checks failed" or a fault of Ferry.
    EXPECT_TRUE(ended.status == 3 || (error.at("code") == "sync_failed" && ended.status == 4)) << ended.all();
    // A path, absolute or below the root, and never just where in the run it was; and the system's own word for it.
    EXPECT_TRUE(about.starts_with("/") || about.find('/') != std::string::npos ||
                std::filesystem::exists(run.root() + "/" + about))
        << ended.all();
    EXPECT_TRUE(detail.find(std::strerror(fault.error)) != std::string::npos || (database && !detail.empty()))
        << ended.all();
    for (const char* language : {"en", "zh"}) {
      EXPECT_NE(error.at("message").at(language), "");
      EXPECT_NE(error.at("remedy").at(language), "");
    }
  }

  // A few of the last may lie behind the end of a run that made fewer calls than the one that was counted.
  static void expect_tried(std::size_t tried, std::size_t planned, std::size_t failed) {
    if (failed == 0) {
      EXPECT_GE(tried + 2 + planned / 50, planned);
    }
  }

  static std::size_t most_failures() { return std::getenv("FERRY_FULL") != nullptr ? 40 : 5; }
  static int failures() { return testing::UnitTest::GetInstance()->current_test_info()->result()->total_part_count(); }

  // What the log and the files say together is so.
  void expect_truth() const {
    const auto shown = run.world().shell(FERRY_BUILD_DIR "/ferry-host show --json " + run.root());
    const auto standing = Json::parse(shown).at("standing").get<std::string>();
    if (standing == "old") {
      EXPECT_EQ(run.snapshot(), run.old_snapshot()) << shown;
    }
    if (standing == "new") {
      EXPECT_EQ(run.snapshot(), run.new_snapshot()) << shown;
    }
    const Json state = run.state();
    EXPECT_TRUE(state.at("can_resume").get<bool>() || state.at("can_roll_back").get<bool>() ||
                state.at("phase") == "rolled_back")
        << state.dump(1);
  }
};

// Quick: a sample over all calls. FERRY_FULL: every one, for each of them two of the six errors, once and for good.
// FERRY_FAULTS="PART/PARTS/FROM" runs a part of them, FERRY_FAULT="AT ERRNO STAYS ..." (numbers) only these.
std::vector<Fault> matrix(long calls, long samples) {
  static const std::vector<int> all{ENOSPC, EIO, EDQUOT, EROFS, EMFILE, ENOMEM};
  std::vector<Fault> out;
  if (const char* text = std::getenv("FERRY_FAULT"); text != nullptr) {
    std::istringstream in(text);
    Fault one{"all", 0, 0, false};
    while (in >> one.at >> one.error >> one.stays) out.push_back(one);
    return out;
  }
  const bool full = std::getenv("FERRY_FULL") != nullptr;
  const long step = full ? 1 : std::max(1L, calls / samples);
  long part = 0, parts = 1, from = 1;
  if (const char* text = std::getenv("FERRY_FAULTS"); text != nullptr) {
    EXPECT_GE(std::sscanf(text, "%ld/%ld/%ld", &part, &parts, &from), 2) << text;
  }
  for (long at = 1 + step / 2; at <= calls; at += step) {
    const auto turn = static_cast<std::size_t>(at / step);
    if (static_cast<long>(turn) % parts != part || at < from) continue;
    out.push_back({"all", at, all.at(turn % 6), turn % 2 == 0});
    if (full) out.push_back({"all", at, all.at((turn + 3) % 6), turn % 2 != 0});
  }
  return out;
}

TEST_F(Faults, AnUpgradeSurvivesAFailingCallAnywhereAndGoesOnOrBack) {
  run.new_snapshot();
  run.reset();
  bool back = false;
  std::size_t tried = 0, failed = 0;
  const auto faults = matrix(calls_of_a_run(), 14);
  for (const auto& fault : faults) {
    SCOPED_TRACE(name_of(fault));
    const int before = failures();
    run.reset();
    const auto ended = run.resume(injected(fault));
    SCOPED_TRACE(hit());
    tried += hit().empty() ? 0 : 1;  // how often it asks for a service's state depends on the time
    if (ended.status == 0)
      expect_new();
    else {
      expect_told(ended, fault);
      expect_truth();
      back = !back;
      if (back)
        go_back();
      else
        go_on();
    }
    if (failures() > before && ++failed >= most_failures()) break;
  }
  expect_tried(tried, faults.size(), failed);
  std::printf("%zu faults while going forward\n", tried);
}

TEST_F(Faults, TakingBackSurvivesAFailingCallAnywhere) {
  const auto migrated = [&] {
    run.reset();
    EXPECT_EQ(run.resume({{"FERRY_CRASH", "script_committed:1"}}).signal, SIGKILL);
  };
  migrated();
  const auto calls = counted(run.rollback(injected({"all", 0, EIO, false})));
  std::size_t tried = 0, failed = 0;
  const auto faults = matrix(calls, 8);
  for (const auto& fault : faults) {
    SCOPED_TRACE(name_of(fault));
    const int before = failures();
    migrated();
    const auto ended = run.rollback(injected(fault));
    SCOPED_TRACE(hit());
    tried += hit().empty() ? 0 : 1;
    if (ended.status != 0) {
      expect_told(ended, fault);
      expect_truth();
    }
    go_back();
    if (failures() > before && ++failed >= most_failures()) break;
  }
  expect_tried(tried, faults.size(), failed);
  std::printf("%zu faults while going back\n", tried);
}

}  // namespace
}  // namespace ferry::test
