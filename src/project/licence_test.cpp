#include "project/licence.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "project/project_fixture.h"

namespace ferry {
namespace {

LicenceApplication application() {
  LicenceApplication out;
  out.environment = "production";
  out.kind = "production";
  out.product = "oa";
  out.title = {"Office automation", "协同办公"};
  out.version = "8.0";
  out.contract_name = "Sample Company Ltd.";
  out.machine_code = "M-1";
  out.terms = {500, {"workflow", "travel"}, parse_date("2027-12-31")};
  out.applied = parse_moment("2026-03-02T08:00:00Z");
  out.by = "pm";
  return out;
}

TEST(Licence, TheApplicationSaysAllThatTheVendorNeeds) {
  const auto text = application_text(testing_project::project(), application());
  for (const char* part : {"Sample Company Ltd.", "Office automation", "8.0", "M-1", "500", "workflow, travel",
                           "2027-12-31", "2026-03-02"})
    EXPECT_NE(text.en.find(part), std::string::npos) << part << "\n" << text.en;
  for (const char* part :
       {"Sample Company Ltd.", "协同办公", "正式环境", "M-1", "500", "workflow、travel", "2027-12-31"})
    EXPECT_NE(text.zh.find(part), std::string::npos) << part << "\n" << text.zh;
}

TEST(Licence, ItsWayIsAppliedReceivedInstalled) {
  auto one = application();
  EXPECT_EQ(one.state(), LicenceState::applied);
  one.received = one.applied;
  one.file = Digest::of("licence");
  EXPECT_EQ(one.state(), LicenceState::received);
  one.installed = one.applied;
  EXPECT_EQ(one.state(), LicenceState::installed);
  EXPECT_EQ(Json(Json(one).get<LicenceApplication>()), Json(one));
  auto test = application();
  test.environment = "test";
  const auto latest = latest_applications({application(), test, one});
  ASSERT_EQ(latest.size(), 2U);
  EXPECT_EQ(latest[0].state(), LicenceState::installed);
  EXPECT_EQ(latest[1].state(), LicenceState::applied);
}

TEST(Licence, EndsAndModulesAreReadAsLicencesWriteThem) {
  EXPECT_EQ(licence_end("2027-12-31"), parse_date("2027-12-31"));
  EXPECT_EQ(licence_end("2027-12-31 00:00:00"), parse_date("2027-12-31"));
  EXPECT_EQ(licence_end("9999-99-99"), std::nullopt);
  EXPECT_THROW(licence_end("soon"), Error);
  EXPECT_THROW(licence_end(""), Error);
  const std::vector<std::string> modules{"a", "b"};
  for (const char* text : {"a,b", "a; b", "[\"a\",\"b\"]", " a  b "}) EXPECT_EQ(licence_modules(text), modules) << text;
  EXPECT_TRUE(licence_modules("").empty());
}

TEST(Licence, WhatItLacksOfTheContractIsNamed) {
  const auto terms = application().terms;
  const std::vector<std::string> modules{"workflow", "travel", "more"};
  EXPECT_TRUE(licence_shortfalls(terms, 999999, modules, std::nullopt).empty());
  EXPECT_TRUE(licence_shortfalls(terms, std::nullopt, std::nullopt, std::nullopt).empty()) << "nobody can read it";
  const auto lacks = licence_shortfalls(terms, 499, std::vector<std::string>{"workflow"}, parse_date("2027-12-30"));
  ASSERT_EQ(lacks.size(), 3U);
  EXPECT_NE(lacks[0].en.find("499"), std::string::npos);
  EXPECT_NE(lacks[1].en.find("travel"), std::string::npos);
  EXPECT_EQ(lacks[1].en.find("workflow"), std::string::npos);
  EXPECT_NE(lacks[2].en.find("2027-12-30"), std::string::npos);
}

}  // namespace
}  // namespace ferry
