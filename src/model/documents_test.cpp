// The JSON forms of inventory, package, recipe, plan and evidence.
#include <gtest/gtest.h>

#include "base/error.h"
#include "model/evidence.h"
#include "model/plan.h"
#include "model/plan_text.h"

namespace ferry {
namespace {

const std::string gbk = "\xC7\xEB\xBC\xD9.jsp";

Decision decision(const std::string& path) {
  Decision out;
  out.path = RelativePath(path);
  out.base = Digest::of("base");
  out.mine = Digest::of("mine");
  out.theirs = Digest::of("theirs");
  out.choice = Choice::merge;
  out.merged = Digest::of("merged");
  out.reason = "ours is needed";
  out.person = "pm";
  out.at = "2026-01-31T08:00:00.000Z";
  return out;
}

Recipe recipe() {
  Recipe out;
  out.product = "oa";
  out.from = Version("7.4");
  out.to = Version("8.0");
  out.packages = {{"upgrade-8.0", Digest::of("u")}, {"patch", Digest::of("p")}};
  out.decisions = {decision("a"), decision("b/" + gbk)};
  out.settings = {{"portal", "new"}};
  out.profile = Digest::of("profile");
  return out;
}

Plan plan() {
  Plan out;
  out.environment = "production";
  out.root = "/opt/oa";
  out.recipe = recipe();
  out.recipe_digest = out.recipe.digest();
  out.inventory_program = Digest::of("program");
  Entry entry;
  entry.mode = 0644;
  entry.size = 5'000'000'000;
  entry.mtime_ns = 1'700'000'000'123'456'789;
  entry.digest = Digest::of("content");
  Entry link;
  link.type = EntryType::link;
  link.link = "../" + gbk;
  out.changes = {{RelativePath("a"), std::nullopt, entry, "package:upgrade-8.0", {"new", "新增"}},
                 {RelativePath("b"), entry, link, "package:patch", {}},
                 {RelativePath(gbk), entry, std::nullopt, "profile", {}}};
  out.dropped = {RelativePath("work")};
  out.untouched = {RelativePath(gbk)};
  out.scripts = {{"upgrade-8.0", "main", "010.sql", Digest::of("s"), 3}};
  out.steps = {{"switch", {"switch files", "切换文件"}, {"switch back", "切换回去"}, {"open", "开放"}, true, 1500}};
  out.bytes_to_stage = 7;
  out.made = "2026-01-31T08:00:00.000Z";
  return out;
}

Evidence evidence() {
  Evidence out;
  out.id = "e1";
  out.check = "login";
  out.covers = {"B8.1"};
  out.environment = "test";
  out.run = "run-1";
  out.recipe = Digest::of("r");
  out.profile = Digest::of("p");
  out.program = Digest::of("s");
  out.version = Version("8.0");
  out.outcome = Outcome::failed;
  out.person = "tester";
  out.started = "2026-01-31T08:00:00.000Z";
  out.ms = 12;
  out.summary = {"login fails", "登录失败"};
  out.steps = {{"GET /", "200", "500", false, 3}};
  out.values = {{"count", "5"}};
  return out;
}

Inventory inventory() {
  Inventory out;
  out.environment = "production";
  out.root = "/opt/oa";
  out.product = "oa";
  out.version = Version("7.4");
  out.packages = {"seal"};
  out.modules = {{"forms", {"Forms", "表单"}, true, 5, "1.0", true}, {"empty", {}, false, std::nullopt, "", false}};
  out.host.cores = 2;
  out.host.runtimes = {{"java", "17.0.1"}};
  out.databases = {{"main",
                    "SQLite",
                    "3.40",
                    4096,
                    "UTF-8",
                    {{"users", 3}},
                    Digest::of("schema"),
                    {"table x_own"},
                    {{"page_size", "4096"}}}};
  out.services = {{"web", true, {12, 13}, "2026-01-31T08:00:00.000Z", "oa", "java", "8080", "b1"}};
  out.program = Digest::of("program");
  out.files = 12;
  out.compared = true;
  out.modified = {RelativePath(gbk)};
  out.findings = {
      {"modified-file:a", "modified-file", Severity::high, true, {"changed", "已改"}, {}, {}, "pm", {"A2"}}};
  return out;
}

template <class T>
void expect_same_after_a_trip(const T& value) {
  const Json json = value;
  const auto text = canonical(json);  // would abort on a float and throw on bytes that are no UTF-8
  EXPECT_EQ(canonical(Json(parse_json(text, "x").get<T>())), text);
}

template <class T>
Code refusal(const Json& json) {
  try {
    json.get<T>();
  } catch (const Error& e) {
    return e.code();
  }
  return Code::internal;
}

TEST(Documents, SurviveATripThroughJson) {
  expect_same_after_a_trip(recipe());
  expect_same_after_a_trip(plan());
  expect_same_after_a_trip(evidence());
  expect_same_after_a_trip(inventory());
  PackageMeta meta;
  meta.id = "upgrade-8.0";
  meta.kind = PackageKind::upgrade;
  meta.from = VersionRange(">=7.4 <8");
  meta.to = Version("8.0");
  meta.requires_ids = {"base"};
  meta.removes = {RelativePath(gbk)};
  meta.notes = {{"do this", "请做这个"}};
  expect_same_after_a_trip(meta);
  EXPECT_EQ(Json(meta).at("requires"), Json::array({"base"}));
  EXPECT_EQ(Json(meta).at("removes").at(0), "\\307\\353\\274\\331.jsp");
  expect_same_after_a_trip(PackageScript{"sqlite", "010.sql", Digest::of("x"), 7});
  expect_same_after_a_trip(PackageOrigin{PackageOrigin::Kind::signed_by_key, "0011223344556677", "c", "", ""});
}

TEST(Documents, KeepEveryMember) {
  const auto trip = Json(plan()).get<Plan>();
  EXPECT_EQ(trip.changes.at(0).after, plan().changes.at(0).after);
  EXPECT_EQ(trip.changes.at(1).after->link, "../" + gbk);
  EXPECT_FALSE(trip.changes.at(0).before.has_value());
  EXPECT_EQ(trip.changes.at(2).path.bytes(), gbk);
  EXPECT_EQ(trip.steps.at(0).estimate_ms, 1500);
  EXPECT_EQ(trip.recipe.decisions.at(1).reason, "ours is needed");
  EXPECT_EQ(trip.added(), 1U);
  EXPECT_EQ(trip.replaced(), 1U);
  EXPECT_EQ(trip.removed(), 1U);
  const auto survey = Json(inventory()).get<Inventory>();
  EXPECT_EQ(survey.modules.at(0).uses, 5);
  EXPECT_FALSE(survey.modules.at(1).uses.has_value());
  EXPECT_EQ(survey.findings.at(0).severity, Severity::high);
}

TEST(Documents, MissingMembersGetTheirDefaults) {
  const auto read = Json::parse(R"({"check": "login"})").get<Evidence>();
  EXPECT_EQ(read.check, "login");
  EXPECT_EQ(read.outcome, Outcome::not_run);
  EXPECT_EQ(read.format, 1);
}

TEST(Documents, AnUnknownFormatIsRefusedAsSuch) {
  for (const Json& json : {Json{{"format", 2}}, Json{{"format", "1"}}, Json{{"format", 0}}}) {
    EXPECT_EQ(refusal<Evidence>(json), Code::unsupported_format);
    EXPECT_EQ(refusal<Inventory>(json), Code::unsupported_format);
    EXPECT_EQ(refusal<PackageMeta>(json), Code::unsupported_format);
    EXPECT_EQ(refusal<Recipe>(json), Code::unsupported_format);
    EXPECT_EQ(refusal<Plan>(json), Code::unsupported_format);
  }
}

TEST(Documents, WrongTypesAreRefusedAndNeverConverted) {
  for (const char* bad : {R"([])", R"("x")", R"({"ms": 1.5})", R"({"ms": true})", R"({"ms": "1"})", R"({"check": 1})",
                          R"({"outcome": "green"})", R"({"recipe": "12"})", R"({"steps": [{"passed": 1}]})",
                          R"({"steps": {}})", R"({"values": []})", R"({"summary": 7})", R"({"summary": {"en": 7}})"})
    EXPECT_EQ(refusal<Evidence>(Json::parse(bad)), Code::invalid_document) << bad;
  for (const char* bad : {R"({"files": -1})", R"({"host": {"cores": 99999999999}})", R"({"modified": ["../x"]})"})
    EXPECT_NE(refusal<Inventory>(Json::parse(bad)), Code::internal) << bad;
}

TEST(Documents, BytesThatAreNoUtf8DoNotBreakThem) {
  auto bad = evidence();
  bad.steps[0].observed = "<title>" + gbk;
  bad.summary.zh = gbk;
  bad.values["x"] = gbk;
  const auto text = canonical(Json(bad));
  EXPECT_NE(text.find("<title>\\\\307"), std::string::npos) << text;
}

TEST(Decision, IsRememberedByTheThreeContentsOnly) {
  auto other = decision("elsewhere");
  other.choice = Choice::keep;
  other.person = "somebody else";
  EXPECT_EQ(other.key(), decision("a").key());
  std::swap(other.mine, other.theirs);
  EXPECT_NE(other.key(), decision("a").key());
}

TEST(Recipe, DigestDependsOnWhatHappensAndNotOnWhoDecided) {
  const auto digest = recipe().digest();
  auto same = recipe();
  same.decisions[0].person = "other";
  same.decisions[0].reason = "other";
  same.decisions[0].at = "";
  std::swap(same.decisions[0], same.decisions[1]);
  EXPECT_EQ(same.digest(), digest);
  const auto changed = [](auto change) {
    auto out = recipe();
    change(out);
    return out.digest();
  };
  EXPECT_NE(changed([](Recipe& r) { r.decisions[0].choice = Choice::keep; }), digest);
  EXPECT_NE(changed([](Recipe& r) { r.decisions[0].merged = Digest::of("x"); }), digest);
  EXPECT_NE(changed([](Recipe& r) { std::swap(r.packages[0], r.packages[1]); }), digest);
  EXPECT_NE(changed([](Recipe& r) { r.settings["portal"] = "old"; }), digest);
  EXPECT_NE(changed([](Recipe& r) { r.profile = Digest::of("x"); }), digest);
  EXPECT_NE(changed([](Recipe& r) { r.to = Version("8.1"); }), digest);
}

Plan plan_of_two_jumps() {
  Plan out = plan();
  PlannedHop hop{Version("7.4"), Version("7.9"), out.changes, out.untouched, out.scripts, 5};
  out.hops = {hop, hop};
  out.hops[1].from = Version("7.9");
  out.hops[1].changes.pop_back();
  out.runtimes = {{"jdk", ">=17", "service web", "17.0.9", "/opt/jdk/bin/java"}};
  return out;
}

TEST(PlanText, IsTheCanonicalFormAndReadsBackTheSame) {
  for (const auto& plan : {plan(), plan_of_two_jumps(), Plan{}}) {
    const auto text = plan_text(plan);
    EXPECT_EQ(text, canonical(Json(plan)));
    EXPECT_EQ(Json(parse_plan(text, "plan")), Json(plan));
    EXPECT_EQ(Json(parse_plan(plan_text(plan, true), "plan")), Json(plan));
    Json hashed = plan;
    hashed.erase("made");
    for (auto& step : hashed["steps"]) step.erase("estimate_ms");
    EXPECT_EQ(plan.digest(), digest_of(hashed));
  }
}

// Keys in another order, more white space, keys that nobody knows: as other writers have it.
TEST(PlanText, ReadsWhatIsNotCanonicalToo) {
  const auto plan = plan_of_two_jumps();
  auto json = nlohmann::ordered_json::object();
  const Json sorted = plan;
  for (auto item = sorted.rbegin(); item != sorted.rend(); ++item) json[item.key()] = item.value();
  json["later"] = {{"changes", {{{"path", "not a change of the plan"}}}}};
  EXPECT_EQ(Json(parse_plan(json.dump(2), "plan")), Json(plan));
}

TEST(PlanText, AHeadHasEverythingButTheChanges) {
  const auto plan = plan_of_two_jumps();
  std::vector<int> hops;
  const auto head = parse_plan_head(plan_text(plan), "plan", [&](std::optional<std::size_t> hop, const Json& change) {
    EXPECT_TRUE(change.contains("path"));
    hops.push_back(hop ? static_cast<int>(*hop) : -1);
  });
  EXPECT_EQ(hops, (std::vector<int>{-1, -1, -1, 0, 0, 0, 1, 1}));
  Json expected = plan;
  expected["changes"] = Json::array();
  for (auto& hop : expected["hops"]) hop["changes"] = Json::array();
  EXPECT_EQ(head, expected);
}

TEST(PlanText, DamageIsNamedWithItsPlace) {
  const auto text = plan_text(plan());
  for (const auto& wrong : {text.substr(0, text.size() / 2), std::string("[]"), std::string(), std::string(5000, '['),
                            "{\"format\":1,\"changes\":[" + std::string(300, '[') + "]}",
                            std::string("{\"format\":1,\"changes\":[{\"path\":\"../out\"}]}")}) {
    try {
      parse_plan(wrong, "run/plan.json");
      FAIL() << wrong.substr(0, 80);
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find("run/plan.json"), std::string::npos) << error.what();
    }
  }
}

TEST(Plan, DigestLeavesOutEstimatesAndTheTimeOfMaking) {
  const auto digest = plan().digest();
  auto same = plan();
  same.made = "later";
  same.steps[0].estimate_ms = 99;
  EXPECT_EQ(same.digest(), digest);
  same.steps[0].estimate_ms.reset();
  EXPECT_EQ(same.digest(), digest);
  EXPECT_EQ(Json(plan()).get<Plan>().digest(), digest);
  auto other = plan();
  other.changes[0].after->mode = 0600;
  EXPECT_NE(other.digest(), digest);
  other = plan();
  other.steps[0].downtime = false;
  EXPECT_NE(other.digest(), digest);
}

// Approvals and decisions are stored under these digests: whoever changes the forms makes all of them void, and must
// raise `format` for it.
TEST(Documents, DigestsStayTheSameFromVersionToVersion) {
  EXPECT_EQ(decision("a").key().hex(), "d715e7ccf2f7493c02065beda50d4c0fc2adf3d3cfd73c017c6769bcad3af8d8");
  EXPECT_EQ(recipe().digest().hex(), "cd15892d3627bc70aa925e634a4eebc4ef4c255abab199ed37f96d63d25909f9");
  EXPECT_EQ(plan().digest().hex(), "58a5d7f0a78131ab79125e174e3d7d2d69aee66df46652e51554ccf0e7ca9be4");
}

TEST(Evidence, IsStaleForAnyOtherRecipeProfileOrProgram) {
  const auto e = evidence();
  const auto x = Digest::of("x");
  EXPECT_EQ(freshness(e, e.recipe, e.profile, e.program), Freshness::fresh);
  EXPECT_EQ(freshness(e, x, x, x), Freshness::stale_recipe);
  EXPECT_EQ(freshness(e, e.recipe, x, x), Freshness::stale_profile);
  EXPECT_EQ(freshness(e, e.recipe, e.profile, x), Freshness::stale_program);
}

}  // namespace
}  // namespace ferry
