#include "project/stage.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "project/project_fixture.h"

namespace ferry {
namespace {

StageFacts ready_for(ProjectStage stage) {
  StageFacts facts;
  const auto reached = [&](ProjectStage needed) { return stage >= needed; };
  facts.surveyed = facts.recipe = reached(ProjectStage::test);
  facts.backup_verified = facts.clone = facts.fence_proved = facts.rehearsed = reached(ProjectStage::acceptance);
  facts.accepted = facts.gate_open = reached(ProjectStage::production);
  facts.production_done = facts.production_verified = reached(ProjectStage::watch);
  facts.watch_days = reached(ProjectStage::closed) ? 5 : 0;
  return facts;
}

std::vector<std::string> missing(const StageFacts& facts) {
  std::vector<std::string> out;
  for (const auto& item : stage_status(facts).missing) out.push_back(item.id);
  return out;
}
using Ids = std::vector<std::string>;

TEST(Stage, EachIsReachedWhenNothingIsMissingForIt) {
  for (int i = 0; i <= 5; ++i) {
    const auto stage = static_cast<ProjectStage>(i);
    EXPECT_EQ(stage_status(ready_for(stage)).stage, stage);
    EXPECT_EQ(project_stage(name_of(stage)), stage);
    EXPECT_FALSE(title_of(stage).zh.empty());
  }
  EXPECT_FALSE(stage_status(ready_for(ProjectStage::closed)).next);
}

TEST(Stage, SaysWhatIsMissingForTheNext) {
  EXPECT_EQ(missing({}), (Ids{"survey", "recipe"}));
  EXPECT_EQ(missing(ready_for(ProjectStage::test)), (Ids{"backup", "clone", "fence", "rehearsal"}));
  EXPECT_EQ(missing(ready_for(ProjectStage::acceptance)), (Ids{"acceptance", "gate"}));
  EXPECT_EQ(missing(ready_for(ProjectStage::production)), (Ids{"production", "verification"}));
  EXPECT_EQ(missing(ready_for(ProjectStage::watch)), Ids{"watch-days"});
}

TEST(Stage, AnIncompleteProjectCantLeavePreparation) {
  auto facts = ready_for(ProjectStage::production);
  facts.problems = problems(Project{}, {});
  const auto status = stage_status(facts);
  EXPECT_EQ(status.stage, ProjectStage::preparation);
  EXPECT_GE(status.missing.size(), 5U);
}

TEST(Stage, OpenIssuesAndUndecidedItemsHoldTheProjectBack) {
  auto facts = ready_for(ProjectStage::production);
  facts.open_issues = 1;
  EXPECT_EQ(stage_status(facts).stage, ProjectStage::acceptance);
  EXPECT_EQ(missing(facts), Ids{"issues"});
  facts = ready_for(ProjectStage::test);
  facts.undecided = 2;
  EXPECT_EQ(stage_status(facts).stage, ProjectStage::preparation);
}

TEST(Stage, AfterProductionTheGateNeedNotBeOpenAnyMore) {
  auto facts = ready_for(ProjectStage::watch);
  facts.gate_open = facts.rehearsed = false;
  EXPECT_EQ(stage_status(facts).stage, ProjectStage::watch);
  facts.production_verified = false;
  EXPECT_EQ(stage_status(facts).stage, ProjectStage::production);
  EXPECT_EQ(missing(facts), Ids{"verification"});
}

TEST(Stage, AReleaseCantGoByTheHotPatchRoute) {
  PackageMeta patch, release;
  patch.kind = PackageKind::patch;
  release.kind = PackageKind::upgrade;
  EXPECT_NO_THROW(require_hot_patch_route({patch}));
  EXPECT_EQ(testing_project::code_of([&] { require_hot_patch_route({patch, release}); }), Code::not_allowed);
}

}  // namespace
}  // namespace ferry
