#include "base/mask_secrets.h"

#include <gtest/gtest.h>

namespace ferry {
namespace {

std::string masked(const std::string& text, bool code = false) {
  return mask_secrets(text, code).text;
}

TEST(MaskSecrets, ValuesOfSettingsAreHiddenAndNothingElse) {
  EXPECT_EQ(masked("db.url=jdbc:mysql://host/oa\ndb.password=p1\nport = 80\n"),
            "db.url=jdbc:mysql://host/oa\ndb.password=***\nport = 80\n");
  EXPECT_EQ(masked("smtp_password: geheim\r\nuser: oa\r\n"), "smtp_password: ***\r\nuser: oa\r\n");
  EXPECT_EQ(masked(R"({"user": "oa", "apiToken": "t 1", "n": 1})"), R"({"user": "oa", "apiToken": "***", "n": 1})");
  EXPECT_EQ(masked("<password>p1</password><name>oa</name>"), "<password>***</password><name>oa</name>");
  EXPECT_EQ(masked(R"(<property name="password" value="p1"/><property name="url" value="x"/>)"),
            R"(<property name="password" value="***"/><property name="url" value="x"/>)");
}

TEST(MaskSecrets, TemplatesEmptyValuesAndComparisonsStay) {
  for (const char* text : {"password=\n", "password=${DB_PASSWORD}\n", "if (password == other) {\n", "password"})
    EXPECT_EQ(masked(text), text);
}

TEST(MaskSecrets, InSourceCodeOnlyLiteralsAreHidden) {
  EXPECT_EQ(masked("String password = request.getParameter(\"password\");\n", true),
            "String password = request.getParameter(\"password\");\n");
  EXPECT_EQ(masked("String password = \"p1\"; String user = 'oa';\n", true),
            "String password = \"***\"; String user = 'oa';\n");
}

TEST(MaskSecrets, LongLinesAndBytesOfOtherCharsetsPassThrough) {
  const std::string gbk = "\xc3\xdc\xc2\xeb=1\npassword=\xc3\xdc\n";
  EXPECT_EQ(mask_secrets(gbk, false).masked, 1U);
  EXPECT_EQ(masked(gbk), "\xc3\xdc\xc2\xeb=1\npassword=***\n");
  const std::string line(5'000'000, 'x');
  EXPECT_EQ(masked(line), line);
  EXPECT_EQ(masked(""), "");
}

}  // namespace
}  // namespace ferry
