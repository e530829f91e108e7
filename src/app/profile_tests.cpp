#include "app/profile_tests.h"

#include <algorithm>
#include <filesystem>

#include "app/profile_test_fixture.h"
#include "app/profiles.h"
#include "base/error.h"
#include "host/files.h"
#include "model/profile_test_case.h"
#include "survey/file_findings.h"
#include "survey/survey.h"
#include "verify/runner.h"

namespace ferry {
namespace {

namespace fs = std::filesystem;

std::string listed(const std::vector<std::string>& items) {
  std::string out = "[";
  for (const auto& item : items) out += (out.size() > 1 ? ", " : "") + item;
  return out + "]";
}

// What a path is to the profile: the innermost meaning wins, as everywhere.
std::string kind_of_path(const Profile& profile, const RelativePath& path) {
  const auto& paths = profile.paths;
  if (under_any(path, paths.ignored)) return "ignored";
  if (under_any(path, paths.generated)) return "generated";
  if (under_any(path, paths.data)) return "data";
  if (under_any(path, paths.config)) return "config";
  return under_any(path, paths.program) ? "program" : "none";
}

// Compares one stage of a test, and keeps what differs.
class Comparison {
 public:
  Comparison(const Profile& profile, const FixturePlace& place, ProfileTestOutcome& outcome, std::string prefix)
      : profile_(profile), place_(place), outcome_(outcome), prefix_(std::move(prefix)) {}

  void all(const TestExpectation& expect, const Remembered& before) {
    const auto seen = survey(profile_, place_.environment(), place_.survey_options());
    inventory_ = seen.inventory;
    about_product(expect);
    about_modules(expect);
    about_rules(expect, seen.definitions);
    for (const auto& [path, kind] : expect.paths)
      same("paths." + path, kind, kind_of_path(profile_, RelativePath(unescape(path))));
    about_checks(expect, before);
  }

 private:
  void same(const std::string& what, const std::string& expected, const std::string& got, Text detail = {}) {
    ++outcome_.expectations;
    if (expected != got) outcome_.differences.push_back({prefix_ + what, expected, got, std::move(detail)});
  }

  // What the survey could not read explains most differences.
  Text reason(const std::string& about) const {
    for (const auto& finding : inventory_.findings)
      if (finding.key == "not-readable:" + about) return finding.detail;
    return {};
  }

  void about_product(const TestExpectation& expect) {
    if (expect.version) same("version", *expect.version, inventory_.version.text(), reason("version"));
    if (expect.build) same("build", *expect.build, inventory_.build, reason("build"));
    if (expect.packages) same("packages", listed(*expect.packages), listed(inventory_.packages), reason("packages"));
    if (expect.scripts) same("scripts", listed(*expect.scripts), listed(inventory_.scripts), reason("scripts"));
    for (const auto& [id, wanted] : expect.objects) {
      const auto found = std::find_if(inventory_.databases.begin(), inventory_.databases.end(),
                                      [&id = id](const DatabaseFacts& facts) { return facts.id == id; });
      auto sorted = wanted;
      std::sort(sorted.begin(), sorted.end());
      std::vector<std::string> got;
      if (found != inventory_.databases.end()) got = found->custom_objects;
      std::sort(got.begin(), got.end());
      same("objects." + id, listed(sorted), listed(got), reason("database " + id));
    }
  }

  void about_modules(const TestExpectation& expect) {
    for (const auto& [id, wanted] : expect.modules) {
      const auto module = std::find_if(inventory_.modules.begin(), inventory_.modules.end(),
                                       [&id = id](const ModuleState& state) { return state.id == id; });
      const std::string what = "modules." + id;
      if (module == inventory_.modules.end()) {
        same(what, "+", "-", {"the profile has no such module", "产品档案中没有该模块"});
        continue;
      }
      if (wanted.installed)
        same(what + ".installed", *wanted.installed ? "true" : "false", module->installed ? "true" : "false",
             reason("module " + id));
      if (wanted.uses)
        same(what + ".uses", std::to_string(*wanted.uses), module->uses ? std::to_string(*module->uses) : "-",
             reason("module " + id + " (use)"));
      if (wanted.version)
        same(what + ".version", *wanted.version, module->version, reason("module " + id + " (version)"));
    }
  }

