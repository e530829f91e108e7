// What is told about production now beside production when the clone was made.
#include "project/difference.h"

#include <gtest/gtest.h>

#include "project/gate_fixture.h"

namespace ferry {
namespace {

using testing_gate::login;
using testing_gate::now;
using testing_gate::other;
using testing_gate::recipe;

Manifest files(std::vector<std::pair<std::string, std::string>> list) {
  std::vector<Manifest::Item> items;
  for (const auto& [path, content] : list) {
    Entry entry;
    entry.mode = 0644;
    entry.size = content.size();
    entry.digest = Digest::of(content);
    items.emplace_back(RelativePath(path), entry);
  }
  return Manifest(std::move(items));
}

SystemState state() {
  SystemState out;
  auto& inventory = out.inventory;
  inventory.version = Version("7.4");
  inventory.packages = {"base-7.4"};
  inventory.host.os = "Debian 12";
  inventory.host.runtimes = {{"java", "openjdk 17.0.9"}};
  DatabaseFacts database;
  database.id = "main";
  database.product = "SQLite";
  database.version = "3.40";
  database.encoding = "UTF-8";
  database.settings = {{"journal_mode", "wal"}};
  database.rows = {{"wf_request", 2000}};
  database.schema = Digest::of("schema");
  inventory.databases = {database};
  ServiceFacts service;
  service.id = "web";
  service.running = true;
  service.account = "oa";
  service.port = "8080";
  inventory.services = {service};
  out.program = files({{"webapp/login.jsp", "login"}, {"webapp/portal.jsp", "portal"}});
  out.amounts = {{"rows:main.wf_request", {Amount::Unit::rows, 2000}},
                 {"data:data/filesystem", {Amount::Unit::bytes, 1'000'000'000}}};
  return out;
}

Profile profile() {
  Profile out;
  Definition node;
  node.id = "node";
  node.title = {"Workflow node", "流程节点"};
  node.labels = {{"operator", {"operator", "操作者"}}};
  node.checks = {"request", "layout"};
  out.definitions = {node};
  return out;
}

DefinitionRow row(const std::string& key, const std::string& name, const std::string& who,
                  const std::string& password = "x") {
  return {key, name, Digest::of(name + who + password), {{"name", name}, {"operator", who}}};
}

DefinitionSnapshot nodes(std::vector<DefinitionRow> rows) {
  DefinitionSnapshot out;
  out.tables = {{"node", std::move(rows), {}}};
  return out;
}

std::vector<std::string> keys(const std::vector<Difference>& differences) {
  std::vector<std::string> out;
  for (const auto& one : differences) out.push_back(one.key);
  return out;
}

std::vector<Difference> compared(const SystemState& then, const SystemState& after,
                                 std::vector<RelativePath> planned = {}) {
  static const Profile none;
  return compare_with_clone({none, then, after, std::move(planned), true});
}

using Keys = std::vector<std::string>;

TEST(Difference, NothingIsToldOfASystemThatIsTheSame) {
  EXPECT_EQ(keys(compared(state(), state())), Keys{});
}

struct Change {
  const char* key;
  Demand demand;
  std::function<void(SystemState&)> change;
};

TEST(Difference, EachKindHasAStableKeyAndSaysWhatItAsksFor) {
  const std::vector<Change> changes{
      {"version", Demand::fresh_clone, [](SystemState& s) { s.inventory.version = Version("7.5"); }},
      {"build", Demand::fresh_clone, [](SystemState& s) { s.inventory.build = "2"; }},
      {"package:patch-9", Demand::fresh_clone, [](SystemState& s) { s.inventory.packages.emplace_back("patch-9"); }},
      {"script:1.sql", Demand::fresh_clone, [](SystemState& s) { s.inventory.scripts.emplace_back("1.sql"); }},
      {"runtime:java", Demand::waiver, [](SystemState& s) { s.inventory.host.runtimes["java"] = "openjdk 21"; }},
      {"runtime:node", Demand::waiver, [](SystemState& s) { s.inventory.host.runtimes["node"] = "20"; }},
      {"host:os", Demand::waiver, [](SystemState& s) { s.inventory.host.os = "Debian 13"; }},
      {"host:memory", Demand::nothing, [](SystemState& s) { s.inventory.host.memory_bytes = 1; }},
      {"database:main:version", Demand::waiver, [](SystemState& s) { s.inventory.databases[0].version = "3.46"; }},
      {"database:main:encoding", Demand::fresh_clone,
       [](SystemState& s) { s.inventory.databases[0].encoding = "UTF-16le"; }},
      {"database:main:setting:journal_mode", Demand::waiver,
       [](SystemState& s) { s.inventory.databases[0].settings["journal_mode"] = "delete"; }},
      {"schema:main", Demand::waiver, [](SystemState& s) { s.inventory.databases[0].schema = Digest::of("another"); }},
      {"schema:main:table x_own", Demand::waiver,
       [](SystemState& s) {
         s.inventory.databases[0].schema = Digest::of("another");
         s.inventory.databases[0].rows["x_own"] = 1;
       }},
      {"schema:main:view v_own", Demand::waiver,
       [](SystemState& s) {
         s.inventory.databases[0].schema = Digest::of("another");
         s.inventory.databases[0].custom_objects = {"view v_own"};
       }},
      {"database:main", Demand::waiver, [](SystemState& s) { s.inventory.databases.clear(); }},
      {"service:web:account", Demand::waiver, [](SystemState& s) { s.inventory.services[0].account = "root"; }},
      {"service:search", Demand::waiver,
       [](SystemState& s) {
         s.inventory.services.emplace_back();
         s.inventory.services.back().id = "search";
       }},
      {"file:webapp/own.jsp", Demand::waiver,
       [](SystemState& s) {
         s.program = files({{"webapp/login.jsp", "login"}, {"webapp/portal.jsp", "portal"}, {"webapp/own.jsp", ""}});
       }},
      {"file:webapp/portal.jsp", Demand::fresh_clone,
       [](SystemState& s) {
         s.program = files({{"webapp/login.jsp", "login"}, {"webapp/portal.jsp", "changed"}});
       }},
      {"rows:main.wf_request", Demand::waiver, [](SystemState& s) { s.amounts["rows:main.wf_request"].number = 3001; }},
      {"data:data/filesystem", Demand::waiver,
       [](SystemState& s) { s.amounts["data:data/filesystem"].number = 1'500'000'001; }},
  };
  for (const auto& one : changes) {
    auto after = state();
    one.change(after);
    const auto found = compared(state(), after, {RelativePath("webapp/portal.jsp")});
    ASSERT_EQ(keys(found), Keys{one.key});
    EXPECT_EQ(found[0].demand, one.demand) << one.key;
    EXPECT_EQ(found[0].open(), one.demand != Demand::nothing) << one.key;
    EXPECT_EQ(found[0].remedy.empty(), one.demand == Demand::nothing) << one.key;
    for (const auto* text : {&found[0].title, &found[0].detail})
      EXPECT_FALSE(text->en.empty() || text->zh.empty()) << one.key;
    EXPECT_NO_THROW(canonical(Json(found[0])));
  }
}

TEST(Difference, DataMayGrowWithinBounds) {
  auto after = state();
  after.amounts["rows:main.wf_request"].number = 2999;           // not by the factor
  after.amounts["rows:main.small"] = {Amount::Unit::rows, 900};  // not by the least number
  EXPECT_EQ(keys(compared(state(), after)), Keys{});
}

TEST(Difference, AWaiverForGrownDataHoldsUntilTheyHaveGrownByTheFactorOnceMore) {
  const auto grown = [](std::uint64_t rows) {
    auto after = state();
    after.amounts["rows:main.wf_request"].number = rows;
    return compared(state(), after).at(0).state;
  };
  EXPECT_EQ(grown(3100), grown(4400));
  EXPECT_NE(grown(3100), grown(4600));
}

TEST(Difference, ASurveyOfAServiceThatIsDownSaysNothingAboutIt) {
  auto after = state();
  after.inventory.services[0] = ServiceFacts{};
  after.inventory.services[0].id = "web";
  EXPECT_EQ(keys(compared(state(), after)), Keys{});
}

TEST(Difference, AChangedFileIsToldWithWhatAndWhen) {
  const auto before = files({{"a", "1"}, {"b", "2"}, {"c", "3"}, {"d", "4"}});
  auto items = files({{"b", "22"}, {"c", "3"}, {"d", "4"}, {"e", "5"}}).items();
  items[1].second.mode = 0755;
  items[2].second.uid = 33;
  items[3].second.mtime_ns = 1'700'000'000'000'000'000;
  const auto found = file_differences(before, Manifest(items));
  ASSERT_EQ(found.size(), 5U);
  const auto text = [&](std::size_t i) { return found[i].describe().en; };
  EXPECT_EQ(found[0].how, FileDifference::How::missing);
  EXPECT_NE(text(1).find("1 → 2 bytes"), std::string::npos) << text(1);
  EXPECT_NE(text(2).find("644 → 755"), std::string::npos) << text(2);
  EXPECT_NE(text(3).find("0:0 → 33:0"), std::string::npos) << text(3);
  EXPECT_NE(text(4).find("2023-11-14T22:13:20"), std::string::npos) << text(4);
  for (const auto& file : found) EXPECT_FALSE(file.describe().zh.empty());
  EXPECT_TRUE(file_differences(before, before).empty());
}

TEST(Difference, DefinitionsAreToldRowByRowInTheWordsOfThePeopleWhoEditThem) {
  const auto then = nodes({row("1", "请假申请 / 上级", "manager"), row("2", "请假申请 / 人事", "role:hr")});
  const auto after = nodes({row("1", "请假申请 / 上级", "person:12"), row("3", "出差 / 财务", "role:finance")});
  const auto found = compare_definitions(profile(), Version("7.4"), then, after);
  ASSERT_EQ(keys(found), (Keys{"definition:node:1", "definition:node:2", "definition:node:3"}));
  EXPECT_EQ(found[0].title.zh, "流程节点 请假申请 / 上级");
  EXPECT_NE(found[0].detail.zh.find("操作者 由 “manager” 改为 “person:12”"), std::string::npos) << found[0].detail.zh;
  EXPECT_NE(found[0].detail.en.find("operator changed from 'manager' to 'person:12'"), std::string::npos);
  EXPECT_NE(found[0].detail.en.find("request, layout"), std::string::npos);
  EXPECT_EQ(found[0].checks, (Keys{"request", "layout"}));
  EXPECT_NE(found[1].detail.zh.find("已删除"), std::string::npos);
  EXPECT_NE(found[2].detail.zh.find("新增"), std::string::npos);
}

TEST(Difference, AChangeOfASecretColumnIsToldWithoutItsValue) {
  const auto found = compare_definitions(profile(), Version("7.4"), nodes({row("1", "a", "b", "old")}),
                                         nodes({row("1", "a", "b", "new")}));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_NE(found[0].detail.en.find("not shown"), std::string::npos);
}

TEST(Difference, ADefinitionThatCouldNotBeReadIsNotUnchanged) {
  auto unread = nodes({});
  unread.tables[0].problem = {"no such table", "没有该表"};
  for (const auto& after : {unread, DefinitionSnapshot{}}) {
    const auto found = compare_definitions(profile(), Version("7.4"), nodes({row("1", "a", "b")}), after);
    ASSERT_EQ(keys(found), Keys{"definition:node"});
    EXPECT_TRUE(found[0].open());
  }
}

TEST(Difference, DefinitionsOfOtherVersionsAreNotCompared) {
  auto only_old = profile();
  only_old.definitions[0].version = VersionRange("<8");
  EXPECT_TRUE(compare_definitions(only_old, Version("8.0"), nodes({row("1", "a", "b")}), {}).empty());
}

class DifferenceWaiver : public ::testing::Test {
 protected:
  DifferenceWaiver() {
    waiver.condition = waiver_subject("runtime:java");
    waiver.difference = Digest::of("runtime:java");
    differences = {testing_gate::difference("runtime:java"), testing_gate::difference("host:os")};
  }
  void apply(const Digest& with = recipe) {
    apply_waivers(differences, testing_project::project(), {waiver}, with, now);
  }
  Waiver waiver = testing_gate::waiver("");
  std::vector<Difference> differences;
};

TEST_F(DifferenceWaiver, AcceptsOneAndNoOther) {
  apply();
  EXPECT_FALSE(differences[0].open());
  EXPECT_EQ(differences[0].waiver, "waiver-1");
  EXPECT_NE(differences[0].waived.en.find("agreed with the customer"), std::string::npos);
  EXPECT_TRUE(differences[1].open());
}

TEST_F(DifferenceWaiver, DoesNotCountOnceTheDifferenceIsAnother) {
  waiver.difference = other;
  apply();
  EXPECT_TRUE(differences[0].open());
  EXPECT_NE(differences[0].waived.en.find("changed since it was accepted"), std::string::npos);
}

TEST_F(DifferenceWaiver, DoesNotCountForAnotherRecipeOrWithoutASecondPerson) {
  apply(other);
  EXPECT_TRUE(differences[0].open());
  waiver.confirmed_by.reset();
  apply();
  EXPECT_TRUE(differences[0].open());
  EXPECT_NE(differences[0].waived.en.find("second person"), std::string::npos);
}

TEST_F(DifferenceWaiver, DoesNotHelpWhereAFreshCloneIsNeeded) {
  differences[0].demand = Demand::fresh_clone;
  apply();
  EXPECT_TRUE(differences[0].open());
}

TEST(Waiver, ASecondPersonConfirmsItFromHisOwnAccount) {
  const auto project = testing_project::project();
  auto asked = testing_gate::waiver("fence");
  asked.requested_by = {"pm", "pm", Actor::Proof::asserted};
  asked.confirmed_by.reset();
  const Actor boss{"boss", "boss", Actor::Proof::asserted};
  const auto confirmed = confirm_waiver(project, asked, boss, recipe, now);
  EXPECT_TRUE(waiver_problem(project, confirmed, recipe, now).empty());
  EXPECT_TRUE(rests_on_accounts(confirmed));
  // The same account, or somebody who may not.
  using testing_project::code_of;
  EXPECT_EQ(code_of([&] { confirm_waiver(project, asked, {"boss", "pm"}, recipe, now); }), Code::not_allowed);
  EXPECT_EQ(code_of([&] { confirm_waiver(project, asked, {"eng", "eng"}, recipe, now); }), Code::not_allowed);
  // Of the two records the later one counts.
  const auto all = latest({asked, testing_gate::waiver("other"), confirmed});
  EXPECT_EQ(all.size(), 1U);  // the fixture's ids are the same
  EXPECT_TRUE(all[0].confirmed_by);
}

}  // namespace
}  // namespace ferry
