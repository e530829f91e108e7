#include "verify/runner.h"

#include <algorithm>
#include <chrono>

#include "base/counted.h"
#include "base/error.h"
#include "base/foreign_error.h"
#include "verify/http_check.h"
#include "verify/invariant.h"
#include "verify/masker.h"
#include "verify/process_check.h"
#include "verify/sql_check.h"

namespace ferry {
namespace {

Text about_check(const std::string& id) {
  return {"check " + id, "验证项 " + id};
}

StepsResult not_run(Text why) {
  StepsResult result;
  result.summary = std::move(why);
  return result;
}

class Runner {
 public:
  Runner(const Profile& profile, const CheckContext& context) : profile_(profile), context_(context) {}

  std::vector<Evidence> run() {
    require_known();
    std::vector<Evidence> out;
    const auto count = number_wanted();
    const auto add = [&](Evidence evidence) {
      out.push_back(std::move(evidence));
      if (context_.progress) context_.progress(out.back(), out.size(), count);
    };
    for (const auto& check : profile_.checks)
      if (wanted(check.id)) add(guarded(check.id, check.covers, [&] { return run_check(check); }));
    for (const auto& invariant : profile_.invariants)
      if (wanted(invariant.id)) add(guarded(invariant.id, invariant.covers, [&] { return run_invariant(invariant); }));
    return out;
  }

 private:
  bool wanted(const std::string& id) const { return context_.only.empty() || context_.only.contains(id); }

  std::size_t number_wanted() const {
    return context_.only.empty() ? profile_.checks.size() + profile_.invariants.size() : context_.only.size();
  }

  void require_known() const {
    for (const auto& id : context_.only) {
      const bool invariant = std::any_of(profile_.invariants.begin(), profile_.invariants.end(),
                                         [&id](const auto& item) { return item.id == id; });
      if (!invariant && find_check(profile_, id) == nullptr) throw Error(Code::not_found, about_check(id));
    }
  }

  template <class Work>
  Evidence guarded(const std::string& id, const std::vector<std::string>& covers, Work work) {
    auto evidence = new_evidence(context_, id, covers);
    const auto began = std::chrono::steady_clock::now();
    try {
      auto result = work();
      evidence.outcome = result.outcome;
      evidence.summary = std::move(result.summary);
      evidence.steps = std::move(result.steps);
      evidence.values = std::move(result.values);
    } catch (const std::exception& thrown) {
      const Error error = error_of(thrown, "check " + id);
      evidence.outcome = Outcome::error;
      evidence.summary = {error.describe(Language::english), error.describe(Language::chinese)};
      if (context_.obstacle) context_.obstacle(id, error);
    }
    evidence.ms = std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - began).count();
    masker_.mask(evidence);
    return evidence;
  }

  const std::map<std::string, std::string>& remembered(const std::string& id) const {
    static const std::map<std::string, std::string> nothing;
    const auto found = context_.remembered.find(id);
    return found == context_.remembered.end() ? nothing : found->second;
  }

  StepsResult run_check(const Check& check) {
    if (check.kind == Check::Kind::manual)
      return not_run({"Waits for a person: " + check.manual.en, "等待人工验证：" + check.manual.in(Language::chinese)});
    if (context_.place == CheckPlace::production && !check.on_production)
      return not_run({"Not for production: it leaves something behind", "不在正式环境执行：会留下数据"});
    if (context_.place == CheckPlace::clone && !check.on_clone)
      return not_run({"Only in production", "仅在正式环境执行"});
    if (!check.version.contains(context_.version))
      return not_run({"Not for version " + context_.version.text(), "不适用于版本 " + context_.version.text()});
    switch (check.kind) {
      case Check::Kind::http:
        return run_steps(check.steps, check.cleanup, context_, remembered(check.id), masker_);
      case Check::Kind::sql:
        if (!check.sql) throw Error(Code::invalid_document, about_check(check.id), Text{"no SQL", "没有 SQL"});
        return check_sql(*check.sql, profile_, context_);
      case Check::Kind::process:
        if (!context_.process) return not_run({"Processes can't be seen from here", "此处无法查看进程"});
        return check_process(check.service, profile_, context_, remembered(check.id), masker_);
      case Check::Kind::manual:
        break;
    }
    return not_run({});
  }

