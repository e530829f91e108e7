#include "model/test_sheet.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace ferry {
namespace {

TestSheet sheet() {
  TestSheet out;
  out.project = "p";
  out.product = "oa";
  out.title = {"OA", "办公"};
  out.from = Version("7.4");
  out.to = Version("8.0");
  out.environment = "test";
  out.root = "/opt/test/oa";
  SheetNeed need;
  need.id = "runtime:java";
  need.kind = SheetKind::runtime;
  need.title = {"Java", "Java"};
  need.need = {"</script> is only a text", "仅为文字"};
  need.names = {"java", "-version"};
  need.demands = {{"8.0", VersionRange(">=17")}};
  need.required = false;
  out.needs = {need};
  out.room = {{{"the copy", "副本"}, 42}};
  out.notes = {{"note", "说明"}};
  return out;
}

TEST(TestSheet, IsReadAsItWasWritten) {
  const Json json = sheet();
  EXPECT_EQ(Json(parse_test_sheet(json.dump(), "sheet.json")), json);
}

TEST(TestSheet, IsFoundInThePageThatCarriesIt) {
  auto json = Json(sheet()).dump();
  json.replace(json.find("</script>"), 2, "<\\/");
  const auto page = "<html>" + std::string(sheet_opening) + json + "</script></html>";
  EXPECT_EQ(Json(parse_test_sheet(page, "sheet.html")), Json(sheet()));
}

TEST(TestSheet, WhatIsNoSheetIsRefused) {
  for (const char* text : {"", "  \n", "<html></html>", "[]", "{}", "{\"format\": 1}", "{\"needs\": []}", "{"}) {
    try {
      parse_test_sheet(text, "x.html");
      ADD_FAILURE() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::invalid_document) << text;
    }
  }
  Json later = sheet();
  later["format"] = 2;
  try {
    parse_test_sheet(later.dump(), "x.json");
    ADD_FAILURE() << "another format";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::unsupported_format);
  }
}

TEST(TestSheet, AStarStandsForAnything) {
  EXPECT_TRUE(matches_wildcard("Debian GNU/Linux 12*", "Debian GNU/Linux 12 (bookworm)"));
  EXPECT_TRUE(matches_wildcard("*Linux*7*", "CentOS Linux 7 (Core)"));
  EXPECT_TRUE(matches_wildcard("Kylin", "Kylin"));
  EXPECT_TRUE(matches_wildcard("*", ""));
  EXPECT_FALSE(matches_wildcard("CentOS Linux 7*", "CentOS Linux 8"));
  EXPECT_FALSE(matches_wildcard("Kylin", "Kylin V10"));
  EXPECT_FALSE(matches_wildcard("", "x"));
}

}  // namespace
}  // namespace ferry
