#include "model/yaml_text.h"

#include <gtest/gtest.h>

#include "model/profile.h"

namespace ferry {
namespace {

TEST(YamlText, WhatIsWrittenIsReadBackAsTheSameText) {
  for (const std::string text : {"notes",      "1.0", "true", "null", "~",  "",     " a", "a b", "a: b", "a #b",
                                 "'",          "\"",  "\\",   "a\nb", "\t", "数据", "-x", "[x]", "{x}",  "/api/health",
                                 "2024-01-01", "0x1", "*x",   "&x",   "!x", "%x",   "@x", "`x`", "a,b",  "\x01"}) {
    const auto yaml = "product: p\nversion: {value: " + yaml_quoted("v" + text) +
                      "}\npaths: {program: a}\ntitle: {en: " + yaml_scalar("t" + text) +
                      ", zh: " + yaml_scalar(text.empty() ? "x" : text) + "}\n";
    const auto profile = require_profile(yaml, "p.yaml");
    EXPECT_EQ(profile.version.text, "v" + text) << yaml;
    EXPECT_EQ(profile.title.en, "t" + text) << yaml;
    EXPECT_EQ(profile.title.zh, text.empty() ? "x" : text) << yaml;
  }
}

TEST(YamlText, PlainWordsStayPlain) {
  EXPECT_EQ(yaml_scalar("web"), "web");
  EXPECT_EQ(yaml_scalar("logs/console.log"), "logs/console.log");
  EXPECT_EQ(yaml_scalar("no"), "\"no\"");
  EXPECT_EQ(yaml_scalar("8080"), "\"8080\"");
}

}  // namespace
}  // namespace ferry