  void about_rules(const TestExpectation& expect, const DefinitionSnapshot& definitions) {
    for (const auto& [rule, number] : expect.findings) {
      std::vector<std::string> keys;
      for (const auto& finding : inventory_.findings)
        if (finding.rule == rule) keys.push_back(finding.key);
      const auto detail = keys.empty() ? reason("rule " + rule) : Text{listed(keys), listed(keys)};
      same("findings." + rule, std::to_string(number), std::to_string(keys.size()), detail);
    }
    for (const auto& [id, number] : expect.definitions) {
      const auto* table = definitions.find(id);
      const bool known = table != nullptr && table->problem.empty();
      same("definitions." + id, std::to_string(number), known ? std::to_string(table->rows.size()) : "-",
           table == nullptr ? Text{"the profile has no such definition", "产品档案中没有该定义"} : table->problem);
    }
    auto facts = place_.facts(profile_);
    for (const auto& [id, number] : expect.pending) {
      const auto effect = std::find_if(profile_.effects.begin(), profile_.effects.end(),
                                       [&id = id](const Effect& one) { return one.id == id; });
      const bool known = effect != profile_.effects.end() && effect->pending;
      const auto got = known ? facts.read_number(*effect->pending) : std::nullopt;
      same("pending." + id, std::to_string(number), got ? std::to_string(*got) : "-",
           known ? Text{}
                 : Text{"the profile has no such effect with 'pending'", "产品档案中没有带 pending 的该外部动作"});
    }
  }

  // A fixture has no service that could be asked, and no person looks at it.
  void refuse_unfit(const std::string& id) const {
    const auto* check = find_check(profile_, id);
    if (check == nullptr || check->kind == Check::Kind::sql) return;
    throw Error(
        Code::invalid_document, "expect.checks." + id,
        Text{"only checks of kind sql and invariants can be run on a fixture", "样本上只能执行 sql 类验证项和不变量"});
  }

  void about_checks(const TestExpectation& expect, const Remembered& before) {
    if (expect.checks.empty()) return;
    for (const auto& [id, unused] : expect.checks) refuse_unfit(id);
    auto context = place_.check_context();
    context.phase = CheckPhase::after;
    context.version = inventory_.version;
    context.remembered = before;
    for (const auto& [id, unused] : expect.checks) context.only.insert(id);
    for (const auto& evidence : run_checks(profile_, context)) {
      Text detail = evidence.summary;
      for (const auto& step : evidence.steps) {
        if (step.passed) continue;
        const auto more = "; " + step.expected + ": " + step.observed;
        detail = {detail.in(Language::english) + more, detail.in(Language::chinese) + more};
      }
      same("checks." + evidence.check, expect.checks.at(evidence.check), std::string(name_of(evidence.outcome)),
           detail);
    }
  }

