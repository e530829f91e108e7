// The promise: killed at any moment, the installation is brought to the old or to the new version, whichever is wanted.
// FERRY_FULL=1 kills at every hit of every point; by default at a sample of them.
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/error.h"
#include "deploy/deploy_test_tree.h"

namespace ferry::testing {
namespace {

bool full() {
  return std::getenv("FERRY_FULL") != nullptr;
}

DeployOptions options_of(bool use_exchange) {
  DeployOptions out;
  out.threads = 1;  // so that the n-th hit is always the same one
  out.use_exchange = use_exchange;
  out.now = a_minute_later;
  return out;
}

void upgrade(const Installation& oa, const DeployOptions& options) {
  stage(oa.place(), oa.input(), oa.content(), options);
  switch_tree(oa.place(), oa.input(), options);
}

Snapshot upgraded(const DeployOptions& options) {
  const Installation oa;
  do_unflushed([&] { upgrade(oa, options); });
  return snapshot(oa.root());
}

// Sampled hits have no common rhythm with the plan, so that different kinds of operations are met.
int next_hit(int hit) {
  return full() ? hit + 1 : hit * 3 + 1;
}

class Killed : public ::testing::TestWithParam<std::tuple<CrashPoint, bool>> {
 protected:
  CrashPoint point = std::get<0>(GetParam());
  DeployOptions options = options_of(std::get<1>(GetParam()));
};
std::string case_name(const ::testing::TestParamInfo<Killed::ParamType>& info) {
  return std::string(name_of(std::get<0>(info.param))) + (std::get<1>(info.param) ? "" : "_two_renames");
}
const auto forward_points = ::testing::Values(
    CrashPoint::durable_written, CrashPoint::durable_in_place, CrashPoint::stage_file_begun,
    CrashPoint::stage_file_done, CrashPoint::stage_recorded, CrashPoint::stage_before_sync, CrashPoint::stage_done,
    CrashPoint::journal_written, CrashPoint::journal_in_place, CrashPoint::switch_begun, CrashPoint::switch_operation,
    CrashPoint::switch_operation_done, CrashPoint::switch_times, CrashPoint::switch_before_sync,
    CrashPoint::switch_before_mark, CrashPoint::switch_marked);
INSTANTIATE_TEST_SUITE_P(Exchange, Killed, ::testing::Combine(forward_points, ::testing::Values(true)), case_name);
INSTANTIATE_TEST_SUITE_P(TwoRenames, Killed,
                         ::testing::Combine(::testing::Values(CrashPoint::switch_operation,
                                                              CrashPoint::switch_half_exchange,
                                                              CrashPoint::switch_operation_done),
                                            ::testing::Values(false)),
                         case_name);

// Where something was changed just before, the switch makes its list itself.
class KilledUnprepared : public Killed {
 protected:
  KilledUnprepared() { options.now = system_now; }
};
INSTANTIATE_TEST_SUITE_P(Exchange, KilledUnprepared,
                         ::testing::Combine(::testing::Values(CrashPoint::stage_done, CrashPoint::journal_written,
                                                              CrashPoint::journal_in_place, CrashPoint::switch_begun),
                                            ::testing::Values(true)),
                         case_name);

TEST_P(KilledUnprepared, WhileUpgradingItCanBeRepeatedAndTakenBackExactly) {
  const auto after = upgraded(options);
  int kills = 0;
  for (int hit = 1;; hit = next_hit(hit)) {
    const Installation oa;
    const auto before = snapshot(oa.root());
    if (!killed_at(point, hit, [&] { upgrade(oa, options); })) break;
    ++kills;
    do_unflushed([&] { upgrade(oa, options); });
    ASSERT_EQ(difference(after, snapshot(oa.root())), "") << "hit " << hit;
    do_unflushed([&] { EXPECT_TRUE(take_back(oa.place(), options).clean()); });
    ASSERT_EQ(difference(before, snapshot(oa.root())), "") << "hit " << hit;
  }
  EXPECT_GT(kills, 0);
}

TEST_P(Killed, WhileUpgradingRepeatingItLeadsToTheNewVersion) {
  const auto after = upgraded(options);
  int kills = 0;
  for (int hit = 1;; hit = next_hit(hit)) {
    const Installation oa;
    const bool killed = killed_at(point, hit, [&] { upgrade(oa, options); });
    if (!killed) break;
    ++kills;
    do_unflushed([&] { upgrade(oa, options); });
    ASSERT_EQ(difference(after, snapshot(oa.root())), "") << "hit " << hit;
    ASSERT_EQ(switch_state(oa.place().run_folder()).position, SwitchPosition::done);
  }
  EXPECT_GT(kills, 0);
}

TEST_P(Killed, WhileUpgradingItCanBeTakenBackExactly) {
  int kills = 0;
  for (int hit = 1;; hit = next_hit(hit)) {
    const Installation oa;
    const auto before = snapshot(oa.root());
    if (!killed_at(point, hit, [&] { upgrade(oa, options); })) break;
    ++kills;
    do_unflushed([&] { EXPECT_TRUE(recover(oa.place().run_folder(), Direction::backward, options).clean()); });
    ASSERT_EQ(difference(before, snapshot(oa.root())), "") << "hit " << hit;
  }
  EXPECT_GT(kills, 0);
}

class KilledBack : public Killed {};
INSTANTIATE_TEST_SUITE_P(Exchange, KilledBack,
                         ::testing::Combine(::testing::Values(CrashPoint::switch_begun, CrashPoint::switch_operation,
                                                              CrashPoint::switch_operation_done,
                                                              CrashPoint::switch_times, CrashPoint::switch_before_sync,
                                                              CrashPoint::switch_before_mark,
                                                              CrashPoint::switch_marked),
                                            ::testing::Values(true)),
                         case_name);
INSTANTIATE_TEST_SUITE_P(TwoRenames, KilledBack,
                         ::testing::Combine(::testing::Values(CrashPoint::switch_operation,
                                                              CrashPoint::switch_half_exchange),
                                            ::testing::Values(false)),
                         case_name);

TEST_P(KilledBack, WhileTakingBackItEndsInEitherVersion) {
  const auto after = upgraded(options);
  int kills = 0;
  for (int hit = 1;; hit = next_hit(hit)) {
    const Installation oa;
    const auto before = snapshot(oa.root());
    do_unflushed([&] { upgrade(oa, options); });
    if (!killed_at(point, hit, [&] { take_back(oa.place(), options); })) break;
    ++kills;
    do_unflushed([&] { take_back(oa.place(), options); });
    ASSERT_EQ(difference(before, snapshot(oa.root())), "") << "hit " << hit;
    do_unflushed([&] { switch_tree(oa.place(), oa.input(), options); });
    ASSERT_EQ(difference(after, snapshot(oa.root())), "") << "hit " << hit;
  }
  EXPECT_GT(kills, 0);
}

// Recovery backward is killed at every hit of its point, then one forward at another of the same, then it must end.
class KilledAgain : public Killed {};
INSTANTIATE_TEST_SUITE_P(Exchange, KilledAgain,
                         ::testing::Combine(::testing::Values(CrashPoint::switch_begun, CrashPoint::switch_operation,
                                                              CrashPoint::switch_operation_done,
                                                              CrashPoint::switch_times, CrashPoint::switch_before_sync,
                                                              CrashPoint::switch_before_mark,
                                                              CrashPoint::switch_marked),
                                            ::testing::Values(true)),
                         case_name);
INSTANTIATE_TEST_SUITE_P(TwoRenames, KilledAgain,
                         ::testing::Combine(::testing::Values(CrashPoint::switch_operation,
                                                              CrashPoint::switch_half_exchange,
                                                              CrashPoint::switch_operation_done),
                                            ::testing::Values(false)),
                         case_name);

TEST_P(KilledAgain, RecoveryThatIsKilledItselfIsRecoveredInEitherDirection) {
  const auto after = upgraded(options);
  for (int second = 1;; second = next_hit(second)) {
    const Installation oa;
    const auto before = snapshot(oa.root());
    const auto run = oa.place().run_folder();
    ASSERT_TRUE(killed_at(CrashPoint::switch_operation_done, 13, [&] { upgrade(oa, options); }));
    const bool killed = killed_at(point, second, [&] { recover(run, Direction::backward, options); });
    killed_at(point, 1 + second / 2, [&] { recover(run, Direction::forward, options); });
    if (second % 2 == 0) {
      do_unflushed([&] { recover(run, Direction::forward, options); });
      ASSERT_EQ(difference(after, snapshot(oa.root())), "") << second;
    }
    do_unflushed([&] { recover(run, Direction::backward, options); });
    ASSERT_EQ(difference(before, snapshot(oa.root())), "") << second;
    if (!killed) break;
  }
}

TEST(KilledWhileDiscarding, ThereIsNoWayBackAnyMoreAndItSaysSo) {
  const Installation oa;
  const auto options = options_of(true);
  upgrade(oa, options);
  const auto after = snapshot(oa.root());
  for (const auto point : {CrashPoint::discard_begun, CrashPoint::discard_half}) {
    ASSERT_TRUE(killed_at(point, 1, [&] { discard(oa.place()); }));
    EXPECT_FALSE(switch_state(oa.place().run_folder()).way_back);
    EXPECT_EQ(code_of([&] { take_back(oa.place(), options); }), Code::cannot_roll_back);
  }
  discard(oa.place());
  EXPECT_EQ(difference(after, snapshot(oa.root())), "");
}

TEST(KilledAndChanged, AFileChangedBetweenCrashAndRecoveryIsKeptAsideNotOverwritten) {
  for (const auto direction : {Direction::forward, Direction::backward}) {
    const Installation oa;
    const auto options = options_of(true);
    const auto before = snapshot(oa.root());
    ASSERT_TRUE(killed_at(CrashPoint::switch_operation, 9, [&] { upgrade(oa, options); }));
    const std::string path = direction == Direction::forward ? "webapp/login.jsp" : "new/deep/added.txt";
    write_text(oa.root(path), "written by somebody in the meantime");
    const auto report = recover(oa.place().run_folder(), direction, options);
    ASSERT_EQ(report.third.size(), 1U);
    EXPECT_EQ(report.third[0].path.bytes(), path);
    EXPECT_EQ(text_of(report.third[0].kept_at), "written by somebody in the meantime");
    const auto wanted = direction == Direction::forward ? upgraded(options) : before;
    EXPECT_EQ(difference(wanted, snapshot(oa.root())), "");
  }
}

}  // namespace
}  // namespace ferry::testing
