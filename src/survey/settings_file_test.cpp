#include "survey/settings_file.h"

#include <gtest/gtest.h>

namespace ferry {
namespace {

std::string joined(const std::vector<Setting>& settings) {
  std::string out;
  for (const auto& one : settings) out += std::to_string(one.line) + " " + one.key + "=" + one.value + "\n";
  return out;
}

TEST(SettingsFile, EnvironmentFilesGiveKeyAndValueWithTheirLine) {
  EXPECT_EQ(joined(read_settings("# comment\nPORT=3000\nexport HOST='127.0.0.1'\n\nNAME=\"a b\"\n", SettingsForm::env)),
            "2 PORT=3000\n3 HOST=127.0.0.1\n5 NAME=a b\n");
}

TEST(SettingsFile, PropertiesTakeColonAndEqualsSign) {
  EXPECT_EQ(joined(read_settings("base.url = http://oa:8080/\n!x=1\nmail.host: mail.example.com\n",
                                 SettingsForm::properties)),
            "1 base.url=http://oa:8080/\n3 mail.host=mail.example.com\n");
}

TEST(SettingsFile, OtherFormatsAreReadLineByLine) {
  EXPECT_EQ(joined(read_settings("{\n  \"url\": \"https://partner.example.com/hook\", \"port\": 8080,\n",
                                 SettingsForm::text)),
            "2 url=https://partner.example.com/hook\n2 port=8080\n");
  EXPECT_EQ(joined(read_settings("server:\n  port: 8080\n  url: http://x.example.com\n", SettingsForm::text)),
            "2 port=8080\n3 url=http://x.example.com\n");
  EXPECT_EQ(joined(read_settings("<Connector port=\"8080\" protocol=\"HTTP/1.1\"/>\n<host>mail.example.com</host>\n",
                                 SettingsForm::text)),
            "1 port=8080\n1 protocol=HTTP/1.1\n2 host=mail.example.com\n");
}

TEST(SettingsFile, SecretsNeverLeaveIt) {
  for (const char* line : {"DB_PASSWORD=hunter2", "API_KEY=hunter2", "privateKey: hunter2", "{\"token\": \"hunter2\"}",
                           "URL=postgres://app:hunter2@db/x", "jdbc=jdbc:mysql://db/x?user=app&password=hunter2"})
    for (const auto form : {SettingsForm::env, SettingsForm::properties, SettingsForm::text})
      EXPECT_EQ(joined(read_settings(line, form)).find("hunter2"), std::string::npos) << line;
}

TEST(SettingsFile, ATimeIsNoSecretWhateverItsNameSays) {
  EXPECT_EQ(joined(read_settings("TOKEN_EXPIRES=3600\n", SettingsForm::env)), "1 TOKEN_EXPIRES=3600\n");
}

TEST(SettingsFile, BytesThatAreNoTextDoNoHarm) {
  const std::string gbk = "name=\xB2\xE2\xCA\xD4\n\xC3\xFB=\xFF\n" + std::string(10'000, 'x') + "=1\nlast=2\n";
  for (const auto form : {SettingsForm::env, SettingsForm::properties, SettingsForm::text}) {
    const auto settings = read_settings(gbk, form);
    ASSERT_FALSE(settings.empty());
    EXPECT_EQ(settings.back().key, "last");
  }
}

TEST(SettingsFile, ExamplesAndWhatPackageManagersWriteAreNoSettings) {
  for (const char* name : {".env", "notes.env", "conf/oa.properties", "config/app.yaml", "conf/server.xml"})
    EXPECT_TRUE(settings_form(RelativePath(name))) << name;
  for (const char* name : {".env.example", "package.json", "package-lock.json", "server.js", "readme.md"})
    EXPECT_FALSE(settings_form(RelativePath(name))) << name;
}

TEST(SettingsFile, AddressesComeApart) {
  const auto address = parse_address("https://u:p@Partner.Example.com:8443/hook?x=1");
  ASSERT_TRUE(address);
  EXPECT_EQ(address->scheme, "https");
  EXPECT_EQ(address->host, "partner.example.com");
  EXPECT_EQ(address->port, 8443);
  EXPECT_EQ(address->path, "/hook?x=1");
  EXPECT_EQ(parse_address("http://[::1]:80/")->host, "::1");
  for (const char* none : {"", "://", "C:\\x", "12:30", "http://", "mailto:a@b"})
    EXPECT_FALSE(parse_address(none)) << none;
}

TEST(SettingsFile, DatabasesAreKnownByTheirAddress) {
  EXPECT_EQ(database_product(*parse_address("postgres://db/x")), "PostgreSQL");
  EXPECT_EQ(database_product(*parse_address("jdbc:oracle:thin://db/x")), "Oracle");
  EXPECT_EQ(database_product(*parse_address("http://db/x")), "");
}

}  // namespace
}  // namespace ferry
