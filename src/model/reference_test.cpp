#include "model/reference.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace ferry {
namespace {

std::string file(const std::string& name) {
  std::ifstream in(std::string(FERRY_SOURCE_DIR) + "/docs/reference/" + name, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

TEST(Reference, EveryKeyIsDescribedInBothLanguages) {
  EXPECT_EQ(undescribed_keys(), std::vector<std::string>{});
}

TEST(Reference, TheDocumentsAreThoseOfTheSchemas) {
  const auto how = "made anew by: for l in en zh; do ferry profile reference --language $l > docs/reference/profile...";
  EXPECT_TRUE(file("profile.md") == key_reference(Language::english)) << "docs/reference/profile.md is " << how;
  EXPECT_TRUE(file("profile.zh.md") == key_reference(Language::chinese)) << "docs/reference/profile.zh.md is " << how;
}

TEST(Reference, ToldAreKeysNestedObjectsAndWhatExcludesWhat) {
  const auto text = key_reference(Language::english);
  for (const char* line : {"## services.ready", "| `within` | [duration](#profile-forms) |", "| `product` * |",
                           "`sql` needs exactly one of `equals`, `empty`, `at_least`.", "# Environment",
                           "# Test of a profile", "| `files` | {PATH: text} |", "# Order for a capture",
                           "## capture.differences", "| `run` * |", "# Project", "## project.window"})
    EXPECT_NE(text.find(line), std::string::npos) << line;
}

}  // namespace
}  // namespace ferry