  const Profile& profile_;
  const FixturePlace& place_;
  ProfileTestOutcome& outcome_;
  std::string prefix_;
  Inventory inventory_;
};

// Values of the invariants that a later stage is compared with.
Remembered observed(const Profile& profile, const FixturePlace& place, const ProfileTestCase& test) {
  auto context = place.check_context();
  context.phase = CheckPhase::before;
  const auto want = [&](const TestExpectation& expect) {
    for (const auto& invariant : profile.invariants)
      if (expect.checks.contains(invariant.id)) context.only.insert(invariant.id);
  };
  want(test.expect);
  if (test.upgrade) want(test.upgrade->expect);
  return context.only.empty() ? Remembered{} : remembered_values(run_checks(profile, context));
}

// The profile to be tested, with the case's change laid over it.
ProfileResult profile_of(const ProfileTestCase& test, const std::string& case_file, const std::string& profile_file) {
  const auto base = test.profile.empty() ? profile_file : (fs::path(case_file).parent_path() / test.profile).string();
  if (test.change.empty()) return check_profile(base);
  const auto absolute = fs::absolute(base).string();
  // Named by its whole path, so that it is found from wherever the change stands.
  return parse_profile("extends: " + Json(absolute).dump() + "\n" + test.change, case_file + " (change)",
                       base_reader(absolute));
}

bool fits(const DocumentProblem& problem, const std::string& wanted) {
  return problem.pointer == wanted || problem.message.en.find(wanted) != std::string::npos ||
         problem.message.zh.find(wanted) != std::string::npos;
}

void compare_problems(const ProfileTestCase& test, const ProfileResult& result, ProfileTestOutcome& outcome) {
  auto left = result.problems;
  for (const auto& wanted : test.problems) {
    ++outcome.expectations;
    const auto found = std::find_if(left.begin(), left.end(), [&](const auto& one) { return fits(one, wanted); });
    if (found == left.end())
      outcome.differences.push_back(
          {"problems", wanted, "-", {"the profile has no such problem", "产品档案没有该问题"}});
    else
      left.erase(found);
  }
  for (const auto& problem : left)
    outcome.differences.push_back(
        {"problems", "-", problem.pointer, {problem.describe(Language::english), problem.describe(Language::chinese)}});
}

ProfileTestOutcome run_case(const std::string& case_file, const std::string& profile_file) {
  const auto test = require_profile_test(read_file(case_file), case_file);
  ProfileTestOutcome outcome;
  outcome.file = case_file;
  outcome.title = test.title;
  const auto result = profile_of(test, case_file, profile_file);
  if (!test.problems.empty()) {
    compare_problems(test, result, outcome);
    return outcome;
  }
  const auto profile = product_of(result, test.profile.empty() ? profile_file : test.profile);
  FixturePlace place(profile, test.variables, fs::absolute(case_file).parent_path().string());
  place.lay(profile, test.fixture);
  const auto before = observed(profile, place, test);
  Comparison(profile, place, outcome, "").all(test.expect, before);
  if (!test.upgrade) return outcome;
  place.lay(profile, test.upgrade->fixture);
  Comparison(profile, place, outcome, "upgrade.").all(test.upgrade->expect, before);
  return outcome;
}

std::vector<std::string> cases_of(const std::string& profile_file, const std::vector<std::string>& only) {
  const auto folder = fs::path(profile_file).parent_path() / "tests";
  std::vector<std::string> out;
  if (!only.empty()) {
    for (const auto& name : only)
      out.push_back(fs::exists(name) ? name : (folder / (name.ends_with(".yaml") ? name : name + ".yaml")).string());
  } else if (fs::is_directory(folder)) {
    for (const auto& item : fs::directory_iterator(folder))
      if (item.path().extension() == ".yaml") out.push_back(item.path().string());
  }
  std::sort(out.begin(), out.end());
  if (out.empty())
    throw Error(Code::not_found, Text{"tests of " + profile_file, profile_file + " 的测试"},
                Text{"there is no " + (folder / "*.yaml").string() + "; see docs/formats/profile-tests.md",
                     "没有 " + (folder / "*.yaml").string() + "；见 docs/formats/profile-tests.md"});
  return out;
}

}  // namespace

std::vector<ProfileTestOutcome> run_profile_tests(const std::string& profile_file, const std::vector<std::string>& only,
                                                  Reporter& reporter) {
  const auto cases = cases_of(profile_file, only);
  std::vector<ProfileTestOutcome> out;
  reporter.begin({"tests of " + profile_file, "测试 " + profile_file});
  for (const auto& file : cases) {
    try {
      out.push_back(run_case(file, profile_file));
    } catch (Error& error) {
      throw std::move(error).within(Text{"test " + file, "测试 " + file});
    }
    reporter.progress(out.size(), cases.size(), Unit::none);
  }
  const auto number = std::to_string(cases.size());
  reporter.done({number + " run", "已执行 " + number + " 个"});
  return out;
}

void to_json(Json& json, const TestDifference& value) {
  json = {{"what", value.what}, {"expected", value.expected}, {"got", value.got}, {"detail", value.detail}};
}

void to_json(Json& json, const ProfileTestOutcome& value) {
  json = {{"file", value.file},
          {"title", value.title},
          {"passed", value.passed()},
          {"expectations", value.expectations},
          {"differences", value.differences}};
}

}  // namespace ferry
