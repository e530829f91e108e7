// Conditions about what was measured on systems.
#include <algorithm>
#include <map>

#include "base/counted.h"
#include "base/error.h"
#include "project/fields.h"
#include "project/gate_conditions.h"

namespace ferry::conditions {
namespace {

// changed: definitions that it tests are others in production now.
enum class Result { good, failed, missing, stale, changed };

struct Judged {
  Result result = Result::missing;
  const Evidence* evidence = nullptr;
  const Difference* definition = nullptr;
};

bool counts(const GateInput& input, const Evidence& evidence) {
  return input.target.empty() || evidence.version.empty() || evidence.version == input.target;
}

// RFC 3339 in UTC as this program writes it sorts like time. What was not run hides no result: a manual check waits in
// every run for a person who may have spoken long ago.
const Evidence* newest(const GateInput& input, const std::string& check, const std::string& run) {
  const Evidence* out = nullptr;
  for (const auto& evidence : input.evidence) {
    if (evidence.check != check || (!run.empty() && evidence.run != run) || !counts(input, evidence)) continue;
    const auto rank = [](const Evidence& item) { return std::pair(item.outcome != Outcome::not_run, item.started); };
    if (out == nullptr || rank(evidence) >= rank(*out)) out = &evidence;
  }
  return out;
}

bool fresh(const GateInput& input, const Evidence& evidence) {
  return freshness(evidence, input.recipe, input.profile, evidence.program) == Freshness::fresh;
}

bool carried_over(const GateInput& input, const Evidence& evidence) {
  return std::any_of(input.carried.begin(), input.carried.end(), [&](const CarriedResult& item) {
    return item.evidence == evidence.id && item.check == evidence.check && item.recipe == input.recipe &&
           input.project.find_person(item.by.person) != nullptr;
  });
}

// The rehearsal on whose clone the evidence was taken: the last one there that had begun.
const RehearsalFact* rehearsal_of(const GateInput& input, const Evidence& evidence) {
  const RehearsalFact* out = nullptr;
  for (const auto& fact : input.rehearsals) {
    if (!evidence.run.empty() ? fact.run != evidence.run
                              : fact.environment != evidence.environment || to_string(fact.started) > evidence.started)
      continue;
    if (out == nullptr || fact.started >= out->started) out = &fact;
  }
  return out;
}

// A definition of the check that is another one in production now than in the clone it was tested on, and was not
// accepted as it is. nullptr: none.
const Difference* changed_definition(const GateInput& input, const Evidence& evidence) {
  const auto* fact = rehearsal_of(input, evidence);
  if (fact == nullptr || fact->inventory.empty()) return nullptr;
  const auto changes = input.definitions_since.find(fact->inventory);
  if (changes == input.definitions_since.end()) return nullptr;
  for (const auto& change : changes->second)
    if (change.open() && std::find(change.checks.begin(), change.checks.end(), evidence.check) != change.checks.end())
      return &change;
  return nullptr;
}

// Automatic results must come from the one rehearsal; manual ones may come later, and may be carried over (B8).
Judged judge(const GateInput& input, const RequiredCheck& check, const RehearsalFact& run) {
  const Evidence* evidence = newest(input, check.id, check.manual ? "" : run.run);
  if (evidence == nullptr) {
    // Was it tested in an earlier run? Then say stale, not missing.
    evidence = newest(input, check.id, "");
    return {evidence == nullptr ? Result::missing : Result::stale, evidence};
  }
  if (evidence->outcome == Outcome::not_run) return {Result::missing, evidence};
  if (evidence->outcome != Outcome::passed) return {Result::failed, evidence};
  if (const auto* change = changed_definition(input, *evidence)) return {Result::changed, evidence, change};
  if (fresh(input, *evidence) || (check.manual && carried_over(input, *evidence))) return {Result::good, evidence};
  return {Result::stale, evidence};
}

// A closed issue whose check has not passed with the present recipe: the closing result speaks about another one.
bool proved_closed(const GateInput& input, const Issue& issue) {
  return std::any_of(input.evidence.begin(), input.evidence.end(), [&](const Evidence& evidence) {
    return evidence.check == issue.check && evidence.outcome == Outcome::passed && counts(input, evidence) &&
           (fresh(input, evidence) || carried_over(input, evidence)) &&
           parse_moment(evidence.started) >= issue.last_failure;
  });
}

const BackupFact* newest_backup(const GateInput& input, bool usable) {
  const BackupFact* out = nullptr;
  for (const auto& backup : input.backups) {
    if (!backup.files || !backup.databases) continue;
    if (usable && !backup.verified && !backup.attested) continue;
    if (out == nullptr || backup.taken >= out->taken) out = &backup;
  }
  return out;
}

}  // namespace

Condition rehearsal(const GateInput& input) {
  Rule rule("rehearsal", {"A5.1", "B6.1"},
            {"This recipe passed on a clone of production in one unbroken run",
             "该升级配方已在正式环境的克隆上一次性演练通过"},
            false);
  if (input.rehearsals.empty()) return rule.missing({"there was no rehearsal", "尚未进行测试升级"}, rehearse_again);
  const auto* fact = newest_rehearsal(input);
  if (fact == nullptr)
    return rule.stale({"what was rehearsed is another recipe than this one (" + input.recipe.brief() + ")",
                       "演练过的不是当前升级配方（" + input.recipe.brief() + "）"},
                      rehearse_again);
  rule.from(fact->run).measured(fact->ended);
  if (!fact->finished)
    return rule.unmet({"the last rehearsal did not reach its end", "最近一次演练未完成"}, rehearse_again);
  if (!fact->unbroken)
    return rule.unmet({"the last rehearsal was not one unbroken run: something failed or was repaired on the way",
                       "最近一次演练不是一次性完成：中途出现失败或修补"},
                      rehearse_again);
  if (fact->profile != input.profile)
    return rule.stale({"the profile changed since the rehearsal", "演练之后产品档案有变化"}, rehearse_again);
  const std::string sampled_en = fact->full ? "" : "; the clone held a sample of the data only";
  const std::string sampled_zh = fact->full ? "" : "；克隆仅含抽样数据";
  return rule.met({"rehearsed in run " + fact->run + sampled_en, "已在执行 " + fact->run + " 中演练" + sampled_zh});
}

Condition checks(const GateInput& input) {
  Rule rule("checks", {"C1.2", "B8"},
            {"All required checks passed in that rehearsal", "该次演练中全部必需的验证项均通过"});
  const auto* run = good_rehearsal(input);
  if (run == nullptr)
    return rule.missing({"there is no rehearsal whose checks would count", "没有可计入的演练"}, rehearse_again);
  if (input.checks.empty())
    return rule.missing({"the profile requires no check: nothing shows that the system works",
                         "产品档案没有必需的验证项，无法证明系统可用"},
                        {"Add checks to the profile.", "请在产品档案中加入验证项。"});
  std::map<Result, std::vector<Text>> found;
  for (const auto& check : input.checks) {
    const auto judged = judge(input, check, *run);
    if (judged.evidence != nullptr) rule.from(judged.evidence->id).measured(parse_moment(judged.evidence->started));
    Text line{check.id + " " + check.title.en, check.id + " " + check.title.zh};
    if (judged.definition != nullptr) {
      line.en += " (" + judged.definition->title.en + ")";
      line.zh += "（" + judged.definition->title.zh + "）";
    }
    found[judged.result].push_back(std::move(line));
  }
  const Text remedy{"Solve the cause, then rehearse again; people's checks: 'ferry check record'.",
                    "请解决原因后重新演练；人工验证项用 “ferry check record” 记录。"};
  const auto about = [&](Result result, const char* en, const char* zh) {
    const Text list = list_of(found[result]);
    return Text{en + list.en, zh + list.zh};
  };
  if (found.contains(Result::failed)) return rule.unmet(about(Result::failed, "failed: ", "未通过："), remedy);
  if (found.contains(Result::missing)) return rule.missing(about(Result::missing, "did not run: ", "未执行："), remedy);
  if (found.contains(Result::stale))
    return rule.stale(
        about(Result::stale, "older than the recipe, profile or rehearsal: ", "结果早于当前配方、档案或演练："),
        remedy);
  if (found.contains(Result::changed))
    return rule.stale(about(Result::changed, "what they test was changed in production since the clone was made: ",
                            "制作克隆之后正式环境修改了其所验证的定义："),
                      {"Make the clone anew and rehearse; then only these are tested again by people.",
                       "请重建克隆并测试升级；之后人工验证仅需重测这些项。"});
  const std::string count = std::to_string(input.checks.size());
  return rule.met({"all " + count + " passed", count + " 项全部通过"});
}

Condition issues(const GateInput& input) {
  Rule rule("issues", {"C1.1", "B9"}, {"Every problem found is solved", "发现的问题均已解决"});
  const Text remedy{"Have it fixed, rehearse, and close it with the passing result ('ferry issue close').",
                    "请修复后重新演练，并用通过的结果关闭（“ferry issue close”）。"};
  if (input.rehearsals.empty())
    return rule.missing({"nothing has been tested yet, so nothing could be found", "尚未测试，无从发现问题"},
                        rehearse_again);
  std::vector<Text> open, unproved;
  for (const auto& issue : input.issues) {
    const Text line{issue.id + " " + issue.title.en, issue.id + " " + issue.title.zh};
    if (issue.open)
      open.push_back(line);
    else if (!proved_closed(input, issue))
      unproved.push_back(line);
    if (!issue.evidence.empty()) rule.from(issue.evidence.back());
  }
  const Text open_list = list_of(open), old_list = list_of(unproved);
  if (!open.empty()) return rule.unmet({"open: " + open_list.en, "未解决：" + open_list.zh}, remedy);
  if (!unproved.empty())
    return rule.stale(
        {"closed by a result of another recipe: " + old_list.en, "依据其他配方的结果关闭：" + old_list.zh},
        {"Run the checks of these issues with this recipe.", "请用当前配方重跑这些问题的验证项。"});
  const std::string count = std::to_string(input.issues.size());
  return rule.met({count + " found, all solved", "共发现 " + count + " 个，均已解决"});
}

Condition fence(const GateInput& input) {
  Rule rule("fence", {"B5"}, {"It is proved that the clone can't reach the outside", "已证明克隆与外界隔离"});
  const Text remedy{"Prove it with 'ferry clone prove' as root.", "请以 root 身份用 “ferry clone prove” 证明。"};
  const auto* run = newest_rehearsal(input);
  const FenceFact* fact = nullptr;
  for (const auto& item : input.fences)
    if ((run == nullptr || item.environment == run->environment) && (fact == nullptr || item.at >= fact->at))
      fact = &item;
  if (fact == nullptr)
    return rule.missing({"the fence of the clone has not been tried", "尚未验证克隆的出网隔离"}, remedy);
  rule.from(fact->environment).measured(fact->at);
  const std::string escapes = std::to_string(fact->escapes), attempts = std::to_string(fact->attempts);
  if (fact->escapes > 0)
    return rule.unmet(
        {escapes + " attempts got out", "有 " + escapes + " 次外联未被拦截"},
        {"Add silencing rules to the profile, make the clone again.", "请在产品档案中增加静默规则并重新制作克隆。"});
  if (!fact->proved) return rule.unmet({"not proved: " + fact->limits, "未能证明：" + fact->limits}, remedy);
  if (older_than(fact->at, input.project.limits.fence, input.now))
    return rule.stale({"the proof is too old", "证明已过期"}, remedy);
  return rule.met({attempts + " attempts, all ended in the sink", attempts + " 次外联尝试均被拦截"});
}

Condition backup(const GateInput& input) {
  Rule rule("backup", {"A5.2", "C2"},
            {"There is a backup of files and database that has been restored once", "存在经还原验证的程序与数据库备份"},
            false);
  const Text remedy{
      "Make one with 'ferry backup create' and restore it with 'ferry backup verify'; making a clone from it counts.",
      "请用 “ferry backup create” 备份并用 “ferry backup verify” 还原验证；用它制作克隆也算。"};
  const auto* any = newest_backup(input, false);
  if (any == nullptr)
    return rule.missing({"there is no backup of files and database", "没有同时包含程序与数据库的备份"}, remedy);
  const auto* backup = newest_backup(input, true);
  if (backup == nullptr) {
    rule.from(any->id).measured(any->taken);
    return rule.unmet({"backup " + any->id + " has never been restored", "备份 " + any->id + " 从未还原过"}, remedy);
  }
  rule.from(backup->id).measured(backup->taken);
  if (older_than(backup->taken, input.project.limits.backup, input.now))
    return rule.stale(
        {"the newest verified backup, " + backup->id + ", is older than " + human_duration(input.project.limits.backup),
         "最近的已验证备份 " + backup->id + " 已超过 " + human_duration(input.project.limits.backup)},
        remedy);
  if (!backup->verified) {
    rule.asserted();
    return rule.met(
        {"backup " + backup->id + " is attested by " + backup->person + "; it was not restored by this program",
         "备份 " + backup->id + " 由 " + backup->person + " 声明有效，本程序未还原验证"});
  }
  return rule.met({"backup " + backup->id + " was restored on " + to_string(*backup->verified),
                   "备份 " + backup->id + " 已于 " + to_string(*backup->verified) + " 还原验证"});
}

Condition rollback(const GateInput& input) {
  Rule rule("rollback", {"A5.2", "C6"}, {"The way back was rehearsed with this recipe", "已用该升级配方演练过回退"});
  const Text remedy{"Rehearse it with 'ferry rehearsal start ENVIRONMENT --drill'.",
                    "请用 “ferry rehearsal start 环境 --drill” 演练回退。"};
  bool other = false;
  const RehearsalFact* fact = nullptr;
  for (const auto& item : input.rehearsals) {
    if (!item.rollback_took) continue;
    if (item.recipe != input.recipe)
      other = true;
    else if (fact == nullptr || item.ended >= fact->ended)
      fact = &item;
  }
  if (fact != nullptr) {
    const auto took = human_duration(*fact->rollback_took);
    return rule.from(fact->run).measured(fact->ended).met({"taken back in " + took, "回退用时 " + took});
  }
  if (other) return rule.stale({"it was rehearsed with another recipe", "回退演练用的是另一个升级配方"}, remedy);
  return rule.missing({"it was never rehearsed", "从未演练过回退"}, remedy);
}

Condition chaos(const GateInput& input) {
  Rule rule("chaos", {"C6"},
            {"On a clone Ferry was killed and kept from writing at every step, the application killed and the database "
             "locked "
             "or taken away wherever a step needs them, and both ways led out",
             "已在克隆上对每个步骤终止 Ferry "
             "并使其无法写入，在用到应用和数据库的步骤终止应用、锁定或移走数据库，继续与回退均成功"});
  const Text remedy{"Run 'ferry rehearsal chaos'.", "请执行 “ferry rehearsal chaos”。"};
  const ChaosFact* fact = nullptr;
  for (const auto& item : input.chaos)
    if (item.complete && item.recipe == input.recipe) fact = &item;
  if (fact == nullptr) return rule.missing({"not done with this recipe", "尚未用当前配方进行"}, remedy);
  rule.measured(fact->at);
  if (fact->profile != input.profile) return rule.stale({"the profile changed since", "此后产品档案有变化"}, remedy);
  if (!fact->failures.empty()) {
    std::vector<Text> failures;
    for (const auto& item : fact->failures) failures.push_back({item, item});
    const Text list = list_of(failures);
    return rule.unmet({"it did not come out of: " + list.en, "未能恢复：" + list.zh}, remedy);
  }
  const std::string count = std::to_string(fact->cases);
  return rule.met({count + " disturbances, all survived", "共 " + count + " 次故障，全部恢复"});
}

Condition plan(const GateInput& input) {
  Rule rule("plan", {"D1"}, {"There is a plan of this recipe for production", "已有该升级配方的正式升级方案"}, false);
  const Text remedy{"Make it with 'ferry plan make'.", "请用 “ferry plan make” 制定方案。"};
  if (!input.plan) return rule.missing({"there is no plan", "尚无方案"}, remedy);
  rule.from(input.plan->digest().hex());
  if (input.plan->recipe_digest != input.recipe)
    return rule.stale({"the plan is of another recipe", "方案针对的是另一个升级配方"}, remedy);
  const auto count = input.plan->changes.size();
  return rule.met({counted(count, "change") + ", digest " + input.plan->digest().brief(),
                   std::to_string(count) + " 处更改，摘要 " + input.plan->digest().brief()});
}

Condition window(const GateInput& input) {
  Rule rule("window", {"A5.3"},
            {"The window holds upgrade, repairs and the way back", "停机窗口足以容纳升级、修复和回退"});
  const Text remedy{"Agree on a window that is long enough and enter it in the project file.",
                    "请商定足够长的停机窗口并填入项目文件。"};
  if (!input.project.window) return rule.missing({"no window is agreed", "未商定停机窗口"}, remedy);
  auto window = *input.project.window;
  if (window.end <= input.now) return rule.stale({"the window is over", "停机窗口已过"}, remedy);
  if (!input.prediction) return rule.missing({"nothing is known about the duration", "无法预测耗时"}, rehearse_again);
  // Whoever starts late has only the rest of it.
  window.start = std::max(window.start, input.now);
  const auto fit = fits(window, *input.prediction);
  return fit.fits ? rule.met(fit.why) : rule.unmet(fit.why, remedy);
}

}  // namespace ferry::conditions
