#include "package/meta.h"

#include "package/test_archive.h"

namespace ferry::test {
namespace {

const std::string full = R"(format: 1
id: upgrade-8.0
kind: upgrade
product: demo
title: {en: Upgrade, zh: "升级包"}
from: ">=7.4 <8"
to: "8.0"
requires: [patch-7.4.3]
supersedes: [upgrade-7.9]
conflicts: [pack-x]
fixes: [B8.4, issue 17]
removes: [webapp/old.jsp, 'a\040b/\326\320.txt']
runtime: java >=17
notes:
  - {en: "Restart: twice", zh: 重启两次}
  - plain
)";

TEST(Meta, AllKeysAreRead) {
  const auto meta = require_meta(full, "package.yaml");
  EXPECT_EQ(meta.id, "upgrade-8.0");
  EXPECT_EQ(meta.kind, PackageKind::upgrade);
  EXPECT_EQ(meta.title.zh, "升级包");
  EXPECT_TRUE(meta.from.contains(Version("7.9")));
  EXPECT_EQ(meta.to, Version("8.0"));
  EXPECT_EQ(meta.requires_ids, std::vector<std::string>{"patch-7.4.3"});
  EXPECT_EQ(meta.removes[1].bytes(), "a b/\xD6\xD0.txt");
  EXPECT_EQ(meta.fixes[1], "issue 17");
  EXPECT_EQ(meta.notes[0].en, "Restart: twice");
  EXPECT_EQ(meta.notes[1].zh, "plain");
  EXPECT_EQ(meta.runtime, "java >=17");
}

TEST(Meta, ATitleInOneLanguageIsReadAgainFromThePackage) {
  auto yaml = full;
  yaml.replace(yaml.find("{en: Upgrade, zh: \"升级包\"}"), std::string("{en: Upgrade, zh: \"升级包\"}").size(),
               "{zh: 升级包}");
  const auto meta = require_meta(yaml, "package.yaml");
  EXPECT_EQ(meta.title.en, "升级包");
  EXPECT_EQ(require_meta(meta_to_yaml(meta), "package.yaml").title.zh, "升级包");
}

TEST(Meta, TheCanonicalFormSaysTheSameAndIsStable) {
  const auto meta = require_meta(full, "package.yaml");
  const auto canonical_form = meta_to_yaml(meta);
  const auto again = require_meta(canonical_form, "canonical");
  EXPECT_EQ(Json(meta), Json(again));
  EXPECT_EQ(meta_to_yaml(again), canonical_form);
}

TEST(Meta, EveryProblemIsNamedWithItsLineAndWhatIsAllowed) {
  const auto result =
      parse_meta("format: 1\nid: -x\nkind: release\nproduct: demo\nfrom: \">=\"\ntoo: 1\nremoves: [../x]\n", "p.yaml");
  EXPECT_FALSE(result.meta);
  std::string all;
  for (const auto& problem : result.problems) all += std::to_string(problem.line) + ":" + problem.message.en + "\n";
  EXPECT_NE(all.find("2:letters, digits"), std::string::npos) << all;
  EXPECT_NE(all.find("3:allowed: upgrade, feature, patch"), std::string::npos) << all;
  EXPECT_NE(all.find("5:no version or range"), std::string::npos) << all;
  EXPECT_NE(all.find("6:unknown key 'too'; allowed: format, id"), std::string::npos) << all;
  EXPECT_NE(all.find("7:no path below the root"), std::string::npos) << all;
  EXPECT_NE(all.find("'title' is missing"), std::string::npos) << all;
  for (const auto& problem : result.problems) EXPECT_FALSE(problem.message.zh.empty());
}

TEST(Meta, TheErrorTellsWhatKindOfMistakeItIs) {
  EXPECT_REFUSED(Code::unknown_key, "p.yaml:7: unknown key 'colour'",
                 require_meta(patch_yaml + "colour: red\n", "p.yaml"));
  EXPECT_REFUSED(Code::yaml_syntax, "p.yaml:1", require_meta("a: [", "p.yaml"));
  EXPECT_REFUSED(Code::unsupported_format, "format 1 is known",
                 require_meta("format: 2\n" + patch_yaml.substr(patch_yaml.find('\n') + 1), "p.yaml"));
  EXPECT_REFUSED(Code::invalid_document, "keys are expected", require_meta("just text", "p.yaml"));
  EXPECT_REFUSED(Code::invalid_document, "stands twice", require_meta(patch_yaml + "id: other\n", "p.yaml"));
  EXPECT_REFUSED(Code::invalid_document, "only an upgrade has 'to'",
                 require_meta(patch_yaml + "to: \"9\"\n", "p.yaml"));
  EXPECT_REFUSED(Code::invalid_document, "laid on itself", require_meta(upgrade_yaml("u", ">=7", "8"), "p.yaml"));
}

}  // namespace
}  // namespace ferry::test
