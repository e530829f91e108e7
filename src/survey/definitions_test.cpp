// What is kept of the customer's definitions (E7).
#include "survey/definitions.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "base/error.h"
#include "host/files.h"
#include "survey/survey.h"

namespace ferry {
namespace {

class Definitions : public ::testing::Test {
 protected:
  Definitions() {
    environment.name = "production";
    environment.root = folder / "oa";
    make_folders(environment.root + "/webapp");
    make_folders(environment.root + "/data");
    execute(
        "create table flow (id int, version int, name text, operator text, uses int, password text, note text);"
        "insert into flow values (2, 1, '出差', 'manager', 9, 'geheim', null), (1, 1, '请假', 'role:hr', 5, 'x', 'n')");
    profile.product = "oa";
    profile.version.text = "7.4";
    profile.paths.program = {RelativePath("webapp")};
    profile.paths.data = {RelativePath("data")};
    Database database;
    database.id = "main";
    database.kind = "sqlite";
    database.file = "data/oa.db";
    profile.databases = {database};
    Definition flow;
    flow.id = "flow";
    flow.table = "flow";
    flow.key = {"id", "version"};
    flow.name = {"name"};
    flow.ignored = {"uses"};
    flow.secret = {"note"};
    profile.definitions = {flow};
  }

  void execute(const std::string& sql) const {
    sqlite3* handle = nullptr;
    ASSERT_EQ(sqlite3_open((environment.root + "/data/oa.db").c_str(), &handle), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(handle);
  }
  DefinitionTable table() const {
    SurveyOptions options;
    options.runtimes = {};
    const auto result = survey(profile, environment, options);
    EXPECT_EQ(result.inventory.definitions, digest_of(Json(result.definitions)));
    return result.definitions.tables.at(0);
  }

  TempFolder folder{"ferry-definitions"};
  Environment environment;
  Profile profile;
};

TEST_F(Definitions, RowsAreKeptByKeyWithTheNamePeopleKnow) {
  const auto flow = table();
  ASSERT_EQ(flow.rows.size(), 2U);
  EXPECT_EQ(flow.rows[0].key, "1/1");
  EXPECT_EQ(flow.rows[0].name, "请假");
  EXPECT_EQ(flow.rows[0].cells.at("operator"), "role:hr");
  EXPECT_EQ(flow.rows[1].key, "2/1");
  EXPECT_TRUE(flow.problem.empty());
}

TEST_F(Definitions, SecretAndIgnoredColumnsAreNotKept) {
  const auto before = table();
  for (const auto& row : before.rows)
    for (const char* column : {"uses", "password", "note"}) EXPECT_FALSE(row.cells.contains(column)) << column;
  EXPECT_EQ(Json(before).dump().find("geheim"), std::string::npos);
  execute("update flow set uses = uses + 1");
  EXPECT_EQ(Json(table()), Json(before));
  execute("update flow set password = 'new' where id = 2");
  const auto after = table();
  EXPECT_EQ(after.rows[0].digest, before.rows[0].digest);
  EXPECT_NE(after.rows[1].digest, before.rows[1].digest);
}

TEST_F(Definitions, OfALongValueTheBeginningAndItsDigestAreKept) {
  execute("update flow set operator = replace(hex(zeroblob(2000)), '00', '字') where id = 1");
  const auto cell = table().rows[0].cells.at("operator");
  EXPECT_LT(cell.size(), 2100U);
  EXPECT_TRUE(is_utf8(cell));
  EXPECT_NE(cell.find("sha256"), std::string::npos);
}

TEST_F(Definitions, ATableThatCantBeReadIsAProblemAndAFindingNotAnEmptyTable) {
  for (const char* broken : {"table", "column", "secret"}) {
    auto& flow = profile.definitions[0] = Definition{};
    flow.id = "flow";
    flow.table = std::string(broken) == "table" ? "gone" : "flow";
    flow.key = {std::string(broken) == "column" ? "gone" : "id"};
    if (std::string(broken) == "secret") flow.secret = {"gone"};
    SurveyOptions options;
    options.runtimes = {};
    const auto result = survey(profile, environment, options);
    EXPECT_FALSE(result.definitions.tables.at(0).problem.en.empty()) << broken;
    EXPECT_FALSE(result.definitions.tables.at(0).problem.zh.empty()) << broken;
    bool told = false;
    for (const auto& finding : result.inventory.findings) told |= finding.rule == "not-readable";
    EXPECT_TRUE(told) << broken;
  }
}

TEST_F(Definitions, AreReadOnTheVersionsTheyAreFor) {
  profile.definitions[0].version = VersionRange(">=8");
  SurveyOptions options;
  options.runtimes = {};
  EXPECT_TRUE(survey(profile, environment, options).definitions.tables.empty());
}

TEST_F(Definitions, SurviveTheirFileForm) {
  DefinitionSnapshot snapshot;
  snapshot.tables = {table()};
  EXPECT_EQ(Json(Json(snapshot).get<DefinitionSnapshot>()), Json(snapshot));
  Json later = snapshot;
  later["format"] = 2;
  EXPECT_THROW(later.get<DefinitionSnapshot>(), Error);
}

}  // namespace
}  // namespace ferry
