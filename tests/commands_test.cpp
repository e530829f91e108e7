// Commands that the long stories pass by: what they print for people and for programs, and with which status they end.
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/clock.h"
#include "support/tiny_world.h"

namespace ferry::test {
namespace {

using Stage = TinyWorld::Stage;

void expect_words(const std::string& text, const Words& words) {
  for (const auto& word : words) EXPECT_NE(text.find(word), std::string::npos) << word << "\n" << text;
}

// With tasks of the profile, a start today and a day of rest never: what dates are computed from.
class Planned : public TinyWorld {
 public:
  Planned() : TinyWorld(Stage::files) {
    write("profile.yaml", read("profile.yaml") + R"(tasks:
  - {id: survey, stage: prepare, role: vendor_engineer, days: 2, title: {en: Survey, zh: 调研}}
  - {id: packages, stage: prepare, role: vendor_engineer, days: 5, after: [survey], title: {en: Receive the packages, zh: 取得升级包}}
  - {id: tested, stage: accept, role: project_manager, days: 1, after: [packages], title: {en: Test, zh: 测试}}
  - {id: upgrade, stage: production, role: vendor_engineer, days: 1, title: {en: Upgrade, zh: 正式升级}}
)");
    const auto today = to_string(system_now()).substr(0, 10);
    write("project.yaml", read("project.yaml") + "start: " + today + "\ntest_days: 1\n");
    done({"project", "create", "project.yaml"});
    done({"environment", "add", "production.yaml"});
    done({"environment", "add", "test.yaml"});
  }
  std::string day(int days) const { return to_string(system_now() + std::chrono::hours(24 * days)).substr(0, 10); }
};

TEST(Dates, AnImpossibleOneIsRefusedWithItsChainAndTheLetterSaysSoToTheCustomer) {
  const Planned world;
  const auto plan = world.ferry({"project", "plan", "--json"}).json();
  const std::string earliest = plan.at("earliest_go_live");
  const Words wished{"project", "plan", "--go-live", world.day(3)};
  world.refused(wished, Code::impossible_date, {world.day(3), earliest, "调研", "取得升级包", "测试"});
  auto with_letter = wished;
  with_letter.insert(with_letter.end(), {"--letter", "letter.txt"});
  const auto refused = world.ferry(with_letter);
  EXPECT_EQ(refused.status, 8) << refused.all();
  expect_words(refused.err, {"Survey", "Receive the packages", "Test", earliest});
  expect_words(world.read("letter.txt"),
               {"Sample Company", "We can't keep this date", earliest, "Receive the packages"});
  with_letter.insert(with_letter.end(), {"--language", "zh"});
  EXPECT_EQ(world.ferry(with_letter).status, 8);
  expect_words(world.read("letter.txt"), {"Sample Company", "取得升级包", earliest});

  const auto possible = world.ferry({"project", "plan", "--go-live", earliest, "--letter", "letter.txt"});
  EXPECT_EQ(possible.status, 0) << possible.all();
  expect_words(possible.out, {"possible: " + earliest, "earliest go-live: " + earliest, "critical"});
  expect_words(world.read("letter.txt"), {"The date can be kept"});
}

TEST(Status, SaysTheStageAndWhatIsMissingForTheNext) {
  const Planned world;
  const auto shown = world.done({"status"});
  expect_words(shown, {"stage: ", "next: ", "  - "});
  const auto json = world.ferry({"status", "--json"}).json();
  EXPECT_FALSE(json.at("missing").empty()) << json;
  EXPECT_EQ(english_in(world.done({"status", "--language", "zh"})), "");
}

TEST(PackageVerify, VouchesForWhatIsSignedAndRefusesEveryChangedByte) {
  const TinyWorld world(Stage::packaged);
  const auto json = world.ferry({"package", "verify", "upgrade-2.0.fpk", "--json"}).json();
  EXPECT_EQ(json.at("meta").at("id"), "upgrade-2.0");
  EXPECT_EQ(json.at("scripts").at(0).at("name"), "001_version.sql");
  expect_words(world.done({"package", "verify", "upgrade-2.0.fpk"}), {"upgrade-2.0", "signed with key", "sha256"});
  world.shell(
      "cp upgrade-2.0.fpk changed.fpk; cp upgrade-2.0.fpk.minisig changed.fpk.minisig; printf X | dd "
      "of=changed.fpk bs=1 seek=100 conv=notrunc 2>/dev/null");
  world.refused({"package", "verify", "changed.fpk"}, Code::bad_signature, {"changed.fpk"});
  world.shell("cp upgrade-2.0.fpk bare.fpk");
  world.refused({"package", "verify", "bare.fpk"}, Code::unsigned_package, {"bare.fpk"});
}

// A clone that is rehearsed with a check that fails.
class Failed : public TinyWorld {
 public:
  Failed() : TinyWorld(Stage::composed) {
    done({"backup", "create", "production"});
    done({"backup", "verify"});
    done({"clone", "create", "test"});
    first_plan = done({"plan", "make", "test"});
    shell("sed -i 's/^TINY_MISBEHAVE=.*/TINY_MISBEHAVE=wrong-page-of-2/' clone/installed/data/tiny.env");
    const auto failed = ferry({"rehearsal", "start", "test", "--as", "engineer"});
    EXPECT_EQ(failed.status, 9) << failed.all();
  }
  std::string first_plan;
};

class Rehearsed : public testing::Test {
 protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "a fence needs root";
  }
  static Failed& world() {
    static Failed one;
    return one;
  }
};

TEST_F(Rehearsed, AnIssueGoesToTheVendorWithTheResultThatShowsIt) {
  world().done({"issue", "export", "--output", "issues.json"});
  const auto exported = parse_json(world().read("issues.json"), "issues.json");
  EXPECT_EQ(exported.at("format"), 1);
  EXPECT_EQ(exported.at("customer"), "Sample Company");
  ASSERT_EQ(exported.at("issues").size(), 1U) << exported.dump();
  const auto& issue = exported.at("issues").at(0);
  EXPECT_EQ(issue.at("check"), "page");
  EXPECT_TRUE(issue.at("open").get<bool>());
  EXPECT_EQ(issue.at("results").at(0).at("outcome"), "failed");
  EXPECT_NE(issue.at("results").at(0).at("steps").dump().find("/index.html"), std::string::npos) << issue.dump();
  // Without a file it is the result itself.
  EXPECT_EQ(world().ferry({"issue", "export", "--json"}).json().at("issues"), exported.at("issues"));
}

TEST_F(Rehearsed, ThePlanSaysHowLongAsFarAsItWasMeasured) {
  expect_words(world().first_plan, {"how long: not measured yet", "ferry rehearsal start CLONE",
                                    "backup before it, while users work: ", "restoring that backup to verify it: "});
  EXPECT_EQ(world().first_plan.find("backup before it, while users work: not measured"), std::string::npos);
  const auto digest = world().first_plan.substr(world().first_plan.rfind("plan ") + 5, 64);
  const auto shown = world().done({"plan", "show", "test"});
  expect_words(shown, {"how long, measured in 1 run: ", "of it downtime: ", "not in these sums: ", "check",
                       "way back: not measured yet", "step switch (downtime) ~"});
  const auto json = world().ferry({"plan", "show", "test", "--json"}).json();
  for (const auto& step : json.at("steps"))
    EXPECT_TRUE(step.at("id") != "switch" || step.contains("estimate_ms")) << step;
  EXPECT_GT(json.at("prediction").at("downtime").at("likely_ms").get<int>(), 0);
  EXPECT_EQ(json.at("digest").get<std::string>().size(), digest.size());
  EXPECT_EQ(english_in(world().done({"plan", "show", "test", "--language", "zh"})), "");
}

TEST_F(Rehearsed, TheFenceIsAskedAgainWheneverSomebodyWants) {
  const auto shown = world().done({"clone", "prove", "test"});
  expect_words(shown, {"proved", "✓"});
  EXPECT_EQ(shown.find("✗"), std::string::npos) << shown;
  const auto proof = world().ferry({"clone", "prove", "test", "--json"});
  EXPECT_EQ(proof.status, 0) << proof.all();
  EXPECT_EQ(proof.json().at("state"), "proved") << proof.all();
  world().refused({"clone", "prove", "production"}, Code::usage, {"kind: clone"});
}

TEST_F(Rehearsed, ProgressIsPlainWhereNobodySitsAtATerminal) {
  const auto surveyed = world().ferry({"survey", "run", "production"});
  expect_words(surveyed.err, {"  ✓ survey production: tiny 1.0, "});
  EXPECT_EQ(surveyed.err.find('\x1b'), std::string::npos) << surveyed.err;
  EXPECT_EQ(surveyed.err.find('\r'), std::string::npos);
  EXPECT_EQ(world().ferry({"survey", "run", "production", "--quiet"}).err, "");
  EXPECT_EQ(world().ferry({"survey", "run", "production", "--json"}).err, "");
}

TEST_F(Rehearsed, TheReportIsOnePageInEitherLanguage) {
  world().done({"report", "write", "--output", "report.html"});
  expect_words(world().read("report.html"), {"<html lang=\"en\">", "Issues", "The first page", "Gate"});
  world().done({"report", "write", "--output", "report.zh.html", "--language", "zh"});
  const auto chinese = world().read("report.zh.html");
  expect_words(chinese, {"<html lang=\"zh-CN\">", "问题", "首页", "放行条件"});
  for (const char* from_outside : {"src=", "href=\"http", "@import", "url("})
    EXPECT_EQ(chinese.find(from_outside), std::string::npos) << from_outside;
  world().refused({"report", "write", "--output", "nowhere/report.html"}, Code::not_found, {"nowhere"});
}

}  // namespace
}  // namespace ferry::test
