#include "impact/merge.h"

#include "impact/properties.h"
#include "impact/test_values.h"

namespace ferry::test {
namespace {

const RelativePath page("webapp/login.jsp");
const RelativePath properties("conf/app.properties");

TEST(Merge, ChangesInDifferentPlacesComeTogether) {
  const auto out = propose_merge(page, "a\nb\nc\nd\ne\n", "A\nb\nc\nd\ne\n", "a\nb\nc\nd\nE\nf\n");
  EXPECT_TRUE(out.clean);
  EXPECT_EQ(out.content, "A\nb\nc\nd\nE\nf\n");
  EXPECT_EQ(out.method, MergeProposal::Method::text);
}

TEST(Merge, CollisionsAreNamedByTheirLinesOnAllThreeSides) {
  const auto out =
      propose_merge(page, "1\n2\n3\n4\n5\n6\n7\n8\n", "0\n1\n2\nx\n4\n5\n6\n7\n8\n", "1\n2\ny\nz\n4\n5\n6\n7\n");
  EXPECT_FALSE(out.clean);
  EXPECT_TRUE(out.content.empty());
  ASSERT_EQ(out.collisions.size(), 1U);
  EXPECT_EQ(out.collisions[0].base, (LineRange{3, 1}));
  EXPECT_EQ(out.collisions[0].mine, (LineRange{4, 1}));
  EXPECT_EQ(out.collisions[0].theirs, (LineRange{3, 2}));
  EXPECT_NE(out.draft.find("<<<<<<< installed"), std::string::npos);
}

TEST(Merge, TheSameChangeOnBothSidesIsNoCollision) {
  const auto out = propose_merge(page, "1\n2\n3\n4\n5\n6\n", "1\nx\n3\n4\nm\n6\n", "1\nx\n3\n4\nt\n6\n");
  ASSERT_EQ(out.collisions.size(), 1U);
  EXPECT_EQ(out.collisions[0].base, (LineRange{5, 1}));
}

TEST(Merge, GbkFilesAreMergedAsBytesAndMixedEncodingsAreNotOffered) {
  const std::string gbk = "\xD6\xD0\n";  // 中
  const std::string utf8 = "中\n";
  const auto out = propose_merge(page, gbk + "a\nb\nc\n", gbk + "a\nb\nX\n", "new\n" + gbk + "a\nb\nc\n");
  EXPECT_TRUE(out.clean);
  EXPECT_EQ(out.content, "new\n" + gbk + "a\nb\nX\n");
  const auto mixed = propose_merge(page, gbk + "a\n", gbk + "b\n", utf8 + "a\n");
  EXPECT_FALSE(mixed.clean);
  EXPECT_EQ(mixed.method, MergeProposal::Method::none);
  EXPECT_NE(mixed.notes.at(0).en.find("encodings"), std::string::npos);
}

TEST(Merge, DifferentLineEndsAreNoChangeOfEveryLine) {
  const auto out = propose_merge(page, "a\nb\nc\nd\n", "A\r\nb\r\nc\r\nd\r\n", "a\nb\nc\nD\n");
  EXPECT_TRUE(out.clean);
  EXPECT_EQ(out.content, "A\r\nb\r\nc\r\nD\r\n");
}

TEST(Merge, BinaryFilesAndUnknownBasesAreLeftToAPerson) {
  EXPECT_FALSE(propose_merge(RelativePath("a.class"), std::string("\0\1", 2), std::string("\0\2", 2), "x").clean);
  EXPECT_FALSE(propose_merge(page, std::nullopt, "a\n", "b\n").clean);
}

TEST(Merge, PropertiesKeepTheCustomersValuesAndGainTheVendorsKeys) {
  const std::string base = "# port\nport=8080\nname=Demo\nold=1\nkept=1\ntimeout: 30\n";
  const std::string mine = "# our server\nport=9090\nname=Demo\nold=1\nkept=2\nextra=ours\ntimeout: 30";
  const std::string theirs = "# port\nport=8081\nname=Demo OA\ntimeout: 60\n# mail\n# server\nmail.host = localhost\n";
  const auto out = propose_merge(properties, base, mine, theirs);
  EXPECT_TRUE(out.clean);
  EXPECT_EQ(out.method, MergeProposal::Method::properties);
  EXPECT_EQ(out.content,
            "# our server\nport=9090\nname=Demo OA\nkept=2\nextra=ours\ntimeout: 60\n# mail\n# server\nmail.host = "
            "localhost\n");
  std::string notes;
  for (const auto& note : out.notes) notes += note.en + "\n";
  for (const char* part : {"port: the customer's value", "old: removed", "kept: kept", "mail.host: new"})
    EXPECT_NE(notes.find(part), std::string::npos) << notes;
}

TEST(Merge, PropertiesWithoutABaseKeepEveryValueOfTheCustomer) {
  const auto out = propose_merge(properties, std::nullopt, "a=1\nb=2\n", "a=9\nc=3\n");
  EXPECT_TRUE(out.clean);
  EXPECT_EQ(out.content, "a=1\nb=2\nc=3\n");
}

TEST(Merge, PropertiesWithTheSameKeyTwiceAreMergedAsLines) {
  const auto out = propose_merge(properties, "a=1\na=2\nb=1\n", "a=1\na=2\nb=2\n", "a=1\na=2\nb=1\n");
  EXPECT_EQ(out.method, MergeProposal::Method::text);
  EXPECT_TRUE(out.clean);
  EXPECT_EQ(out.content, "a=1\na=2\nb=2\n");
}

TEST(Merge, PropertyLinesFollowTheRulesOfJava) {
  const auto lines = property_lines("! note \\\nkey\\ one = a \\\n   b\nplain\nx:y=z\n\n", true);
  ASSERT_EQ(lines.size(), 5U);
  EXPECT_TRUE(lines[0].key.empty());
  EXPECT_EQ(lines[1].key, "key\\ one");
  EXPECT_EQ(lines[1].value, "a \\\n   b");
  EXPECT_EQ(lines[2].key, "plain");
  EXPECT_EQ(lines[3].key, "x");
  EXPECT_EQ(lines[3].value, "y=z");
  EXPECT_EQ(property_lines("export A=1\nB=c\\\n", false)[0].key, "A");
}

}  // namespace
}  // namespace ferry::test