  StepsResult run_invariant(const Invariant& invariant) {
    auto connection = context_.connect(profile_, invariant.database);
    if (context_.phase == CheckPhase::before) {
      const auto before = capture(connection, invariant.before);
      const auto rows = static_cast<std::uint64_t>(before.count);
      auto result = not_run({counted(rows, "row") + " remembered; compared after the upgrade",
                             "已记录 " + std::to_string(rows) + " 行，升级后比对"});
      result.values = before.to_values();
      return result;
    }
    if (remembered(invariant.id).empty())
      return not_run({"Nothing was remembered from before the upgrade", "没有升级前的记录可供比对"});
    const auto before = InvariantCapture::from_values(remembered(invariant.id));
    return compare(invariant, before, capture(connection, invariant.after));
  }

  const Profile& profile_;
  const CheckContext& context_;
  Masker masker_;
};

}  // namespace

std::vector<Evidence> run_checks(const Profile& profile, const CheckContext& context) {
  return Runner(profile, context).run();
}

Evidence manual_result(const Profile& profile, const CheckContext& context, const std::string& id, bool passed,
                       const std::string& person, const std::string& note) {
  const auto* check = find_check(profile, id);
  if (check == nullptr) throw Error(Code::not_found, about_check(id));
  if (check->kind != Check::Kind::manual)
    throw Error(Code::usage, about_check(id), Text{"only a program can say its result", "其结果只能由程序得出"});
  if (person.empty()) throw Error(Code::usage, about_check(id), Text{"who says so?", "请指明由谁认定"});
  if (!passed && note.empty())
    throw Error(Code::usage, about_check(id),
                Text{"a failure needs a note that says what is wrong", "未通过时须备注说明问题所在"});
  auto evidence = new_evidence(context, id, check->covers);
  evidence.outcome = passed ? Outcome::passed : Outcome::failed;
  evidence.person = person;
  evidence.summary = {note, note};
  evidence.steps.push_back({"manual", check->manual.en, note, passed, 0});
  return evidence;
}

bool applies(const Check& check, CheckPlace place, const Version& version) {
  if (place == CheckPlace::production ? !check.on_production : !check.on_clone) return false;
  if (!check.version.contains(version)) return false;
  if (check.kind != Check::Kind::http) return true;
  return std::any_of(check.steps.begin(), check.steps.end(),
                     [&version](const auto& step) { return step.version.contains(version); });
}

namespace {

void count(CheckTotals& out, Outcome outcome) {
  out.passed += outcome == Outcome::passed;
  out.failed += outcome == Outcome::failed;
  out.error += outcome == Outcome::error;
  out.not_run += outcome == Outcome::not_run;
}

}  // namespace

CheckTotals totals(const Profile& profile, const CheckContext& context, const std::vector<Evidence>& evidence) {
  CheckTotals out;
  for (const auto& item : evidence) {
    count(out, item.outcome);
    if (item.outcome == Outcome::passed) continue;
    if (const auto* check = find_check(profile, item.check)) {
      if (!check->required || !applies(*check, context.place, context.version)) continue;
      const bool waits = check->kind == Check::Kind::manual && item.outcome == Outcome::not_run;
      (waits ? out.manual_open : out.required_open).push_back(item.check);
      continue;
    }
    // Before the upgrade an invariant is only remembered.
    const bool remembered = context.phase == CheckPhase::before && !item.values.empty();
    for (const auto& invariant : profile.invariants)
      if (invariant.id == item.check && invariant.required && !remembered) out.required_open.push_back(item.check);
  }
  return out;
}

}  // namespace ferry
