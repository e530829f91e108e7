#include "project/stage.h"

#include <array>

#include "base/counted.h"
#include "base/error.h"
#include "project/fields.h"

namespace ferry {
namespace {

constexpr std::pair<ProjectStage, std::string_view> stage_names[] = {{ProjectStage::preparation, "preparation"},
                                                                     {ProjectStage::test, "test"},
                                                                     {ProjectStage::acceptance, "acceptance"},
                                                                     {ProjectStage::production, "production"},
                                                                     {ProjectStage::watch, "watch"},
                                                                     {ProjectStage::closed, "closed"}};

class Missing {
 public:
  void unless(bool holds, const char* id, Text message) {
    if (!holds) out_.push_back({id, std::move(message)});
  }
  std::vector<MissingStep> take() { return std::move(out_); }

 private:
  std::vector<MissingStep> out_;
};

void for_test(Missing& missing, const StageFacts& facts) {
  for (const auto& problem : facts.problems) missing.unless(false, problem.id.c_str(), problem.message);
  missing.unless(facts.surveyed, "survey", {"production has not been surveyed", "尚未调研正式环境"});
  missing.unless(facts.undecided == 0, "decisions",
                 {counted(facts.undecided, "decision") + " missing",
                  "还有 " + std::to_string(facts.undecided) + " 项处置决定未作出"});
  missing.unless(facts.recipe, "recipe", {"no recipe has been composed", "尚未组合升级配方"});
}

void for_acceptance(Missing& missing, const StageFacts& facts) {
  missing.unless(facts.backup_verified, "backup", {"no backup has been restored", "没有经还原验证的备份"});
  missing.unless(facts.clone, "clone", {"there is no clone", "没有克隆"});
  missing.unless(facts.fence_proved, "fence", {"the clone's fence is not proved", "克隆的出网隔离未证明"});
  missing.unless(facts.rehearsed, "rehearsal",
                 {"the present recipe has not passed an unbroken rehearsal", "当前升级配方尚未一次性演练通过"});
}

void for_production(Missing& missing, const StageFacts& facts) {
  missing.unless(
      facts.open_issues == 0, "issues",
      {counted(facts.open_issues, "open issue"), "还有 " + std::to_string(facts.open_issues) + " 个问题未解决"});
  missing.unless(facts.accepted, "acceptance", {"not every department has signed", "并非所有部门都已签字"});
  missing.unless(facts.gate_open, "gate", {"the gate is closed", "放行条件未满足"});
}

void for_watch(Missing& missing, const StageFacts& facts) {
  missing.unless(facts.production_done, "production",
                 {"production has not been upgraded and opened", "正式环境尚未升级并开放"});
  missing.unless(facts.production_verified, "verification",
                 {"the checks after the upgrade have not passed", "升级后的验证项尚未通过"});
}

void for_closed(Missing& missing, const StageFacts& facts) {
  missing.unless(facts.watch_days >= facts.watch_days_agreed, "watch-days",
                 {"watched for " + std::to_string(facts.watch_days) + " of " + std::to_string(facts.watch_days_agreed) +
                      " working days",
                  "约定观察 " + std::to_string(facts.watch_days_agreed) + " 个工作日，已观察 " +
                      std::to_string(facts.watch_days) + " 个"});
  missing.unless(
      facts.open_issues == 0, "issues",
      {counted(facts.open_issues, "open issue"), "还有 " + std::to_string(facts.open_issues) + " 个问题未解决"});
}

}  // namespace

std::string_view name_of(ProjectStage stage) {
  return fields::to_name(stage_names, stage);
}
ProjectStage project_stage(std::string_view name) {
  return fields::from_name(stage_names, name);
}
Text title_of(ProjectStage stage) {
  static const std::array<Text, 6> titles{Text{"Preparation", "准备"}, Text{"Test", "测试升级"},
                                          Text{"Acceptance", "验收"},  Text{"Production", "正式升级"},
                                          Text{"Watch", "观察"},       Text{"Closed", "结项"}};
  return titles.at(static_cast<std::size_t>(stage));
}

std::vector<MissingStep> missing_for(ProjectStage stage, const StageFacts& facts) {
  Missing missing;
  switch (stage) {
    case ProjectStage::preparation:
      break;
    case ProjectStage::test:
      for_test(missing, facts);
      break;
    case ProjectStage::acceptance:
      for_acceptance(missing, facts);
      break;
    case ProjectStage::production:
      for_production(missing, facts);
      break;
    case ProjectStage::watch:
      for_watch(missing, facts);
      break;
    case ProjectStage::closed:
      for_closed(missing, facts);
      break;
  }
  return missing.take();
}

// What production reached stays reached: after the upgrade the gate need not be open any more, and production is
// surveyed as the new version. So the later stages are asked first.
StageStatus stage_status(const StageFacts& facts) {
  StageStatus out;
  const auto enters = [&](ProjectStage stage) { return missing_for(stage, facts).empty(); };
  if (facts.production_done) {
    out.stage = !enters(ProjectStage::watch)   ? ProjectStage::production
                : enters(ProjectStage::closed) ? ProjectStage::closed
                                               : ProjectStage::watch;
  } else {
    for (const auto stage : {ProjectStage::test, ProjectStage::acceptance, ProjectStage::production}) {
      if (!enters(stage)) break;
      out.stage = stage;
    }
  }
  if (out.stage == ProjectStage::closed) return out;
  out.next = static_cast<ProjectStage>(static_cast<int>(out.stage) + 1);
  out.missing = missing_for(*out.next, facts);
  return out;
}

void to_json(Json& json, const StageStatus& value) {
  json =
      Json{{"stage", std::string(name_of(value.stage))}, {"title", title_of(value.stage)}, {"missing", Json::array()}};
  if (value.next) json["next"] = std::string(name_of(*value.next));
  for (const auto& item : value.missing) json["missing"].push_back({{"id", item.id}, {"message", item.message}});
}

void require_hot_patch_route(const std::vector<PackageMeta>& packages) {
  for (const auto& package : packages)
    if (package.kind == PackageKind::upgrade)
      throw Error(Code::not_allowed, package.id,
                  Text{"a release goes through rehearsal and gate, never by the hot-patch route (A4)",
                       "版本升级须经测试升级和放行，不能走热补丁流程（A4）"});
}

}  // namespace ferry
